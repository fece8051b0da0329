/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_META_H
#define APITOKEN_STORE_META_H

#include <stddef.h>
#include <stdint.h>

#include "agent/store/writing.h"

/*
 * The meta row: what the store was when it was last written, by its own word
 * and under a MAC.  An older state of the file, or one that lost rows, is
 * found by it.
 */

/* Where it is. */
#define META_DATABASE "meta"
#define META_KEY      "state"

/* The last thing that every transaction writes. */
int meta_put(struct writing *writing, uint64_t audit_sequence);

/*
 * Compares the row with what is there and takes the generation and the end of
 * the audit chain from it.  ERROR_CORRUPT with a sentence in why.
 */
int meta_check(struct store *store, char *why, size_t size);

/*
 * The transaction that wrote this meta row.  ERROR_CORRUPT with a sentence in
 * why for one that is not authentic or of another schema.
 */
int meta_read(const struct keyring *keyring, struct span whole,
    uint64_t *transaction, char *why, size_t size);

#endif
