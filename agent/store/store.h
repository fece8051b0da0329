/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_STORE_H
#define APITOKEN_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store/changeset.h"
#include "agent/store/keyring.h"
#include "common/anchor.h"
#include "common/span.h"

/*
 * What is remembered, in an LMDB environment (env.h).
 *
 * Threat model.  Disks flip bits, and somebody may write to the file while
 * the agent is down.  LMDB has no checksums: one flipped bit in its two meta
 * pages is enough to bring back the state before the last commit, with every
 * row authentic.  So each row carries a MAC over (database, key, value), each
 * commit writes a MACed row of LMDB's own transaction number and the number
 * of rows in each database, and opening compares them (see check.h for the
 * rest).  A store that fails a check is not opened.
 *
 * A row is
 *
 *	u32 version | u8 key number | body | MAC, 16 bytes
 *
 * Indexes have no MAC: what they lead to has, and says itself whether it
 * belongs there.
 */
#define STORE_SCHEMA	    3
#define STORE_SCHEMA_OLDEST 2 /* that is read, and becomes the newest */
#define STORE_FILE	    "data.mdb"
#define STORE_ROW_OVERHEAD  (4 + 1 + CRYPTO_MAC_SIZE)

/* 64 GiB of address space, not of disk.  A map is never grown: doing so
 * under an active reader crashed the reader. */
#define STORE_MAP_SIZE (UINT64_C(64) << 30)

struct store;

struct store_options {
	const char *directory;
	uint64_t map_size; /* bytes */
	bool read_only;	   /* for checks: no lock file, no changes */
};

/*
 * Opens or makes the environment in an existing directory.  ERROR_CORRUPT
 * with the reason in why if what is there fails a check; ERROR_SYSTEM (errno)
 * and ERROR_FULL otherwise.  The keyring must outlive the store.
 */
int store_open(const struct store_options *options,
    const struct keyring *keyring, struct store **store, char *why,
    size_t size);
void store_close(struct store *store);

/*
 * From now on a row gets the time as its version, in seconds since 1970, unless
 * it has a later one: so that what is done to it after an old backup brought
 * it back counts as later than any backup made before.
 */
void store_keep_time(struct store *store);

/* A row as it lies in the map: good until store_read_end(). */
struct row {
	uint32_t version;
	uint8_t key_number;
	struct span body;
	struct span whole;
};

/*
 * A thread's view of the store.  One for each thread; between begin and end it
 * sees one state of the store and must not wait for anybody.
 */
struct store_reader;

int store_reader_open(struct store *store, struct store_reader **reader);
void store_reader_close(struct store_reader *reader);
int store_read_begin(struct store_reader *reader);
void store_read_end(struct store_reader *reader);

/*
 * ERROR_NOT_FOUND; ERROR_CORRUPT if it is too short to be a row.  Where pages
 * are damaged, and nobody knows whether there is one, ERROR_SYSTEM.
 */
int store_get(struct store_reader *reader, enum database database,
    struct span key, struct row *row);
/* Whether the row's MAC is right for that place. */
bool store_is_authentic(struct store_reader *reader, enum database database,
    struct span key, const struct row *row);
/* Both: ERROR_CORRUPT for a row that is not authentic. */
int store_get_authentic(struct store_reader *reader, enum database database,
    struct span key, struct row *row);
/* The single value of a key in an index that has one for each. */
int store_get_index(struct store_reader *reader, enum database database,
    struct span key, struct span *value);

/* Rows, or entries of an index, there are. */
uint64_t store_count(struct store_reader *reader, enum database database);
/* Entries of an index under one key, without looking at each. */
int store_count_under(struct store_reader *reader, enum database database,
    struct span key, uint64_t *count);
/* A number of what the view shows: another one after each commit. */
uint64_t store_state(const struct store_reader *reader);
/* Bytes that the store's file ever used, and that it may at most. */
int store_size(struct store_reader *reader, uint64_t *used, uint64_t *most);

/*
 * The audit's entry with that number, 0: the last one.  ERROR_NOT_FOUND;
 * ERROR_CORRUPT for one that is not authentic.
 */
int store_anchor(
    struct store_reader *reader, uint64_t number, struct anchor *anchor);

/* Steps through a database in order; within begin and end. */
struct store_cursor;

int store_cursor_open(struct store_reader *reader, enum database database,
    struct store_cursor **cursor);
void store_cursor_close(struct store_cursor *cursor);
/*
 * To the first entry that is not before (key, value); value counts in an
 * index only.  ERROR_NOT_FOUND if there is none.
 */
int store_cursor_seek(
    struct store_cursor *cursor, struct span key, struct span value);
int store_cursor_next(struct store_cursor *cursor);
/* To the last entry that is before (key, value); an empty key: to the last of
 * all.  ERROR_NOT_FOUND if there is none. */
int store_cursor_seek_before(
    struct store_cursor *cursor, struct span key, struct span value);
int store_cursor_prev(struct store_cursor *cursor);
struct span store_cursor_key(const struct store_cursor *cursor);
struct span store_cursor_value(const struct store_cursor *cursor);
/* The current entry as a row; ERROR_CORRUPT if it is not authentic. */
int store_cursor_row(struct store_cursor *cursor, struct row *row);

/*
 * Applies the sets in one durable transaction and says for each in results
 * whether it is in: 0, ERROR_STALE if a row is not of the version that the
 * set was made from, ERROR_MEMORY if the set failed while it was made, or
 * ERROR_TOO_LONG if an audit entry does not fit; nothing of such a set is in,
 * and the others are applied all the same.  Any other error is everybody's,
 * and nothing was changed: ERROR_FULL, ERROR_SYSTEM, ERROR_CORRUPT.  Only one
 * thread at a time.
 */
int store_apply(struct store *store, struct changeset *const *sets,
    size_t count, int *results);

/*
 * Whether a commit failed in such a way that nothing can be read or written any
 * more before the store is opened anew: LMDB does not trust its map once its
 * meta page could not be written.  Of the thread that calls store_apply().
 */
bool store_is_broken(const struct store *store);

/* The number of the last audit entry; 0 if there is none. */
uint64_t store_audit_sequence(const struct store *store);

#endif
