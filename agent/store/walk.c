/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/walk.h"
#include "agent/store/audit.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/record.h"
#include "agent/store/env.h"
#include "common/error.h"
#include "common/wirebuf.h"

/* What a walk carries from entry to entry. */
struct walk {
	struct store_reader *reader;
	struct store_cursor *cursors[DB_COUNT];
	uint64_t expected[DB_COUNT];  /* entries that the tokens have there */
	uint64_t sequence;	      /* of the audit entry before */
	uint8_t mac[CRYPTO_MAC_SIZE]; /* and its MAC */
};

/* Whether an index has the entry that the change would add to it. */
static int
check_indexed(struct walk *walk, const struct change *change)
{
	struct store_cursor *cursor = walk->cursors[change->database];

	walk->expected[change->database]++;
	if (store_cursor_seek(cursor, change->key, change->value) < 0 ||
	    !span_equal(store_cursor_key(cursor), change->key) ||
	    !span_equal(store_cursor_value(cursor), change->value))
		return ERROR_CORRUPT;
	return 0;
}

/* The entries are those that the record would be made with. */
static int
check_indexes(struct walk *walk, struct span id, const struct record *record)
{
	struct changeset *set = changeset_new();
	int rv = set == NULL ? ERROR_MEMORY : 0;

	if (rv == 0)
		changeset_token(set, id, NULL, VERSION_ABSENT, record);
	if (rv == 0 && set->failed)
		rv = ERROR_CORRUPT;
	for (size_t i = 0; rv == 0 && i < set->count; i++)
		if (set->changes[i].kind == CHANGE_INDEX_ADD)
			rv = check_indexed(walk, &set->changes[i]);
	changeset_free(set);
	return rv;
}

static int
check_token(struct walk *walk, struct store_cursor *cursor)
{
	struct span id = store_cursor_key(cursor);
	struct record record;
	struct row row;
	int rv = id.size == TOKEN_ID_SIZE ? 0 : ERROR_CORRUPT;

	if (rv == 0)
		rv = store_cursor_row(cursor, &row);
	if (rv == 0)
		rv = record_decode(row.body, &record);
	if (rv == 0)
		rv = check_indexes(walk, id, &record);
	return rv;
}

static int
check_row(struct walk *walk, struct store_cursor *cursor)
{
	struct row row;

	(void)walk;
	return store_cursor_row(cursor, &row);
}

/*
 * Each token found its entries before: here is only counted, so that there are
 * no others.
 */
static int
check_entry(struct walk *walk, struct store_cursor *cursor)
{
	(void)walk;
	(void)cursor;
	return 0;
}

static int
check_audit(struct walk *walk, struct store_cursor *cursor)
{
	uint8_t previous[CRYPTO_MAC_SIZE];
	struct audit_entry entry;
	uint8_t key[8];
	struct row row;
	int rv = store_cursor_row(cursor, &row);

	if (rv == 0)
		rv = audit_decode(row.body, &entry, previous);
	if (rv < 0)
		return rv;
	audit_key(++walk->sequence, key);
	if (!span_equal(
		store_cursor_key(cursor), span_bytes(key, sizeof(key))) ||
	    memcmp(previous, walk->mac, sizeof(previous)) != 0)
		return ERROR_CORRUPT;
	memcpy(walk->mac, row.whole.data + row.whole.size - CRYPTO_MAC_SIZE,
	    CRYPTO_MAC_SIZE);
	return 0;
}

static const struct {
	enum database database;
	const char *what;
	int (*check)(struct walk *walk, struct store_cursor *cursor);
} walks[] = {
	{ DB_TOKENS, "tokens", check_token },
	{ DB_TOKEN_NAMES, "token_names", check_entry },
	{ DB_TOKENS_BY_OWNER, "tokens_by_owner", check_entry },
	{ DB_TOKENS_BY_PROJECT, "tokens_by_project", check_entry },
	{ DB_TOKENS_BY_EXPIRY, "tokens_by_expiry", check_entry },
	{ DB_TOKENS_BY_AGE, "tokens_by_age", check_entry },
	{ DB_USAGE, "usage", check_row },
	{ DB_AUDIT, "audit", check_audit },
	{ DB_TOMBSTONES, "tombstones", check_row },
	{ DB_PROJECTS, "projects", check_row },
	{ DB_ROLES, "roles", check_row },
	{ DB_GRANTS, "grants", check_row },
	{ DB_TOKENS_BY_PARENT, "tokens_by_parent", check_entry },
	{ DB_META, "meta", check_row },
	{ DB_SESSIONS, "sessions", check_row },
};

_Static_assert(
    sizeof(walks) / sizeof(*walks) == DB_COUNT, "every database is walked");

static bool
is_index(size_t i)
{
	return walks[i].check == check_entry;
}

static int
walk_database(struct walk *walk, size_t i, char *why, size_t size)
{
	struct store_cursor *cursor = walk->cursors[walks[i].database];
	uint64_t counted = store_count(walk->reader, walks[i].database);
	uint64_t entries = 0;
	int rv = store_cursor_seek(
	    cursor, span_bytes(NULL, 0), span_bytes(NULL, 0));

	while (rv == 0) {
		entries++;
		if (walks[i].check(walk, cursor) < 0)
			rv = ERROR_CORRUPT;
		else
			rv = store_cursor_next(cursor);
	}
	if (rv == ERROR_NOT_FOUND && entries == counted &&
	    (!is_index(i) || entries == walk->expected[walks[i].database]))
		return 0;
	snprintf(why, size, "entry %llu of %llu of %s is damaged",
	    (unsigned long long)entries, (unsigned long long)counted,
	    walks[i].what);
	return ERROR_CORRUPT;
}

static int
walk_open(struct walk *walk, struct store *store)
{
	int rv = store_reader_open(store, &walk->reader);

	if (rv == 0)
		rv = store_read_begin(walk->reader);
	for (size_t i = 0; i < store->databases && rv == 0; i++)
		rv = store_cursor_open(
		    walk->reader, (enum database)i, &walk->cursors[i]);
	return rv;
}

int
walk_store(struct store *store, char *why, size_t size)
{
	struct walk walk = { 0 };
	int rv = walk_open(&walk, store);

	for (size_t i = 0; i < store->databases && rv == 0; i++)
		rv = walk_database(&walk, i, why, size);
	for (size_t i = 0; i < DB_COUNT; i++)
		store_cursor_close(walk.cursors[i]);
	store_reader_close(walk.reader);
	return rv;
}
