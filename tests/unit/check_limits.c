/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/server/limits.h"
#include "tests/unit/model_fixture.h"

static struct limits limits;

static void
setup(void)
{
	memset(&limits, 0, sizeof(limits));
}

START_TEST(a_uid_has_so_many_connections)
{
	for (int i = 0; i < 3; i++)
		ck_assert(limits_enter(&limits, 1000, 3));
	ck_assert(!limits_enter(&limits, 1000, 3));
	ck_assert(!limits_enter(&limits, 1000, 3));
	/* somebody else's are their own; who is trusted has more */
	ck_assert(limits_enter(&limits, 1001, 3));
	ck_assert(limits_enter(&limits, 1000, 4));
	limits_leave(&limits, 1000);
	ck_assert(!limits_enter(&limits, 1000, 3));
	limits_leave(&limits, 1000);
	ck_assert(limits_enter(&limits, 1000, 3));
	ck_assert(!limits_enter(&limits, 1000, 3));
}
END_TEST

START_TEST(so_many_uids_have_connections)
{
	for (uid_t uid = 0; uid < LIMIT_UIDS; uid++)
		ck_assert(limits_enter(&limits, uid, 2));
	ck_assert_uint_eq(limits.count, LIMIT_UIDS);
	ck_assert(!limits_enter(&limits, LIMIT_UIDS, 2));
	/* who is in may go on */
	ck_assert(limits_enter(&limits, 5, 2));
	ck_assert(!limits_enter(&limits, 5, 2));
	limits_leave(&limits, 7);
	ck_assert(limits_enter(&limits, LIMIT_UIDS, 2));
	ck_assert(!limits_enter(&limits, 7, 2));
}
END_TEST

START_TEST(who_left_is_forgotten)
{
	for (int round = 0; round < 1000; round++)
		for (uid_t uid = 0; uid < LIMIT_UIDS; uid++) {
			const uid_t other = (uid_t)round * LIMIT_UIDS + uid;

			ck_assert(limits_enter(&limits, other, 1));
			limits_leave(&limits, other);
		}
	ck_assert_uint_eq(limits.count, 0);
	limits_leave(&limits, 4);
	ck_assert_uint_eq(limits.count, 0);
}
END_TEST

/* A thousand random comings and goings against a plain count. */
START_TEST(counts_are_right_in_any_order)
{
	unsigned there[8] = { 0 };

	for (int i = 0; i < 100000; i++) {
		uid_t uid = pseudo_below(8);

		if (pseudo_below(2) == 0) {
			ck_assert(
			    limits_enter(&limits, uid, 5) == (there[uid] < 5));
			there[uid] += there[uid] < 5;
		} else if (there[uid] > 0) {
			limits_leave(&limits, uid);
			there[uid]--;
		}
	}
}
END_TEST

START_TEST(a_bucket_lets_so_many_through_in_a_second)
{
	struct bucket bucket = { 0 };

	for (int i = 0; i < 5; i++)
		ck_assert(bucket_take(&bucket, NOW, 5));
	for (int i = 0; i < 7; i++)
		ck_assert(!bucket_take(&bucket, NOW, 5));
	ck_assert(bucket_take(&bucket, NOW + 1, 5));
	/* a clock that is set back is another second too */
	ck_assert(bucket_take(&bucket, NOW - 1, 1));
	ck_assert(!bucket_take(&bucket, NOW - 1, 1));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_uid_has_so_many_connections);
	tcase_add_test(tcase, so_many_uids_have_connections);
	tcase_add_test(tcase, who_left_is_forgotten);
	tcase_add_test(tcase, counts_are_right_in_any_order);
	tcase_add_test(tcase, a_bucket_lets_so_many_through_in_a_second);
	return run_cases("limits", &tcase, 1);
}
