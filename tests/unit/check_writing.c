/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/store/index.h"
#include "agent/store/writing.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define MANY   4000 /* entries: more than a page has, as a tree of their own */
#define FEW    20   /* fewer: they lie beside the key */
#define STRIDE 1777 /* without a divisor in common with either */

static struct fixture f;
static struct writing writing;
static uint8_t entry_bytes[AGE_ID_SIZE];

static void
set_up(void)
{
	fixture_init(&f);
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
}

static void
tear_down(void)
{
	writing_abort(&writing);
	fixture_fini(&f);
}

/* In the order of the number; until the next call. */
static struct span
entry(unsigned number)
{
	memset(entry_bytes, 0, sizeof(entry_bytes));
	index_number(number, entry_bytes + sizeof(entry_bytes) - 8);
	return span_bytes(entry_bytes, sizeof(entry_bytes));
}

static int
add(const char *owner, unsigned number)
{
	return writing_add(
	    &writing, DB_TOKENS_BY_OWNER, span_of(owner), entry(number));
}

static int
take(const char *owner, unsigned number)
{
	return writing_remove(
	    &writing, DB_TOKENS_BY_OWNER, span_of(owner), entry(number));
}

static void
commit(void)
{
	ck_assert_int_eq(writing_commit(&writing), 0);
}

/* Of the store's file. */
static size_t
pages(void)
{
	MDB_envinfo info;

	ck_assert_int_eq(mdb_env_info(f.store->env, &info), 0);
	return info.me_last_pgno;
}

/* That the owner has those from 0 on, each once and in order, and no more. */
static void
has_all_below(const char *owner, unsigned count)
{
	struct store_cursor *cursor;
	struct span key = span_of(owner);
	uint64_t under;
	int rc;

	ck_assert_int_eq(store_count_under(
			     fixture_view(&f), DB_TOKENS_BY_OWNER, key, &under),
	    0);
	ck_assert_uint_eq(under, count);
	ck_assert_int_eq(
	    store_cursor_open(f.reader, DB_TOKENS_BY_OWNER, &cursor), 0);
	rc = store_cursor_seek(cursor, key, entry(0));
	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(rc, 0);
		ck_assert(span_equal(store_cursor_key(cursor), key));
		ck_assert(span_equal(store_cursor_value(cursor), entry(i)));
		rc = store_cursor_next(cursor);
	}
	ck_assert(rc == ERROR_NOT_FOUND ||
		  !span_equal(store_cursor_key(cursor), key));
	store_cursor_close(cursor);
}

/* The orders that entries may come in, of so many. */
static unsigned
rising(unsigned i, unsigned count)
{
	(void)count;
	return i;
}

static unsigned
falling(unsigned i, unsigned count)
{
	return count - 1 - i;
}

static unsigned
mixed(unsigned i, unsigned count)
{
	return i * STRIDE % count;
}

static const struct {
	unsigned (*number)(unsigned i, unsigned count);
	unsigned count;
} orders[] = {
	{ rising, 1 },
	{ rising, FEW },
	{ rising, MANY },
	{ falling, FEW },
	{ falling, MANY },
	{ mixed, FEW },
	{ mixed, MANY },
};

/* Keys take turns, so that the cursor never stands where it is wanted. */
START_TEST(entries_are_in_order_however_they_come)
{
	unsigned count = orders[_i].count;

	for (unsigned i = 0; i < count; i++) {
		ck_assert_int_eq(add("bob", orders[_i].number(i, count)), 0);
		ck_assert_int_eq(add("alice", i), 0);
		ck_assert_int_eq(add("carol", falling(i, count)), 0);
	}
	commit();
	has_all_below("alice", count);
	has_all_below("bob", count);
	has_all_below("carol", count);
}
END_TEST

START_TEST(last_entries_are_packed_close)
{
	size_t before = pages(), close, loose;

	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(add("alice", i), 0);
	commit();
	close = pages() - before;
	before = pages();
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(add("bob", falling(i, MANY)), 0);
	commit();
	loose = pages() - before;
	ck_assert_msg(close * 3 < loose * 2, "%zu pages and %zu", close, loose);
}
END_TEST

/* Also the last one, which is not after itself. */
START_TEST(entry_that_is_there_is_there_once)
{
	for (unsigned i = 0; i < FEW; i++) {
		ck_assert_int_eq(add("alice", i), 0);
		ck_assert_int_eq(add("alice", i), 0);
		ck_assert_int_eq(add("alice", i / 2), 0);
	}
	commit();
	has_all_below("alice", FEW);
}
END_TEST

/* What was last is not so any more, and is again. */
START_TEST(entries_go_and_come_back)
{
	unsigned count = _i == 0 ? FEW : MANY;

	for (unsigned i = 0; i < count; i++)
		ck_assert_int_eq(add("alice", i), 0);
	for (unsigned i = count / 2; i < count; i++)
		ck_assert_int_eq(take("alice", i), 0);
	ck_assert_int_eq(take("alice", count), 0);
	ck_assert_int_eq(take("bob", 0), 0);
	ck_assert_int_eq(add("alice", count - 1), 0);
	for (unsigned i = count / 2; i < count - 1; i++)
		ck_assert_int_eq(add("alice", i), 0);
	commit();
	has_all_below("alice", count);
}
END_TEST

START_TEST(removing_without_an_entry_takes_all)
{
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(add("alice", i), 0);
	ck_assert_int_eq(add("bob", 0), 0);
	ck_assert_int_eq(writing_remove(&writing, DB_TOKENS_BY_OWNER,
			     span_of("alice"), span_of("")),
	    0);
	ck_assert_int_eq(add("alice", 0), 0);
	commit();
	has_all_below("alice", 1);
	has_all_below("bob", 1);
}
END_TEST

START_TEST(what_is_reserved_can_be_read)
{
	static const char text[] = "a value";
	struct span key = span_of("key"), value;
	uint8_t *bytes;

	ck_assert_int_eq(writing_get(&writing, DB_TOKEN_NAMES, key, &value),
	    ERROR_NOT_FOUND);
	ck_assert_int_eq(writing_reserve(&writing, DB_TOKEN_NAMES, key,
			     sizeof(text), &bytes),
	    0);
	memcpy(bytes, text, sizeof(text));
	ck_assert_int_eq(writing_get(&writing, DB_TOKEN_NAMES, key, &value), 0);
	ck_assert(span_equal(value, span_bytes(text, sizeof(text))));
	commit();
	ck_assert_int_eq(
	    store_get_index(fixture_view(&f), DB_TOKEN_NAMES, key, &value), 0);
	ck_assert(span_equal(value, span_bytes(text, sizeof(text))));
}
END_TEST

START_TEST(aborted_leaves_nothing)
{
	for (unsigned i = 0; i < MANY; i++)
		ck_assert_int_eq(add("alice", i), 0);
	writing_abort(&writing);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_TOKENS_BY_OWNER), 0);
}
END_TEST

/* More than the store may have: said, and what was before stays. */
START_TEST(full_is_said)
{
	int error = add("alice", 0);

	ck_assert_int_eq(error, 0);
	commit();
	ck_assert_int_eq(writing_begin(f.store, &writing), 0);
	for (unsigned i = 1; i < 100 * MANY && error == 0; i++)
		error = add("alice", i);
	ck_assert_int_eq(error, ERROR_FULL);
	writing_abort(&writing);
	has_all_below("alice", 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("writing");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, entries_are_in_order_however_they_come, 0,
	    (int)COUNT(orders));
	tcase_add_test(tcase, last_entries_are_packed_close);
	tcase_add_test(tcase, entry_that_is_there_is_there_once);
	tcase_add_loop_test(tcase, entries_go_and_come_back, 0, 2);
	tcase_add_test(tcase, removing_without_an_entry_takes_all);
	tcase_add_test(tcase, what_is_reserved_can_be_read);
	tcase_add_test(tcase, aborted_leaves_nothing);
	tcase_add_test(tcase, full_is_said);
	return run_cases("writing", &tcase, 1);
}
