/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_CHECK_H
#define APITOKEN_STORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/store/keyring.h"
#include "agent/store/lock.h"
#include "agent/store/store.h"

/*
 * The checks before a store is opened, by whoever holds its lock.
 *
 * Threat model.  A disk, a crash or somebody who writes to the file while no
 * agent runs changed any bytes of it.  No token MUST be accepted by a row that
 * was changed, and none that was revoked come back; a page that crashes its
 * reader MUST NOT keep the agent from saying so.
 */

/* Whether the directory holds no store that anything was committed to. */
bool store_is_new(const char *directory);

/* How long a walk after an unclean exit may take. */
#define CHECK_WALK_MS 20000

/*
 * Looks at the raw file (the two meta pages: magic, version, page size,
 * parity, numbers one apart, each the number of the state that it leads to;
 * the length against the last page), then opens
 * the store read-only in a forked child, so that a damaged page crashes that
 * one, and compares the meta row; with walk set, or when the file is short,
 * also every row and index entry.  0 if all is well or the time ran out
 * (*whole is then false); ERROR_CORRUPT with the reason in why.
 * Call before there are threads.
 */
int store_check(const struct store_options *options,
    const struct keyring *keyring, bool walk, bool *whole, char *why,
    size_t size);

#endif
