/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/meta.h"
#include "agent/store/audit.h"

#include <stdio.h>
#include <string.h>

#include "agent/store/row.h"
#include "common/error.h"
#include "common/wirebuf.h"

#define META_BODY_SIZE (4 + 8 + 8 + 8 + 1 + 8 * DB_COUNT)

struct meta {
	uint64_t generation;
	uint64_t transaction;
	uint64_t audit_sequence;
	uint8_t databases; /* the first so many of them */
	uint64_t counts[DB_COUNT];
};

static int
meta_count(struct store *store, MDB_txn *txn, struct meta *meta)
{
	MDB_stat stat;
	int rc = MDB_SUCCESS;

	meta->databases = (uint8_t)store->databases;
	for (size_t i = 0; i < store->databases && rc == MDB_SUCCESS; i++) {
		rc = mdb_stat(txn, store->dbi[i], &stat);
		meta->counts[i] = stat.ms_entries;
	}
	/* It is there once it is written. */
	meta->counts[DB_META] = 1;
	meta->transaction = mdb_txn_id(txn);
	return env_error(rc);
}

int
meta_put(struct writing *writing, uint64_t audit_sequence)
{
	struct store *store = writing->store;
	struct meta meta = { .generation = store->generation + 1,
		.audit_sequence = audit_sequence };
	uint8_t body[META_BODY_SIZE];
	struct wirebuf w;
	int rv = meta_count(store, writing->txn, &meta);

	if (rv < 0)
		return rv;
	wirebuf_write(&w, body, sizeof(body));
	wirebuf_put_u32(&w, STORE_SCHEMA);
	wirebuf_put_u64(&w, meta.generation);
	wirebuf_put_u64(&w, meta.transaction);
	wirebuf_put_u64(&w, meta.audit_sequence);
	wirebuf_put_u8(&w, meta.databases);
	for (size_t i = 0; i < meta.databases; i++)
		wirebuf_put_u64(&w, meta.counts[i]);
	return row_put(writing, DB_META, span_of(META_KEY), 1,
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
	meta->databases = wirebuf_get_range(&w, DB_META + 1, DB_COUNT);
	for (size_t i = 0; i < meta->databases; i++)
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
	if (kept->databases != seen->databases) {
		snprintf(why, size, "%u databases are there where %u were",
		    seen->databases, kept->databases);
		return ERROR_CORRUPT;
	}
	for (size_t i = 0; i < kept->databases; i++)
		if (kept->counts[i] != seen->counts[i]) {
			snprintf(why, size,
			    "%s has %llu rows where %llu were written",
			    env_databases[i].name,
			    (unsigned long long)seen->counts[i],
			    (unsigned long long)kept->counts[i]);
			return ERROR_CORRUPT;
		}
	return 0;
}

static int
meta_authenticate(const struct keyring *keyring, const struct row *row,
    char *why, size_t size)
{
	if (keyring_find(keyring, row->key_number) == NULL) {
		snprintf(why, size,
		    "the store was written with key %u, which the key file "
		    "does not have",
		    row->key_number);
		return ERROR_CORRUPT;
	}
	if (!row_is_authentic(keyring, DB_META, span_of(META_KEY), row)) {
		snprintf(why, size,
		    "the store's meta record is not authentic: the store was "
		    "changed, or belongs to another key file");
		return ERROR_CORRUPT;
	}
	return 0;
}

static int
meta_open(const struct keyring *keyring, const struct row *row,
    struct meta *meta, char *why, size_t size)
{
	uint32_t schema = 0;
	int rv = meta_authenticate(keyring, row, why, size);

	if (rv < 0)
		return rv;
	rv = meta_decode(row->body, meta, &schema);
	if (rv < 0 || schema < STORE_SCHEMA_OLDEST || schema > STORE_SCHEMA) {
		snprintf(why, size,
		    "the store has schema %u, this apitokend knows %d", schema,
		    STORE_SCHEMA);
		return ERROR_CORRUPT;
	}
	return 0;
}

static int
meta_get(struct store_reader *reader, struct meta *meta, char *why, size_t size)
{
	struct row row;

	if (store_get(reader, DB_META, span_of(META_KEY), &row) < 0) {
		snprintf(why, size, "the store has no meta record");
		return ERROR_CORRUPT;
	}
	return meta_open(reader->store->keyring, &row, meta, why, size);
}

int
meta_read(const struct keyring *keyring, struct span whole,
    uint64_t *transaction, char *why, size_t size)
{
	struct meta meta = { 0 };
	struct row row;
	int rv = row_decode(whole, &row);

	if (rv < 0)
		snprintf(why, size, "the store has no meta record");
	else
		rv = meta_open(keyring, &row, &meta, why, size);
	if (rv == 0)
		*transaction = meta.transaction;
	return rv;
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
	audit_key(store->audit_sequence, key);
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

int
meta_check(struct store *store, char *why, size_t size)
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
