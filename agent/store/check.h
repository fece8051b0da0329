/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_CHECK_H
#define APITOKEN_STORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/store/keyring.h"
#include "agent/store/lock.h"
#include "agent/store/raw.h"
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

/* How long the look at each page may after a clean one, of a file that is
 * larger than this many bytes: a smaller one takes less. */
#define CHECK_PAGES_MS	 50
#define CHECK_PAGES_SIZE (64 * 1024 * 1024)

/*
 * What a check does beyond opening the store: whether each page of the state
 * that a sound meta page stands for is in one place (see pages.h), and each
 * row and index entry.  ERROR_CORRUPT with the reason in why.
 */
int check_pages(const struct store_options *options,
    const struct raw_meta *meta, char *why, size_t size);
int check_rows(const struct store_options *options,
    const struct keyring *keyring, char *why, size_t size);

/*
 * Looks at the raw file (the two meta pages: magic, version, page size,
 * parity, numbers one apart, each the number of the state that it leads to;
 * the length against the last page), then opens
 * the store read-only in a forked child, so that a damaged page crashes that
 * one, and compares the meta row; with walk set, or when the file is short,
 * also every row and index entry.  0 if all is well or the time ran out
 * (*whole is then false, and recheck.h goes on); ERROR_CORRUPT with the reason in why.
 * Call before there are threads.
 */
int store_check(const struct store_options *options,
    const struct keyring *keyring, bool walk, bool *whole, char *why,
    size_t size);

#endif
