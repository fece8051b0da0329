/* SPDX-License-Identifier: BSD-3-Clause */
/* All rows come to the current key, whatever happens meanwhile. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/store/rekey.h"
#include "common/error.h"
#include "tests/unit/vault_fixture.h"

#define ROWS	 3500 /* some chunks */
#define MAP_SIZE (64 << 20)

static struct fixture f;
static struct rekey *rekey;
static _Atomic unsigned ends;
static _Atomic uint64_t last_made, last_damaged;

static void
on_end(void *arg, uint64_t made_anew, uint64_t damaged, int error)
{
	ck_assert_ptr_eq(arg, &f);
	ck_assert_int_eq(error, 0);
	atomic_store(&last_made, made_anew);
	atomic_store(&last_damaged, damaged);
	atomic_fetch_add(&ends, 1);
}

static void
setup(void)
{
	struct changeset *set = changeset_new();

	fixture_init(&f);
	fixture_close(&f);
	f.options.map_size = MAP_SIZE;
	ck_assert_int_eq(fixture_open(&f), 0);
	for (unsigned i = 0; i < ROWS; i++)
		changeset_put(set, DB_TOMBSTONES, fixture_id(i), VERSION_ABSENT,
		    span_of("a row"));
	ck_assert_int_eq(fixture_apply(&f, set), 0);
	vault_token(&f, 1, "one");
	vault_put(&f, DB_GRANTS, "alice", "grants");
	atomic_store(&ends, 0);
}

static void
teardown(void)
{
	fixture_fini(&f);
}

static void
start(void)
{
	const struct rekey_options options = { .store = f.store,
		.writer = vault_writer,
		.keyring = f.keyring,
		.on_end = on_end,
		.arg = &f };

	ck_assert_int_eq(rekey_start(&options, &rekey), 0);
}

static void
stop(void)
{
	rekey_stop(rekey);
	vault_stop_writer();
}

static void
look(struct rekey_state *state)
{
	rekey_look(rekey, fixture_view(&f), state);
}

static void
await_rest(void)
{
	struct rekey_state state;

	do {
		poll(NULL, 0, 1);
		look(&state);
	} while (state.is_busy);
}

/* How many rows another key than that made, audit entries apart. */
static uint64_t
count_others(uint8_t number)
{
	struct store_reader *reader = fixture_view(&f);
	uint64_t others = 0;

	for (size_t i = 0; i + 1 < BACKUP_DATABASES; i++) {
		struct store_cursor *cursor = NULL;
		struct row row;
		int rv = store_cursor_open(
		    reader, backup_databases[i], &cursor);

		ck_assert_int_eq(rv, 0);
		rv = store_cursor_seek(
		    cursor, (struct span) { 0 }, (struct span) { 0 });
		for (; rv == 0; rv = store_cursor_next(cursor))
			others += store_cursor_row(cursor, &row) == 0 &&
				  row.key_number != number;
		store_cursor_close(cursor);
	}
	return others;
}

START_TEST(a_single_key_is_no_work)
{
	struct rekey_state state;

	vault_start_writer(&f);
	start();
	await_rest();
	look(&state);
	ck_assert_uint_eq(state.rows[1], ROWS + 3);
	ck_assert_uint_eq(ends, 0);
	stop();
}
END_TEST

/* As a restarted agent finds it. */
START_TEST(rows_of_older_keys_are_found_at_the_start)
{
	struct rekey_state state;
	struct row row;

	vault_add_key(&f, 2, 'c');
	ck_assert_uint_eq(count_others(2), ROWS + 2);
	vault_start_writer(&f);
	start();
	await_rest();
	look(&state);
	ck_assert_uint_eq(state.rows[1], 0);
	ck_assert_uint_eq(state.rows[2], ROWS + 3);
	ck_assert_uint_eq(count_others(2), 0);
	stop();
	/* The same rows, which nobody's change is stale by. */
	ck_assert_uint_eq(vault_version(&f, DB_TOKENS, fixture_id(1)), 1);
	ck_assert_int_eq(store_get_authentic(fixture_view(&f), DB_GRANTS,
			     span_of("alice"), &row),
	    0);
	ck_assert(span_is(row.body, "grants"));
	/* It opens by the new key, and with the old one at hand. */
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
}
END_TEST

START_TEST(a_key_comes_while_it_runs)
{
	const struct keyline line = { 2, "another key" };
	struct rekey_state state;

	vault_start_writer(&f);
	start();
	await_rest();
	ck_assert_int_eq(keyring_extend(f.keyring, &line), 0);
	rekey_wake(rekey, fixture_view(&f), 1);
	look(&state);
	ck_assert(state.is_busy);
	for (int i = 0; i < 50; i++)
		vault_put(&f, DB_GRANTS, "bob", "more");
	await_rest();
	ck_assert_uint_eq(count_others(2), 0);
	ck_assert_uint_eq(ends, 1);
	ck_assert_uint_ge(last_made, ROWS + 1);
	stop();
}
END_TEST

/* It must not become authentic by being copied. */
START_TEST(a_damaged_row_stays_damaged)
{
	uint8_t *key = f.keyring->keys[0].records;
	struct rekey_state state;
	struct row row;

	key[0] ^= 1;
	vault_put(&f, DB_GRANTS, "eve", "all");
	key[0] ^= 1;
	vault_put(&f, DB_GRANTS, "bob", "some"); /* and a sound meta row */
	vault_add_key(&f, 2, 'd');
	vault_start_writer(&f);
	start();
	await_rest();
	look(&state);
	stop();
	ck_assert_uint_eq(state.rows[1], 1);
	ck_assert_uint_eq(last_damaged, 1);
	ck_assert_uint_eq(count_others(2), 0);
	ck_assert_int_eq(store_get_authentic(
			     fixture_view(&f), DB_GRANTS, span_of("eve"), &row),
	    ERROR_CORRUPT);
}
END_TEST

START_TEST(stops_in_the_middle_and_goes_on)
{
	vault_add_key(&f, 2, 'e');
	vault_start_writer(&f);
	start();
	stop();
	vault_start_writer(&f);
	start();
	await_rest();
	ck_assert_uint_eq(count_others(2), 0);
	stop();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rekey");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_single_key_is_no_work);
	tcase_add_test(tcase, rows_of_older_keys_are_found_at_the_start);
	tcase_add_test(tcase, a_key_comes_while_it_runs);
	tcase_add_test(tcase, a_damaged_row_stays_damaged);
	tcase_add_test(tcase, stops_in_the_middle_and_goes_on);
	return run_cases("rekey", &tcase, 1);
}
