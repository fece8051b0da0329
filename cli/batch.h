/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_BATCH_H
#define APITOKEN_CLI_BATCH_H

#include "cli/ask.h"
#include "cli/change.h"

/* What became of many tokens. */
struct batch_totals {
	uint64_t matched; /* found, and not so already */
	uint64_t seen;
	uint64_t changed;
	uint64_t already; /* since they were found */
	uint64_t missing;
	uint64_t refused;
	enum status status; /* of the first refusal */
};

/* A change to be made to tokens that are known by their ids. */
struct batch {
	const struct change *change;
	const struct invocation *in;
	struct ask *ask;
	uint8_t *ids; /* TOKEN_ID_SIZE bytes each; the owner's, put in order */
	struct batch_totals totals; /* matched is how many ids there are */
};

/*
 * Makes the change, up to BRIEF_MAX tokens at a time, and writes the totals;
 * without a token only these.  What was not done is said, and is
 * OUTCOME_PARTLY or the outcome of the first refusal.
 */
enum outcome batch_run(struct batch *batch);

/* "" for one, "s" for any other number. */
const char *batch_plural(uint64_t count);

#endif
