/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sorted.h"
#include "common/error.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static struct sorted *sorted;

static void
teardown(void)
{
	sorted_free(sorted);
	sorted = NULL;
}

/* Bytes that are gone after it was added. */
static void
add(const char *id, const char *name, const char *owner, uint64_t expires_at,
    uint64_t last_used_at)
{
	const struct token_info info = {
		.id = span_of(id),
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_CUSTOM,
		    .name = span_of(name),
		    .owner = span_of(owner),
		    .expires_at = expires_at },
		.state = STATE_ACTIVE,
		.last_used_at = last_used_at,
	};
	uint8_t bytes[512];
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof bytes);
	token_info_put(&w, &info);
	ck_assert_int_eq(
	    sorted_add(sorted, span_bytes(bytes, wirebuf_size(&w))), 0);
	memset(bytes, 0xff, sizeof bytes);
}

/* The first letters of the ids, in their order. */
static void
expect(bool reverse, const char *ids)
{
	size_t count = sorted_finish(sorted, reverse);
	struct token_info info;

	ck_assert_uint_eq(count, strlen(ids));
	for (size_t i = 0; i < count; i++) {
		sorted_get(sorted, i, &info);
		ck_assert_msg(info.id.data[0] == (uint8_t)ids[i],
		    "%c instead of %c", info.id.data[0], ids[i]);
	}
}

static const struct {
	const char *by, *ids, *reversed;
} orders[] = {
	{ "id", "Eabcd", "dcbaE" },
	{ "name", "dbcEa", "aEcbd" },
	{ "owner", "Eacbd", "dbcaE" },
	{ "expires", "cbdEa", "aEdbc" },
	{ "last-used", "bacEd", "dEcab" },
};

/* What is equal is in the order of ids; E is before the small letters. */
START_TEST(orders_are_what_they_say)
{
	sorted = sorted_new(orders[_i].by);
	ck_assert_ptr_nonnull(sorted);
	expect(false, "");
	add("c000000000", "bb", "alice", 5, 2);
	add("a000000000", "c", "alice", 0, 3);
	add("E000000000", "bbb", "Alice", 0, 0);
	add("d000000000", "", "dora", 9, 0);
	add("b000000000", "b", "bob", 7, 9);
	expect(false, orders[_i].ids);
	expect(true, orders[_i].reversed);
}
END_TEST

START_TEST(many_are_kept)
{
	char id[TOKEN_ID_SIZE + 1] = "0000000000";

	sorted = sorted_new("name");
	for (int i = 5000; i > 0; i--) {
		char name[8];

		(void)snprintf(id, sizeof id, "%010d", i);
		(void)snprintf(name, sizeof name, "%04d", i);
		add(id, name, "", 0, 0);
	}
	ck_assert_uint_eq(sorted_finish(sorted, false), 5000);
	for (size_t i = 0; i < 5000; i++) {
		struct token_info info;

		sorted_get(sorted, i, &info);
		ck_assert_uint_eq(
		    strtoul((const char *)info.id.data, NULL, 10), i + 1);
	}
}
END_TEST

START_TEST(what_is_no_order_or_no_info_is_refused)
{
	ck_assert_ptr_null(sorted_new("created"));
	ck_assert_ptr_null(sorted_new(""));
	sorted = sorted_new("id");
	ck_assert_int_eq(sorted_add(sorted, span_of("short")), ERROR_MALFORMED);
	ck_assert_uint_eq(sorted_finish(sorted, false), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("sorted");
	TCase *tcase = tcase_create("sorted");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, orders_are_what_they_say, 0, COUNT(orders));
	tcase_add_test(tcase, many_are_kept);
	tcase_add_test(tcase, what_is_no_order_or_no_info_is_refused);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
