/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/fields.h"
#include "cli/options.h"
#include "common/error.h"

struct list_options {
	const char *owner;
	const char *project;
	const char *type;
	const char *service;
	const char *state;
	const char *after;
	uint64_t limit;
};

#define AT(member) offsetof(struct list_options, member)

static const struct option_row list_options[] = {
	{ "owner", OPTION_TEXT, false, 0, AT(owner), "LOGIN",
	    "tokens of this owner" },
	{ "project", OPTION_TEXT, false, 0, AT(project), "NAME",
	    "tokens of this project" },
	{ "type", OPTION_CHOICE, false, 0, AT(type),
	    "read-only|full-access|custom", "tokens of this type" },
	{ "service", OPTION_TEXT, false, 0, AT(service), "NAME",
	    "tokens that open this service" },
	{ "state", OPTION_CHOICE, false, 0, AT(state),
	    "active|expired|disabled|revoked|pending|all",
	    "tokens in this state (all)" },
	{ "limit", OPTION_NUMBER, false, 0, AT(limit), "N", "at most so many" },
	{ "after", OPTION_TEXT, false, 0, AT(after), "ID",
	    "go on after this one" },
	{ 0 },
};

/* Where a listing stands; `after` outlives the page it came with. */
struct listing {
	const struct invocation *in;
	struct ask ask;
	struct output output;
	struct list_request request;
	uint64_t left;
	bool end;
	char after[SPANLIST_ELEMENT_MAX + 1];
};

static void
filter_fill(struct token_filter *filter, const struct list_options *options)
{
	filter->owner = span_of(options->owner);
	filter->project = span_of(options->project);
	filter->service = span_of(options->service);
	if (options->type != NULL)
		filter->type = (uint8_t)token_type_of(span_of(options->type));
	if (options->state != NULL && strcmp(options->state, "all") != 0)
		filter->states = (uint8_t)(1U << token_state_of(
					       span_of(options->state)));
}

static int
rows_put(struct listing *l, uint16_t count)
{
	struct token_info info;
	int error = 0;

	if (l->output.stream == NULL)
		error = fields_begin(&l->output, stdout, l->in->format);
	for (; count > 0 && error == 0; count--) {
		token_info_get(&l->ask.reply, &info);
		if (l->ask.reply.failed)
			return 0;
		error = fields_put(&l->output, &info);
		l->left--;
	}
	return error;
}

/* What follows the rows: where to go on. */
static enum outcome
next_get(struct listing *l)
{
	struct span next = wirebuf_get_str8(&l->ask.reply);

	l->end = span_empty(next) || l->left == 0;
	/* One that does not move would never end. */
	if (!l->end && (span_is(next, l->after) ||
			   span_text(next, l->after, sizeof l->after) != 0))
		wirebuf_fail(&l->ask.reply);
	return ask_done(&l->ask);
}

static enum outcome
page_put(struct listing *l, int *error)
{
	enum outcome outcome;
	uint16_t count;

	l->request.limit = (uint16_t)(l->left < PAGE_MAX ? l->left : PAGE_MAX);
	l->request.after = span_of(l->after);
	ask_begin(&l->ask, OP_LIST);
	list_request_put(&l->ask.request, &l->request);
	outcome = ask_send(&l->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	count = wirebuf_get_u16(&l->ask.reply);
	if (count > l->request.limit)
		wirebuf_fail(&l->ask.reply);
	*error = rows_put(l, count);
	return *error == 0 ? next_get(l) : OUTCOME_DONE;
}

static enum outcome
pages_put(struct listing *l)
{
	enum outcome outcome = OUTCOME_DONE;
	int error = 0;

	while (outcome == OUTCOME_DONE && error == 0 && !l->end)
		outcome = page_put(l, &error);
	if (outcome != OUTCOME_DONE && error == 0)
		error = ERROR_INVALID;
	error = output_end(&l->output, error);
	return outcome == OUTCOME_DONE && error == ERROR_MEMORY ? OUTCOME_FAILED
								: outcome;
}

static enum outcome
list_run(const struct invocation *in)
{
	const struct list_options *options = in->values;
	struct listing l = { .in = in, .left = UINT64_MAX };
	enum outcome outcome;

	if (options->limit != 0)
		l.left = options->limit;
	filter_fill(&l.request.filter, options);
	if (span_text(span_of(options->after), l.after, sizeof l.after) != 0) {
		output_error("--after '%s' is no token's id", options->after);
		return OUTCOME_USAGE;
	}
	outcome = ask_init(&l.ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = pages_put(&l);
	if (outcome == OUTCOME_DONE && l.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("no tokens");
	ask_fini(&l.ask);
	return outcome;
}

const struct command list_command = {
	.name = "list",
	.operands = "",
	.summary = "list tokens, newest first",
	.formats = "table|json|jsonl|csv|id",
	.options = list_options,
	.values_size = sizeof(struct list_options),
	.run = list_run,
};

static enum outcome
show_run(const struct invocation *in)
{
	struct token_info info;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome != OUTCOME_DONE)
		return outcome;
	ask_begin(&ask, OP_SHOW);
	wirebuf_put_str8(&ask.request, span_of(in->operands[0]));
	outcome = ask_send(&ask);
	if (outcome != OUTCOME_DONE)
		goto out;
	token_info_get(&ask.reply, &info);
	outcome = ask_done(&ask);
	if (outcome == OUTCOME_DONE &&
	    fields_put_one(stdout, in->format, &info) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
out:
	ask_fini(&ask);
	return outcome;
}

const struct command show_command = {
	.name = "show",
	.operands = "TOKEN",
	.summary = "show all that is known of a token",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = show_run,
};
