/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_apitoken/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/secret.h"
#include "pam_apitoken/host.h"

#define HANDLE_NAME  "APITOKEN_SESSION"
#define SESSION_NAME "apitoken_session"

#define HEX_SIZE (2 * PROTO_TICKET_SIZE)

/* "<ticket>:<login>", the login that the ticket was made for. */
struct handle {
	uint8_t ticket[PROTO_TICKET_SIZE];
	char login[LOGIN_MAX + 1];
};

/* What stays until the session is closed. */
struct session {
	struct handle handle;
	pid_t pid; /* su and login fork, and what they fork may close too */
};

int
session_hand_over(pam_handle_t *pamh, const uint8_t ticket[PROTO_TICKET_SIZE],
    const char *login)
{
	char text[sizeof(HANDLE_NAME "=") + HEX_SIZE + 1 + LOGIN_MAX];
	size_t at = sizeof(HANDLE_NAME "=") - 1;
	int code;

	memcpy(text, HANDLE_NAME "=", at);
	for (size_t i = 0; i < PROTO_TICKET_SIZE; i++, at += 2)
		snprintf(text + at, 3, "%02x", ticket[i]);
	snprintf(text + at, sizeof(text) - at, ":%s", login);
	code = pam_putenv(pamh, text);
	wipe(text, sizeof(text));
	return code == PAM_SUCCESS ? PAM_SUCCESS : PAM_BUF_ERR;
}

void
session_forget(pam_handle_t *pamh)
{
	/* To take away what is not there would be logged as an error. */
	if (pam_getenv(pamh, HANDLE_NAME) != NULL)
		pam_putenv(pamh, HANDLE_NAME);
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
handle_parse(const char *text, struct handle *handle)
{
	if (strnlen(text, HEX_SIZE + 1) != HEX_SIZE + 1 ||
	    text[HEX_SIZE] != ':' || strlen(text + HEX_SIZE + 1) > LOGIN_MAX)
		return false;
	for (size_t i = 0; i < PROTO_TICKET_SIZE; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		handle->ticket[i] = (uint8_t)(high << 4 | low);
	}
	strcpy(handle->login, text + HEX_SIZE + 1);
	return true;
}

/* Touches memory and nothing else, as ticket_free() in account.c. */
static void
session_free(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	if (data != NULL)
		wipe(data, sizeof(struct session));
	free(data);
}

static const struct session *
session_find(pam_handle_t *pamh)
{
	const void *data = NULL;

	if (pam_get_data(pamh, SESSION_NAME, &data) != PAM_SUCCESS)
		return NULL;
	return data;
}

/* Asks about the handle; what the host tells by now is its session's. */
static int
session_ask(pam_handle_t *pamh, const struct options *options,
    enum opcode opcode, const struct handle *handle)
{
	struct question question = { .opcode = opcode };
	struct answer answer = { 0 };
	struct host host;
	int code = PAM_AUTH_ERR;

	host_read(pamh, options, &host);
	question.user = span_of(host.login);
	host.login = handle->login;
	question.ticket = span_bytes(handle->ticket, sizeof(handle->ticket));
	if (question.user.size <= LOGIN_MAX && host_question(&host, &question))
		code = host_ask(pamh, options, &question, &answer);
	return code;
}

int
session_open(pam_handle_t *pamh, const struct options *options)
{
	const char *text = pam_getenv(pamh, HANDLE_NAME);
	struct session *session;
	int code = PAM_AUTH_ERR;

	if (text == NULL)
		return PAM_IGNORE;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return PAM_BUF_ERR;
	session->pid = getpid();
	if (handle_parse(text, &session->handle))
		code = session_ask(
		    pamh, options, OP_SESSION_OPEN, &session->handle);
	if (code == PAM_AUTH_ERR)
		host_log_session(pamh);
	if (code == PAM_SUCCESS)
		code = pam_set_data(pamh, SESSION_NAME, session, session_free);
	else
		code = PAM_SESSION_ERR;
	if (code != PAM_SUCCESS)
		session_free(pamh, session, 0);
	return code;
}

bool
session_is_ours(pam_handle_t *pamh)
{
	return session_find(pamh) != NULL;
}

void
session_close(pam_handle_t *pamh, const struct options *options)
{
	const struct session *session = session_find(pamh);

	if (session != NULL && session->pid == getpid() && geteuid() == 0)
		session_ask(pamh, options, OP_SESSION_CLOSE, &session->handle);
}
