/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_WALK_H
#define APITOKEN_STORE_WALK_H

#include <stddef.h>

#include "agent/store/store.h"

/*
 * Looks at everything: each row's MAC, each record's encoding, each token's
 * entries in the indexes and each index entry's token, the audit chain from
 * its first entry to its last.  ERROR_CORRUPT with the first thing that is
 * wrong in why.
 */
int walk_store(struct store *store, char *why, size_t size);

#endif
