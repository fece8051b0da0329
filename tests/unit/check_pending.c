/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/store/pending.h"
#include "agent/store/usage.h"
#include "tests/unit/store_fixture.h"

static struct fixture f;
static struct pending *pending;

static void
set_up(void)
{
	struct record record;
	struct token token;
	char name[16];

	fixture_init(&f);
	good_token(&record, &token);
	for (unsigned i = 1; i <= 3; i++) {
		snprintf(name, sizeof(name), "name%u", i);
		record.spec.name = span_of(name);
		ck_assert_int_eq(fixture_create(&f, fixture_id(i), &record), 0);
	}
	pending = pending_new();
	ck_assert_ptr_nonnull(pending);
}

static void
tear_down(void)
{
	pending_free(pending);
	fixture_fini(&f);
}

static void
use_secret(unsigned token, uint8_t number, uint64_t at)
{
	struct attempt attempt = { .at = at,
		.secret_number = number,
		.service = "sshd",
		.rhost = "192.0.2.1" };

	memcpy(attempt.id, fixture_id(token).data, sizeof(attempt.id));
	pending_note(pending, &attempt);
}

static void
use(unsigned token, uint64_t at)
{
	use_secret(token, 1, at);
}

/* How many rows are written. */
static size_t
write_due(uint64_t now, bool all)
{
	struct changeset *set = changeset_new();
	size_t count;

	pending_due(pending, fixture_view(&f), now, all, set);
	count = set->count;
	ck_assert_int_eq(fixture_apply(&f, set), 0);
	return count;
}

static uint64_t
uses_written(unsigned token)
{
	struct token_info info = { 0 };

	usage_info(fixture_view(&f), fixture_id(token), &info);
	return info.use_count;
}

START_TEST(first_use_is_due_at_once)
{
	ck_assert(pending_is_empty(pending));
	use(1, NOW);
	ck_assert(!pending_is_empty(pending));
	ck_assert_uint_eq(write_due(NOW, false), 1);
	ck_assert(pending_is_empty(pending));
	ck_assert_uint_eq(uses_written(1), 1);
}
END_TEST

START_TEST(later_uses_wait_for_their_minute)
{
	use(1, NOW);
	ck_assert_uint_eq(write_due(NOW, false), 1);
	for (uint64_t t = 1; t < USAGE_INTERVAL; t++) {
		use(1, NOW + t);
		ck_assert_uint_eq(write_due(NOW + t, false), 0);
	}
	ck_assert_uint_eq(uses_written(1), 1);
	ck_assert(!pending_is_empty(pending));
	ck_assert_uint_eq(write_due(NOW + USAGE_INTERVAL, false), 1);
	ck_assert_uint_eq(uses_written(1), USAGE_INTERVAL);
	ck_assert(pending_is_empty(pending));
}
END_TEST

/* An id of the fixture has its NUL. */
static bool
look(unsigned token, struct recent_use *recent)
{
	return pending_look(
	    pending, (const char *)fixture_id(token).data, recent);
}

START_TEST(what_waits_can_be_seen)
{
	struct recent_use recent = { 0 };

	ck_assert(!look(1, &recent));
	use(1, NOW);
	write_due(NOW, false);
	/* Whoever began to read before that does not see it in the store. */
	ck_assert(look(1, &recent));
	ck_assert_uint_eq(recent.last_used_at, NOW);
	ck_assert_uint_eq(recent.count, 0);
	use(1, NOW + 1);
	use(1, NOW + 2);
	ck_assert(look(1, &recent));
	ck_assert_uint_eq(recent.last_used_at, NOW + 2);
	ck_assert_uint_eq(recent.count, 2);
	ck_assert_str_eq(recent.service, "sshd");
	ck_assert_str_eq(recent.from, "192.0.2.1");
	ck_assert(!look(2, &recent));
	write_due(NOW + USAGE_INTERVAL, false);
	ck_assert(look(1, &recent));
	ck_assert_uint_eq(recent.count, 0);
	ck_assert_uint_eq(uses_written(1), 3);
	write_due(NOW + 2 * USAGE_INTERVAL, false);
	ck_assert(!look(1, &recent));
}
END_TEST

START_TEST(tokens_wait_each_for_itself)
{
	use(1, NOW);
	ck_assert_uint_eq(write_due(NOW, false), 1);
	use(1, NOW + 1);
	use(2, NOW + 1);
	ck_assert_uint_eq(write_due(NOW + 1, false), 1);
	ck_assert_uint_eq(uses_written(1), 1);
	ck_assert_uint_eq(uses_written(2), 1);
}
END_TEST

START_TEST(all_are_written_at_the_end)
{
	for (unsigned round = 0; round < 5; round++)
		for (unsigned i = 1; i <= 3; i++)
			use(i, NOW);
	ck_assert_uint_eq(write_due(NOW, false), 3);
	use(1, NOW);
	use(3, NOW);
	ck_assert_uint_eq(write_due(NOW, true), 2);
	ck_assert_uint_eq(uses_written(1), 6);
	ck_assert_uint_eq(uses_written(2), 5);
	ck_assert_uint_eq(uses_written(3), 6);
	ck_assert(pending_is_empty(pending));
	ck_assert_uint_eq(write_due(NOW, true), 0);
}
END_TEST

START_TEST(clock_set_back_does_not_hold_a_use_up)
{
	use(1, NOW);
	ck_assert_uint_eq(write_due(NOW, false), 1);
	use(1, NOW - 100000);
	ck_assert_uint_eq(write_due(NOW - 100000, false), 1);
}
END_TEST

START_TEST(deleted_token_leaves_no_use)
{
	use(1, NOW);
	use(2, NOW);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	ck_assert_uint_eq(write_due(NOW, true), 1);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_USAGE), 1);
	ck_assert(pending_is_empty(pending));
}
END_TEST

START_TEST(use_after_a_write_is_the_last)
{
	struct token_info info = { 0 };

	use(1, NOW);
	use(1, NOW + 5);
	ck_assert_uint_eq(write_due(NOW + 5, false), 1);
	usage_info(fixture_view(&f), fixture_id(1), &info);
	ck_assert_uint_eq(info.last_used_at, NOW + 5);
	ck_assert_uint_eq(info.use_count, 2);
	ck_assert(span_is(info.last_used_service, "sshd"));
	ck_assert(span_is(info.last_used_from, "192.0.2.1"));
}
END_TEST

/* More tokens than are kept: what is past the bound is not noted, and once
 * written nothing of them is left. */
START_TEST(memory_is_bounded)
{
	struct changeset *set;
	size_t rounds = 0;
	size_t noted = 0;
	size_t due;

	for (unsigned i = 0; i < 50000; i++)
		use(i, NOW);
	do {
		set = changeset_new();
		due = pending_due(pending, fixture_view(&f), NOW, true, set);
		ck_assert_uint_le(set->count, 3);
		noted += due;
		changeset_free(set);
		rounds++;
	} while (due > 0);
	ck_assert(pending_is_empty(pending));
	ck_assert_uint_gt(noted, 16384);
	ck_assert_uint_lt(noted, 40000);
	ck_assert_uint_lt(rounds, 100);
	use(2, NOW);
	ck_assert_uint_eq(write_due(NOW, false), 1);
}
END_TEST

/* However many secrets there were, and whatever is put together. */
START_TEST(the_last_secret_used_is_always_kept)
{
	struct token_info info = { .secret_count = 1 };
	uint64_t now = NOW;
	uint8_t number = 1;

	for (unsigned i = 0; i < 600; i++) {
		use_secret(1, number, ++now);
		if (i % 5 != 0) {
			number = (uint8_t)(number % UINT8_MAX + 1);
			continue;
		}
		now += USAGE_INTERVAL;
		ck_assert_uint_eq(write_due(now, false), 1);
		info.secrets[0].number = number;
		usage_info(fixture_view(&f), fixture_id(1), &info);
		ck_assert_uint_eq(
		    info.secrets[0].last_used_at, now - USAGE_INTERVAL);
		number = (uint8_t)((number + i) % UINT8_MAX + 1);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("pending");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, first_use_is_due_at_once);
	tcase_add_test(tcase, later_uses_wait_for_their_minute);
	tcase_add_test(tcase, what_waits_can_be_seen);
	tcase_add_test(tcase, tokens_wait_each_for_itself);
	tcase_add_test(tcase, all_are_written_at_the_end);
	tcase_add_test(tcase, clock_set_back_does_not_hold_a_use_up);
	tcase_add_test(tcase, deleted_token_leaves_no_use);
	tcase_add_test(tcase, use_after_a_write_is_the_last);
	tcase_add_test(tcase, memory_is_bounded);
	tcase_add_test(tcase, the_last_secret_used_is_always_kept);
	return run_cases("pending", &tcase, 1);
}
