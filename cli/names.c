/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/names.h"

#include "cli/command.h"
#include "common/error.h"

/* Where a listing stands; `after` outlives the page it came with. */
struct listing {
	struct pager pager;
	const struct names_kind *kind;
	struct names_request request;
	char after[SPANLIST_ELEMENT_MAX + 1];
};

static void
page_ask(struct pager *p)
{
	struct listing *l = p->arg;

	p->limit = UINT16_MAX;
	l->request.after = span_of(l->after);
	names_request_put(&p->ask.request, &l->request);
}

static int
rows_begin(struct pager *p)
{
	const struct listing *l = p->arg;

	return fieldset_begin(
	    &p->output, stdout, p->in->format, l->kind->fields);
}

static int
row_put(struct pager *p)
{
	union names_row row;
	const struct listing *l = p->arg;

	l->kind->get(&p->ask.reply, &row);
	return p->ask.reply.failed
		   ? 0
		   : fieldset_put(&p->output, l->kind->fields, &row);
}

static void
next_get(struct pager *p)
{
	struct listing *l = p->arg;
	struct span next = wirebuf_get_str8(&p->ask.reply);

	p->end = span_empty(next);
	/* One that does not move would never end. */
	if (!p->end && (span_is(next, l->after) ||
			   span_text(next, l->after, sizeof l->after) != 0))
		wirebuf_fail(&p->ask.reply);
}

enum outcome
names_list(const struct invocation *in, const struct names_kind *kind,
    const char *name)
{
	const struct paging paging = { kind->opcode, page_ask, rows_begin,
		row_put, next_get };
	struct listing l = {
		.pager = { .paging = &paging, .in = in, .arg = &l },
		.kind = kind,
		.request = { .name = span_of(name) },
	};
	enum outcome outcome = ask_init(&l.pager.ask, in->globals);

	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&l.pager);
	if (outcome == OUTCOME_DONE && l.pager.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("%s", kind->nothing);
	ask_fini(&l.pager.ask);
	return outcome;
}

enum outcome
names_reply(
    struct ask *ask, enum output_format format, const struct names_kind *kind)
{
	union names_row row;

	kind->get(&ask->reply, &row);
	if (ask->reply.failed)
		return ask_done(ask);
	return fieldset_put_one(stdout, format, kind->fields, &row) ==
		       ERROR_MEMORY
		   ? OUTCOME_FAILED
		   : OUTCOME_DONE;
}

enum outcome
names_show(const struct invocation *in, const struct names_kind *kind,
    const char *name)
{
	const struct names_request request = { .name = span_of(name) };
	struct ask ask = { 0 };
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, kind->opcode);
		names_request_put(&ask.request, &request);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE && wirebuf_get_u16(&ask.reply) != 1)
		wirebuf_fail(&ask.reply);
	if (outcome == OUTCOME_DONE)
		outcome = names_reply(&ask, in->format, kind);
	ask_fini(&ask);
	return outcome;
}
