/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_PENDING_H
#define APITOKEN_STORE_PENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store/attempt.h"
#include "agent/store/changeset.h"
#include "agent/store/store.h"
#include "agent/store/usage.h"

/* Uses that are not written yet; the writer thread's, but for a look. */
struct pending;

#define USAGE_INTERVAL 60 /* seconds between two writes for one token */

struct pending *pending_new(void);
void pending_free(struct pending *pending);
/* Notes a use; without memory, or with too many kept, it is forgotten. */
void pending_note(struct pending *pending, const struct attempt *attempt);
/*
 * Puts into the set what is due: all that was not written within
 * USAGE_INTERVAL before now, or all there is.  Returns how many.
 */
size_t pending_due(struct pending *pending, struct store_reader *reader,
    uint64_t now, bool all, struct changeset *set);

/* What is kept of a token, for USAGE_INTERVAL after it was written too: who
 * looks may see the store as it was before. */
struct recent_use {
	uint64_t last_used_at;
	uint64_t count; /* not written */
	struct usage_secret secrets[TOKEN_SECRETS_MAX];
	char service[SERVICE_MAX + 1];
	char from[65];
};

/* False if there is nothing.  Of any thread. */
bool pending_look(
    struct pending *pending, const char *id, struct recent_use *recent);
bool pending_is_empty(const struct pending *pending);

#endif
