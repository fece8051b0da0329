/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/options.h"
#include "cli/pager.h"

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
	struct pager pager;
	struct list_request request;
	uint64_t left;
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

static void
page_ask(struct pager *p)
{
	struct listing *l = p->arg;

	p->limit = (uint16_t)(l->left < PAGE_MAX ? l->left : PAGE_MAX);
	l->request.limit = p->limit;
	l->request.after = span_of(l->after);
	list_request_put(&p->ask.request, &l->request);
}

static int
rows_begin(struct pager *p)
{
	return fields_begin(&p->output, stdout, p->in->format);
}

static int
row_put(struct pager *p)
{
	struct listing *l = p->arg;
	struct token_info info;

	token_info_get(&p->ask.reply, &info);
	if (p->ask.reply.failed)
		return 0;
	l->left--;
	return fields_put(&p->output, &info);
}

static void
next_get(struct pager *p)
{
	struct listing *l = p->arg;
	struct span next = wirebuf_get_str8(&p->ask.reply);

	p->end = span_empty(next) || l->left == 0;
	/* One that does not move would never end. */
	if (!p->end && (span_is(next, l->after) ||
			   span_text(next, l->after, sizeof l->after) != 0))
		wirebuf_fail(&p->ask.reply);
}

static const struct paging list_paging = { OP_LIST, page_ask, rows_begin,
	row_put, next_get };

static enum outcome
list_run(const struct invocation *in)
{
	const struct list_options *options = in->values;
	struct listing l = {
		.pager = { .paging = &list_paging, .in = in, .arg = &l },
		.left = UINT64_MAX,
	};
	enum outcome outcome;

	if (options->limit != 0)
		l.left = options->limit;
	filter_fill(&l.request.filter, options);
	if (span_text(span_of(options->after), l.after, sizeof l.after) != 0) {
		output_error("--after '%s' is no token's id", options->after);
		return OUTCOME_USAGE;
	}
	outcome = ask_init(&l.pager.ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&l.pager);
	if (outcome == OUTCOME_DONE && l.pager.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("no tokens");
	ask_fini(&l.pager.ask);
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
