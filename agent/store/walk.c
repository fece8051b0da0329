/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/walk.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/record.h"
#include "common/error.h"
#include "common/wirebuf.h"

/* What a walk over one database carries from entry to entry. */
struct walk {
	struct store_reader *reader;
	uint64_t sequence;	      /* of the audit entry before */
	uint8_t mac[CRYPTO_MAC_SIZE]; /* and its MAC */
};

static int
check_name(struct walk *walk, struct span id, const struct record *record)
{
	uint8_t key[NAME_KEY_SIZE];
	struct span named;
	size_t size;
	int rv = index_name_key(
	    record->spec.owner, record->spec.name, key, &size);

	if (rv == 0)
		rv = store_get_index(walk->reader, DB_TOKEN_NAMES,
		    span_bytes(key, size), &named);
	return rv == 0 && span_equal(named, id) ? 0 : ERROR_CORRUPT;
}

static int
check_token(struct walk *walk, struct store_cursor *cursor)
{
	struct record record;
	struct row row;
	int rv = store_cursor_row(cursor, &row);

	if (rv == 0)
		rv = record_decode(row.body, &record);
	if (rv == 0)
		rv = check_name(walk, store_cursor_key(cursor), &record);
	return rv;
}

static int
check_row(struct walk *walk, struct store_cursor *cursor)
{
	struct row row;

	(void)walk;
	return store_cursor_row(cursor, &row);
}

static int
check_entry(struct walk *walk, struct span id)
{
	struct row row;

	return store_get(walk->reader, DB_TOKENS, id, &row);
}

/* An index whose entries are ids, or end with them. */
static int
check_index(struct walk *walk, struct store_cursor *cursor)
{
	struct span value = store_cursor_value(cursor);

	if (value.size < TOKEN_ID_SIZE)
		return ERROR_CORRUPT;
	return check_entry(walk,
	    span_bytes(value.data + value.size - TOKEN_ID_SIZE, TOKEN_ID_SIZE));
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
	store_audit_key(++walk->sequence, key);
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
	{ DB_TOKEN_NAMES, "token_names", check_index },
	{ DB_TOKENS_BY_OWNER, "tokens_by_owner", check_index },
	{ DB_TOKENS_BY_PROJECT, "tokens_by_project", check_index },
	{ DB_TOKENS_BY_EXPIRY, "tokens_by_expiry", check_index },
	{ DB_TOKENS_BY_AGE, "tokens_by_age", check_index },
	{ DB_USAGE, "usage", check_row },
	{ DB_AUDIT, "audit", check_audit },
	{ DB_TOMBSTONES, "tombstones", check_row },
	{ DB_META, "meta", check_row },
};

_Static_assert(
    sizeof(walks) / sizeof(*walks) == DB_COUNT, "every database is walked");

static int
walk_database(struct walk *walk, size_t i, char *why, size_t size)
{
	struct store_cursor *cursor = NULL;
	uint64_t entries = 0;
	uint64_t counted;
	int rv = store_cursor_open(walk->reader, walks[i].database, &cursor);

	if (rv < 0)
		return rv;
	counted = store_count(walk->reader, walks[i].database);
	rv = store_cursor_seek(
	    cursor, span_bytes(NULL, 0), span_bytes(NULL, 0));
	while (rv == 0) {
		entries++;
		if (walks[i].check(walk, cursor) < 0)
			rv = ERROR_CORRUPT;
		else
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	if (rv == ERROR_NOT_FOUND && entries == counted)
		return 0;
	snprintf(why, size, "entry %llu of %llu of %s is damaged",
	    (unsigned long long)entries, (unsigned long long)counted,
	    walks[i].what);
	return ERROR_CORRUPT;
}

int
walk_store(struct store *store, char *why, size_t size)
{
	struct walk walk = { 0 };
	int rv = store_reader_open(store, &walk.reader);

	if (rv == 0)
		rv = store_read_begin(walk.reader);
	for (size_t i = 0; i < DB_COUNT && rv == 0; i++)
		rv = walk_database(&walk, i, why, size);
	store_reader_close(walk.reader);
	return rv;
}
