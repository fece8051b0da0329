/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/store.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

#define META_KEY	"state"
#define META_BODY_SIZE	(4 + 8 + 8 + 8 + 1 + 8 * DB_COUNT)
#define AUDIT_BODY_MAX	2048
#define DATABASES_SPARE 32 /* room for those that later versions add */
#define READERS_MAX	32 /* threads, and programs that look */

/* Which sub-key MACs the rows; an index has none. */
enum row_key {
	ROWS_NONE,
	ROWS_RECORDS,
	ROWS_AUDIT,
};

static const struct {
	const char *name;
	unsigned flags; /* LMDB's */
	enum row_key rows;
} databases[DB_COUNT] = {
	[DB_TOKENS] = { "tokens", 0, ROWS_RECORDS },
	[DB_TOKEN_NAMES] = { "token_names", 0, ROWS_NONE },
	[DB_TOKENS_BY_OWNER] = { "tokens_by_owner", MDB_DUPSORT | MDB_DUPFIXED,
	    ROWS_NONE },
	[DB_TOKENS_BY_PROJECT] = { "tokens_by_project",
	    MDB_DUPSORT | MDB_DUPFIXED, ROWS_NONE },
	[DB_TOKENS_BY_EXPIRY] = { "tokens_by_expiry",
	    MDB_DUPSORT | MDB_DUPFIXED, ROWS_NONE },
	[DB_TOKENS_BY_AGE] = { "tokens_by_age", MDB_DUPSORT | MDB_DUPFIXED,
	    ROWS_NONE },
	[DB_USAGE] = { "usage", 0, ROWS_RECORDS },
	[DB_AUDIT] = { "audit", 0, ROWS_AUDIT },
	[DB_TOMBSTONES] = { "tombstones", 0, ROWS_RECORDS },
	[DB_META] = { "meta", 0, ROWS_RECORDS },
};

struct store {
	MDB_env *env;
	MDB_dbi dbi[DB_COUNT];
	const struct keyring *keyring;
	uint64_t generation;
	uint64_t audit_sequence;
	uint8_t audit_mac[CRYPTO_MAC_SIZE]; /* of the last entry */
};

struct store_reader {
	struct store *store;
	MDB_txn *txn;
};

struct store_cursor {
	struct store_reader *reader;
	MDB_cursor *mdb;
	enum database database;
	MDB_val key;
	MDB_val value;
};

/* LMDB's codes stop here. */
static int
store_error(int rc)
{
	switch (rc) {
	case MDB_SUCCESS:
		return 0;
	case MDB_NOTFOUND:
		return ERROR_NOT_FOUND;
	case MDB_KEYEXIST:
		return ERROR_EXISTS;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
		return ERROR_FULL;
	case MDB_PAGE_NOTFOUND:
	case MDB_CORRUPTED:
	case MDB_PANIC:
	case MDB_INVALID:
	case MDB_VERSION_MISMATCH:
	case MDB_INCOMPATIBLE:
	case MDB_BAD_VALSIZE:
		return ERROR_CORRUPT;
	case ENOMEM:
		return ERROR_MEMORY;
	default:
		errno = rc > 0 ? rc : EIO;
		return ERROR_SYSTEM;
	}
}

static MDB_val
to_mdb(struct span s)
{
	/* LMDB takes keys and values without const and leaves them alone. */
	union {
		const uint8_t *from;
		void *to;
	} data = { s.data };

	return (MDB_val) { s.size, data.to };
}

static struct span
from_mdb(const MDB_val *v)
{
	return span_bytes(v->mv_data, v->mv_size);
}

/* Rows. */

static const uint8_t *
row_key(const struct store *store, enum database database, uint8_t number)
{
	const struct keyring_key *key = keyring_find(store->keyring, number);

	if (key == NULL)
		return NULL;
	return databases[database].rows == ROWS_AUDIT ? key->audit
						      : key->records;
}

static void
row_mac(const uint8_t *mac_key, enum database database, struct span key,
    struct span rest, uint8_t mac[CRYPTO_MAC_SIZE])
{
	const struct span parts[] = {
		span_of(databases[database].name),
		key,
		rest,
	};

	crypto_mac(mac_key, parts, sizeof(parts) / sizeof(*parts), mac);
}

static int
row_decode(struct span whole, struct row *row)
{
	struct wirebuf w;

	if (whole.size < STORE_ROW_OVERHEAD)
		return ERROR_CORRUPT;
	wirebuf_read(&w, whole.data, whole.size);
	row->version = wirebuf_get_u32(&w);
	row->key_number = wirebuf_get_u8(&w);
	row->body = wirebuf_get_bytes(&w, whole.size - STORE_ROW_OVERHEAD);
	row->whole = whole;
	return 0;
}

static bool
row_is_authentic(const struct store *store, enum database database,
    struct span key, const struct row *row)
{
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct span rest = row->whole;
	const uint8_t *mac_key = row_key(store, database, row->key_number);

	if (mac_key == NULL)
		return false;
	rest.size -= CRYPTO_MAC_SIZE;
	row_mac(mac_key, database, key, rest, mac);
	return crypto_equal(mac, rest.data + rest.size, sizeof(mac));
}

/* Writes a row in place, so that it is never held twice. */
static int
row_put(struct store *store, MDB_txn *txn, enum database database,
    struct span key, uint32_t version, struct span body, uint8_t *mac_out)
{
	const struct keyring_key *current = keyring_current(store->keyring);
	MDB_val mdb_key = to_mdb(key);
	MDB_val mdb_value = { STORE_ROW_OVERHEAD + body.size, NULL };
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct wirebuf w;
	int rc;

	rc = mdb_put(
	    txn, store->dbi[database], &mdb_key, &mdb_value, MDB_RESERVE);
	if (rc != MDB_SUCCESS)
		return store_error(rc);
	wirebuf_write(&w, mdb_value.mv_data, mdb_value.mv_size);
	wirebuf_put_u32(&w, version);
	wirebuf_put_u8(&w, current->number);
	wirebuf_put_bytes(&w, body.data, body.size);
	row_mac(row_key(store, database, current->number), database, key,
	    span_bytes(mdb_value.mv_data, w.at), mac);
	wirebuf_put_bytes(&w, mac, sizeof(mac));
	if (mac_out != NULL)
		memcpy(mac_out, mac, sizeof(mac));
	return 0;
}

/* The meta row. */

struct meta {
	uint64_t generation;
	uint64_t transaction;
	uint64_t audit_sequence;
	uint64_t counts[DB_COUNT];
};

static int
meta_count(struct store *store, MDB_txn *txn, struct meta *meta)
{
	MDB_stat stat;
	int rc = MDB_SUCCESS;

	for (size_t i = 0; i < DB_COUNT && rc == MDB_SUCCESS; i++) {
		rc = mdb_stat(txn, store->dbi[i], &stat);
		meta->counts[i] = stat.ms_entries;
	}
	/* It is there once it is written. */
	meta->counts[DB_META] = 1;
	meta->transaction = mdb_txn_id(txn);
	return store_error(rc);
}

static int
meta_put(struct store *store, MDB_txn *txn, uint64_t audit_sequence)
{
	struct meta meta = { .generation = store->generation + 1,
		.audit_sequence = audit_sequence };
	uint8_t body[META_BODY_SIZE];
	struct wirebuf w;
	int rv = meta_count(store, txn, &meta);

	if (rv < 0)
		return rv;
	wirebuf_write(&w, body, sizeof(body));
	wirebuf_put_u32(&w, STORE_SCHEMA);
	wirebuf_put_u64(&w, meta.generation);
	wirebuf_put_u64(&w, meta.transaction);
	wirebuf_put_u64(&w, meta.audit_sequence);
	wirebuf_put_u8(&w, DB_COUNT);
	for (size_t i = 0; i < DB_COUNT; i++)
		wirebuf_put_u64(&w, meta.counts[i]);
	return row_put(store, txn, DB_META, span_of(META_KEY), 1,
	    span_bytes(body, wirebuf_size(&w)), NULL);
}

static int
meta_decode(struct span body, struct meta *meta, uint32_t *schema)
{
	struct wirebuf w;

	wirebuf_read(&w, body.data, body.size);
	*schema = wirebuf_get_u32(&w);
	meta->generation = wirebuf_get_u64(&w);
	meta->transaction = wirebuf_get_u64(&w);
	meta->audit_sequence = wirebuf_get_u64(&w);
	wirebuf_get_range(&w, DB_COUNT, DB_COUNT);
	for (size_t i = 0; i < DB_COUNT; i++)
		meta->counts[i] = wirebuf_get_u64(&w);
	return wirebuf_done(&w);
}

static int
meta_compare(
    const struct meta *kept, const struct meta *seen, char *why, size_t size)
{
	if (kept->transaction != seen->transaction) {
		snprintf(why, size,
		    "the store is at transaction %llu but was left at %llu: "
		    "an older state came back",
		    (unsigned long long)seen->transaction,
		    (unsigned long long)kept->transaction);
		return ERROR_CORRUPT;
	}
	for (size_t i = 0; i < DB_COUNT; i++)
		if (kept->counts[i] != seen->counts[i]) {
			snprintf(why, size,
			    "%s has %llu rows where %llu were written",
			    databases[i].name,
			    (unsigned long long)seen->counts[i],
			    (unsigned long long)kept->counts[i]);
			return ERROR_CORRUPT;
		}
	return 0;
}

static int
meta_get(struct store_reader *reader, struct meta *meta, char *why, size_t size)
{
	struct row row;
	uint32_t schema = 0;
	int rv = store_get(reader, DB_META, span_of(META_KEY), &row);

	if (rv < 0) {
		snprintf(why, size, "the store has no meta record");
		return ERROR_CORRUPT;
	}
	if (keyring_find(reader->store->keyring, row.key_number) == NULL) {
		snprintf(why, size,
		    "the store was written with key %u, which the key file "
		    "does not have",
		    row.key_number);
		return ERROR_CORRUPT;
	}
	if (!store_is_authentic(reader, DB_META, span_of(META_KEY), &row)) {
		snprintf(why, size,
		    "the store's meta record is not authentic: the store was "
		    "changed, or belongs to another key file");
		return ERROR_CORRUPT;
	}
	rv = meta_decode(row.body, meta, &schema);
	if (rv < 0 || schema != STORE_SCHEMA) {
		snprintf(why, size,
		    "the store has schema %u, this apitokend knows %d", schema,
		    STORE_SCHEMA);
		return ERROR_CORRUPT;
	}
	return 0;
}

static int
load_audit_head(struct store_reader *reader, char *why, size_t size)
{
	struct store *store = reader->store;
	uint8_t key[8];
	struct row row;
	int rv;

	if (store->audit_sequence == 0)
		return 0;
	store_audit_key(store->audit_sequence, key);
	rv = store_get_authentic(
	    reader, DB_AUDIT, span_bytes(key, sizeof(key)), &row);
	if (rv < 0) {
		snprintf(why, size, "the last audit entry is damaged or gone");
		return ERROR_CORRUPT;
	}
	memcpy(store->audit_mac,
	    row.whole.data + row.whole.size - CRYPTO_MAC_SIZE, CRYPTO_MAC_SIZE);
	return 0;
}

/* Compares the meta row with what is there. */
static int
store_check_meta(struct store *store, char *why, size_t size)
{
	struct store_reader *reader = NULL;
	struct meta kept = { 0 };
	struct meta seen = { 0 };
	int rv = store_reader_open(store, &reader);

	if (rv < 0)
		return rv;
	rv = store_read_begin(reader);
	if (rv < 0)
		goto out;
	rv = meta_get(reader, &kept, why, size);
	if (rv == 0)
		rv = meta_count(store, reader->txn, &seen);
	if (rv == 0)
		rv = meta_compare(&kept, &seen, why, size);
	if (rv < 0)
		goto out;
	store->generation = kept.generation;
	store->audit_sequence = kept.audit_sequence;
	rv = load_audit_head(reader, why, size);
out:
	store_reader_close(reader);
	return rv;
}

/* Opening. */

static int
env_open(struct store *store, const struct store_options *options)
{
	char path[4096];
	unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
	int rc = mdb_env_create(&store->env);

	if (rc != MDB_SUCCESS)
		return rc;
	if (options->read_only)
		flags |= MDB_RDONLY | MDB_NOLOCK;
	if (snprintf(path, sizeof(path), "%s/" STORE_FILE,
		options->directory) >= (int)sizeof(path))
		return ENAMETOOLONG;
	rc = mdb_env_set_mapsize(store->env, options->map_size);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxdbs(store->env, DATABASES_SPARE);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_set_maxreaders(store->env, READERS_MAX);
	if (rc == MDB_SUCCESS)
		rc = mdb_env_open(store->env, path, flags, 0600);
	return rc;
}

static int
open_databases(struct store *store, MDB_txn *txn, unsigned flags)
{
	int rc = MDB_SUCCESS;

	for (size_t i = 0; i < DB_COUNT && rc == MDB_SUCCESS; i++)
		rc = mdb_dbi_open(txn, databases[i].name,
		    databases[i].flags | flags, &store->dbi[i]);
	return rc;
}

/* All databases and the first meta row in one transaction: there is either
 * a whole store or an empty one. */
static int
make_databases(struct store *store)
{
	MDB_txn *txn = NULL;
	int rv = store_error(mdb_txn_begin(store->env, NULL, 0, &txn));

	if (rv < 0)
		return rv;
	rv = store_error(open_databases(store, txn, MDB_CREATE));
	if (rv == 0)
		rv = meta_put(store, txn, 0);
	if (rv < 0) {
		mdb_txn_abort(txn);
		return rv;
	}
	return store_error(mdb_txn_commit(txn));
}

static int
find_databases(struct store *store)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc != MDB_SUCCESS)
		return store_error(rc);
	rc = open_databases(store, txn, 0);
	if (rc != MDB_SUCCESS) {
		mdb_txn_abort(txn);
		return rc == MDB_NOTFOUND ? ERROR_CORRUPT : store_error(rc);
	}
	/* Committing a reader keeps the handles it opened. */
	return store_error(mdb_txn_commit(txn));
}

/* Whether nothing was ever committed to it. */
static bool
env_is_empty(MDB_env *env)
{
	MDB_envinfo info;

	return mdb_env_info(env, &info) == MDB_SUCCESS &&
	       info.me_last_txnid == 0;
}

int
store_open(const struct store_options *options, const struct keyring *keyring,
    struct store **store, char *why, size_t size)
{
	struct store *opened = calloc(1, sizeof(*opened));
	int rv = ERROR_MEMORY;

	snprintf(why, size, "the store cannot be opened");
	if (opened == NULL)
		return rv;
	opened->keyring = keyring;
	rv = store_error(env_open(opened, options));
	if (rv < 0)
		goto out;
	if (env_is_empty(opened->env) && !options->read_only)
		rv = make_databases(opened);
	else
		rv = find_databases(opened);
	if (rv == ERROR_CORRUPT)
		snprintf(why, size, "the store's databases are damaged");
	if (rv == 0)
		rv = store_check_meta(opened, why, size);
	if (rv < 0)
		goto out;
	*store = opened;
	opened = NULL;
out:
	store_close(opened);
	return rv;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	mdb_env_close(store->env);
	free(store);
}

/* Reading. */

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
		return store_error(rc);
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
	return store_error(mdb_txn_renew(reader->txn));
}

void
store_read_end(struct store_reader *reader)
{
	mdb_txn_reset(reader->txn);
}

int
store_get_index(struct store_reader *reader, enum database database,
    struct span key, struct span *value)
{
	MDB_val mdb_key = to_mdb(key);
	MDB_val mdb_value;
	int rc;

	rc = mdb_get(
	    reader->txn, reader->store->dbi[database], &mdb_key, &mdb_value);
	if (rc == MDB_BAD_VALSIZE) /* an empty key, or one too long */
		return ERROR_NOT_FOUND;
	if (rc != MDB_SUCCESS)
		return store_error(rc);
	*value = from_mdb(&mdb_value);
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
	return row_is_authentic(reader->store, database, key, row);
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
		return store_error(rc);
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
	bool in_index = (databases[cursor->database].flags & MDB_DUPSORT) != 0;
	int rc = MDB_NOTFOUND;

	if (span_empty(key))
		return store_error(cursor_get(cursor, MDB_FIRST));
	cursor->key = to_mdb(key);
	cursor->value = to_mdb(value);
	if (in_index && !span_empty(value))
		rc = cursor_get(cursor, MDB_GET_BOTH_RANGE);
	if (rc != MDB_NOTFOUND)
		return store_error(rc);
	/* No such value under that key: then whatever follows the key. */
	cursor->key = to_mdb(key);
	rc = cursor_get(cursor, MDB_SET_RANGE);
	if (rc == MDB_SUCCESS && in_index && !span_empty(value) &&
	    span_equal(from_mdb(&cursor->key), key))
		rc = cursor_get(cursor, MDB_NEXT_NODUP);
	return store_error(rc);
}

int
store_cursor_next(struct store_cursor *cursor)
{
	return store_error(cursor_get(cursor, MDB_NEXT));
}

struct span
store_cursor_key(const struct store_cursor *cursor)
{
	return from_mdb(&cursor->key);
}

struct span
store_cursor_value(const struct store_cursor *cursor)
{
	return from_mdb(&cursor->value);
}

int
store_cursor_row(struct store_cursor *cursor, struct row *row)
{
	int rv = row_decode(from_mdb(&cursor->value), row);

	if (rv == 0 && !row_is_authentic(cursor->reader->store,
			   cursor->database, from_mdb(&cursor->key), row))
		rv = ERROR_CORRUPT;
	return rv;
}

/* Writing. */

/* The version that a row has, VERSION_ABSENT if there is none. */
static int
row_version(struct store *store, MDB_txn *txn, const struct change *change,
    uint32_t *version)
{
	MDB_val key = to_mdb(change->key);
	MDB_val value;
	struct row row;
	int rc = mdb_get(txn, store->dbi[change->database], &key, &value);
	int rv;

	*version = VERSION_ABSENT;
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != MDB_SUCCESS)
		return store_error(rc);
	if (databases[change->database].rows == ROWS_NONE) {
		*version = 1;
		return 0;
	}
	rv = row_decode(from_mdb(&value), &row);
	if (rv == 0)
		*version = row.version;
	return rv;
}

/* Whether the row is still as the change was made for. */
static int
change_check(struct store *store, MDB_txn *txn, const struct change *change)
{
	bool unique = (databases[change->database].flags & MDB_DUPSORT) == 0;
	uint32_t expected = change->version;
	uint32_t version;
	int rv;

	if (change->kind == CHANGE_INDEX_ADD && unique)
		expected = VERSION_ABSENT;
	if (expected == VERSION_ANY)
		return 0;
	rv = row_version(store, txn, change, &version);
	if (rv < 0)
		return rv;
	return version == expected ? 0 : ERROR_STALE;
}

static int
change_put(struct store *store, MDB_txn *txn, const struct change *change)
{
	uint32_t version = change->version;
	int rv = 0;

	if (version == VERSION_ANY)
		rv = row_version(store, txn, change, &version);
	if (rv < 0)
		return rv;
	return row_put(store, txn, change->database, change->key, version + 1,
	    change->value, NULL);
}

static int
change_apply(struct store *store, MDB_txn *txn, const struct change *change)
{
	MDB_dbi dbi = store->dbi[change->database];
	MDB_val key = to_mdb(change->key);
	MDB_val value = to_mdb(change->value);
	int rc = MDB_SUCCESS;

	switch (change->kind) {
	case CHANGE_PUT:
		return change_put(store, txn, change);
	case CHANGE_DELETE:
		rc = mdb_del(txn, dbi, &key, NULL);
		break;
	case CHANGE_INDEX_ADD:
		rc = mdb_put(txn, dbi, &key, &value, 0);
		break;
	case CHANGE_INDEX_REMOVE:
		rc = mdb_del(txn, dbi, &key, &value);
		break;
	}
	/* Gone already is what a removal wanted. */
	if (rc == MDB_NOTFOUND)
		rc = MDB_SUCCESS;
	return store_error(rc);
}

/* The end of the audit chain, as a transaction under way sees it. */
struct audit_head {
	uint64_t sequence;
	uint8_t mac[CRYPTO_MAC_SIZE];
};

void
store_audit_key(uint64_t sequence, uint8_t key[8])
{
	struct wirebuf w;

	wirebuf_write(&w, key, 8);
	wirebuf_put_u64(&w, sequence);
}

static int
audit_append(struct store *store, MDB_txn *txn, struct audit_head *head,
    const struct audit_entry *entry)
{
	uint8_t body[AUDIT_BODY_MAX];
	uint8_t key[8];
	size_t size = audit_encode(entry, head->mac, body, sizeof(body));

	if (size == 0)
		return ERROR_TOO_LONG;
	store_audit_key(++head->sequence, key);
	return row_put(store, txn, DB_AUDIT, span_bytes(key, sizeof(key)), 1,
	    span_bytes(body, size), head->mac);
}

/* ERROR_STALE leaves the transaction as it was; other errors spoil it. */
static int
set_apply(struct store *store, MDB_txn *txn, struct audit_head *head,
    const struct changeset *set)
{
	int rv = set->failed ? ERROR_MEMORY : 0;

	for (size_t i = 0; i < set->count && rv == 0; i++)
		rv = change_check(store, txn, &set->changes[i]);
	for (size_t i = 0; i < set->count && rv == 0; i++)
		rv = change_apply(store, txn, &set->changes[i]);
	for (size_t i = 0; i < set->audit_count && rv == 0; i++)
		rv = audit_append(store, txn, head, &set->audits[i]);
	return rv;
}

int
store_apply(struct store *store, struct changeset *const *sets, size_t count,
    int *results)
{
	struct audit_head head = { .sequence = store->audit_sequence };
	MDB_txn *txn = NULL;
	size_t applied = 0;
	int rv = store_error(mdb_txn_begin(store->env, NULL, 0, &txn));

	if (rv < 0)
		goto out;
	memcpy(head.mac, store->audit_mac, sizeof(head.mac));
	for (size_t i = 0; i < count; i++) {
		results[i] = set_apply(store, txn, &head, sets[i]);
		if (results[i] == 0)
			applied++;
		else if (results[i] != ERROR_STALE)
			rv = results[i];
		if (rv < 0)
			goto out;
	}
	if (applied == 0)
		goto out;
	rv = meta_put(store, txn, head.sequence);
	if (rv < 0)
		goto out;
	rv = store_error(mdb_txn_commit(txn));
	txn = NULL;
	if (rv < 0)
		goto out;
	store->generation++;
	store->audit_sequence = head.sequence;
	memcpy(store->audit_mac, head.mac, sizeof(head.mac));
out:
	if (txn != NULL)
		mdb_txn_abort(txn);
	for (size_t i = 0; i < count && rv < 0; i++)
		results[i] = rv;
	return rv;
}

uint64_t
store_audit_sequence(const struct store *store)
{
	return store->audit_sequence;
}
