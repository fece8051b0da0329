/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_WRITING_H
#define APITOKEN_STORE_WRITING_H

#include "agent/store/env.h"

/*
 * A transaction that writes, with a cursor for each database that is kept
 * where the last key was: most of a large set goes in beside it, and need not
 * be searched for from the root.
 */
struct writing {
	struct store *store;
	MDB_txn *txn;
	MDB_cursor *cursors[DB_COUNT];
};

/* writing_abort() may follow in any case. */
int writing_begin(struct store *store, struct writing *writing);

/* Either ends it, also where the commit fails; what is ended stays so. */
int writing_commit(struct writing *writing);
void writing_abort(struct writing *writing);

/* ERROR_NOT_FOUND; the value lasts until something is written. */
int writing_get(struct writing *writing, enum database database,
    struct span key, struct span *value);

/* Room for a value of so many bytes, to be filled before the next call. */
int writing_reserve(struct writing *writing, enum database database,
    struct span key, size_t size, uint8_t **bytes);

/* An entry of an index; the last of a key's are packed close. */
int writing_add(struct writing *writing, enum database database,
    struct span key, struct span entry);

/* Of several entries that one, or all if it is empty.  Gone already is what
 * a removal wanted. */
int writing_remove(struct writing *writing, enum database database,
    struct span key, struct span entry);

#endif
