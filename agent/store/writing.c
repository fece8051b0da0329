/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/writing.h"

#include <string.h>

#include "common/error.h"

int
writing_begin(struct store *store, struct writing *writing)
{
	*writing = (struct writing) { .store = store };
	return env_error(mdb_txn_begin(store->env, NULL, 0, &writing->txn));
}

static void
close_cursor(struct writing *writing, enum database database)
{
	if (writing->cursors[database] != NULL)
		mdb_cursor_close(writing->cursors[database]);
	writing->cursors[database] = NULL;
}

static void
close_cursors(struct writing *writing)
{
	for (size_t i = 0; i < DB_COUNT; i++)
		close_cursor(writing, (enum database)i);
}

int
writing_commit(struct writing *writing)
{
	MDB_txn *txn = writing->txn;

	close_cursors(writing);
	writing->txn = NULL;
	return env_error(mdb_txn_commit(txn));
}

void
writing_abort(struct writing *writing)
{
	close_cursors(writing);
	if (writing->txn != NULL)
		mdb_txn_abort(writing->txn);
	writing->txn = NULL;
}

static int
cursor_of(struct writing *writing, enum database database, MDB_cursor **cursor)
{
	int rc = MDB_SUCCESS;

	if (writing->cursors[database] == NULL)
		rc = mdb_cursor_open(writing->txn,
		    writing->store->dbi[database], &writing->cursors[database]);
	*cursor = writing->cursors[database];
	return rc;
}

int
writing_get(struct writing *writing, enum database database, struct span key,
    struct span *value)
{
	MDB_val mdb_key = env_val(key);
	MDB_val mdb_value;
	MDB_cursor *cursor;
	int rc = cursor_of(writing, database, &cursor);

	if (rc == MDB_SUCCESS)
		rc = mdb_cursor_get(cursor, &mdb_key, &mdb_value, MDB_SET);
	if (rc != MDB_SUCCESS)
		return env_error(rc);
	*value = env_span(&mdb_value);
	return 0;
}

int
writing_reserve(struct writing *writing, enum database database,
    struct span key, size_t size, uint8_t **bytes)
{
	MDB_val mdb_key = env_val(key);
	MDB_val mdb_value = { size, NULL };
	MDB_cursor *cursor;
	int rc = cursor_of(writing, database, &cursor);

	if (rc == MDB_SUCCESS)
		rc = mdb_cursor_put(cursor, &mdb_key, &mdb_value, MDB_RESERVE);
	if (rc == MDB_SUCCESS)
		*bytes = mdb_value.mv_data;
	return env_error(rc);
}

/* Whether the entry comes after all that the key has: LMDB fills pages to the
 * brim only where it is told so, and refuses it otherwise. */
static bool
is_last(MDB_cursor *cursor, struct span key, struct span entry)
{
	MDB_val mdb_key = env_val(key);
	MDB_val last;

	if (mdb_cursor_get(cursor, &mdb_key, &last, MDB_SET) != MDB_SUCCESS ||
	    mdb_cursor_get(cursor, &mdb_key, &last, MDB_LAST_DUP) !=
		MDB_SUCCESS)
		return false;
	return last.mv_size == entry.size &&
	       memcmp(last.mv_data, entry.data, entry.size) < 0;
}

int
writing_add(struct writing *writing, enum database database, struct span key,
    struct span entry)
{
	MDB_val mdb_key = env_val(key);
	MDB_val mdb_value = env_val(entry);
	unsigned flags = 0;
	MDB_cursor *cursor;
	int rc = cursor_of(writing, database, &cursor);

	if (rc == MDB_SUCCESS && env_is_multiple(database) &&
	    is_last(cursor, key, entry))
		flags = MDB_APPENDDUP;
	if (rc == MDB_SUCCESS)
		rc = mdb_cursor_put(cursor, &mdb_key, &mdb_value, flags);
	return env_error(rc);
}

int
writing_remove(struct writing *writing, enum database database, struct span key,
    struct span entry)
{
	MDB_val mdb_key = env_val(key);
	MDB_val mdb_value = env_val(entry);
	int rc;

	/* A cursor that stands on what is removed is nothing to rely on. */
	close_cursor(writing, database);
	rc = mdb_del(writing->txn, writing->store->dbi[database], &mdb_key,
	    span_empty(entry) ? NULL : &mdb_value);
	return rc == MDB_NOTFOUND ? 0 : env_error(rc);
}
