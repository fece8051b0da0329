/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/anchor.h"
#include "common/error.h"

#define MAC "000102030405060708090a0b0c0d0eff"

static const struct {
	const char *text;
	int rv;
	uint64_t number;
} texts[] = {
	{ "1234:" MAC, 0, 1234 },
	{ "0:" MAC, 0, 0 },
	{ "18446744073709551615:" MAC, 0, UINT64_MAX },
	{ "1:000102030405060708090A0B0C0D0EFF", 0, 1 },
	{ "", ERROR_MALFORMED, 0 },
	{ ":", ERROR_MALFORMED, 0 },
	{ "1234", ERROR_MALFORMED, 0 },
	{ "1234:", ERROR_MALFORMED, 0 },
	{ ":" MAC, ERROR_MALFORMED, 0 },
	{ "-1:" MAC, ERROR_MALFORMED, 0 },
	{ "+1:" MAC, ERROR_MALFORMED, 0 },
	{ " 1:" MAC, ERROR_MALFORMED, 0 },
	{ "1 :" MAC, ERROR_MALFORMED, 0 },
	{ "1:" MAC "0", ERROR_MALFORMED, 0 },
	{ "1:" MAC " ", ERROR_MALFORMED, 0 },
	{ "1:000102030405060708090a0b0c0d0ef", ERROR_MALFORMED, 0 },
	{ "1:000102030405060708090a0b0c0d0efg", ERROR_MALFORMED, 0 },
	{ "1:g00102030405060708090a0b0c0d0eff", ERROR_MALFORMED, 0 },
	{ "1:0x0102030405060708090a0b0c0d0eff", ERROR_MALFORMED, 0 },
	{ "18446744073709551616:" MAC, ERROR_MALFORMED, 0 },
	{ "9f:" MAC, ERROR_MALFORMED, 0 },
};

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

START_TEST(a_text_is_an_anchor_or_not)
{
	struct anchor anchor = { .number = 77 };
	const uint8_t *mac = anchor.mac;

	ck_assert_int_eq(anchor_parse(texts[_i].text, &anchor), texts[_i].rv);
	if (texts[_i].rv < 0) {
		ck_assert_uint_eq(anchor.number, 77);
		return;
	}
	ck_assert_uint_eq(anchor.number, texts[_i].number);
	for (uint8_t i = 0; i < ANCHOR_MAC_SIZE - 1; i++)
		ck_assert_uint_eq(mac[i], i);
	ck_assert_uint_eq(mac[ANCHOR_MAC_SIZE - 1], 0xff);
}
END_TEST

START_TEST(both_ways_it_is_the_same)
{
	char text[ANCHOR_TEXT_SIZE];
	struct anchor anchor, read;
	uint8_t bytes[64];
	struct wirebuf w;

	ck_assert_int_eq(anchor_parse("18446744073709551615:" MAC, &anchor), 0);
	anchor_format(&anchor, text);
	ck_assert_str_eq(text, "18446744073709551615:" MAC);
	wirebuf_write(&w, bytes, sizeof(bytes));
	anchor_put(&w, &anchor);
	ck_assert_uint_eq(wirebuf_size(&w), 8 + ANCHOR_MAC_SIZE);
	wirebuf_read(&w, bytes, 8 + ANCHOR_MAC_SIZE);
	anchor_get(&w, &read);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	ck_assert_uint_eq(read.number, anchor.number);
	ck_assert_mem_eq(read.mac, anchor.mac, sizeof(read.mac));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("anchor");
	TCase *tcase = tcase_create("anchor");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, a_text_is_an_anchor_or_not, 0, COUNT(texts));
	tcase_add_test(tcase, both_ways_it_is_the_same);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
