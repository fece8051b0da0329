/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes to all tokens that filters find.  They are found first, page by
 * page, and counted; only what was counted and shown is changed, by full ids,
 * in batches that the agent commits each at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/confirm.h"
#include "cli/ending.h"
#include "cli/fields.h"
#include "cli/pager.h"
#include "common/error.h"
#include "common/listmessage.h"

struct bulk {
	struct pager pager;
	struct batch batch;
	size_t room; /* for so many ids */
	struct list_request request;
	char after[SPANLIST_ELEMENT_MAX + 1];
	char named[CHANGE_NAMED_SIZE];
};

static bool
is_dry_run(const struct invocation *in)
{
	const struct change_options *options = in->values;

	return options->dry_run;
}

static void
page_ask(struct pager *p)
{
	struct bulk *b = p->arg;

	p->limit = PAGE_MAX;
	b->request.limit = PAGE_MAX;
	b->request.order = ORDER_ANY;
	b->request.after = span_of(b->after);
	list_request_put(&p->ask.request, &b->request);
}

static int
rows_begin(struct pager *p)
{
	if (!is_dry_run(p->in) || p->in->format == FORMAT_TABLE)
		return 0;
	return fields_begin(&p->output, stdout, p->in->format);
}

static int
id_add(struct bulk *b, struct span id)
{
	if (b->batch.totals.matched == b->room) {
		size_t room = b->room == 0 ? 4096 : 2 * b->room;
		uint8_t *ids = reallocarray(b->batch.ids, room, TOKEN_ID_SIZE);

		if (ids == NULL)
			return ERROR_MEMORY;
		b->batch.ids = ids;
		b->room = room;
	}
	memcpy(b->batch.ids + b->batch.totals.matched * TOKEN_ID_SIZE, id.data,
	    TOKEN_ID_SIZE);
	b->batch.totals.matched++;
	return 0;
}

static int
row_take(struct pager *p)
{
	struct bulk *b = p->arg;
	struct token_info info;

	token_info_get(&p->ask.reply, &info);
	if (p->ask.reply.failed ||
	    ((b->batch.change->already | b->batch.change->never) &
		1U << info.state) != 0)
		return 0;
	if (is_dry_run(p->in)) {
		b->batch.totals.matched++;
		return change_put(
		    &p->output, p->in, b->batch.change->would, &info);
	}
	if (b->batch.totals.matched < CHANGE_NAMED)
		change_name(b->named, &info);
	return id_add(b, info.id);
}

static void
next_get(struct pager *p)
{
	struct bulk *b = p->arg;
	struct span next = wirebuf_get_str8(&p->ask.reply);

	p->end = span_empty(next);
	if (!p->end && (span_is(next, b->after) ||
			   span_text(next, b->after, sizeof b->after) != 0))
		wirebuf_fail(&p->ask.reply);
}

static const struct paging bulk_paging = { OP_LIST, page_ask, rows_begin,
	row_take, next_get };

/* "Revoke 1234 tokens (a1b2c3d4e5 backup, f6g7h8i9j0 web, ...)? [y/N] " */
static enum outcome
confirm_all(const struct bulk *b, const struct invocation *in)
{
	char question[sizeof b->named + 64];
	uint64_t count = b->batch.totals.matched;

	if (!confirm_can_ask(in->globals)) {
		output_error("%s would touch %llu token%s and there is no "
			     "terminal to ask on: --yes is needed",
		    b->batch.change->verb, (unsigned long long)count,
		    batch_plural(count));
		return OUTCOME_USAGE;
	}
	(void)snprintf(question, sizeof question, "%s %llu token%s (%s%s)",
	    b->batch.change->question, (unsigned long long)count,
	    batch_plural(count), b->named, count > CHANGE_NAMED ? ", ..." : "");
	return confirm(in->globals, question, b->batch.change->done)
		   ? OUTCOME_DONE
		   : OUTCOME_FAILED;
}

/* The change itself, and what becomes of what they opened. */
static enum outcome
change_all(struct bulk *b, const struct invocation *in)
{
	struct ending ending = { 0 };
	enum outcome outcome, ended = OUTCOME_DONE;

	if (change_ends_sessions(b->batch.change, in->values))
		ending_before(&ending, &b->pager.ask, b->batch.ids,
		    b->batch.totals.matched);
	outcome = batch_run(&b->batch);
	if (outcome == OUTCOME_DONE)
		ended = ending_after(&ending, &b->pager.ask);
	ending_fini(&ending);
	return outcome == OUTCOME_DONE ? ended : outcome;
}

/* They are found: nothing to do, said which, or asked and done. */
static enum outcome
carry_out(struct bulk *b, const struct invocation *in)
{
	uint64_t count = b->batch.totals.matched;
	enum outcome outcome;

	if (is_dry_run(in)) {
		if (!in->globals->quiet)
			output_note("%s %llu token%s", b->batch.change->would,
			    (unsigned long long)count, batch_plural(count));
		return OUTCOME_DONE;
	}
	if (count == 0)
		return batch_run(&b->batch);
	outcome = confirm_all(b, in);
	return outcome == OUTCOME_DONE ? change_all(b, in) : outcome;
}

enum outcome
bulk_run(const struct change *change, const struct invocation *in)
{
	const struct change_options *options = in->values;
	struct bulk b = {
		.pager = { .paging = &bulk_paging, .in = in, .arg = &b },
		.batch = { .change = change, .in = in, .ask = &b.pager.ask },
	};
	enum outcome outcome;

	if (in->format == FORMAT_ID && !options->dry_run) {
		output_error("--matching answers with numbers: -o id goes with "
			     "--dry-run");
		return OUTCOME_USAGE;
	}
	if (!filter_fill(&b.request.filter, &options->filter))
		return OUTCOME_USAGE;
	outcome = ask_init(&b.pager.ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&b.pager);
	if (outcome == OUTCOME_DONE)
		outcome = carry_out(&b, in);
	ask_fini(&b.pager.ask);
	free(b.batch.ids);
	return outcome;
}
