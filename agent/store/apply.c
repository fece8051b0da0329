/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/store/audit.h"
#include "agent/store/env.h"
#include "agent/store/meta.h"
#include "agent/store/raw.h"
#include "agent/store/row.h"
#include "common/error.h"

#define AUDIT_BODY_MAX 2048

/* The version that a row has, VERSION_ABSENT if there is none. */
static int
row_version(
    struct writing *writing, const struct change *change, uint32_t *version)
{
	struct span value;
	struct row row;
	int rv = writing_get(writing, change->database, change->key, &value);

	*version = VERSION_ABSENT;
	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv < 0)
		return rv;
	if (env_databases[change->database].rows == ROWS_NONE) {
		*version = 1;
		return 0;
	}
	rv = row_decode(value, &row);
	if (rv == 0)
		*version = row.version;
	return rv;
}

/* Whether the row is still as the change was made for. */
static int
change_check(struct writing *writing, const struct change *change)
{
	bool unique = !env_is_multiple(change->database);
	uint32_t expected = change->version;
	uint32_t version;
	int rv;

	if ((change->kind == CHANGE_INDEX_ADD && unique) ||
	    (change->kind == CHANGE_EXPECT && !unique))
		expected = VERSION_ABSENT;
	if (expected == VERSION_ANY)
		return 0;
	rv = row_version(writing, change, &version);
	if (rv < 0)
		return rv;
	return version == expected ? 0 : ERROR_STALE;
}

/* What a restore puts has the version of its backup. */
static uint32_t
version_after(const struct store *store, uint32_t version, uint32_t raised)
{
	uint32_t least = raised;

	if (raised == 0 && store->keeps_time)
		least = (uint32_t)time(NULL);
	return version + 1 > least ? version + 1 : least;
}

static int
change_put(struct writing *writing, const struct change *change)
{
	uint32_t version = change->version;
	int rv = 0;

	if (version == VERSION_ANY)
		rv = row_version(writing, change, &version);
	if (rv < 0)
		return rv;
	version = version_after(writing->store, version, change->raised);
	return row_put(writing, change->database, change->key, version,
	    change->value, NULL);
}

/* A row that fails its check keeps its MAC: it must not become authentic. */
static int
change_remac(struct writing *writing, const struct change *change)
{
	const struct keyring *keyring = writing->store->keyring;
	struct span value;
	struct row row;
	uint8_t *copy;
	int rv = writing_get(writing, change->database, change->key, &value);

	if (rv < 0)
		return rv == ERROR_NOT_FOUND ? 0 : rv;
	if (row_decode(value, &row) < 0 ||
	    !row_is_authentic(keyring, change->database, change->key, &row) ||
	    row.key_number == keyring_current(keyring)->number)
		return 0;
	/* What is in the map moves when it is written. */
	copy = malloc(row.body.size + 1);
	if (copy == NULL)
		return ERROR_MEMORY;
	memcpy(copy, row.body.data, row.body.size);
	rv = row_put(writing, change->database, change->key, row.version,
	    span_bytes(copy, row.body.size), NULL);
	free(copy);
	return rv;
}

static int
change_apply(struct writing *writing, const struct change *change)
{
	const enum database database = change->database;
	const struct span all = { NULL, 0 };

	switch (change->kind) {
	case CHANGE_PUT:
		return change_put(writing, change);
	case CHANGE_REMAC:
		return change_remac(writing, change);
	case CHANGE_DELETE:
		return writing_remove(writing, database, change->key, all);
	case CHANGE_INDEX_ADD:
		return writing_add(
		    writing, database, change->key, change->value);
	case CHANGE_INDEX_REMOVE:
		return writing_remove(
		    writing, database, change->key, change->value);
	case CHANGE_EXPECT:
		break;
	}
	return 0;
}

/* The end of the audit chain, as a transaction under way sees it. */
struct audit_head {
	uint64_t sequence;
	uint8_t mac[CRYPTO_MAC_SIZE];
};

static int
audit_append(struct writing *writing, struct audit_head *head,
    const struct audit_entry *entry)
{
	uint8_t body[AUDIT_BODY_MAX];
	uint8_t key[8];
	size_t size = audit_encode(entry, head->mac, body, sizeof(body));

	if (size == 0)
		return ERROR_TOO_LONG;
	audit_key(++head->sequence, key);
	return row_put(writing, DB_AUDIT, span_bytes(key, sizeof(key)), 1,
	    span_bytes(body, size), head->mac);
}

static bool
audit_fits(const struct audit_entry *entry)
{
	const uint8_t previous[CRYPTO_MAC_SIZE] = { 0 };
	uint8_t body[AUDIT_BODY_MAX];

	return audit_encode(entry, previous, body, sizeof(body)) > 0;
}

/* Whether an entry's place is taken now, but given up earlier in the set. */
static bool
is_vacated(const struct changeset *set, size_t at)
{
	const struct change *add = &set->changes[at];

	if (add->kind != CHANGE_INDEX_ADD)
		return false;
	for (size_t i = 0; i < at; i++)
		if (set->changes[i].kind == CHANGE_INDEX_REMOVE &&
		    set->changes[i].database == add->database &&
		    span_equal(set->changes[i].key, add->key))
			return true;
	return false;
}

/* Whether the set can be applied; leaves the transaction as it was. */
static int
set_check(struct writing *writing, const struct changeset *set)
{
	int rv = set->failed ? ERROR_MEMORY : 0;

	for (size_t i = 0; i < set->audit_count && rv == 0; i++)
		rv = audit_fits(&set->audits[i]) ? 0 : ERROR_TOO_LONG;
	for (size_t i = 0; i < set->count && rv == 0; i++) {
		rv = change_check(writing, &set->changes[i]);
		if (rv == ERROR_STALE && is_vacated(set, i))
			rv = 0;
	}
	return rv;
}

/*
 * An error spoils the transaction.  Databases are written one after the other,
 * for what a set does to one does not depend on another, and its pages are at
 * hand then.
 */
static int
set_write(struct writing *writing, struct audit_head *head,
    const struct changeset *set)
{
	int rv = 0;

	for (size_t database = 0; database < DB_COUNT; database++)
		for (size_t i = 0; i < set->count && rv == 0; i++)
			if (set->changes[i].database == database)
				rv = change_apply(writing, &set->changes[i]);
	for (size_t i = 0; i < set->audit_count && rv == 0; i++)
		rv = audit_append(writing, head, &set->audits[i]);
	return rv;
}

/* Whether a check that failed is no fault but the set's own. */
static bool
is_own_fault(int error)
{
	return error == ERROR_STALE || error == ERROR_MEMORY ||
	       error == ERROR_TOO_LONG;
}

/* How many sets are in, or an error that is everybody's. */
static int
sets_write(struct writing *writing, struct audit_head *head,
    struct changeset *const *sets, size_t count, int *results)
{
	int written = 0;

	for (size_t i = 0; i < count; i++) {
		results[i] = set_check(writing, sets[i]);
		if (is_own_fault(results[i]))
			continue;
		if (results[i] == 0)
			results[i] = set_write(writing, head, sets[i]);
		if (results[i] < 0)
			return results[i];
		written++;
	}
	return written;
}

/* LMDB says so to whoever begins a transaction, and in no other way. */
static bool
is_given_up(struct store *store)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

	if (rc == MDB_SUCCESS)
		mdb_txn_abort(txn);
	return rc == MDB_PANIC;
}

/*
 * Where the meta page cannot be written LMDB puts an older transaction's number
 * into it and leaves the rest, which is what a flipped bit that brings back an
 * older state looks like, and would seal the store.  So it gets all of what it
 * was: nothing of this transaction happened.
 */
static int
commit(struct store *store, struct writing *writing)
{
	const size_t number = mdb_txn_id(writing->txn) & 1;
	struct raw_meta metas[2];
	mdb_filehandle_t fd;
	int rv;

	if (mdb_env_get_fd(store->env, &fd) != MDB_SUCCESS ||
	    raw_read_metas(fd, metas) < 0) {
		writing_abort(writing);
		return env_error(EIO);
	}
	rv = writing_commit(writing);
	if (rv == 0 || !is_given_up(store))
		return rv;
	store->is_broken = true;
	/* Where this fails too, what the kernel has in memory is right. */
	(void)raw_write_meta(fd, &metas[number], number);
	return rv;
}

int
store_apply(struct store *store, struct changeset *const *sets, size_t count,
    int *results)
{
	struct audit_head head = { .sequence = store->audit_sequence };
	struct writing writing;
	int rv = writing_begin(store, &writing);

	if (rv < 0)
		goto out;
	memcpy(head.mac, store->audit_mac, sizeof(head.mac));
	rv = sets_write(&writing, &head, sets, count, results);
	if (rv <= 0)
		goto out;
	rv = meta_put(&writing, head.sequence);
	if (rv < 0)
		goto out;
	rv = commit(store, &writing);
	if (rv < 0)
		goto out;
	store->generation++;
	store->audit_sequence = head.sequence;
	memcpy(store->audit_mac, head.mac, sizeof(head.mac));
out:
	writing_abort(&writing);
	for (size_t i = 0; i < count && rv < 0; i++)
		results[i] = rv;
	return rv;
}
