/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/store/env.h"
#include "agent/store/row.h"
#include "common/error.h"

struct store_cursor {
	struct store_reader *reader;
	MDB_cursor *mdb;
	enum database database;
	MDB_val key;
	MDB_val value;
};

int
store_reader_open(struct store *store, struct store_reader **reader)
{
	struct store_reader *opened = calloc(1, sizeof(*opened));
	int rc;

	if (opened == NULL)
		return ERROR_MEMORY;
	opened->store = store;
	rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &opened->txn);
	if (rc != MDB_SUCCESS) {
		free(opened);
		return env_error(rc);
	}
	mdb_txn_reset(opened->txn);
	*reader = opened;
	return 0;
}

void
store_reader_close(struct store_reader *reader)
{
	if (reader == NULL)
		return;
	mdb_txn_abort(reader->txn);
	free(reader);
}

int
store_read_begin(struct store_reader *reader)
{
	return env_error(mdb_txn_renew(reader->txn));
}

void
store_read_end(struct store_reader *reader)
{
	mdb_txn_reset(reader->txn);
}

/* Damaged pages say nothing of the row that was looked for. */
static int
unreadable(int error)
{
	if (error != ERROR_CORRUPT)
		return error;
	errno = EIO;
	return ERROR_SYSTEM;
}

int
store_get_index(struct store_reader *reader, enum database database,
    struct span key, struct span *value)
{
	MDB_val mdb_key = env_val(key);
	MDB_val mdb_value;
	int rc;

	rc = mdb_get(
	    reader->txn, reader->store->dbi[database], &mdb_key, &mdb_value);
	if (rc == MDB_BAD_VALSIZE) /* an empty key, or one too long */
		return ERROR_NOT_FOUND;
	if (rc != MDB_SUCCESS)
		return unreadable(env_error(rc));
	*value = env_span(&mdb_value);
	return 0;
}

int
store_get(struct store_reader *reader, enum database database, struct span key,
    struct row *row)
{
	struct span whole;
	int rv = store_get_index(reader, database, key, &whole);

	return rv < 0 ? rv : row_decode(whole, row);
}

bool
store_is_authentic(struct store_reader *reader, enum database database,
    struct span key, const struct row *row)
{
	return row_is_authentic(reader->store->keyring, database, key, row);
}

int
store_get_authentic(struct store_reader *reader, enum database database,
    struct span key, struct row *row)
{
	int rv = store_get(reader, database, key, row);

	if (rv == 0 && !store_is_authentic(reader, database, key, row))
		rv = ERROR_CORRUPT;
	return rv;
}

uint64_t
store_count(struct store_reader *reader, enum database database)
{
	MDB_stat stat;

	if (mdb_stat(reader->txn, reader->store->dbi[database], &stat) !=
	    MDB_SUCCESS)
		return 0;
	return stat.ms_entries;
}

uint64_t
store_state(const struct store_reader *reader)
{
	return mdb_txn_id(reader->txn);
}

_Static_assert(ANCHOR_MAC_SIZE == CRYPTO_MAC_SIZE, "an anchor holds a MAC");

int
store_anchor(
    struct store_reader *reader, uint64_t number, struct anchor *anchor)
{
	uint8_t key[8];
	struct row row;
	int rv;

	/* They are numbered from 1 without gaps, and none is ever removed. */
	if (number == 0)
		number = store_count(reader, DB_AUDIT);
	if (number == 0) {
		*anchor = (struct anchor) { 0 };
		return 0;
	}
	audit_key(number, key);
	rv = store_get_authentic(
	    reader, DB_AUDIT, span_bytes(key, sizeof(key)), &row);
	if (rv < 0)
		return rv;
	anchor->number = number;
	memcpy(anchor->mac, row.whole.data + row.whole.size - CRYPTO_MAC_SIZE,
	    CRYPTO_MAC_SIZE);
	return 0;
}

int
store_count_under(struct store_reader *reader, enum database database,
    struct span key, uint64_t *count)
{
	MDB_cursor *cursor = NULL;
	MDB_val mdb_key = env_val(key);
	MDB_val value;
	size_t entries = 0;
	int rc = mdb_cursor_open(
	    reader->txn, reader->store->dbi[database], &cursor);

	if (rc == MDB_SUCCESS)
		rc = mdb_cursor_get(cursor, &mdb_key, &value, MDB_SET);
	if (rc == MDB_SUCCESS)
		rc = mdb_cursor_count(cursor, &entries);
	mdb_cursor_close(cursor);
	if (rc == MDB_SUCCESS || rc == MDB_NOTFOUND)
		*count = entries;
	return rc == MDB_NOTFOUND ? 0 : env_error(rc);
}

int
store_size(struct store_reader *reader, uint64_t *used, uint64_t *most)
{
	MDB_envinfo info;
	MDB_stat stat;
	int rc = mdb_env_info(reader->store->env, &info);

	if (rc == MDB_SUCCESS)
		rc = mdb_env_stat(reader->store->env, &stat);
	if (rc != MDB_SUCCESS)
		return env_error(rc);
	*used = (uint64_t)(info.me_last_pgno + 1) * stat.ms_psize;
	*most = info.me_mapsize;
	return 0;
}

int
store_cursor_open(struct store_reader *reader, enum database database,
    struct store_cursor **cursor)
{
	struct store_cursor *opened = calloc(1, sizeof(*opened));
	int rc;

	if (opened == NULL)
		return ERROR_MEMORY;
	opened->reader = reader;
	opened->database = database;
	rc = mdb_cursor_open(
	    reader->txn, reader->store->dbi[database], &opened->mdb);
	if (rc != MDB_SUCCESS) {
		free(opened);
		return env_error(rc);
	}
	*cursor = opened;
	return 0;
}

void
store_cursor_close(struct store_cursor *cursor)
{
	if (cursor == NULL)
		return;
	mdb_cursor_close(cursor->mdb);
	free(cursor);
}

static int
cursor_get(struct store_cursor *cursor, MDB_cursor_op op)
{
	return mdb_cursor_get(cursor->mdb, &cursor->key, &cursor->value, op);
}

int
store_cursor_seek(
    struct store_cursor *cursor, struct span key, struct span value)
{
	bool in_index = env_is_multiple(cursor->database);
	int rc = MDB_NOTFOUND;

	if (span_empty(key))
		return env_error(cursor_get(cursor, MDB_FIRST));
	cursor->key = env_val(key);
	cursor->value = env_val(value);
	if (in_index && !span_empty(value))
		rc = cursor_get(cursor, MDB_GET_BOTH_RANGE);
	/* That leaves the key as it was given, in the caller's bytes. */
	if (rc == MDB_SUCCESS)
		return env_error(cursor_get(cursor, MDB_GET_CURRENT));
	if (rc != MDB_NOTFOUND)
		return env_error(rc);
	/* No such value under that key: then whatever follows the key. */
	cursor->key = env_val(key);
	rc = cursor_get(cursor, MDB_SET_RANGE);
	if (rc == MDB_SUCCESS && in_index && !span_empty(value) &&
	    span_equal(env_span(&cursor->key), key))
		rc = cursor_get(cursor, MDB_NEXT_NODUP);
	return env_error(rc);
}

int
store_cursor_next(struct store_cursor *cursor)
{
	return env_error(cursor_get(cursor, MDB_NEXT));
}

int
store_cursor_seek_before(
    struct store_cursor *cursor, struct span key, struct span value)
{
	int rv = ERROR_NOT_FOUND;

	if (!span_empty(key))
		rv = store_cursor_seek(cursor, key, value);
	if (rv == ERROR_NOT_FOUND)
		return env_error(cursor_get(cursor, MDB_LAST));
	return rv < 0 ? rv : store_cursor_prev(cursor);
}

int
store_cursor_prev(struct store_cursor *cursor)
{
	return env_error(cursor_get(cursor, MDB_PREV));
}

struct span
store_cursor_key(const struct store_cursor *cursor)
{
	return env_span(&cursor->key);
}

struct span
store_cursor_value(const struct store_cursor *cursor)
{
	return env_span(&cursor->value);
}

int
store_cursor_row(struct store_cursor *cursor, struct row *row)
{
	int rv = row_decode(env_span(&cursor->value), row);

	if (rv == 0 && !row_is_authentic(cursor->reader->store->keyring,
			   cursor->database, env_span(&cursor->key), row))
		rv = ERROR_CORRUPT;
	return rv;
}
