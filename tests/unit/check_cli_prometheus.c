/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/prometheus.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/adminmessage.h"
#include "tests/unit/exposition.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static char *text;

static void
put(const struct status_item *items, size_t count)
{
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	prometheus_put(stream, items, count);
	ck_assert_int_eq(fclose(stream), 0);
}

static void
teardown(void)
{
	free(text);
	text = NULL;
}

static struct status_item
number_item(const char *name, uint64_t number)
{
	return (struct status_item) {
		.name = span_of(name), .is_number = true, .number = number
	};
}

static struct status_item
text_item(const char *name, const char *word)
{
	return (struct status_item) { .name = span_of(name),
		.text = span_of(word) };
}

/* All that there may be, in the wrong order. */
START_TEST(all_of_it_can_be_read)
{
	const struct status_item items[] = {
		number_item("lost_attempts", 1),
		number_item("lost_log_lines", 2),
		number_item("last_commit_age_seconds", 3),
		number_item("key", 4),
		number_item("store_map_bytes", UINT64_C(1) << 36),
		number_item("store_used_bytes", 5),
		number_item("audit_entries", 6),
		number_item("grants", 7),
		number_item("roles", 8),
		number_item("projects", 9),
		number_item("tombstones", 10),
		number_item("usage", 11),
		number_item("tokens", 12),
		number_item("undecided", 13),
		number_item("refused", 14),
		number_item("accepted", UINT64_MAX),
		number_item("uptime_seconds", 16),
		text_item("state", "serving"),
		text_item("version", "0.1.0"),
		text_item("something else", "of a later version"),
	};

	put(items, COUNT(items));
	exposition_check(text);
	ck_assert_ptr_nonnull(
	    strstr(text, "\napitoken_verifications_total{result=\"accepted\"} "
			 "18446744073709551615\n"));
	ck_assert_int_eq(
	    exposition_value(
		text, "apitoken_verifications_total{result=\"refused\"}"),
	    14);
	ck_assert_int_eq(
	    exposition_value(text, "apitoken_verifications_total{result="
				   "\"undecided\"}"),
	    13);
	ck_assert_int_eq(
	    exposition_value(text, "apitoken_rows{database=\"tokens\"}"), 12);
	ck_assert_int_eq(exposition_value(text, "apitoken_sealed"), 0);
	ck_assert_int_eq(
	    exposition_value(text, "apitoken_info{version=\"0.1.0\"}"), 1);
	ck_assert_int_eq(exposition_value(text, "apitoken_store_map_bytes"),
	    INT64_C(1) << 36);
}
END_TEST

START_TEST(a_sealed_agent_tells_what_it_knows)
{
	const struct status_item items[] = {
		text_item("state", "sealed"),
		text_item("reason", "a page\nis damaged"),
		number_item("accepted", 0),
	};

	put(items, COUNT(items));
	exposition_check(text);
	ck_assert_int_eq(exposition_value(text, "apitoken_sealed"), 1);
	ck_assert_int_eq(
	    exposition_value(text, "apitoken_rows{database=\"tokens\"}"), -1);
	ck_assert_ptr_null(strstr(text, "damaged"));
	ck_assert_ptr_null(strstr(text, "apitoken_rows"));
}
END_TEST

START_TEST(a_label_is_escaped)
{
	const struct status_item items[] = {
		text_item("version", "1\"} 0\n\\x"),
	};

	put(items, COUNT(items));
	exposition_check(text);
	ck_assert_ptr_nonnull(
	    strstr(text, "apitoken_info{version=\"1\\\"} 0\\n\\\\x\"} 1\n"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/prometheus");
	TCase *tcase = tcase_create("prometheus");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, all_of_it_can_be_read);
	tcase_add_test(tcase, a_sealed_agent_tells_what_it_knows);
	tcase_add_test(tcase, a_label_is_escaped);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
