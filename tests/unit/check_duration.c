/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/duration.h"
#include "common/error.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define UNCHANGED    UINT64_C(0x1234567890)
#define NOW	     UINT64_C(1800000000)

struct row {
	const char *text;
	int error;
	uint64_t value;
};

static const struct row durations[] = {
	{ "1s", 0, 1 },
	{ "90s", 0, 90 },
	{ "15m", 0, 900 },
	{ "12h", 0, 43200 },
	{ "7d", 0, 604800 },
	{ "4w", 0, 2419200 },
	{ "1y", 0, 31536000 },
	{ "007d", 0, 604800 },
	{ "100y", 0, UINT64_C(3153600000) },
	{ "36500d", 0, UINT64_C(3153600000) },
	{ "3153600000s", 0, UINT64_C(3153600000) },
	{ "101y", ERROR_TOO_LONG, 0 },
	{ "36501d", ERROR_TOO_LONG, 0 },
	{ "3153600001s", ERROR_TOO_LONG, 0 },
	{ "18446744073709551616s", ERROR_TOO_LONG, 0 },
	{ "18446744073709551617y", ERROR_TOO_LONG, 0 },
	{ "99999999999999999999999999999999999999999d", ERROR_TOO_LONG, 0 },
	{ "99999999999999999999999999999999999999999x", ERROR_MALFORMED, 0 },
	{ "584942417356y", ERROR_TOO_LONG, 0 },
	{ "", ERROR_MALFORMED, 0 },
	{ "0d", ERROR_MALFORMED, 0 },
	{ "000s", ERROR_MALFORMED, 0 },
	{ "7", ERROR_MALFORMED, 0 },
	{ "d", ERROR_MALFORMED, 0 },
	{ "7D", ERROR_MALFORMED, 0 },
	{ "7x", ERROR_MALFORMED, 0 },
	{ "7dd", ERROR_MALFORMED, 0 },
	{ "7d ", ERROR_MALFORMED, 0 },
	{ " 7d", ERROR_MALFORMED, 0 },
	{ "7 d", ERROR_MALFORMED, 0 },
	{ "-7d", ERROR_MALFORMED, 0 },
	{ "+7d", ERROR_MALFORMED, 0 },
	{ "1d12h", ERROR_MALFORMED, 0 },
	{ "1.5d", ERROR_MALFORMED, 0 },
	{ "0x7d", ERROR_MALFORMED, 0 },
	{ "1e3s", ERROR_MALFORMED, 0 },
	{ "7d\n", ERROR_MALFORMED, 0 },
	{ "never", ERROR_MALFORMED, 0 },
};

START_TEST(durations_parse)
{
	const struct row *row = &durations[_i];
	uint64_t seconds = UNCHANGED;

	ck_assert_msg(duration_parse(row->text, &seconds) == row->error,
	    "\"%s\"", row->text);
	ck_assert_uint_eq(seconds, row->error == 0 ? row->value : UNCHANGED);
}
END_TEST

static const struct row times[] = {
	{ "never", 0, TIME_NEVER },
	{ "15m", 0, NOW + 900 },
	{ "100y", 0, NOW + UINT64_C(3153600000) },
	{ "101y", ERROR_TOO_LONG, 0 },
	{ "2027-01-31", 0, 1801353600 },
	{ "2027-01-31T12:00:00Z", 0, 1801396800 },
	{ "2027-01-31t12:00:00z", 0, 1801396800 },
	{ "2027-01-31 12:00:00Z", 0, 1801396800 },
	{ "2027-01-31 12:00:00+01:00", 0, 1801393200 },
	{ "2027-01-31T12:00:00-05:30", 0, 1801416600 },
	{ "2027-01-31T12:00:00-00:00", 0, 1801396800 },
	{ "2027-01-31T12:00:00.999Z", 0, 1801396800 },
	{ "2028-02-29", 0, 1835395200 },
	{ "2000-02-29T23:59:59Z", 0, 951868799 },
	{ "1999-01-01", 0, 915148800 },
	{ "1970-01-01T00:00:01Z", 0, 1 },
	{ "1969-12-31T23:30:00-01:00", 0, 1800 },
	{ "9999-12-31T23:59:59Z", 0, UINT64_C(253402300799) },
	{ "1970-01-01", ERROR_TOO_LONG, 0 },
	{ "1970-01-01T00:00:00Z", ERROR_TOO_LONG, 0 },
	{ "1970-01-01T01:00:00+01:00", ERROR_TOO_LONG, 0 },
	{ "1970-01-01T00:30:00+01:00", ERROR_TOO_LONG, 0 },
	{ "1969-12-31", ERROR_TOO_LONG, 0 },
	{ "0000-01-01", ERROR_TOO_LONG, 0 },
	{ "0001-01-01T00:00:00Z", ERROR_TOO_LONG, 0 },
	{ "9999-12-31T23:59:59-00:01", ERROR_TOO_LONG, 0 },
	{ "2027-02-29", ERROR_MALFORMED, 0 },
	{ "2027-02-30", ERROR_MALFORMED, 0 },
	{ "2100-02-29", ERROR_MALFORMED, 0 },
	{ "2027-04-31", ERROR_MALFORMED, 0 },
	{ "2027-12-32", ERROR_MALFORMED, 0 },
	{ "2027-00-10", ERROR_MALFORMED, 0 },
	{ "2027-13-10", ERROR_MALFORMED, 0 },
	{ "2027-01-00", ERROR_MALFORMED, 0 },
	{ "2027-01-31T24:00:00Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:60:00Z", ERROR_MALFORMED, 0 },
	{ "2016-12-31T23:59:60Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31T", ERROR_MALFORMED, 0 },
	{ "2027-01-31 ", ERROR_MALFORMED, 0 },
	{ "2027-01-31Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31x", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00Zx", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00Z ", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:000Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00.Z", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00+24:00", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00+01:60", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00+0100", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00+01", ERROR_MALFORMED, 0 },
	{ "2027-01-31T12:00:00 UTC", ERROR_MALFORMED, 0 },
	{ "2027-1-31", ERROR_MALFORMED, 0 },
	{ "2027/01/31", ERROR_MALFORMED, 0 },
	{ "31-01-2027", ERROR_MALFORMED, 0 },
	{ "20270131", ERROR_MALFORMED, 0 },
	{ "12027-01-31", ERROR_MALFORMED, 0 },
	{ "-2027-01-31", ERROR_MALFORMED, 0 },
	{ "+027-01-31", ERROR_MALFORMED, 0 },
	{ " 2027-01-31", ERROR_MALFORMED, 0 },
	{ "2027-01- 1", ERROR_MALFORMED, 0 },
	{ "2027", ERROR_MALFORMED, 0 },
	{ "Never", ERROR_MALFORMED, 0 },
	{ "never ", ERROR_MALFORMED, 0 },
	{ "0d", ERROR_MALFORMED, 0 },
	{ "-1d", ERROR_MALFORMED, 0 },
	{ "now", ERROR_MALFORMED, 0 },
	{ "1801396800", ERROR_MALFORMED, 0 },
	{ "", ERROR_MALFORMED, 0 },
};

static void
assert_time(const struct row *row)
{
	uint64_t when = UNCHANGED;

	ck_assert_msg(time_parse(row->text, NOW, &when) == row->error, "\"%s\"",
	    row->text);
	ck_assert_msg(when == (row->error == 0 ? row->value : UNCHANGED),
	    "\"%s\" is %llu", row->text, (unsigned long long)when);
}

START_TEST(times_parse)
{
	assert_time(&times[_i]);
}
END_TEST

/* The last one counts leap seconds. */
START_TEST(times_parse_anywhere)
{
	static const char *const zones[] = { "Pacific/Kiritimati",
		"America/St_Johns", "XYZ+23:59:59", "right/UTC" };
	char text[TIME_TEXT_SIZE];

	for (size_t i = 0; i < COUNT(zones); i++) {
		ck_assert_int_eq(setenv("TZ", zones[i], 1), 0);
		tzset();
		for (size_t j = 0; j < COUNT(times); j++)
			assert_time(&times[j]);
		time_format(1801396800, text);
		ck_assert_str_eq(text, "2027-01-31T12:00:00Z");
	}
}
END_TEST

START_TEST(every_truncation_of_a_time_is_malformed)
{
	const char whole[] = "2027-01-31T12:00:00+01:00";

	for (size_t size = 0; size + 1 < sizeof(whole); size++) {
		char text[sizeof(whole)] = { 0 };
		uint64_t when = UNCHANGED;

		if (size == sizeof("2027-01-31") - 1)
			continue;
		memcpy(text, whole, size);
		ck_assert_msg(time_parse(text, NOW, &when) == ERROR_MALFORMED,
		    "\"%s\"", text);
	}
}
END_TEST

START_TEST(no_time_after_the_last)
{
	uint64_t when = UNCHANGED;
	const uint64_t last = TIME_MAX;

	ck_assert_int_eq(time_parse("1s", last, &when), ERROR_TOO_LONG);
	ck_assert_int_eq(time_parse("1s", UINT64_MAX, &when), ERROR_TOO_LONG);
	ck_assert_uint_eq(when, UNCHANGED);
	ck_assert_int_eq(time_parse("1s", last - 1, &when), 0);
	ck_assert_uint_eq(when, last);
}
END_TEST

/* The C library, in UTC, is the oracle: one moment of every 17th day. */
START_TEST(calendar_is_that_of_libc)
{
	const uint64_t step = 17 * 86400 + 12347;

	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	for (uint64_t t = 1; t <= (uint64_t)TIME_MAX; t += step) {
		const time_t clock = (time_t)t;
		char text[TIME_TEXT_SIZE], oracle[TIME_TEXT_SIZE];
		struct tm tm;
		uint64_t when = 0;

		ck_assert_ptr_nonnull(gmtime_r(&clock, &tm));
		strftime(oracle, sizeof(oracle), "%Y-%m-%dT%H:%M:%SZ", &tm);
		time_format(t, text);
		ck_assert_str_eq(text, oracle);
		ck_assert_int_eq(time_parse(text, NOW, &when), 0);
		ck_assert_uint_eq(when, t);
	}
}
END_TEST

static const struct {
	uint64_t when;
	const char *text;
} formats[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 68255999, "1972-02-29T23:59:59Z" },
	{ 951782400, "2000-02-29T00:00:00Z" },
	{ 978307199, "2000-12-31T23:59:59Z" },
	{ 978307200, "2001-01-01T00:00:00Z" },
	{ 4107542400, "2100-03-01T00:00:00Z" },
	{ UINT64_C(253402300799), "9999-12-31T23:59:59Z" },
	{ UINT64_C(253402300800), "9999-12-31T23:59:59Z" },
	{ UINT64_MAX, "9999-12-31T23:59:59Z" },
};

START_TEST(times_format)
{
	char text[TIME_TEXT_SIZE];

	time_format(formats[_i].when, text);
	ck_assert_str_eq(text, formats[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("duration");
	TCase *tcase = tcase_create("duration");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, durations_parse, 0, (int)COUNT(durations));
	tcase_add_loop_test(tcase, times_parse, 0, (int)COUNT(times));
	tcase_add_test(tcase, times_parse_anywhere);
	tcase_add_test(tcase, every_truncation_of_a_time_is_malformed);
	tcase_add_test(tcase, no_time_after_the_last);
	tcase_add_test(tcase, calendar_is_that_of_libc);
	tcase_add_loop_test(tcase, times_format, 0, (int)COUNT(formats));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
