/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks compared with a table that was put in order by other means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/store/indexwalk.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

#define TOKENS 60

/* Of three owners, several of each second, every third without an end. */
static struct row_of {
	char id[TOKEN_ID_SIZE + 1];
	const char *owner;
	uint64_t created_at, expires_at;
} rows[TOKENS];

static struct fixture f;

static void
set_up(void)
{
	static const char *const owners[] = { "alice", "bob", "carol" };
	struct record record;
	struct token token;
	char name[16];

	fixture_init(&f);
	good_token(&record, &token);
	for (unsigned i = 0; i < TOKENS; i++) {
		struct row_of *row = &rows[i];

		(void)snprintf(row->id, sizeof(row->id), "%010u",
		    pseudo_below(1000000000));
		(void)snprintf(name, sizeof(name), "name%u", i);
		row->owner = owners[pseudo_below(3)];
		row->created_at = NOW - pseudo_below(12);
		row->expires_at = i % 3 == 0 ? 0 : NOW + pseudo_below(12);
		record.spec.name = span_of(name);
		record.spec.owner = span_of(row->owner);
		record.spec.expires_at = row->expires_at;
		record.created_at = row->created_at;
		ck_assert_int_eq(
		    fixture_create(&f, span_of(row->id), &record), 0);
	}
}

static void
tear_down(void)
{
	fixture_fini(&f);
}

/* A walk, and what it is to find. */
static const struct {
	enum database index;
	const char *key;
	bool backward;
	uint64_t from, to;
} walks[] = {
	{ DB_TOKENS_BY_AGE, "", false, 0, 0 },
	{ DB_TOKENS_BY_AGE, "", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "alice", false, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "alice", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "bob", false, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "bob", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "carol", false, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "carol", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "aaron", false, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "aaron", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "bo", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "bobby", true, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "zoe", false, 0, 0 },
	{ DB_TOKENS_BY_OWNER, "zoe", true, 0, 0 },
	{ DB_TOKENS_BY_PROJECT, "default", false, 0, 0 },
	{ DB_TOKENS_BY_PROJECT, "default", true, 0, 0 },
	{ DB_TOKENS_BY_PROJECT, "none", true, 0, 0 },
	{ DB_TOKENS_BY_EXPIRY, "", false, NOW, NOW + 12 },
	{ DB_TOKENS_BY_EXPIRY, "", false, NOW + 3, NOW + 7 },
	{ DB_TOKENS_BY_EXPIRY, "", false, NOW + 7, UINT64_MAX },
	{ DB_TOKENS_BY_EXPIRY, "", false, 0, NOW - 1 },
};

static int which; /* of the walks */

static uint64_t
time_in_index(const struct row_of *row)
{
	return walks[which].index == DB_TOKENS_BY_EXPIRY ? row->expires_at
							 : row->created_at;
}

static bool
is_walked(const struct row_of *row)
{
	if (walks[which].index == DB_TOKENS_BY_OWNER)
		return strcmp(row->owner, walks[which].key) == 0;
	if (walks[which].index == DB_TOKENS_BY_PROJECT)
		return strcmp(walks[which].key, "default") == 0;
	return walks[which].index != DB_TOKENS_BY_EXPIRY ||
	       (row->expires_at != 0 && row->expires_at >= walks[which].from &&
		   row->expires_at <= walks[which].to);
}

/* Ages: the newest first; ends: the soonest; of one second, by id. */
static int
compare(const void *left, const void *right)
{
	const struct row_of *const *a = left, *const *b = right;
	uint64_t x = time_in_index(*a), y = time_in_index(*b);
	int order = (x > y) - (x < y);

	if (walks[which].index != DB_TOKENS_BY_EXPIRY)
		order = -order;
	if (order == 0)
		order = strcmp((*a)->id, (*b)->id);
	return walks[which].backward ? -order : order;
}

static size_t
expected(const struct row_of *list[TOKENS])
{
	size_t count = 0;

	for (size_t i = 0; i < TOKENS; i++)
		if (is_walked(&rows[i]))
			list[count++] = &rows[i];
	qsort(list, count, sizeof(list[0]), compare);
	return count;
}

static struct indexwalk
walk_open(void)
{
	struct indexwalk walk = { .index = walks[which].index,
		.key = span_of(walks[which].key),
		.backward = walks[which].backward,
		.from = walks[which].from,
		.to = walks[which].to };

	ck_assert_int_eq(indexwalk_open(&walk, fixture_view(&f)), 0);
	return walk;
}

/* From where it stands, all that follow. */
static void
expect_rest(struct indexwalk *walk, int rv, const struct row_of *const *list,
    size_t count)
{
	struct span id;

	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(rv, 0);
		ck_assert(indexwalk_is_within(walk));
		ck_assert_int_eq(indexwalk_id(walk, &id), 0);
		ck_assert(span_is(id, list[i]->id));
		rv = indexwalk_next(walk);
	}
	ck_assert(
	    rv == ERROR_NOT_FOUND || (rv == 0 && !indexwalk_is_within(walk)));
}

START_TEST(a_walk_finds_all_in_order)
{
	const struct row_of *list[TOKENS];
	struct indexwalk walk;
	size_t count;

	which = _i;
	count = expected(list);
	walk = walk_open();
	expect_rest(&walk, indexwalk_first(&walk), list, count);
	indexwalk_close(&walk);
}
END_TEST

/* After each of them, and after it is gone. */
START_TEST(a_walk_goes_on_anywhere)
{
	const struct row_of *list[TOKENS];
	size_t count;

	which = _i;
	count = expected(list);
	for (size_t i = 0; i < count; i++) {
		struct indexwalk walk = walk_open();
		int rv = indexwalk_after(
		    &walk, list[i]->id, time_in_index(list[i]));

		expect_rest(&walk, rv, list + i + 1, count - i - 1);
		indexwalk_close(&walk);
		ck_assert_int_eq(fixture_delete(&f, span_of(list[i]->id)), 0);
		walk = walk_open();
		rv = indexwalk_after(
		    &walk, list[i]->id, time_in_index(list[i]));
		expect_rest(&walk, rv, list + i + 1, count - i - 1);
		indexwalk_close(&walk);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("indexwalk");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_walk_finds_all_in_order, 0, COUNT(walks));
	tcase_add_loop_test(tcase, a_walk_goes_on_anywhere, 0, COUNT(walks));
	return run_cases("indexwalk", &tcase, 1);
}
