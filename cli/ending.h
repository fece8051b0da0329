/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_ENDING_H
#define APITOKEN_CLI_ENDING_H

#include "cli/ask.h"

/*
 * What becomes of the sessions of tokens that are being changed: they are
 * looked for before, and again afterwards until none of them is left or it
 * has taken too long.  Who may not see sessions is told nothing of them.
 */
struct ending {
	uint64_t *numbers; /* that there were, ascending */
	size_t count;
	size_t room;
	uint8_t *ids; /* of tokens, TOKEN_ID_SIZE bytes each, ascending */
	size_t id_count;
};

/* Zeroed before; ending_fini() may follow in any case.  The ids are copied. */
void ending_before(
    struct ending *ending, struct ask *ask, const uint8_t *ids, size_t count);

/*
 * After the change: waits, and says how many sessions were ended (unless
 * --quiet) and which were not.  OUTCOME_DONE, or OUTCOME_PARTLY for these.
 */
enum outcome ending_after(struct ending *ending, struct ask *ask);

void ending_fini(struct ending *ending);

#endif
