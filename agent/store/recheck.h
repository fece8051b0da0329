/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_RECHECK_H
#define APITOKEN_STORE_RECHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/store/keyring.h"
#include "agent/store/store.h"

/*
 * The check of a store that store_check() had no time for, beside the agent
 * that serves from it meanwhile: of the state as it was when it began, in a
 * child, however long that takes.
 */
struct recheck;

/*
 * With walk set also every row and index entry.  The store is open, nothing
 * writes to it yet and there are no threads.  ERROR_MEMORY, ERROR_SYSTEM, or
 * an error of the store.
 */
int recheck_start(const struct store_options *options,
    const struct keyring *keyring, struct store *store, bool walk,
    struct recheck **recheck);

/*
 * 0 if all was well, ERROR_TIMEOUT while it goes on, ERROR_CORRUPT with the
 * reason in why, ERROR_CLOSED if the child ended without a word.  Never waits.
 */
int recheck_look(struct recheck *recheck, char *why, size_t size);

/* The child ends by itself, or with the agent.  NULL is fine. */
void recheck_free(struct recheck *recheck);

#endif
