/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/store/audit.h"
#include "agent/store/env.h"
#include "agent/store/meta.h"
#include "agent/store/row.h"
#include "agent/store/walk.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

static struct fixture f;

static void
set_up(void)
{
	struct changeset *set = changeset_new();
	struct record record;
	struct token token;
	char name[16];

	fixture_init(&f);
	good_token(&record, &token);
	record.spec.expires_at = NOW + 1000;
	for (unsigned i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		record.spec.name = span_of(name);
		ck_assert_int_eq(fixture_create(&f, fixture_id(i), &record), 0);
	}
	ck_assert_int_eq(fixture_delete(&f, fixture_id(3)), 0);
	record.spec.kind = TOKEN_ACCESS;
	record.lineage.parent = fixture_id(1);
	record.lineage.partner = fixture_id(5);
	ck_assert_int_eq(fixture_create(&f, fixture_id(4), &record), 0);
	changeset_put(set, DB_USAGE, fixture_id(1), 0, span_of("use"));
	ck_assert_int_eq(fixture_apply(&f, set), 0);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

static int
walk(void)
{
	return walk_store(f.store, f.why, sizeof(f.why));
}

START_TEST(sound_store_is_walked)
{
	ck_assert_int_eq(walk(), 0);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_int_eq(walk(), 0);
}
END_TEST

START_TEST(empty_store_is_walked)
{
	fixture_fini(&f);
	fixture_init(&f);
	ck_assert_int_eq(walk(), 0);
}
END_TEST

/* What is done to the first entry of a database, the counts unchanged. */
enum damage {
	FLIP_VALUE, /* its last byte */
	FLIP_FIRST, /* the first byte of its value */
	MOVE_KEY,   /* the same value under another key */
	CUT_VALUE,
};

static const struct {
	enum database database;
	enum damage damage;
	const char *what;
} damages[] = {
	{ DB_TOKENS, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS, FLIP_FIRST, "of tokens " },
	{ DB_TOKENS, MOVE_KEY, "of tokens " },
	{ DB_TOKENS, CUT_VALUE, "of tokens " },
	{ DB_TOKEN_NAMES, FLIP_VALUE, "of tokens " },
	{ DB_TOKEN_NAMES, MOVE_KEY, "of tokens " },
	{ DB_TOKEN_NAMES, CUT_VALUE, "of tokens " },
	{ DB_TOKENS_BY_OWNER, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS_BY_OWNER, FLIP_FIRST, "of tokens " },
	{ DB_TOKENS_BY_OWNER, MOVE_KEY, "of tokens " },
	{ DB_TOKENS_BY_PROJECT, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS_BY_PROJECT, MOVE_KEY, "of tokens " },
	{ DB_TOKENS_BY_EXPIRY, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS_BY_EXPIRY, MOVE_KEY, "of tokens " },
	{ DB_TOKENS_BY_AGE, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS_BY_AGE, MOVE_KEY, "of tokens " },
	{ DB_TOKENS_BY_PARENT, FLIP_VALUE, "of tokens " },
	{ DB_TOKENS_BY_PARENT, MOVE_KEY, "of tokens " },
	{ DB_USAGE, FLIP_VALUE, "of usage " },
	{ DB_USAGE, MOVE_KEY, "of usage " },
	{ DB_AUDIT, FLIP_VALUE, "of audit " },
	{ DB_AUDIT, FLIP_FIRST, "of audit " },
	{ DB_AUDIT, MOVE_KEY, "of audit " },
	{ DB_TOMBSTONES, FLIP_VALUE, "of tombstones " },
	{ DB_TOMBSTONES, MOVE_KEY, "of tombstones " },
	{ DB_META, FLIP_VALUE, "of meta " },
	{ DB_META, MOVE_KEY, "of meta " },
};

static void
spoil(enum damage damage, uint8_t *key, size_t key_size, uint8_t *value,
    size_t *value_size)
{
	switch (damage) {
	case FLIP_VALUE:
		value[*value_size - 1] ^= 1;
		break;
	case FLIP_FIRST:
		value[0] ^= 1;
		break;
	case MOVE_KEY:
		key[key_size - 1] ^= 0x40;
		break;
	case CUT_VALUE:
		*value_size /= 2;
		break;
	}
}

/* Takes the first entry out and puts it back as it should not be. */
static void
replace_first(MDB_txn *txn, MDB_dbi dbi, enum damage damage)
{
	uint8_t value_bytes[4096];
	uint8_t key_bytes[512];
	MDB_cursor *cursor = NULL;
	MDB_val key;
	MDB_val value;

	ck_assert_int_eq(mdb_cursor_open(txn, dbi, &cursor), 0);
	ck_assert_int_eq(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
	memcpy(key_bytes, key.mv_data, key.mv_size);
	memcpy(value_bytes, value.mv_data, value.mv_size);
	ck_assert_int_eq(mdb_cursor_del(cursor, 0), 0);
	mdb_cursor_close(cursor);
	spoil(damage, key_bytes, key.mv_size, value_bytes, &value.mv_size);
	key.mv_data = key_bytes;
	value.mv_data = value_bytes;
	ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
}

START_TEST(damage_is_found)
{
	MDB_txn *txn = NULL;

	ck_assert_int_eq(mdb_txn_begin(f.store->env, NULL, 0, &txn), 0);
	replace_first(
	    txn, f.store->dbi[damages[_i].database], damages[_i].damage);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	ck_assert_int_eq(walk(), ERROR_CORRUPT);
	ck_assert_msg(strstr(f.why, damages[_i].what) != NULL, "%s", f.why);
}
END_TEST

/* An entry too many, or too few, in each index. */
static const enum database indexes[] = {
	DB_TOKEN_NAMES,
	DB_TOKENS_BY_OWNER,
	DB_TOKENS_BY_PROJECT,
	DB_TOKENS_BY_EXPIRY,
	DB_TOKENS_BY_AGE,
};

START_TEST(lost_index_entry_is_found)
{
	MDB_cursor *cursor = NULL;
	MDB_txn *txn = NULL;
	MDB_val key;
	MDB_val value;

	ck_assert_int_eq(mdb_txn_begin(f.store->env, NULL, 0, &txn), 0);
	ck_assert_int_eq(
	    mdb_cursor_open(txn, f.store->dbi[indexes[_i]], &cursor), 0);
	ck_assert_int_eq(mdb_cursor_get(cursor, &key, &value, MDB_LAST), 0);
	ck_assert_int_eq(mdb_cursor_del(cursor, 0), 0);
	mdb_cursor_close(cursor);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	ck_assert_int_eq(walk(), ERROR_CORRUPT);
	ck_assert_str_ne(f.why, "");
}
END_TEST

START_TEST(index_entry_too_many_is_found)
{
	uint8_t entry[AGE_ID_SIZE];
	MDB_txn *txn = NULL;
	MDB_val key = env_val(span_of("zoe"));
	MDB_val value;
	bool aged = indexes[_i] == DB_TOKENS_BY_OWNER ||
		    indexes[_i] == DB_TOKENS_BY_PROJECT;

	index_age_id(NOW, fixture_id(1), entry);
	value = env_val(
	    aged ? span_bytes(entry, sizeof(entry)) : fixture_id(1));
	ck_assert_int_eq(mdb_txn_begin(f.store->env, NULL, 0, &txn), 0);
	ck_assert_int_eq(
	    mdb_put(txn, f.store->dbi[indexes[_i]], &key, &value, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	ck_assert_int_eq(walk(), ERROR_CORRUPT);
	ck_assert_str_ne(f.why, "");
}
END_TEST

/* Rows with a good MAC whose content is none. */
START_TEST(authentic_nonsense_is_found)
{
	struct writing writing;
	uint8_t key[8];
	int rv;

	audit_key(2, key);
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
	if (_i == 0)
		rv = row_put(&writing, DB_TOKENS, fixture_id(1), 2,
		    span_of("no record"), NULL);
	else
		rv = row_put(&writing, DB_AUDIT, span_bytes(key, sizeof(key)),
		    1, span_of("no entry"), NULL);
	ck_assert_int_eq(rv, 0);
	ck_assert_int_eq(writing_commit(&writing), 0);
	ck_assert_int_eq(walk(), ERROR_CORRUPT);
}
END_TEST

/* An entry of the audit taken out by somebody without the key, the numbers
 * of the others moved down: each row is then in another's place. */
START_TEST(audit_entry_taken_out_is_found)
{
	MDB_txn *txn = NULL;
	uint8_t bytes[8];
	MDB_val key;

	audit_key(2, bytes);
	key = env_val(span_bytes(bytes, sizeof(bytes)));
	ck_assert_int_eq(mdb_txn_begin(f.store->env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_del(txn, f.store->dbi[DB_AUDIT], &key, NULL), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	ck_assert_int_eq(walk(), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "audit"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("walk");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, sound_store_is_walked);
	tcase_add_test(tcase, empty_store_is_walked);
	tcase_add_loop_test(tcase, damage_is_found, 0, (int)COUNT(damages));
	tcase_add_loop_test(
	    tcase, lost_index_entry_is_found, 0, (int)COUNT(indexes));
	tcase_add_loop_test(
	    tcase, index_entry_too_many_is_found, 0, (int)COUNT(indexes));
	tcase_add_loop_test(tcase, authentic_nonsense_is_found, 0, 2);
	tcase_add_test(tcase, audit_entry_taken_out_is_found);
	return run_cases("walk", &tcase, 1);
}
