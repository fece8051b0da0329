/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <time.h>

#include "cli/confirm.h"
#include "cli/dates.h"
#include "cli/ending.h"
#include "cli/fields.h"
#include "cli/handover.h"
#include "cli/options.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"

struct regenerate_options {
	const char *overlap;
	const char *output;
	bool dry_run;
	struct words users;
};

#define AT(member) offsetof(struct regenerate_options, member)

static const struct option_row regenerate_options[] = {
	{ "overlap", OPTION_TEXT, false, 0, AT(overlap), "DURATION",
	    "how long the old secret works still (not at all)" },
	{ "user", OPTION_LIST, false, 0, AT(users), "LOGIN",
	    "a login name it may be used for from now on" },
	{ "output", OPTION_TEXT, false, 0, AT(output), "FILE",
	    "write the secret into this new file only" },
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,
	    "show what it would be and change nothing" },
	{ 0 },
};

/* One regeneration: the end of the old secret is fixed before it is asked. */
struct regeneration {
	const struct invocation *in;
	struct handover handover;
	uint64_t until;		    /* 0: the old secret stops at once */
	char id[TOKEN_ID_SIZE + 1]; /* which token was shown */
	char fate[64];		    /* "the old secret stops at once" */
};

static void
request_put(struct ask *ask, const struct regeneration *r, bool dry_run)
{
	const struct regenerate_options *options = r->in->values;
	uint64_t now = (uint64_t)time(NULL);
	struct regenerate_request request = {
		.selector = span_of(r->id),
		.users = options->users.list,
		.overlap = r->until > now ? r->until - now : 0,
		.dry_run = dry_run,
	};

	if (dry_run)
		request.selector = span_of(r->in->operands[0]);
	ask_begin(ask, OP_REGENERATE);
	regenerate_request_put(&ask->request, &request);
}

static enum outcome
fate_fill(struct regeneration *r, const char *overlap)
{
	char date[TIME_TEXT_SIZE];
	uint64_t seconds = 0;

	if (!dates_duration("overlap", overlap, &seconds))
		return OUTCOME_USAGE;
	r->until = seconds == 0 ? 0 : (uint64_t)time(NULL) + seconds;
	time_format(r->until, date);
	if (r->until == 0)
		(void)snprintf(
		    r->fate, sizeof r->fate, "the old secret stops at once");
	else
		(void)snprintf(r->fate, sizeof r->fate,
		    "the old secret works until %s", date);
	return OUTCOME_DONE;
}

static bool
is_confirmed(struct regeneration *r, const struct token_info *info)
{
	char question[TOKEN_ID_SIZE + TOKEN_NAME_MAX + sizeof r->fate + 32];

	(void)snprintf(question, sizeof question, "Regenerate %s %.*s: %s",
	    r->id, (int)info->spec.name.size,
	    (const char *)info->spec.name.data, r->fate);
	return confirm(r->in->globals, question, r->handover.done);
}

/* A new secret does not bring back what stops the token otherwise. */
static void
note_state(const struct token_info *info)
{
	if (info->state != STATE_ACTIVE)
		output_note("it is %s still: neither secret opens anything "
			    "until that ends",
		    token_state_word(info->state));
}

/* Whoever has not changed over to the new one yet is seen by this. */
static void
note_secrets(const struct token_info *info)
{
	char used[TIME_TEXT_SIZE];

	for (size_t i = 0; i < info->secret_count && info->secret_count > 1;
	     i++) {
		const struct token_secret *secret = &info->secrets[i];

		time_format(secret->last_used_at, used);
		output_note("secret %u%s: %s%s", secret->number,
		    i == 0 ? " (the new one)" : "",
		    secret->last_used_at > 0 ? "last used " : "never used",
		    secret->last_used_at > 0 ? used : "");
	}
}

/* The token is known, and what is to become of it. */
static enum outcome
carry_out(struct regeneration *r, struct ask *ask, struct made *made)
{
	bool quiet = r->in->globals->quiet;
	struct ending ending = { 0 };
	enum outcome outcome;

	if (r->handover.dry_run) {
		if (!quiet) {
			output_note("%s", r->fate);
			note_secrets(&made->info);
		}
		return fields_put_one(stdout, r->in->format, &made->info) ==
			       ERROR_MEMORY
			   ? OUTCOME_FAILED
			   : OUTCOME_DONE;
	}
	if (!is_confirmed(r, &made->info))
		return OUTCOME_FAILED;
	/* With an overlap they end with the old secret, later. */
	if (r->until == 0)
		ending_before(&ending, ask, (const uint8_t *)r->id, 1);
	request_put(ask, r, false);
	outcome = handover_make(&r->handover, ask, made);
	if (outcome == OUTCOME_DONE && !quiet) {
		output_note("%s", r->fate);
		note_secrets(&made->info);
		note_state(&made->info);
	}
	if (outcome == OUTCOME_DONE)
		outcome = ending_after(&ending, ask);
	ending_fini(&ending);
	return outcome;
}

static enum outcome
regenerate_run(const struct invocation *in)
{
	const struct regenerate_options *options = in->values;
	struct regeneration r = { .in = in,
		.handover = { in, options->output, options->dry_run,
		    "regenerated", "regenerate" } };
	struct made made = { 0 };
	struct ask ask = { 0 };
	enum outcome outcome = handover_check(&r.handover);

	if (outcome == OUTCOME_DONE)
		outcome = handover_check_file(&r.handover);
	if (outcome == OUTCOME_DONE)
		outcome = fate_fill(&r, options->overlap);
	if (outcome == OUTCOME_DONE && !options->dry_run &&
	    !confirm_is_possible(in->globals, "regenerate"))
		outcome = OUTCOME_USAGE;
	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&ask, in->globals);
	if (outcome == OUTCOME_DONE) {
		request_put(&ask, &r, true);
		outcome = handover_preview(&ask, &made);
	}
	if (outcome == OUTCOME_DONE) {
		(void)span_text(made.info.id, r.id, sizeof r.id);
		outcome = carry_out(&r, &ask, &made);
	}
	ask_fini(&ask);
	return outcome;
}

const struct command regenerate_command = {
	.name = "regenerate",
	.operands = "TOKEN",
	.summary = "give a token a new secret and write it, once",
	.formats = "table|json|jsonl|id",
	.options = regenerate_options,
	.values_size = sizeof(struct regenerate_options),
	.least = 1,
	.most = 1,
	.run = regenerate_run,
};
