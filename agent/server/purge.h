/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PURGE_H
#define APITOKEN_SERVER_PURGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store/store.h"

/*
 * Takes away tokens that ended long enough ago: API tokens that expired or
 * were revoked, after the retention of the configuration, each leaving its
 * tombstones; access and refresh tokens an hour after their end, without, and
 * those whose API token is gone, which may have no end.  A disabled token stays
 * whatever its age: somebody may mean to enable it.
 */
#define PURGE_SHORT_LIVED 3600 /* seconds */

/* Where a round goes on: it is a pass along tokens_by_expiry and another along
 * tokens_by_parent.  Zeroed: at its beginning. */
struct purge {
	uint8_t key[TOKEN_ID_SIZE];
	size_t key_size; /* 0: where the pass begins */
	uint8_t id[TOKEN_ID_SIZE];
	unsigned pass;
};

/*
 * The next slice of a round: puts what is to go, with its audit, into the set
 * and says in *more whether the round goes on after it.  retention is in
 * seconds, 0 keeps API tokens for ever.  Errors of the store.
 */
int purge_slice(struct purge *purge, struct store_reader *reader,
    uint64_t retention, uint64_t now, struct changeset *set, bool *more);

#endif
