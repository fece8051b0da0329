/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_apitoken/host.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "common/client.h"
#include "common/error.h"
#include "common/secret.h"

#define SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)
#define PRINTABLE_SIZE	 256
#define TTY_MAX		 255 /* what a str8 holds */
#define RUSER_MAX	 255

static const char *
item(pam_handle_t *pamh, int type)
{
	const void *text = NULL;

	if (pam_get_item(pamh, type, &text) != PAM_SUCCESS || text == NULL)
		return "";
	return text;
}

void
host_read(pam_handle_t *pamh, const struct options *options, struct host *host)
{
	host->login = item(pamh, PAM_USER);
	host->service = options->service != NULL ? options->service
						 : item(pamh, PAM_SERVICE);
	host->rhost = item(pamh, PAM_RHOST);
	host->tty = item(pamh, PAM_TTY);
	host->ruser = item(pamh, PAM_RUSER);
}

static bool
is_name(const char *text, size_t max)
{
	return *text != '\0' && strlen(text) <= max &&
	       !tokentext_holds(text, strlen(text));
}

static struct span
remark(const char *text, size_t max)
{
	return span_of(is_name(text, max) ? text : "");
}

bool
host_question(const struct host *host, struct question *question)
{
	if (!is_name(host->login, LOGIN_MAX) ||
	    !is_name(host->service, SERVICE_MAX))
		return false;
	question->login = span_of(host->login);
	question->service = span_of(host->service);
	question->rhost = remark(host->rhost, RHOST_MAX);
	question->tty = remark(host->tty, TTY_MAX);
	question->ruser = remark(host->ruser, RUSER_MAX);
	return true;
}

/*
 * Everybody but root asks on a socket of its own, lest they fill root's
 * queue.  The effective uid counts: sudo and su run with another real one.
 */
static void
socket_choose(const char *given, char path[SOCKET_PATH_SIZE])
{
	const char *name = geteuid() == 0 ? PROTO_AUTH_SOCKET
					  : PROTO_USER_SOCKET;
	struct stat st;

	if (given == NULL)
		snprintf(
		    path, SOCKET_PATH_SIZE, "%s/%s", APITOKEN_RUNDIR, name);
	else if (stat(given, &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(path, SOCKET_PATH_SIZE, "%s/%s", given, name);
	else
		snprintf(path, SOCKET_PATH_SIZE, "%s", given);
}

/* Printing ASCII without blanks: a blank would let ruser pose as rhost. */
static const char *
printable(const char *text, char out[PRINTABLE_SIZE])
{
	size_t i;

	if (tokentext_holds(text, strlen(text)))
		text = "[token]";
	for (i = 0; i < PRINTABLE_SIZE - 1 && text[i] != '\0'; i++)
		out[i] = (char)(text[i] > ' ' && text[i] < 0x7f ? text[i]
								: '?');
	out[i] = '\0';
	return out;
}

struct verdict {
	enum status status;
	int code;
	char why[64]; /* for the log, where it is no verdict */
};

static const struct verdict verdicts[] = {
	{ STATUS_OK, PAM_SUCCESS, "" },
	{ STATUS_DENIED, PAM_AUTH_ERR, "" },
	{ STATUS_UNAVAILABLE, PAM_AUTHINFO_UNAVAIL,
	    "it is sealed or has no room; `apitoken status` says more" },
	{ STATUS_REFUSED, PAM_AUTHINFO_UNAVAIL,
	    "`callers` of this service does not name this user" },
	{ STATUS_MALFORMED, PAM_AUTHINFO_UNAVAIL,
	    "it did not understand the question" },
	{ STATUS_VERSION, PAM_AUTHINFO_UNAVAIL,
	    "it speaks another version of the protocol" },
};

static int
verdict_code(pam_handle_t *pamh, const char *path, enum status status)
{
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		const struct verdict *v = &verdicts[i];

		if (v->status != status)
			continue;
		if (v->code == PAM_AUTHINFO_UNAVAIL)
			pam_syslog(pamh, LOG_ERR,
			    "the agent at %s gives no verdict: %s", path,
			    v->why);
		return v->code;
	}
	pam_syslog(pamh, LOG_ERR,
	    "the agent at %s gives no verdict: unknown status 0x%02x", path,
	    (unsigned)status);
	return PAM_AUTHINFO_UNAVAIL;
}

static void
log_error(pam_handle_t *pamh, const struct client *client, int error)
{
	const char *why = error == ERROR_MALFORMED ? "its answer is malformed"
						   : error_text(error);

	if (error == ERROR_UNREACHABLE || error == ERROR_SYSTEM)
		pam_syslog(pamh, LOG_ERR, "cannot ask the agent at %s: %s: %m",
		    client->path, why);
	else if (error == ERROR_UNTRUSTED)
		pam_syslog(pamh, LOG_ERR,
		    "cannot ask the agent at %s: %s: uid %u must listen there",
		    client->path, why, (unsigned)client->listener_uid);
	else
		pam_syslog(pamh, LOG_ERR, "cannot ask the agent at %s: %s",
		    client->path, why);
}

/* The question holds a token: its only copy of ours is wiped here. */
static int
exchange(const struct client *client, const struct question *question,
    struct answer *answer)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	uint8_t reply[PROTO_ANSWER_SIZE];
	struct wirebuf w;
	size_t size, got = 0;
	int error;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, question);
	size = wirebuf_size(&w);
	if (size == 0)
		error = ERROR_TOO_LONG;
	else
		error = client_ask(client, span_bytes(packet, size), reply,
		    sizeof(reply), &got);
	wipe(packet, sizeof(packet));
	if (error == 0) {
		wirebuf_read(&w, reply, got);
		error = answer_get(&w, question->opcode, answer);
	}
	wipe(reply, sizeof(reply));
	return error;
}

int
host_ask(pam_handle_t *pamh, const struct options *options,
    const struct question *question, struct answer *answer)
{
	char path[SOCKET_PATH_SIZE];
	const struct client client = {
		.path = path,
		.listener_uid = options->agent_uid,
		.timeout_ms = options->timeout_ms,
	};
	int error;

	socket_choose(options->socket, path);
	error = exchange(&client, question, answer);
	if (error != 0) {
		log_error(pamh, &client, error);
		return PAM_AUTHINFO_UNAVAIL;
	}
	if (options->debug)
		pam_syslog(pamh, LOG_DEBUG, "the agent at %s says 0x%02x", path,
		    (unsigned)answer->status);
	return verdict_code(pamh, path, answer->status);
}

void
host_log_failure(pam_handle_t *pamh, const struct host *host)
{
	char tty[PRINTABLE_SIZE], ruser[PRINTABLE_SIZE];
	char rhost[PRINTABLE_SIZE], login[PRINTABLE_SIZE];

	/*
	 * logname stays empty: finding it would move the host's position in
	 * utmp.  The blanks are pam_unix's own.
	 */
	pam_syslog(pamh, LOG_NOTICE,
	    "authentication failure; logname= uid=%u euid=%u tty=%s ruser=%s "
	    "rhost=%s %s%s",
	    getuid(), geteuid(), printable(host->tty, tty),
	    printable(host->ruser, ruser), printable(host->rhost, rhost),
	    *host->login != '\0' ? " user=" : "",
	    printable(host->login, login));
}

void
host_log_expired(pam_handle_t *pamh, const struct host *host)
{
	char rhost[PRINTABLE_SIZE], login[PRINTABLE_SIZE];

	pam_syslog(pamh, LOG_NOTICE,
	    "the token that was accepted is no longer good; rhost=%s  user=%s",
	    printable(host->rhost, rhost), printable(host->login, login));
}

void
host_log_session(pam_handle_t *pamh)
{
	pam_syslog(pamh, LOG_ERR,
	    "no session: the agent does not take its handle; `service=` must "
	    "be the same in auth and session lines");
}

void
host_log_fault(pam_handle_t *pamh, const struct options_fault *fault)
{
	char name[PRINTABLE_SIZE];

	/* The name only: nobody knows what an unknown one's value is. */
	printable(fault->argument, name);
	name[strcspn(name, "=")] = '\0';
	pam_syslog(pamh, LOG_ERR, "argument \"%s\" refused; right is: %s", name,
	    fault->right);
}
