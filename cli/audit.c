/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "cli/chain.h"
#include "cli/command.h"
#include "cli/dates.h"
#include "cli/fieldkind.h"
#include "cli/fieldset.h"
#include "cli/options.h"
#include "cli/pager.h"
#include "cli/tokenid.h"
#include "common/auditmessage.h"

struct audit_options {
	const char *token;
	const char *actor;
	const char *action;
	const char *since;
	const char *until;
	bool verify;
	const char *anchor; /* "": tell it */
};

#define AT(member) offsetof(struct audit_options, member)

static const struct option_row audit_options[] = {
	{ "token", OPTION_TEXT, false, 0, AT(token), "TOKEN",
	    "what was done to this token" },
	{ "actor", OPTION_TEXT, false, 0, AT(actor), "LOGIN",
	    "what this login name did" },
	{ "action", OPTION_TEXT, false, 0, AT(action), "ACTION",
	    "acts of this kind, token.create ..." },
	{ "since", OPTION_TEXT, false, 0, AT(since), "DURATION|DATE",
	    "from then on; a duration is before now" },
	{ "until", OPTION_TEXT, false, 0, AT(until), "DURATION|DATE",
	    "before then" },
	{ "verify", OPTION_FLAG, false, 0, AT(verify), NULL,
	    "check the whole chain of entries instead" },
	{ "anchor", OPTION_MAYBE, false, 0, AT(anchor), "NUMBER:MAC",
	    "tell where the audit ends; with --verify: an end that it had" },
	{ 0 },
};

#define ROW(member) offsetof(struct audit_row, member)

static const struct field fields[] = {
	{ "number", "NUMBER", "-", ROW(number), &fieldkind_count },
	{ "at", "AT", "-", ROW(at), &fieldkind_time },
	{ "actor", "ACTOR", "-", ROW(actor), &fieldkind_text },
	{ "action", "ACTION", "-", ROW(action), &fieldkind_text },
	{ "subject", "SUBJECT", "-", ROW(subject), &fieldkind_text },
	{ "detail", "DETAIL", "-", ROW(detail), &fieldkind_text },
	{ "sound", "SOUND", "-", ROW(is_sound), &fieldkind_bool },
};

static const struct fieldset audit_fields = { fields,
	sizeof fields / sizeof fields[0] };

/* A walk along the chain; `last` is the number that the next page follows. */
struct audit {
	struct pager pager;
	struct audit_request request;
	char token[TOKEN_ID_SIZE + 1];
};

static void
page_ask(struct pager *p)
{
	struct audit *a = p->arg;

	p->limit = PAGE_MAX;
	a->request.limit = PAGE_MAX;
	audit_request_put(&p->ask.request, &a->request);
}

static void
next_get(struct pager *p)
{
	struct audit *a = p->arg;
	uint64_t next = wirebuf_get_u64(&p->ask.reply);

	p->end = next == 0;
	/* One that does not move on would never end. */
	if (!p->end && next <= a->request.after)
		wirebuf_fail(&p->ask.reply);
	a->request.after = next;
}

static int
rows_begin(struct pager *p)
{
	return fieldset_begin(&p->output, stdout, p->in->format, &audit_fields);
}

static int
row_put(struct pager *p)
{
	struct audit_row row;

	audit_row_get(&p->ask.reply, &row);
	return p->ask.reply.failed
		   ? 0
		   : fieldset_put(&p->output, &audit_fields, &row);
}

static const struct paging audit_paging = { OP_AUDIT, page_ask, rows_begin,
	row_put, next_get };

static enum outcome
check(const struct audit_options *options)
{
	bool filtered = options->token != NULL || options->actor != NULL ||
			options->action != NULL || options->since != NULL ||
			options->until != NULL;
	const char *wrong = NULL;

	if (options->verify && filtered)
		wrong = "--verify takes the whole audit: no filter goes with "
			"it";
	else if (options->anchor != NULL && filtered)
		wrong = "--anchor is of the whole audit: no filter goes with "
			"it";
	else if (!options->verify && options->anchor != NULL &&
		 options->anchor[0] != '\0')
		wrong = "an anchor that is given is compared by --verify";
	if (wrong == NULL)
		return OUTCOME_DONE;
	output_error("%s", wrong);
	return OUTCOME_USAGE;
}

static enum outcome
show(const struct invocation *in)
{
	const struct audit_options *options = in->values;
	struct audit a = {
		.pager = { .paging = &audit_paging, .in = in, .arg = &a },
	};
	enum outcome outcome = OUTCOME_USAGE;

	a.request.actor = span_of(options->actor);
	a.request.action = span_of(options->action);
	if (dates_past("since", options->since, &a.request.since) &&
	    dates_past("until", options->until, &a.request.until))
		outcome = OUTCOME_DONE;
	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&a.pager.ask, in->globals);
	if (outcome == OUTCOME_DONE && options->token != NULL)
		outcome = tokenid_find(&a.pager.ask, options->token, a.token);
	a.request.token = span_of(a.token);
	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&a.pager);
	if (outcome == OUTCOME_DONE && a.pager.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("no entries");
	ask_fini(&a.pager.ask);
	return outcome;
}

static enum outcome
audit_run(const struct invocation *in)
{
	const struct audit_options *options = in->values;
	enum outcome outcome = check(options);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (options->verify)
		return chain_verify(in, options->anchor);
	return options->anchor != NULL ? chain_anchor(in) : show(in);
}

const struct command audit_command = {
	.name = "audit",
	.operands = "",
	.summary = "show who did what to tokens, or check that it is all there",
	.formats = "table|json|jsonl|csv",
	.options = audit_options,
	.values_size = sizeof(struct audit_options),
	.run = audit_run,
};
