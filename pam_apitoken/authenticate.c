/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_apitoken/authenticate.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "common/secret.h"
#include "common/tokentext.h"
#include "pam_apitoken/account.h"
#include "pam_apitoken/host.h"
#include "pam_apitoken/session.h"

#define FAIL_DELAY_US 2000000 /* pam_unix's */

/* What libpam says when it talks to people, as a code that we may return. */
static int
conversation_code(int code)
{
	switch (code) {
	case PAM_SUCCESS:
	case PAM_BUF_ERR:
	case PAM_INCOMPLETE:
		return code;
	case PAM_CONV_AGAIN: /* event-driven hosts: call us again later */
		return PAM_INCOMPLETE;
	default:
		return PAM_CONV_ERR;
	}
}

static int
password_prompt(pam_handle_t *pamh, const char *prompt)
{
	char *typed = NULL;
	int code;

	code = pam_prompt(pamh, PAM_PROMPT_ECHO_OFF, &typed, "%s", prompt);
	if (code == PAM_SUCCESS)
		code = typed != NULL ? pam_set_item(pamh, PAM_AUTHTOK, typed)
				     : PAM_CONV_ERR;
	if (typed != NULL)
		wipe(typed, strlen(typed));
	free(typed);
	return conversation_code(code);
}

/*
 * Does what pam_get_authtok() does, which calls every failure of the
 * conversation PAM_AUTHTOK_ERR.  The password stays libpam's.
 */
static int
password_get(
    pam_handle_t *pamh, const struct options *options, const char **password)
{
	const void *item = NULL;
	int code = PAM_SUCCESS;

	if (pam_get_item(pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS)
		return PAM_SYSTEM_ERR;
	if (item == NULL && options->use_first_pass)
		return PAM_AUTH_ERR;
	if (item == NULL)
		code = password_prompt(pamh, options->prompt);
	if (code != PAM_SUCCESS)
		return code;
	if (pam_get_item(pamh, PAM_AUTHTOK, &item) != PAM_SUCCESS ||
	    item == NULL)
		return PAM_SYSTEM_ERR;
	*password = item;
	return PAM_SUCCESS;
}

/*
 * Decides without the agent what can be: PAM_SUCCESS for a token that may
 * be a password, whose canonical text *text then is, else the verdict.
 */
static int
token_find(
    const struct options *options, const char *password, struct span *text)
{
	size_t size = strlen(password);
	struct token token = { 0 };
	int code = PAM_AUTH_ERR;

	if (tokentext_parse(password, size, &token) != 0) {
		if (options->ignore_nontoken && size > 0)
			code = PAM_IGNORE;
	} else if (token.kind == TOKEN_API || token.kind == TOKEN_ACCESS) {
		/* A URI scheme may stand before the text, nothing after it. */
		*text = span_bytes(
		    password + (size - TOKEN_TEXT_SIZE), TOKEN_TEXT_SIZE);
		code = PAM_SUCCESS;
	}
	token_wipe(&token);
	return code;
}

/*
 * Asks, and on a yes keeps the ticket, for the session too, and takes the
 * token away.
 */
static int
token_present(pam_handle_t *pamh, const struct options *options,
    const struct host *host, struct span text)
{
	struct question question = {
		.opcode = OP_AUTHENTICATE,
		.token = text,
	};
	struct answer answer = { 0 };
	int code = PAM_AUTH_ERR;

	if (host_question(host, &question))
		code = host_ask(pamh, options, &question, &answer);
	if (code == PAM_SUCCESS && !options->forward_pass)
		code = pam_set_item(pamh, PAM_AUTHTOK, NULL);
	if (code == PAM_SUCCESS)
		code = session_hand_over(pamh, answer.ticket, host->login);
	/* Last: there is no ticket unless the answer is yes. */
	if (code == PAM_SUCCESS)
		code = account_keep(pamh, answer.ticket);
	wipe(&answer, sizeof(answer));
	return code;
}

int
authenticate(pam_handle_t *pamh, const struct options *options)
{
	const char *login = NULL, *password = NULL;
	struct span text = { 0 };
	struct host host;
	int code = PAM_SYSTEM_ERR;

	/* login(1) leaves it to the modules to ask for a name. */
	code = conversation_code(pam_get_user(pamh, &login, NULL));
	if (code != PAM_SUCCESS)
		return code;
	code = password_get(pamh, options, &password);
	/* Only now: the conversation may have changed what the host tells. */
	host_read(pamh, options, &host);
	if (code == PAM_SUCCESS)
		code = token_find(options, password, &text);
	if (code == PAM_IGNORE && options->debug)
		pam_syslog(pamh, LOG_DEBUG, "no token: left to other modules");
	if (code == PAM_SUCCESS)
		code = token_present(pamh, options, &host, text);
	if (code == PAM_AUTH_ERR && !options->quiet)
		host_log_failure(pamh, &host);
	if (code == PAM_AUTH_ERR && !options->nodelay)
		pam_fail_delay(pamh, FAIL_DELAY_US);
	return code;
}
