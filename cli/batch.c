/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fieldkind.h"
#include "cli/fieldset.h"
#include "common/changemessage.h"
#include "common/error.h"

#define AT(member) offsetof(struct batch_totals, member)

static const struct field total_fields[] = {
	{ "matched", "MATCHED", "0", AT(matched), &fieldkind_count },
	{ "changed", "CHANGED", "0", AT(changed), &fieldkind_count },
	{ "already", "ALREADY", "0", AT(already), &fieldkind_count },
	{ "missing", "MISSING", "0", AT(missing), &fieldkind_count },
	{ "refused", "REFUSED", "0", AT(refused), &fieldkind_count },
};

static const struct fieldset totals_set = { total_fields,
	sizeof total_fields / sizeof total_fields[0] };

const char *
batch_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_ID_SIZE);
}

/* A token that was made older meanwhile may have been listed twice. */
static void
sort_ids(struct batch *b)
{
	uint8_t *kept = b->ids;

	if (b->totals.matched < 2)
		return;
	qsort(b->ids, b->totals.matched, TOKEN_ID_SIZE, compare_ids);
	for (size_t i = 1; i < b->totals.matched; i++) {
		const uint8_t *id = b->ids + i * TOKEN_ID_SIZE;

		if (compare_ids(kept, id) == 0)
			continue;
		kept += TOKEN_ID_SIZE;
		memmove(kept, id, TOKEN_ID_SIZE);
	}
	b->totals.matched = (size_t)(kept - b->ids) / TOKEN_ID_SIZE + 1;
}

static void
batch_put(struct batch *b)
{
	static uint8_t packed[BRIEF_MAX * (TOKEN_ID_SIZE + 1)];
	const struct change_options *options = b->in->values;
	struct change_request request = {
		.reason = span_of(options->reason),
		.brief = true,
		.keep_sessions = options->keep_sessions,
	};
	struct ask *ask = b->ask;
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
batch_take(struct batch *b)
{
	struct batch_totals *totals = &b->totals;
	struct ask *ask = b->ask;
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
show_progress(const struct batch *b, enum outcome outcome)
{
	const struct batch_totals *totals = &b->totals;
	bool is_end = outcome != OUTCOME_DONE ||
		      totals->seen == totals->matched;

	if (b->in->globals->quiet || totals->matched <= BRIEF_MAX ||
	    isatty(STDERR_FILENO) != 1)
		return;
	fprintf(stderr, "\r%s %llu of %llu%s", b->change->done,
	    (unsigned long long)totals->changed,
	    (unsigned long long)totals->matched, is_end ? "\n" : "");
}

static enum outcome
report(const struct batch *b)
{
	const struct batch_totals *totals = &b->totals;
	struct output o;
	int error;

	if (output_is_json(b->in->format))
		return output_object(stdout, b->in->format,
			   fieldset_json(&totals_set, totals)) == ERROR_MEMORY
			   ? OUTCOME_FAILED
			   : OUTCOME_DONE;
	if (b->in->format == FORMAT_TABLE) {
		if (!b->in->globals->quiet)
			printf("%s %llu token%s\n", b->change->done,
			    (unsigned long long)totals->changed,
			    batch_plural(totals->changed));
		return OUTCOME_DONE;
	}
	error = fieldset_begin(&o, stdout, b->in->format, &totals_set);
	if (error == 0)
		error = fieldset_put(&o, &totals_set, totals);
	return output_end(&o, error) == ERROR_MEMORY ? OUTCOME_FAILED
						     : OUTCOME_DONE;
}

/* What was not done, and the exit status for it. */
static enum outcome
settle(const struct batch *b, enum outcome outcome)
{
	const struct batch_totals *totals = &b->totals;
	uint64_t left = totals->matched - totals->seen;
	bool quiet = b->in->globals->quiet;

	if (totals->already > 0 && !quiet)
		output_note("%llu were %s already",
		    (unsigned long long)totals->already, b->change->done);
	if (totals->missing > 0 && !quiet)
		output_note("%llu are not there any more",
		    (unsigned long long)totals->missing);
	if (totals->refused == 0 && left == 0)
		return outcome;
	output_error("%llu of %llu tokens %s %s: see apitoken list",
	    (unsigned long long)(totals->refused + left),
	    (unsigned long long)totals->matched,
	    b->ask->is_unknown ? "may not be" : "were not", b->change->done);
	if (totals->changed > 0)
		return OUTCOME_PARTLY;
	return outcome != OUTCOME_DONE ? outcome
				       : ask_outcome_of_status(totals->status);
}

enum outcome
batch_run(struct batch *b)
{
	enum outcome outcome = OUTCOME_DONE;

	sort_ids(b);
	while (outcome == OUTCOME_DONE && b->totals.seen < b->totals.matched) {
		batch_put(b);
		outcome = ask_send_change(b->ask);
		if (outcome == OUTCOME_DONE)
			outcome = batch_take(b);
		show_progress(b, outcome);
	}
	if (outcome == OUTCOME_DONE || b->totals.changed > 0) {
		enum outcome written = report(b);

		outcome = outcome == OUTCOME_DONE ? written : outcome;
	}
	return settle(b, outcome);
}
