/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes to all tokens that filters find.  They are found first, page by
 * page, and counted; only what was counted and shown is changed, by full ids,
 * in batches that the agent commits each at once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/change.h"
#include "cli/confirm.h"
#include "cli/fieldkind.h"
#include "cli/fields.h"
#include "cli/fieldset.h"
#include "cli/pager.h"
#include "common/error.h"

struct totals {
	uint64_t matched; /* found, and not so already */
	uint64_t seen;
	uint64_t changed;
	uint64_t already; /* since they were found */
	uint64_t missing;
	uint64_t refused;
	enum status status; /* of the first refusal */
};

struct bulk {
	struct pager pager;
	const struct change *change;
	struct list_request request;
	char after[SPANLIST_ELEMENT_MAX + 1];
	uint8_t *ids; /* TOKEN_ID_SIZE bytes each */
	size_t room;
	struct totals totals;
	char named[CHANGE_NAMED_SIZE];
};

#define AT(member) offsetof(struct totals, member)

static const struct field total_fields[] = {
	{ "matched", "MATCHED", "0", AT(matched), &fieldkind_count },
	{ "changed", "CHANGED", "0", AT(changed), &fieldkind_count },
	{ "already", "ALREADY", "0", AT(already), &fieldkind_count },
	{ "missing", "MISSING", "0", AT(missing), &fieldkind_count },
	{ "refused", "REFUSED", "0", AT(refused), &fieldkind_count },
};

static const struct fieldset totals_set = { total_fields,
	sizeof total_fields / sizeof total_fields[0] };

static bool
is_dry_run(const struct invocation *in)
{
	const struct change_options *options = in->values;

	return options->dry_run;
}

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
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
	if (b->totals.matched == b->room) {
		size_t room = b->room == 0 ? 4096 : 2 * b->room;
		uint8_t *ids = reallocarray(b->ids, room, TOKEN_ID_SIZE);

		if (ids == NULL)
			return ERROR_MEMORY;
		b->ids = ids;
		b->room = room;
	}
	memcpy(
	    b->ids + b->totals.matched * TOKEN_ID_SIZE, id.data, TOKEN_ID_SIZE);
	b->totals.matched++;
	return 0;
}

static int
row_take(struct pager *p)
{
	struct bulk *b = p->arg;
	struct token_info info;

	token_info_get(&p->ask.reply, &info);
	if (p->ask.reply.failed ||
	    ((b->change->already | b->change->never) & 1U << info.state) != 0)
		return 0;
	if (is_dry_run(p->in)) {
		b->totals.matched++;
		return change_put(&p->output, p->in, b->change->would, &info);
	}
	if (b->totals.matched < CHANGE_NAMED)
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
	uint64_t count = b->totals.matched;

	if (!confirm_can_ask(in->globals)) {
		output_error("%s would touch %llu token%s and there is no "
			     "terminal to ask on: --yes is needed",
		    b->change->verb, (unsigned long long)count, plural(count));
		return OUTCOME_USAGE;
	}
	(void)snprintf(question, sizeof question, "%s %llu token%s (%s%s)",
	    b->change->question, (unsigned long long)count, plural(count),
	    b->named, count > CHANGE_NAMED ? ", ..." : "");
	return confirm(in->globals, question, b->change->done) ? OUTCOME_DONE
							       : OUTCOME_FAILED;
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_ID_SIZE);
}

/* A token that was made older meanwhile may have been listed twice. */
static void
sort_ids(struct bulk *b)
{
	size_t kept = 0;

	qsort(b->ids, b->totals.matched, TOKEN_ID_SIZE, compare_ids);
	for (size_t i = 0; i < b->totals.matched; i++) {
		uint8_t *last = b->ids + (kept - 1) * TOKEN_ID_SIZE;

		if (kept > 0 &&
		    compare_ids(last, b->ids + i * TOKEN_ID_SIZE) == 0)
			continue;
		memmove(b->ids + kept++ * TOKEN_ID_SIZE,
		    b->ids + i * TOKEN_ID_SIZE, TOKEN_ID_SIZE);
	}
	b->totals.matched = kept;
}

static void
batch_put(struct bulk *b, const struct invocation *in)
{
	static uint8_t packed[BRIEF_MAX * (TOKEN_ID_SIZE + 1)];
	const struct change_options *options = in->values;
	struct change_request request = {
		.reason = span_of(options->reason),
		.brief = true,
	};
	struct ask *ask = &b->pager.ask;
	uint64_t at = b->totals.seen;

	for (; at < b->totals.matched && request.selectors.count < BRIEF_MAX;
	     at++)
		(void)spanlist_add(&request.selectors, packed, sizeof packed,
		    span_bytes(b->ids + at * TOKEN_ID_SIZE, TOKEN_ID_SIZE));
	ask_begin(ask, b->change->opcode);
	b->change->put(&ask->request, &request);
}

/* Refusals differ only by the token that they name: the first is enough. */
static enum outcome
batch_take(struct bulk *b)
{
	struct totals *totals = &b->totals;
	struct ask *ask = &b->pager.ask;
	struct batch_reply reply;

	batch_reply_get(&ask->reply, &reply);
	if (reply.seen == 0 || reply.seen > totals->matched - totals->seen)
		wirebuf_fail(&ask->reply);
	if (ask->reply.failed)
		return ask_done(ask);
	totals->seen += reply.seen;
	totals->changed += reply.changed;
	totals->already += reply.already;
	totals->missing += reply.missing;
	if (totals->refused == 0 && reply.refused > 0) {
		totals->status = reply.status;
		output_error("%.*s", (int)reply.message.size,
		    (const char *)reply.message.data);
	}
	totals->refused += reply.refused;
	return ask_done(ask);
}

static void
show_progress(const struct bulk *b, const struct invocation *in)
{
	const struct totals *totals = &b->totals;

	if (in->globals->quiet || totals->matched <= BRIEF_MAX ||
	    isatty(STDERR_FILENO) != 1)
		return;
	fprintf(stderr, "\r%s %llu of %llu%s", b->change->done,
	    (unsigned long long)totals->changed,
	    (unsigned long long)totals->matched,
	    totals->seen == totals->matched ? "\n" : "");
}

static enum outcome
report(const struct bulk *b, const struct invocation *in)
{
	const struct totals *totals = &b->totals;
	struct output o;
	int error;

	if (output_is_json(in->format))
		return output_object(stdout, in->format,
			   fieldset_json(&totals_set, totals)) == ERROR_MEMORY
			   ? OUTCOME_FAILED
			   : OUTCOME_DONE;
	if (in->format == FORMAT_TABLE) {
		if (!in->globals->quiet)
			printf("%s %llu token%s\n", b->change->done,
			    (unsigned long long)totals->changed,
			    plural(totals->changed));
		return OUTCOME_DONE;
	}
	error = fieldset_begin(&o, stdout, in->format, &totals_set);
	if (error == 0)
		error = fieldset_put(&o, &totals_set, totals);
	return output_end(&o, error) == ERROR_MEMORY ? OUTCOME_FAILED
						     : OUTCOME_DONE;
}

/* What was not done, and the exit status for it. */
static enum outcome
settle(const struct bulk *b, enum outcome outcome)
{
	const struct totals *totals = &b->totals;
	uint64_t left = totals->matched - totals->seen;

	if (totals->already > 0)
		output_note("%llu were %s already",
		    (unsigned long long)totals->already, b->change->done);
	if (totals->missing > 0)
		output_note("%llu are not there any more",
		    (unsigned long long)totals->missing);
	if (totals->refused == 0 && left == 0)
		return outcome;
	output_error("%llu of %llu tokens were not %s: see apitoken list",
	    (unsigned long long)(totals->refused + left),
	    (unsigned long long)totals->matched, b->change->done);
	if (totals->changed > 0)
		return OUTCOME_PARTLY;
	return outcome != OUTCOME_DONE ? outcome
				       : ask_outcome_of_status(totals->status);
}

static enum outcome
change_all(struct bulk *b, const struct invocation *in)
{
	enum outcome outcome = OUTCOME_DONE;

	sort_ids(b);
	while (outcome == OUTCOME_DONE && b->totals.seen < b->totals.matched) {
		batch_put(b, in);
		outcome = ask_send_change(&b->pager.ask);
		if (outcome == OUTCOME_DONE)
			outcome = batch_take(b);
		show_progress(b, in);
	}
	if (outcome == OUTCOME_DONE || b->totals.changed > 0) {
		enum outcome written = report(b, in);

		outcome = outcome == OUTCOME_DONE ? written : outcome;
	}
	return settle(b, outcome);
}

/* They are found: nothing to do, said which, or asked and done. */
static enum outcome
carry_out(struct bulk *b, const struct invocation *in)
{
	uint64_t count = b->totals.matched;
	enum outcome outcome;

	if (is_dry_run(in)) {
		if (!in->globals->quiet)
			output_note("%s %llu token%s", b->change->would,
			    (unsigned long long)count, plural(count));
		return OUTCOME_DONE;
	}
	if (count == 0)
		return report(b, in);
	outcome = confirm_all(b, in);
	return outcome == OUTCOME_DONE ? change_all(b, in) : outcome;
}

enum outcome
bulk_run(const struct change *change, const struct invocation *in)
{
	const struct change_options *options = in->values;
	struct bulk b = {
		.pager = { .paging = &bulk_paging, .in = in, .arg = &b },
		.change = change,
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
	free(b.ids);
	return outcome;
}
