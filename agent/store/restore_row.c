/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/model/record.h"
#include "agent/store/index.h"
#include "agent/store/restore.h"
#include "common/error.h"

/* What the store has under a row's key. */
struct present {
	bool exists;
	struct row row;
};

static int
look(struct store_reader *reader, enum database database, struct span key,
    struct present *present)
{
	int rv = store_get(reader, database, key, &present->row);

	present->exists = rv == 0;
	if (rv == ERROR_NOT_FOUND)
		present->row.version = VERSION_ABSENT;
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* A row that fails its check stays too: nobody knows what it was. */
static bool
stays(struct store_reader *reader, const struct backup_row *row,
    const struct present *present)
{
	return present->exists && (present->row.version >= row->row.version ||
				      !store_is_authentic(reader, row->database,
					  row->key, &present->row));
}

static bool
has_row(struct store_reader *reader, enum database database, struct span key)
{
	struct span whole;

	return store_get_index(reader, database, key, &whole) == 0;
}

/* The row as it is in the backup, at its version or above it. */
static void
put_row(struct changeset *set, const struct backup_row *row,
    const struct present *present, enum restore_fate *fate)
{
	changeset_put(
	    set, row->database, row->key, present->row.version, row->row.body);
	changeset_raise(set, row->row.version);
	*fate = present->exists ? RESTORE_REPLACED : RESTORE_ADDED;
}

static void
tombstone_key(struct span id, uint8_t number, uint8_t key[TOKEN_ID_SIZE + 1])
{
	memcpy(key, id.data, TOKEN_ID_SIZE);
	key[TOKEN_ID_SIZE] = number;
}

static bool
is_buried(struct store_reader *reader, struct span id, uint8_t number)
{
	uint8_t key[TOKEN_ID_SIZE + 1];

	tombstone_key(id, number, key);
	return has_row(reader, DB_TOMBSTONES, span_bytes(key, sizeof(key)));
}

static void
drop_secret(struct record *record, size_t at)
{
	record->secret_count--;
	memmove(&record->secrets[at], &record->secrets[at + 1],
	    (record->secret_count - at) * sizeof(record->secrets[0]));
}

/* Leaves out the secrets that have tombstones; whether nothing is left. */
static bool
is_dead(struct store_reader *reader, struct span id, struct record *record)
{
	bool is_dead = false;

	for (size_t i = record->secret_count; i > 0; i--)
		if (is_buried(reader, id, record->secrets[i - 1].number))
			drop_secret(record, i - 1);
	/* One that never had a secret may have been given one since. */
	for (unsigned n = 0; n <= UINT8_MAX && record->secret_count == 0; n++)
		is_dead = is_dead || is_buried(reader, id, (uint8_t)n);
	return is_dead;
}

/* Who has the name now; ERROR_NOT_FOUND if it is nobody else. */
static int
find_holder(struct store_reader *reader, struct span id,
    const struct record *record, struct span *holder)
{
	uint8_t key[NAME_KEY_SIZE];
	size_t size;
	int rv = index_name_key(
	    record->spec.owner, record->spec.name, key, &size);

	if (rv == 0)
		rv = store_get_index(
		    reader, DB_TOKEN_NAMES, span_bytes(key, size), holder);
	if (rv == 0 && span_equal(*holder, id))
		rv = ERROR_NOT_FOUND;
	return rv;
}

/*
 * Whether another token has the name.  One that never had a secret makes way:
 * a new store has two of those, under names that the one before had too.  Its
 * own row may be in the backup, so that this is done in a set by itself.
 */
static int
is_taken(struct store_reader *reader, struct span id,
    const struct record *record, struct changeset *set, bool *taken)
{
	struct record other;
	struct span holder;
	struct row row;
	int rv = find_holder(reader, id, record, &holder);

	*taken = rv == 0;
	if (rv == 0)
		rv = store_get_authentic(reader, DB_TOKENS, holder, &row);
	if (rv == 0)
		rv = record_decode(row.body, &other);
	if (rv == 0 && other.state == STATE_PENDING &&
	    other.secret_count == 0) {
		*taken = false;
		if (set->count > 0)
			return RESTORE_NEXT_SET;
		changeset_token(set, holder, &other, row.version, NULL);
		return RESTORE_SET_ENDS;
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static int
put_token(struct store_reader *reader, const struct backup_row *row,
    const struct present *present, bool is_last, struct changeset *set,
    enum restore_fate *fate)
{
	struct record before;
	struct record after;
	bool taken = false;
	int rv = record_decode(row->row.body, &after);

	if (rv == 0 && present->exists)
		rv = record_decode(present->row.body, &before);
	/* Whether a pair was ended is not kept for ever: they are exchanged
	 * anew.  What is dead stays so. */
	if (rv == 0 &&
	    (!record_is_listed(&after) || is_dead(reader, row->key, &after))) {
		*fate = RESTORE_DELETED;
		return 0;
	}
	if (rv == 0)
		rv = is_taken(reader, row->key, &after, set, &taken);
	if (rv < 0 || rv == RESTORE_NEXT_SET)
		return rv;
	*fate = present->exists ? RESTORE_REPLACED : RESTORE_ADDED;
	if (taken) {
		*fate = RESTORE_TAKEN;
		if (!present->exists || !is_last)
			return 0;
		/* What was revoked or narrowed is not left out for a name. */
		after.spec.owner = before.spec.owner;
		after.spec.name = before.spec.name;
	}
	changeset_token(set, row->key, present->exists ? &before : NULL,
	    present->row.version, &after);
	changeset_raise(set, row->row.version);
	return rv;
}

static int
restore_token(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate)
{
	struct present present;
	int rv = look(reader, DB_TOKENS, row->key, &present);

	if (rv < 0 || stays(reader, row, &present))
		return rv;
	return put_token(reader, row, &present, is_last, set, fate);
}

/* Last uses: any that the store has are later ones. */
static int
restore_usage(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate)
{
	const struct present absent = { .row.version = VERSION_ABSENT };

	(void)is_last;
	if (has_row(reader, DB_TOKENS, row->key) &&
	    !has_row(reader, DB_USAGE, row->key))
		put_row(set, row, &absent, fate);
	return 0;
}

/* Takes the secret that the tombstone is of from a token that has it. */
static int
end_secret(struct store_reader *reader, struct span id, uint8_t number,
    struct changeset *set, enum restore_fate *fate)
{
	struct record before;
	struct record after;
	struct row row;
	int rv = store_get_authentic(reader, DB_TOKENS, id, &row);

	if (rv < 0)
		return rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT ? 0 : rv;
	rv = record_decode(row.body, &before);
	if (rv < 0)
		return rv;
	after = before;
	for (size_t i = before.secret_count; i > 0; i--)
		if (before.secrets[i - 1].number == number)
			drop_secret(&after, i - 1);
	if (after.secret_count == before.secret_count &&
	    (number != 0 || before.secret_count > 0))
		return 0;
	*fate = RESTORE_ENDED;
	changeset_token(set, id, &before, row.version,
	    after.secret_count > 0 ? &after : NULL);
	if (after.secret_count == 0)
		changeset_delete(set, DB_USAGE, id, VERSION_ANY);
	return RESTORE_SET_ENDS;
}

/* Of tombstones of what has a name: it, a colon and the key behind it. */
static const uint8_t letters[DB_COUNT] = {
	[DB_PROJECTS] = 'p', [DB_ROLES] = 'r'
};

/* Deletes the project or role that the tombstone is of, but not one that was
 * made again after it. */
static int
end_named(struct store_reader *reader, const struct backup_row *row,
    struct changeset *set)
{
	const struct span name = span_bytes(
	    row->key.data + 2, row->key.size - 2);
	struct present present;
	int rv;

	for (enum database i = 0; i < DB_COUNT; i++) {
		if (letters[i] == 0 || letters[i] != row->key.data[0])
			continue;
		rv = look(reader, i, name, &present);
		if (rv < 0)
			return rv;
		if (present.exists && present.row.version <= row->row.version &&
		    store_is_authentic(reader, i, name, &present.row))
			changeset_delete(set, i, name, present.row.version);
	}
	return 0;
}

static int
restore_tombstone(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate)
{
	struct present present;
	int rv = look(reader, DB_TOMBSTONES, row->key, &present);

	(void)is_last;
	if (rv < 0 || stays(reader, row, &present))
		return rv;
	put_row(set, row, &present, fate);
	if (row->key.size > 2 && row->key.data[1] == ':')
		return end_named(reader, row, set);
	if (present.exists || row->key.size != TOKEN_ID_SIZE + 1)
		return 0;
	return end_secret(reader, span_bytes(row->key.data, TOKEN_ID_SIZE),
	    row->key.data[TOKEN_ID_SIZE], set, fate);
}

/* Whether it was deleted, and not made again since: it has a tombstone that would
 * stay if this row were one. */
static int
is_named_dead(
    struct store_reader *reader, const struct backup_row *row, bool *is_dead)
{
	uint8_t bytes[2 + BACKUP_KEY_MAX] = { letters[row->database], ':' };
	struct backup_row tombstone = { .database = DB_TOMBSTONES,
		.key = span_bytes(bytes, 2 + row->key.size),
		.row.version = row->row.version };
	struct present present;
	int rv;

	*is_dead = false;
	if (letters[row->database] == 0)
		return 0;
	memcpy(bytes + 2, row->key.data, row->key.size);
	rv = look(reader, DB_TOMBSTONES, tombstone.key, &present);
	*is_dead = rv == 0 && stays(reader, &tombstone, &present);
	return rv;
}

/* A row of which nothing is known but its key. */
static int
restore_plain(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate)
{
	struct present present;
	bool is_dead;
	int rv = look(reader, row->database, row->key, &present);

	(void)is_last;
	if (rv < 0 || stays(reader, row, &present))
		return rv;
	rv = is_named_dead(reader, row, &is_dead);
	if (rv < 0)
		return rv;
	if (is_dead)
		*fate = RESTORE_DELETED;
	else
		put_row(set, row, &present, fate);
	return 0;
}

typedef int restore_function(struct store_reader *reader,
    const struct backup_row *row, bool is_last, struct changeset *set,
    enum restore_fate *fate);

/* Audit entries are the store's own: its chain has no place for others. */
static restore_function *const functions[DB_COUNT] = {
	[DB_PROJECTS] = restore_plain,
	[DB_ROLES] = restore_plain,
	[DB_GRANTS] = restore_plain,
	[DB_TOKENS] = restore_token,
	[DB_USAGE] = restore_usage,
	[DB_TOMBSTONES] = restore_tombstone,
};

int
restore_row(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate)
{
	restore_function *restore = functions[row->database];

	*fate = RESTORE_KEPT;
	return restore == NULL ? 0 : restore(reader, row, is_last, set, fate);
}
