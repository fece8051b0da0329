/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_LOCK_H
#define APITOKEN_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Keeps a second agent out of the store.  Held while an agent runs; says by
 * its content whether one ended cleanly.
 *
 * Threat model.  A folder that others may write to, or of another owner, MUST
 * NOT be the store.
 */
struct store_lock;

/*
 * Locks the directory: it must belong to the caller and be open to nobody
 * else (made, mode 0700, if it is not there).  *unclean says that the last
 * agent did not end cleanly.  ERROR_INVALID with a sentence in why for a wrong
 * owner or mode, or another agent at work; ERROR_SYSTEM, errno.
 */
int store_lock(const char *directory, struct store_lock **lock, bool *unclean,
    char *why, size_t size);
/* clean: the next start need not walk the store. */
void store_unlock(struct store_lock *lock, bool clean);

#endif
