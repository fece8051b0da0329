/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/audit.h"
#include "agent/store/env.h"
#include "agent/store/meta.h"
#include "agent/store/row.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

static struct fixture f;
static struct record record;

static void
set_up(void)
{
	struct token token;

	fixture_init(&f);
	good_token(&record, &token);
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

static void
create(unsigned number)
{
	char name[16];

	snprintf(name, sizeof(name), "name%u", number);
	record.spec.name = span_of(name);
	ck_assert_int_eq(fixture_create(&f, fixture_id(number), &record), 0);
}

/* Puts bytes under a key behind the store's back. */
static void
put_raw(enum database database, struct span key, struct span value)
{
	MDB_val k = env_val(key);
	MDB_val v = env_val(value);
	MDB_txn *txn = NULL;

	ck_assert_int_eq(mdb_txn_begin(f.store->env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_put(txn, f.store->dbi[database], &k, &v, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
}

START_TEST(what_was_created_is_there)
{
	struct record seen;
	uint32_t version = 0;

	create(1);
	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &seen, &version), 0);
	ck_assert_uint_eq(version, 1);
	ck_assert(span_is(seen.spec.owner, "alice"));
	ck_assert_int_eq(
	    fixture_load(&f, fixture_id(2), &seen, &version), ERROR_NOT_FOUND);
	ck_assert_int_eq(
	    fixture_load(&f, span_of(""), &seen, &version), ERROR_NOT_FOUND);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &seen, &version), 0);
}
END_TEST

START_TEST(reader_sees_one_state)
{
	struct store_reader *reader = NULL;

	ck_assert_int_eq(store_reader_open(f.store, &reader), 0);
	ck_assert_int_eq(store_read_begin(reader), 0);
	create(1);
	ck_assert_uint_eq(store_count(reader, DB_TOKENS), 0);
	store_read_end(reader);
	ck_assert_int_eq(store_read_begin(reader), 0);
	ck_assert_uint_eq(store_count(reader, DB_TOKENS), 1);
	store_read_end(reader);
	store_reader_close(reader);
}
END_TEST

/* The stale set of a group leaves no trace; the others are in. */
START_TEST(stale_set_is_refused_alone)
{
	const struct audit_entry audit = fixture_audit("x", fixture_id(1));
	struct changeset *sets[3];
	int results[3];
	struct row row;

	create(1);
	for (size_t i = 0; i < 3; i++) {
		sets[i] = changeset_new();
		changeset_audit(sets[i], &audit);
		changeset_put(sets[i], DB_USAGE, fixture_id((unsigned)i),
		    VERSION_ABSENT, span_of("use"));
	}
	changeset_put(sets[1], DB_TOKENS, fixture_id(1), 2, span_of("stale"));
	ck_assert_int_eq(store_apply(f.store, sets, 3, results), 0);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], ERROR_STALE);
	ck_assert_int_eq(results[2], 0);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 2);
	ck_assert_int_eq(store_get(f.reader, DB_USAGE, fixture_id(1), &row),
	    ERROR_NOT_FOUND);
	ck_assert_uint_eq(store_audit_sequence(f.store), 3);
	for (size_t i = 0; i < 3; i++)
		changeset_free(sets[i]);
}
END_TEST

/* A set sees what the ones before it in the group did. */
START_TEST(second_of_two_from_one_version_is_stale)
{
	uint64_t generation;
	struct changeset *sets[2];
	int results[2];

	create(1);
	for (size_t i = 0; i < 2; i++) {
		sets[i] = changeset_new();
		changeset_put(
		    sets[i], DB_TOKENS, fixture_id(1), 1, span_of("x"));
	}
	ck_assert_int_eq(store_apply(f.store, sets, 2, results), 0);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], ERROR_STALE);
	generation = f.store->generation;
	ck_assert_int_eq(store_apply(f.store, sets, 2, results), 0);
	ck_assert_int_eq(results[0], ERROR_STALE);
	ck_assert_int_eq(results[1], ERROR_STALE);
	ck_assert_uint_eq(f.store->generation, generation);
	changeset_free(sets[0]);
	changeset_free(sets[1]);
}
END_TEST

/* What is wrong with one set is not the others' fault. */
START_TEST(failed_set_does_not_spoil_the_group)
{
	static char text[4096];
	struct audit_entry audit = fixture_audit("x", fixture_id(1));
	struct changeset *sets[3];
	int results[3];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 3; i++) {
		sets[i] = changeset_new();
		changeset_put(sets[i], DB_USAGE, fixture_id((unsigned)i),
		    VERSION_ANY, span_of("use"));
	}
	sets[0]->failed = true;
	audit.detail = span_bytes(text, sizeof(text));
	changeset_audit(sets[1], &audit);
	ck_assert_int_eq(store_apply(f.store, sets, 3, results), 0);
	ck_assert_int_eq(results[0], ERROR_MEMORY);
	ck_assert_int_eq(results[1], ERROR_TOO_LONG);
	ck_assert_int_eq(results[2], 0);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 1);
	ck_assert_uint_eq(store_audit_sequence(f.store), 0);
	for (size_t i = 0; i < 3; i++)
		changeset_free(sets[i]);
}
END_TEST

START_TEST(name_is_one_token_s)
{
	struct span named;
	uint8_t key[NAME_KEY_SIZE];
	size_t size = 0;

	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	ck_assert_int_eq(
	    fixture_create(&f, fixture_id(2), &record), ERROR_STALE);
	ck_assert_int_eq(
	    index_name_key(record.spec.owner, record.spec.name, key, &size), 0);
	ck_assert_int_eq(store_get_index(fixture_view(&f), DB_TOKEN_NAMES,
			     span_bytes(key, size), &named),
	    0);
	ck_assert(span_is(named, "token00001"));
	ck_assert_uint_eq(store_count(f.reader, DB_TOKENS), 1);
	record.spec.owner = span_of("bob");
	ck_assert_int_eq(fixture_create(&f, fixture_id(2), &record), 0);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	record.spec.owner = span_of("alice");
	ck_assert_int_eq(fixture_create(&f, fixture_id(3), &record), 0);
}
END_TEST

START_TEST(id_is_taken_once)
{
	create(1);
	record.spec.name = span_of("another");
	ck_assert_int_eq(
	    fixture_create(&f, fixture_id(1), &record), ERROR_STALE);
}
END_TEST

START_TEST(versions_count_up)
{
	struct record seen;
	uint32_t version = 0;

	create(1);
	for (uint32_t i = 1; i < 10; i++) {
		ck_assert_int_eq(
		    fixture_set_state(&f, fixture_id(1), STATE_DISABLED), 0);
		ck_assert_int_eq(
		    fixture_load(&f, fixture_id(1), &seen, &version), 0);
		ck_assert_uint_eq(version, i + 1);
	}
}
END_TEST

START_TEST(cursor_goes_in_order)
{
	struct store_cursor *cursor = NULL;
	unsigned seen = 0;
	int rv;

	for (unsigned i = 0; i < 50; i++)
		create((i * 37) % 50);
	ck_assert_int_eq(
	    store_cursor_open(fixture_view(&f), DB_TOKENS, &cursor), 0);
	rv = store_cursor_seek(cursor, fixture_id(10), span_of(""));
	for (; rv == 0; rv = store_cursor_next(cursor)) {
		struct row row;

		ck_assert(span_equal(
		    store_cursor_key(cursor), fixture_id(10 + seen)));
		ck_assert_int_eq(store_cursor_row(cursor, &row), 0);
		seen++;
	}
	ck_assert_int_eq(rv, ERROR_NOT_FOUND);
	ck_assert_uint_eq(seen, 40);
	ck_assert_int_eq(store_cursor_seek(cursor, fixture_id(50), span_of("")),
	    ERROR_NOT_FOUND);
	store_cursor_close(cursor);
}
END_TEST

/* Where a seek in an index ends: at the value, behind it, or at what follows
 * the key. */
START_TEST(cursor_seeks_in_an_index)
{
	static const struct {
		const char *key;
		uint64_t created_at;
		const char *found_key; /* NULL: none */
		unsigned found;
	} rows[] = {
		{ "alice", NOW - 1, "alice", 2 },
		{ "alice", NOW, "alice", 1 },
		{ "alice", NOW + 100, "alice", 1 },
		{ "alice", 0, "bob", 3 },
		{ "aaron", NOW, "alice", 1 },
		{ "bob", 0, NULL, 0 },
		{ "zoe", NOW, NULL, 0 },
	};
	struct store_cursor *cursor = NULL;

	for (unsigned i = 1; i <= 3; i++) {
		record.created_at = NOW + 1 - i;
		record.spec.owner = span_of(i < 3 ? "alice" : "bob");
		create(i);
	}
	ck_assert_int_eq(
	    store_cursor_open(fixture_view(&f), DB_TOKENS_BY_OWNER, &cursor),
	    0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t from[AGE_ID_SIZE];
		struct span value;
		int rv;

		index_age_id(rows[i].created_at, span_of("0000000000"), from);
		rv = store_cursor_seek(cursor, span_of(rows[i].key),
		    span_bytes(from, sizeof(from)));
		if (rows[i].found_key == NULL) {
			ck_assert_int_eq(rv, ERROR_NOT_FOUND);
			continue;
		}
		ck_assert_int_eq(rv, 0);
		ck_assert(span_is(store_cursor_key(cursor), rows[i].found_key));
		value = store_cursor_value(cursor);
		ck_assert(
		    span_equal(span_bytes(value.data + AGE_SIZE, TOKEN_ID_SIZE),
			fixture_id(rows[i].found)));
	}
	store_cursor_close(cursor);
}
END_TEST

/* A row that is right somewhere else is no row here. */
static uint64_t
count_key(const char *owner)
{
	uint64_t count = 77;

	ck_assert_int_eq(store_count_under(fixture_view(&f), DB_TOKENS_BY_OWNER,
			     span_of(owner), &count),
	    0);
	return count;
}

START_TEST(entries_of_a_key_are_counted)
{
	char name[16];

	for (unsigned i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		record.spec.name = span_of(name);
		record.spec.owner = span_of(i % 3 == 0 ? "bob" : "alice");
		ck_assert_int_eq(fixture_create(&f, fixture_id(i), &record), 0);
	}
	ck_assert_uint_eq(count_key("bob"), 100);
	ck_assert_uint_eq(count_key("alice"), 200);
	ck_assert_uint_eq(count_key("alic"), 0);
	ck_assert_uint_eq(count_key("alicee"), 0);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(0)), 0);
	ck_assert_uint_eq(count_key("bob"), 99);
}
END_TEST

START_TEST(row_is_bound_to_its_place)
{
	static uint8_t copy[RECORD_SIZE_MAX];
	struct row row;

	create(1);
	ck_assert_int_eq(
	    store_get(fixture_view(&f), DB_TOKENS, fixture_id(1), &row), 0);
	memcpy(copy, row.whole.data, row.whole.size);
	row.whole.data = copy;
	put_raw(DB_TOKENS, fixture_id(2), row.whole);
	put_raw(DB_USAGE, fixture_id(1), row.whole);
	ck_assert_int_eq(store_get_authentic(
			     fixture_view(&f), DB_TOKENS, fixture_id(1), &row),
	    0);
	ck_assert_int_eq(
	    store_get_authentic(f.reader, DB_TOKENS, fixture_id(2), &row),
	    ERROR_CORRUPT);
	ck_assert_int_eq(
	    store_get_authentic(f.reader, DB_USAGE, fixture_id(1), &row),
	    ERROR_CORRUPT);
}
END_TEST

START_TEST(row_of_other_bytes_is_not_authentic)
{
	static uint8_t copy[RECORD_SIZE_MAX];
	struct span whole;
	struct row row;

	create(1);
	ck_assert_int_eq(
	    store_get(fixture_view(&f), DB_TOKENS, fixture_id(1), &row), 0);
	whole = row.whole;
	memcpy(copy, whole.data, whole.size);
	for (size_t bit = 0; bit < whole.size * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
		ck_assert_int_eq(
		    row_decode(span_bytes(copy, whole.size), &row), 0);
		ck_assert(!row_is_authentic(
		    f.keyring, DB_TOKENS, fixture_id(1), &row));
		copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t size = 0; size < whole.size; size++)
		ck_assert(
		    row_decode(span_bytes(copy, size), &row) == ERROR_CORRUPT ||
		    !row_is_authentic(
			f.keyring, DB_TOKENS, fixture_id(1), &row));
}
END_TEST

/* Replaces the keyring by what the file says after the change. */
static void
reload_keys(void)
{
	fixture_close(&f);
	keyring_free(f.keyring);
	f.keyring = NULL;
	ck_assert_int_eq(
	    keyring_load(f.key, &f.keyring, f.why, sizeof(f.why)), 0);
}

START_TEST(new_key_makes_rows_and_old_rows_stay_good)
{
	static const char line[] = "2 00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff\n";
	struct row row;
	size_t size;
	uint8_t *text;

	create(1);
	text = fixture_read(f.key, &size);
	text = realloc(text, size + sizeof(line));
	ck_assert_ptr_nonnull(text);
	memcpy(text + size, line, sizeof(line));
	ck_assert_int_eq(unlink(f.key), 0);
	fixture_write(f.key, text, size + sizeof(line) - 1);
	reload_keys();
	ck_assert_int_eq(fixture_open(&f), 0);
	create(2);
	ck_assert_int_eq(store_get_authentic(
			     fixture_view(&f), DB_TOKENS, fixture_id(1), &row),
	    0);
	ck_assert_uint_eq(row.key_number, 1);
	ck_assert_int_eq(
	    store_get_authentic(f.reader, DB_TOKENS, fixture_id(2), &row), 0);
	ck_assert_uint_eq(row.key_number, 2);
	/* Without the second key the store says so. */
	fixture_write(f.key, text, size);
	reload_keys();
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "key 2"));
	/* Without the first one, only what it made is lost. */
	fixture_write(f.key, line, sizeof(line) - 1);
	reload_keys();
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_int_eq(store_get_authentic(
			     fixture_view(&f), DB_TOKENS, fixture_id(1), &row),
	    ERROR_CORRUPT);
	ck_assert_int_eq(
	    store_get_authentic(f.reader, DB_TOKENS, fixture_id(2), &row), 0);
	free(text);
}
END_TEST

START_TEST(wrong_key_is_named)
{
	create(1);
	ck_assert_int_eq(unlink(f.key), 0);
	ck_assert_int_eq(keyring_make(f.key), 0);
	reload_keys();
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "key"));
	ck_assert_ptr_null(f.store);
}
END_TEST

/* A commit by anybody but store_apply() leaves the meta row behind. */
START_TEST(foreign_transaction_is_found)
{
	create(1);
	put_raw(DB_TOKEN_NAMES, span_of("alice"), span_of("token00009"));
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "transaction"));
}
END_TEST

/* The last row of a database is lost after its count was written. */
START_TEST(row_too_few_is_found)
{
	const struct span all = { NULL, 0 };
	struct writing writing;

	create(1);
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
	ck_assert_int_eq(meta_put(&writing, 1), 0);
	ck_assert_int_eq(
	    writing_remove(&writing, DB_TOKENS, fixture_id(1), all), 0);
	ck_assert_int_eq(writing_commit(&writing), 0);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
	ck_assert_str_eq(f.why, "tokens has 0 rows where 1 were written");
	ck_assert_ptr_null(f.store);
}
END_TEST

START_TEST(last_audit_entry_must_be_authentic)
{
	static uint8_t copy[4096];
	struct writing writing;
	uint8_t *bytes = NULL;
	uint8_t key[8];
	struct row row;

	create(1);
	audit_key(1, key);
	ck_assert_int_eq(store_get(fixture_view(&f), DB_AUDIT,
			     span_bytes(key, sizeof(key)), &row),
	    0);
	memcpy(copy, row.whole.data, row.whole.size);
	copy[10] ^= 1;
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
	ck_assert_int_eq(
	    writing_reserve(&writing, DB_AUDIT, span_bytes(key, sizeof(key)),
		row.whole.size, &bytes),
	    0);
	memcpy(bytes, copy, row.whole.size);
	ck_assert_int_eq(meta_put(&writing, 1), 0);
	ck_assert_int_eq(writing_commit(&writing), 0);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
	ck_assert_ptr_nonnull(strstr(f.why, "audit"));
}
END_TEST

/* Full: everybody is told, nothing is changed, reading goes on; with room
 * again it works. */
START_TEST(full_store_changes_nothing)
{
	uint64_t tokens;
	unsigned next = 1;
	struct record seen;
	uint32_t version;
	char name[16];
	int rv;

	fixture_close(&f);
	f.options.map_size = 256 << 10;
	ck_assert_int_eq(fixture_open(&f), 0);
	do {
		snprintf(name, sizeof(name), "name%u", next);
		record.spec.name = span_of(name);
		rv = fixture_create(&f, fixture_id(next++), &record);
	} while (rv == 0);
	ck_assert_int_eq(rv, ERROR_FULL);
	tokens = next - 2;
	ck_assert_uint_gt(tokens, 10);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_TOKENS), tokens);
	ck_assert_uint_eq(store_audit_sequence(f.store), tokens);
	ck_assert_int_eq(fixture_load(&f, fixture_id(1), &seen, &version), 0);
	ck_assert_int_eq(
	    fixture_load(&f, fixture_id(next - 1), &seen, &version),
	    ERROR_NOT_FOUND);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_TOKENS), tokens);
	fixture_close(&f);
	f.options.map_size = 1 << 20;
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_int_eq(fixture_create(&f, fixture_id(next), &record), 0);
	ck_assert_uint_eq(store_audit_sequence(f.store), tokens + 1);
}
END_TEST

START_TEST(missing_directory_is_an_error)
{
	fixture_close(&f);
	f.options.directory = "/nonexistent";
	ck_assert_int_eq(fixture_open(&f), ERROR_SYSTEM);
	ck_assert_str_ne(f.why, "");
}
END_TEST

START_TEST(read_only_store_is_not_made)
{
	fixture_close(&f);
	ck_assert_int_eq(unlink(f.data), 0);
	f.options.read_only = true;
	ck_assert_int_lt(fixture_open(&f), 0);
	ck_assert_int_lt(access(f.data, F_OK), 0);
}
END_TEST

/* As a version left it that did not know the databases behind DB_META. */
static void
make_older(void)
{
	MDB_txn *txn = NULL;

	ck_assert_int_eq(
	    mdb_txn_begin(f.store->env, NULL, 0, &txn), MDB_SUCCESS);
	ck_assert_int_eq(
	    mdb_drop(txn, f.store->dbi[DB_SESSIONS], 1), MDB_SUCCESS);
	ck_assert_int_eq(mdb_txn_commit(txn), MDB_SUCCESS);
	f.store->databases = DB_META + 1;
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
}

START_TEST(an_older_store_gets_what_it_lacks)
{
	struct changeset *set = changeset_new();
	struct record seen;
	uint32_t version;

	make_older();
	fixture_close(&f);
	f.options.read_only = true;
	ck_assert_msg(fixture_open(&f) == 0, "%s", f.why);
	ck_assert_uint_eq(f.store->databases, DB_META + 1);
	fixture_close(&f);
	f.options.read_only = false;
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(fixture_open(&f) == 0, "%s", f.why);
		ck_assert_uint_eq(f.store->databases, DB_COUNT);
		ck_assert_int_eq(
		    fixture_load(&f, fixture_id(1), &seen, &version), 0);
		if (i == 0)
			fixture_close(&f);
	}
	changeset_put(
	    set, DB_SESSIONS, span_of("key"), VERSION_ABSENT, span_of("body"));
	ck_assert_int_eq(fixture_apply(&f, set), 0);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_SESSIONS), 1);
}
END_TEST

/* One that is there without having been made, or gone, was tampered with. */
START_TEST(a_database_too_many_or_too_few_is_found)
{
	MDB_txn *txn = NULL;

	if (_i == 0) {
		f.store->databases = DB_META + 1;
		ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	} else {
		make_older();
		f.store->databases = DB_COUNT;
		ck_assert_int_eq(
		    mdb_txn_begin(f.store->env, NULL, 0, &txn), MDB_SUCCESS);
		ck_assert_int_eq(
		    env_open_databases(f.store, txn, MDB_CREATE), 0);
		ck_assert_int_eq(mdb_txn_commit(txn), MDB_SUCCESS);
	}
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), ERROR_CORRUPT);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("store");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_was_created_is_there);
	tcase_add_test(tcase, reader_sees_one_state);
	tcase_add_test(tcase, stale_set_is_refused_alone);
	tcase_add_test(tcase, second_of_two_from_one_version_is_stale);
	tcase_add_test(tcase, failed_set_does_not_spoil_the_group);
	tcase_add_test(tcase, name_is_one_token_s);
	tcase_add_test(tcase, id_is_taken_once);
	tcase_add_test(tcase, versions_count_up);
	tcase_add_test(tcase, cursor_goes_in_order);
	tcase_add_test(tcase, cursor_seeks_in_an_index);
	tcase_add_test(tcase, row_is_bound_to_its_place);
	tcase_add_test(tcase, row_of_other_bytes_is_not_authentic);
	tcase_add_test(tcase, new_key_makes_rows_and_old_rows_stay_good);
	tcase_add_test(tcase, wrong_key_is_named);
	tcase_add_test(tcase, foreign_transaction_is_found);
	tcase_add_test(tcase, row_too_few_is_found);
	tcase_add_test(tcase, entries_of_a_key_are_counted);
	tcase_add_test(tcase, last_audit_entry_must_be_authentic);
	tcase_add_test(tcase, full_store_changes_nothing);
	tcase_add_test(tcase, missing_directory_is_an_error);
	tcase_add_test(tcase, read_only_store_is_not_made);
	tcase_add_test(tcase, an_older_store_gets_what_it_lacks);
	tcase_add_loop_test(
	    tcase, a_database_too_many_or_too_few_is_found, 0, 2);
	return run_cases("store", &tcase, 1);
}
