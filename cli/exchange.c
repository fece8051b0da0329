/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/dates.h"
#include "cli/options.h"
#include "cli/pairread.h"
#include "cli/secretio.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/exchangemessage.h"

struct exchange_options {
	const char *expires;
	const char *output;
	struct words users;
	struct words allow;
};

#define AT(member) offsetof(struct exchange_options, member)

#define OUTPUT_OPTION                                                          \
	{                                                                      \
		"output", OPTION_TEXT, false, 0, AT(output), "FILE",           \
		    "write both tokens into this new file only, as JSON"       \
	}

static const struct option_row exchange_options[] = {
	{ "expires", OPTION_TEXT, false, 0, AT(expires), "DURATION",
	    "how long the access token works (15m), at most 24h" },
	{ "user", OPTION_LIST, false, 0, AT(users), "LOGIN",
	    "a login name it may be used for, of those of the token" },
	{ "allow", OPTION_LIST, false, 0, AT(allow), "SERVICE[:ACCESS]",
	    "a service it opens, of those that the token opens" },
	OUTPUT_OPTION,
	{ 0 },
};

static const struct option_row refresh_options[] = {
	OUTPUT_OPTION,
	{ 0 },
};

/* A pair on its way: where from, where to. */
struct fetch {
	const struct invocation *in;
	const struct exchange_options *options;
	enum opcode opcode;
	int fd;				/* of --output; -1: standard output */
	uint64_t lifetime;		/* seconds; 0: what is usual */
	char text[TOKEN_TEXT_SIZE + 1]; /* what is given for the pair */
};

/* Both tokens and what is around them, in any format. */
#define PAIR_SIZE 512

static enum outcome
say_no_token(void)
{
	output_error("what was given is not a token");
	return OUTCOME_REFUSED;
}

/*
 * The token is the last line.  One before it is a client id, as services that
 * hand out ids and secrets have them: it must be the token's.
 */
static enum outcome
token_take(struct secret *secret, char text[TOKEN_TEXT_SIZE + 1])
{
	const char *begin = (const char *)secret->bytes;
	const char *line = memchr(begin, '\n', secret->size);
	size_t first = line == NULL ? 0 : (size_t)(line - begin) + 1;
	struct token token = { 0 };
	enum outcome outcome = OUTCOME_DONE;

	if (tokentext_parse(begin + first, secret->size - first, &token) != 0)
		outcome = say_no_token();
	else if (line != NULL &&
		 !span_is(span_bytes(begin, first - 1), token.id)) {
		output_error("the client id is not that of the token, whose "
			     "id is %s",
		    token.id);
		outcome = OUTCOME_REFUSED;
	} else
		tokentext_format(&token, text);
	token_wipe(&token);
	return outcome;
}

/* A refresh token may come in what an earlier command wrote as JSON. */
static enum outcome
input_take(struct fetch *fetch, struct span input)
{
	struct secret secret = { 0 };
	enum outcome outcome;

	if (fetch->opcode == OP_REFRESH && pairread_is(input)) {
		outcome = OUTCOME_REFUSED;
		if (pairread_refresh(input, &secret) == 0)
			outcome = token_take(&secret, fetch->text);
		else
			output_error(
			    "what was given is not a JSON object with "
			    "refresh_token, as exchange -o json writes it");
	} else if (secret_set(&secret, input.data, input.size) == 0)
		outcome = token_take(&secret, fetch->text);
	else
		outcome = say_no_token();
	secret_wipe(&secret);
	return outcome;
}

static enum outcome
token_read(struct fetch *fetch)
{
	uint8_t bytes[PAIRREAD_SIZE + 2];
	bool is_exchange = fetch->opcode == OP_EXCHANGE;
	enum outcome outcome;
	size_t size;
	int error = secretio_read_bytes(STDIN_FILENO,
	    is_exchange ? "Token" : "Refresh token", bytes, sizeof bytes,
	    &size);

	if (error == 0)
		outcome = input_take(fetch, span_bytes(bytes, size));
	else {
		output_error("standard input: %s", strerror(errno));
		outcome = OUTCOME_FAILED;
	}
	wipe(bytes, sizeof bytes);
	return outcome;
}

/* The way out, before there is anything to lose. */
static enum outcome
output_open(struct fetch *fetch)
{
	const char *path = fetch->options->output;

	if (path == NULL) {
		if (secretio_is_writable(STDOUT_FILENO))
			return OUTCOME_DONE;
		output_error("standard output is closed: nothing was asked");
		return OUTCOME_FAILED;
	}
	fetch->fd = secretio_create(path);
	if (fetch->fd >= 0)
		return OUTCOME_DONE;
	if (fetch->fd == ERROR_EXISTS) {
		output_error("%s exists already: nothing was asked; name a "
			     "file that does not exist",
		    path);
		return OUTCOME_CONFLICT;
	}
	output_error("%s: %s: nothing was asked", path, strerror(errno));
	return OUTCOME_FAILED;
}

static void
request_put(struct ask *ask, const struct fetch *fetch)
{
	struct span text = span_bytes(fetch->text, TOKEN_TEXT_SIZE);

	ask_begin(ask, fetch->opcode);
	if (fetch->opcode == OP_REFRESH) {
		refresh_request_put(&ask->request, text);
		return;
	}
	exchange_request_put(
	    &ask->request, &(struct exchange_request) { .token = text,
			       .lifetime = fetch->lifetime,
			       .users = fetch->options->users.list,
			       .allow = fetch->options->allow.list });
}

/* The agent's two must be what they are said to be. */
static bool
is_sound(struct span text, enum token_kind kind)
{
	struct token token = { 0 };
	bool sound = tokentext_parse(
			 (const char *)text.data, text.size, &token) == 0 &&
		     token.kind == kind;

	token_wipe(&token);
	return sound;
}

/* As RFC 6749, section 5.1, has it.  Tokens need no escaping. */
static void
json_format(const struct pair_reply *pair, bool indent, char text[PAIR_SIZE])
{
	const char *gap = indent ? "\n  " : "", *space = indent ? " " : "";

	(void)snprintf(text, PAIR_SIZE,
	    "{%s\"access_token\":%s\"%.*s\",%s\"token_type\":%s\"Bearer\","
	    "%s\"expires_in\":%s%llu,%s\"refresh_token\":%s\"%.*s\"%s}\n",
	    gap, space, TOKEN_TEXT_SIZE, (const char *)pair->access.data, gap,
	    space, gap, space, (unsigned long long)pair->expires_in, gap, space,
	    TOKEN_TEXT_SIZE, (const char *)pair->refresh.data,
	    indent ? "\n" : "");
}

static void
lines_format(const struct pair_reply *pair, bool quiet, char text[PAIR_SIZE])
{
	(void)snprintf(text, PAIR_SIZE, "%s%.*s\n%s%.*s\n",
	    quiet ? "" : "access token   ", TOKEN_TEXT_SIZE,
	    (const char *)pair->access.data, quiet ? "" : "refresh token  ",
	    TOKEN_TEXT_SIZE, (const char *)pair->refresh.data);
}

static int
pair_write(struct fetch *fetch, const struct pair_reply *pair)
{
	char text[PAIR_SIZE];
	enum output_format format = fetch->in->format;
	int fd = fetch->fd, error;

	if (fd >= 0 || output_is_json(format))
		json_format(pair, format != FORMAT_JSONL, text);
	else
		lines_format(pair, fetch->in->globals->quiet, text);
	error = secretio_write(fd >= 0 ? fd : STDOUT_FILENO, span_of(text));
	wipe(text, sizeof text);
	if (fd >= 0 && secretio_close(fd) != 0 && error == 0)
		error = ERROR_SYSTEM;
	fetch->fd = -1;
	return error;
}

static void
note_pair(const struct fetch *fetch, const struct pair_reply *pair)
{
	uint64_t now = (uint64_t)time(NULL);
	char date[TIME_TEXT_SIZE];

	if (fetch->in->globals->quiet)
		return;
	time_format(now + pair->expires_in, date);
	output_note("the access token works until %s", date);
	time_format(now + pair->refresh_expires_in, date);
	output_note("the refresh token buys the next two, once, until %s: "
		    "apitoken refresh",
	    pair->refresh_expires_in == 0 ? "its API token ends" : date);
}

static enum outcome
pair_take(struct fetch *fetch, struct ask *ask)
{
	struct pair_reply pair;
	enum outcome outcome;

	pair_reply_get(&ask->reply, &pair);
	outcome = ask_done(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!is_sound(pair.access, TOKEN_ACCESS) ||
	    !is_sound(pair.refresh, TOKEN_REFRESH)) {
		output_error("the answer holds no tokens");
		return OUTCOME_FAILED;
	}
	if (pair_write(fetch, &pair) != 0) {
		output_error("the tokens are lost (%s): %s", strerror(errno),
		    fetch->opcode == OP_REFRESH
			? "refresh again within 10 seconds"
			: "exchange again");
		return OUTCOME_FAILED;
	}
	note_pair(fetch, &pair);
	return OUTCOME_DONE;
}

static enum outcome
fetch_ask(struct fetch *fetch)
{
	struct ask ask;
	enum outcome outcome = ask_init(&ask, fetch->in->globals);

	if (outcome == OUTCOME_DONE) {
		request_put(&ask, fetch);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = pair_take(fetch, &ask);
	ask_fini(&ask);
	return outcome;
}

static enum outcome
fetch_run(struct fetch *fetch)
{
	enum outcome outcome = token_read(fetch);
	const char *path = fetch->options->output;
	bool is_open = false;

	if (outcome == OUTCOME_DONE) {
		outcome = output_open(fetch);
		is_open = fetch->fd >= 0;
	}
	if (outcome == OUTCOME_DONE)
		outcome = fetch_ask(fetch);
	wipe(fetch->text, sizeof fetch->text);
	/* A refusal leaves no file. */
	if (fetch->fd >= 0)
		(void)close(fetch->fd);
	if (is_open && outcome != OUTCOME_DONE)
		(void)unlink(path);
	return outcome;
}

static enum outcome
exchange_run(const struct invocation *in)
{
	struct fetch fetch = {
		.in = in, .options = in->values, .opcode = OP_EXCHANGE, .fd = -1
	};

	if (!dates_duration("expires", fetch.options->expires, &fetch.lifetime))
		return OUTCOME_USAGE;
	return fetch_run(&fetch);
}

static enum outcome
refresh_run(const struct invocation *in)
{
	struct fetch fetch = {
		.in = in, .options = in->values, .opcode = OP_REFRESH, .fd = -1
	};

	return fetch_run(&fetch);
}

const struct command exchange_command = {
	.name = "exchange",
	.operands = "",
	.summary = "get an access token for the token on standard input",
	.formats = "table|json|jsonl",
	.options = exchange_options,
	.values_size = sizeof(struct exchange_options),
	.run = exchange_run,
};

const struct command refresh_command = {
	.name = "refresh",
	.operands = "",
	.summary = "get the next access token for a refresh token",
	.formats = "table|json|jsonl",
	.options = refresh_options,
	.values_size = sizeof(struct exchange_options),
	.run = refresh_run,
};
