/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/escape.h"
#include "cli/options.h"
#include "cli/secretio.h"
#include "common/error.h"
#include "common/verifymessage.h"

/* What a service would ask. */
struct verify_options {
	const char *user;
	const char *service;
	const char *from;
};

#define AT(member) offsetof(struct verify_options, member)

static const struct option_row verify_options[] = {
	{ "user", OPTION_TEXT, true, 0, AT(user), "LOGIN",
	    "the login name that the service would let in" },
	{ "service", OPTION_TEXT, true, 0, AT(service), "NAME",
	    "the PAM service: sshd, vsftpd ..." },
	{ "from", OPTION_TEXT, false, 0, AT(from), "ADDRESS",
	    "the client's address" },
	{ 0 },
};

/* Reads the token from standard input, in its one canonical text. */
static int
token_read(char text[TOKEN_TEXT_SIZE + 1])
{
	struct secret secret = { 0 };
	struct token token = { 0 };
	int error = secretio_read(STDIN_FILENO, "Token", &secret);

	if (error == 0)
		error = tokentext_parse(
		    (const char *)secret.bytes, secret.size, &token);
	if (error == 0)
		tokentext_format(&token, text);
	secret_wipe(&secret);
	token_wipe(&token);
	return error;
}

static enum outcome
verdict_json(
    const struct invocation *in, const struct spanlist *reasons, bool accepted)
{
	json_t *array = json_array(), *object;
	struct span reason;
	size_t at = 0;
	int error = 0;

	while (error == 0 && spanlist_next(reasons, &at, &reason))
		error = json_array_append_new(array, output_string(reason));
	object = json_pack(
	    "{s:b, s:o}", "accepted", (int)accepted, "reasons", array);
	if (error != 0) {
		json_decref(object);
		object = NULL;
	}
	return output_object(stdout, in->format, object) == ERROR_MEMORY
		   ? OUTCOME_FAILED
		   : OUTCOME_DONE;
}

/* "accepted", or "refused" and why as far as the agent tells. */
static enum outcome
verdict_put(
    const struct invocation *in, const struct spanlist *reasons, bool accepted)
{
	enum outcome outcome = OUTCOME_DONE;
	struct span reason;
	size_t at = 0;

	if (output_is_json(in->format)) {
		outcome = verdict_json(in, reasons, accepted);
	} else if (!in->globals->quiet) {
		fputs(accepted ? "accepted" : "refused", stdout);
		while (spanlist_next(reasons, &at, &reason)) {
			fputs(at == reason.size + 1 ? ": " : ", ", stdout);
			escape_print(stdout, reason);
		}
		putchar('\n');
	}
	if (outcome != OUTCOME_DONE || accepted)
		return outcome;
	return OUTCOME_REFUSED;
}

static enum outcome
verify_ask(const struct invocation *in, const char *text)
{
	const struct verify_options *options = in->values;
	struct verify_request request = {
		.token = span_bytes(text, TOKEN_TEXT_SIZE),
		.login = span_of(options->user),
		.service = span_of(options->service),
		.rhost = span_of(options->from),
	};
	struct spanlist reasons;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals), end;

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_VERIFY);
		verify_request_put(&ask.request, &request);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE || outcome == OUTCOME_REFUSED) {
		reasons = wirebuf_get_list(&ask.reply);
		end = ask_done(&ask);
		outcome = end == OUTCOME_DONE ? verdict_put(in, &reasons,
						    outcome == OUTCOME_DONE)
					      : end;
	}
	ask_fini(&ask);
	return outcome;
}

static enum outcome
verify_run(const struct invocation *in)
{
	const struct spanlist none = { 0 };
	char text[TOKEN_TEXT_SIZE + 1];
	enum outcome outcome;
	int error = token_read(text);

	if (error == ERROR_SYSTEM) {
		output_error("standard input: %s", strerror(errno));
		outcome = OUTCOME_FAILED;
	} else if (error != 0) {
		output_error("what was given is not a token");
		outcome = verdict_put(in, &none, false);
	} else {
		outcome = verify_ask(in, text);
	}
	wipe(text, sizeof text);
	return outcome;
}

const struct command verify_command = {
	.name = "verify",
	.operands = "",
	.summary = "ask whether the token on standard input opens a service",
	.formats = "table|json|jsonl",
	.options = verify_options,
	.values_size = sizeof(struct verify_options),
	.run = verify_run,
};

static const char *const explain_headings[] = { "CONDITION", "HOLDS",
	"DETAIL" };

#define EXPLAIN_COLUMNS (sizeof explain_headings / sizeof explain_headings[0])

static int
condition_row(struct output *o, const struct condition *condition)
{
	char holds[] = "yes", fails[] = "no";
	char *cells[EXPLAIN_COLUMNS] = { NULL };
	int error = ERROR_MEMORY;

	if (output_is_json(o->format))
		return output_json(
		    o, json_pack("{s:o, s:b, s:o}", "condition",
			   output_string(condition->name), "holds",
			   (int)condition->holds, "detail",
			   span_empty(condition->detail)
			       ? json_null()
			       : output_string(condition->detail)));
	cells[0] = escape_copy(condition->name);
	cells[1] = condition->holds ? holds : fails;
	cells[2] = escape_copy(condition->detail);
	if (cells[0] != NULL && cells[2] != NULL)
		error = output_cells(o, cells, EXPLAIN_COLUMNS);
	free(cells[0]);
	free(cells[2]);
	return error;
}

/* Every condition; OUTCOME_REFUSED unless there are some and all hold. */
static enum outcome
conditions_put(struct ask *ask, enum output_format format)
{
	struct condition condition;
	struct output o;
	uint8_t count = wirebuf_get_u8(&ask->reply);
	bool all = count > 0;
	enum outcome outcome;
	int error = output_begin(
	    &o, stdout, format, explain_headings, EXPLAIN_COLUMNS);

	for (; count > 0 && error == 0; count--) {
		condition_get(&ask->reply, &condition);
		if (ask->reply.failed)
			break;
		all = all && condition.holds;
		error = condition_row(&o, &condition);
	}
	if (output_end(&o, error) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	outcome = error == 0 ? ask_done(ask) : OUTCOME_DONE;
	if (outcome == OUTCOME_DONE && !all)
		outcome = OUTCOME_REFUSED;
	return outcome;
}

static enum outcome
explain_run(const struct invocation *in)
{
	const struct verify_options *options = in->values;
	struct explain_request request = {
		.selector = span_of(in->operands[0]),
		.login = span_of(options->user),
		.service = span_of(options->service),
		.rhost = span_of(options->from),
	};
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_EXPLAIN);
		explain_request_put(&ask.request, &request);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = conditions_put(&ask, in->format);
	ask_fini(&ask);
	return outcome;
}

const struct command explain_command = {
	.name = "explain",
	.operands = "TOKEN",
	.summary = "show every condition of a service and whether it holds",
	.formats = "table|json|jsonl|csv",
	.options = verify_options,
	.values_size = sizeof(struct verify_options),
	.least = 1,
	.most = 1,
	.run = explain_run,
};
