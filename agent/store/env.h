/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_ENV_H
#define APITOKEN_STORE_ENV_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/store/store.h"

/*
 * LMDB, as the files behind store.h see it, and the only place that includes
 * <lmdb.h>.
 */

/* Which sub-key MACs the rows; an index has none. */
enum row_key {
	ROWS_NONE,
	ROWS_RECORDS,
	ROWS_AUDIT,
};

/* The databases, in the order of enum database. */
struct env_database {
	const char *name;
	unsigned flags; /* LMDB's */
	enum row_key rows;
};

extern const struct env_database env_databases[DB_COUNT];

/* Whether a key may have several entries. */
bool env_is_multiple(enum database database);

struct store {
	MDB_env *env;
	MDB_dbi dbi[DB_COUNT];
	size_t databases; /* the first so many are there */
	const struct keyring *keyring;
	bool keeps_time; /* versions are at least the time */
	bool is_broken;	 /* LMDB gave up; see store_is_broken() */
	uint64_t generation;
	uint64_t audit_sequence;
	uint8_t audit_mac[CRYPTO_MAC_SIZE]; /* of the last entry */
};

struct store_reader {
	struct store *store;
	MDB_txn *txn;
};

/* LMDB's codes stop here; ERROR_SYSTEM has its errno. */
int env_error(int rc);

/* LMDB takes keys and values without const and leaves them alone. */
MDB_val env_val(struct span s);
struct span env_span(const MDB_val *v);

/* Into store->env; store_close() closes what a failure left. */
int env_open(struct store *store, const struct store_options *options);

/* Whether nothing was ever committed to it. */
bool env_is_empty(MDB_env *env);

/*
 * Opens every database; with MDB_CREATE in flags also makes it.  Those behind
 * DB_META came later: the first that is not there ends it.
 */
int env_open_databases(struct store *store, MDB_txn *txn, unsigned flags);

#endif
