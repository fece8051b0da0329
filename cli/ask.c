/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/secretio.h"
#include "common/adminmessage.h"
#include "common/error.h"
#include "common/secret.h"

/* The admin thread may be at work for somebody else. */
#define ASK_TIMEOUT 10000 /* ms */

#define DEFAULT_SOCKET APITOKEN_RUNDIR "/" PROTO_ADMIN_SOCKET

struct row {
	int code;
	enum outcome outcome;
	const char *text;
};

/* Said when the agent gave no message. */
static const struct row statuses[] = {
	{ STATUS_OK, OUTCOME_DONE, "" },
	{ STATUS_DENIED, OUTCOME_REFUSED, "the token is refused" },
	{ STATUS_UNAVAILABLE, OUTCOME_FAILED,
	    "the agent can give no answer: see apitoken status" },
	{ STATUS_REFUSED, OUTCOME_NOT_PERMITTED,
	    "the agent does not answer you" },
	{ STATUS_MALFORMED, OUTCOME_FAILED,
	    "the agent did not understand the request" },
	{ STATUS_VERSION, OUTCOME_FAILED,
	    "the agent is of another release: restart it" },
	{ STATUS_INVALID, OUTCOME_USAGE, "an argument is not allowed" },
	{ STATUS_NOT_FOUND, OUTCOME_NOT_FOUND, "there is no such token" },
	{ STATUS_FORBIDDEN, OUTCOME_NOT_PERMITTED,
	    "you are not permitted to do that: see apitoken whoami" },
	{ STATUS_CONFLICT, OUTCOME_CONFLICT,
	    "it exists already, or more than one token fits" },
	{ STATUS_FAILED, OUTCOME_FAILED,
	    "it could not be done; nothing changed" },
};

static const struct row errors[] = {
	{ ERROR_NONE, OUTCOME_DONE, "" },
	{ ERROR_UNREACHABLE, OUTCOME_UNREACHABLE,
	    "nobody listens there; is apitokend running?" },
	{ ERROR_UNTRUSTED, OUTCOME_UNREACHABLE,
	    "who listens there is not root; nothing was sent" },
	{ ERROR_TIMEOUT, OUTCOME_UNREACHABLE, "no answer in time" },
	{ ERROR_CLOSED, OUTCOME_UNREACHABLE,
	    "the connection ended without an answer" },
	{ ERROR_SYSTEM, OUTCOME_UNREACHABLE, NULL }, /* errno's */
	{ ERROR_VERSION, OUTCOME_FAILED,
	    "the agent is of another release: restart it" },
	{ ERROR_MALFORMED, OUTCOME_FAILED,
	    "the answer is not what the protocol says" },
};

static const struct row *
row_of(const struct row *rows, size_t count, int code)
{
	static const struct row other = { 0, OUTCOME_FAILED, NULL };

	for (size_t i = 0; i < count; i++)
		if (rows[i].code == code)
			return &rows[i];
	return &other;
}

static const struct row *
status_row(enum status status)
{
	return row_of(
	    statuses, sizeof statuses / sizeof statuses[0], (int)status);
}

static const struct row *
error_row(int error)
{
	return row_of(errors, sizeof errors / sizeof errors[0], error);
}

enum outcome
ask_outcome_of_status(enum status status)
{
	return status_row(status)->outcome;
}

enum outcome
ask_outcome_of_error(int error)
{
	return error_row(error)->outcome;
}

/* Who names a socket says with it whom to trust; the default is root's. */
static void
choose_socket(struct client *client, const struct globals *globals)
{
	const char *path = globals->socket;

	client->timeout_ms = ASK_TIMEOUT;
	client->listener_uid = CLIENT_ANY_UID;
	if (path == NULL)
		path = getenv("APITOKEN_SOCKET");
	if (path == NULL || path[0] == '\0') {
		path = DEFAULT_SOCKET;
		client->listener_uid = 0;
	}
	client->path = path;
}

/* The management token to act with. */
static enum outcome
read_token(struct ask *ask, const char *path)
{
	int fd, error;

	if (path == NULL)
		return OUTCOME_DONE;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	error = fd < 0 ? ERROR_SYSTEM : secretio_read(fd, "", &ask->token);
	if (fd < 0)
		output_error("--token-file '%s': %s", path, strerror(errno));
	else if (error != 0 || ask->token.size != TOKEN_TEXT_SIZE)
		output_error("--token-file '%s' holds no management token "
			     "(atm_...) alone on its line",
		    path);
	if (fd >= 0)
		(void)close(fd);
	return error == 0 && ask->token.size == TOKEN_TEXT_SIZE ? OUTCOME_DONE
								: OUTCOME_USAGE;
}

enum outcome
ask_init(struct ask *ask, const struct globals *globals)
{
	*ask = (struct ask) { .globals = globals };
	choose_socket(&ask->client, globals);
	ask->bytes = calloc(2, PROTO_MESSAGE_MAX);
	if (ask->bytes == NULL) {
		output_error("%s", error_text(ERROR_MEMORY));
		return OUTCOME_FAILED;
	}
	return read_token(ask, globals->token_file);
}

enum outcome
ask_init_like(struct ask *ask, const struct ask *like)
{
	*ask = (struct ask) { .globals = like->globals,
		.client = like->client,
		.token = like->token,
		.silent = true };
	ask->bytes = calloc(2, PROTO_MESSAGE_MAX);
	if (ask->bytes != NULL)
		return OUTCOME_DONE;
	output_error("%s", error_text(ERROR_MEMORY));
	secret_wipe(&ask->token);
	return OUTCOME_FAILED;
}

void
ask_fini(struct ask *ask)
{
	secret_wipe(&ask->token);
	if (ask->bytes != NULL)
		wipe(ask->bytes, (size_t)2 * PROTO_MESSAGE_MAX);
	free(ask->bytes);
	ask->bytes = NULL;
}

/* Whoever shows a token in a request needs no other to be let do that. */
static bool
acts_with_token(const struct ask *ask, enum opcode opcode)
{
	return ask->token.size > 0 && opcode != OP_VERIFY &&
	       opcode != OP_LEAKED && opcode != OP_EXCHANGE &&
	       opcode != OP_REFRESH;
}

void
ask_begin(struct ask *ask, enum opcode opcode)
{
	ask->opcode = opcode;
	ask->sent = acts_with_token(ask, opcode) ? OP_AS : opcode;
	wirebuf_write(&ask->request, ask->bytes, PROTO_MESSAGE_MAX);
	request_begin(&ask->request, ask->sent);
	if (ask->sent != OP_AS)
		return;
	wirebuf_put_fixed(&ask->request,
	    span_bytes(ask->token.bytes, ask->token.size), TOKEN_TEXT_SIZE);
	wirebuf_put_u8(&ask->request, (uint8_t)opcode);
}

/* One exchange, up to the reply's message. */
static int
exchange(struct ask *ask, struct admin_reply *reply)
{
	uint8_t *bytes = ask->bytes + PROTO_MESSAGE_MAX;
	size_t size = wirebuf_size(&ask->request), got = 0;
	int error;

	wirebuf_read(&ask->reply, bytes, 0);
	error = ask->has_file
		    ? client_ask_file(&ask->client,
			  span_bytes(ask->bytes, size), ask->file, bytes,
			  PROTO_MESSAGE_MAX, &got)
		    : client_ask(&ask->client, span_bytes(ask->bytes, size),
			  bytes, PROTO_MESSAGE_MAX, &got);
	if (error != 0)
		return error;
	wirebuf_read(&ask->reply, bytes, got);
	return admin_reply_get(&ask->reply, ask->sent, reply);
}

/* Says it, or keeps it for a caller who would rather say it otherwise. */
__attribute__((format(printf, 2, 3))) static void
complain(struct ask *ask, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) == -1)
		text = NULL;
	va_end(args);
	if (ask->silent)
		(void)snprintf(ask->why, sizeof ask->why, "%s",
		    text != NULL ? text : format);
	else
		output_error("%s", text != NULL ? text : format);
	free(text);
}

static void
say_status(struct ask *ask, const struct admin_reply *reply)
{
	bool done = reply->status == STATUS_OK;

	if (ask->is_silent)
		return;
	if ((reply->status == STATUS_DENIED && ask->opcode == OP_VERIFY) ||
	    (reply->status == STATUS_NOT_FOUND && ask->may_miss))
		return;
	if (!span_empty(reply->message) && !(done && ask->globals->quiet))
		complain(ask, "%.*s", (int)reply->message.size,
		    (const char *)reply->message.data);
	else if (!done)
		complain(ask, "%s", status_row(reply->status)->text);
}

static enum outcome
send_request(struct ask *ask, int *error)
{
	struct admin_reply reply = { 0 };
	const struct row *row;

	*error = 0;
	if (wirebuf_size(&ask->request) == 0) {
		complain(ask, "an argument is longer than any that the agent "
			      "takes");
		return OUTCOME_USAGE;
	}
	*error = ask->error = exchange(ask, &reply);
	if (*error == 0) {
		say_status(ask, &reply);
		return ask_outcome_of_status(reply.status);
	}
	row = error_row(*error);
	if (ask->is_silent)
		return row->outcome;
	if (*error == ERROR_UNREACHABLE && errno == EACCES) {
		complain(ask, "%s: you may not reach it: %s", ask->client.path,
		    strerror(errno));
		return row->outcome;
	}
	complain(ask, "%s: %s", ask->client.path,
	    row->text != NULL	     ? row->text
	    : *error == ERROR_SYSTEM ? strerror(errno)
				     : error_text(*error));
	return row->outcome;
}

enum outcome
ask_send(struct ask *ask)
{
	int error;

	return send_request(ask, &error);
}

enum outcome
ask_try(struct ask *ask)
{
	enum outcome outcome;

	ask->may_miss = true;
	outcome = ask_send(ask);
	ask->may_miss = false;
	return outcome;
}

enum outcome
ask_quietly(struct ask *ask)
{
	enum outcome outcome;

	ask->is_silent = true;
	outcome = ask_send(ask);
	ask->is_silent = false;
	return outcome;
}

enum outcome
ask_send_file(struct ask *ask, int fd)
{
	unsigned timeout_ms = ask->client.timeout_ms;
	enum outcome outcome;

	ask->client.timeout_ms = CLIENT_FILE_TIMEOUT;
	ask->has_file = true;
	ask->file = fd;
	outcome = ask_send(ask);
	ask->has_file = false;
	ask->client.timeout_ms = timeout_ms;
	return outcome;
}

static void
say_unknown(const struct ask *ask)
{
	if (ask->is_unknown)
		output_error("whether it was done is not known: apitoken list "
			     "shows it");
}

enum outcome
ask_send_change(struct ask *ask)
{
	int error;
	enum outcome outcome = send_request(ask, &error);

	ask->is_unknown = error != 0 && error != ERROR_UNREACHABLE &&
			  error != ERROR_UNTRUSTED;
	if (!ask->silent)
		say_unknown(ask);
	return outcome;
}

void
ask_complain(struct ask *ask)
{
	if (ask->why[0] != '\0')
		output_error("%s", ask->why);
	say_unknown(ask);
	ask->why[0] = '\0';
	ask->is_unknown = false;
}

enum outcome
ask_done(const struct ask *ask)
{
	if (wirebuf_done(&ask->reply) == 0)
		return OUTCOME_DONE;
	output_error(
	    "%s: %s", ask->client.path, error_row(ERROR_MALFORMED)->text);
	return OUTCOME_FAILED;
}
