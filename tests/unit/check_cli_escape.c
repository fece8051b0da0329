/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/escape.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *in, *out;
	bool utf8;
} rows[] = {
	{ "", "", true },
	{ "backup", "backup", true },
	{ "CORP\\alice", "CORP\\alice", true },
	{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91",
	    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91", true },
	{ "a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd", true },
	{ "\033[2J\033]0;title\a", "\\x1b[2J\\x1b]0;title\\x07", true },
	{ "\x7f", "\\x7f", true },
	{ "\xc2\x9b"
	  "31m",
	    "\\u{009b}31m", true },
	{ "\xe2\x80\xaa", "\\u{202a}", true },
	{ "\xe2\x80\xae"
	  "exe",
	    "\\u{202e}exe", true },
	{ "\xe2\x81\xa6", "\\u{2066}", true },
	{ "\xe2\x81\xa9", "\\u{2069}", true },
	{ "\xe2\x80\xa8", "\\u{2028}", true },
	{ "\xef\xbb\xbf", "\\u{feff}", true },
	{ "\xf3\xa0\x81\xa1", "\\u{e0061}", true },
	/* Bytes that are not UTF-8, one by one. */
	{ "\x9b", "\\x9b", false },
	{ "\xff\xfe", "\\xff\\xfe", false },
	{ "caf\xe9", "caf\\xe9", false },
	{ "\xe2\x82", "\\xe2\\x82", false },
	{ "\xe2\x82z", "\\xe2\\x82z", false },
	{ "\xf0\x9f\x94", "\\xf0\\x9f\\x94", false },
	{ "\xc0\x9b", "\\xc0\\x9b", false },	      /* overlong ESC */
	{ "\xc1\xbf", "\\xc1\\xbf", false },	      /* overlong DEL */
	{ "\xe0\x80\x9b", "\\xe0\\x80\\x9b", false }, /* overlong */
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80", false }, /* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", false }, /* > 10ffff */
	{ "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80", false },
};

START_TEST(copies_and_prints_alike)
{
	struct span in = span_of(rows[_i].in);
	char *copy = escape_copy(in), *printed = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&printed, &size);

	ck_assert_ptr_nonnull(stream);
	escape_print(stream, in);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(copy, rows[_i].out);
	ck_assert_str_eq(printed, rows[_i].out);
	ck_assert_int_eq(escape_is_utf8(in), rows[_i].utf8);
	free(copy);
	free(printed);
}
END_TEST

START_TEST(no_nul_gets_through)
{
	char *copy = escape_copy(span_bytes("a\0b", 3));

	ck_assert_str_eq(copy, "a\\x00b");
	free(copy);
}
END_TEST

/* Every pair of bytes: nothing that a terminal obeys, never too long. */
START_TEST(no_pair_of_bytes_acts)
{
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		uint8_t in[2] = { (uint8_t)(pair >> 8), (uint8_t)pair };
		char *copy = escape_copy(span_bytes(in, 2));

		ck_assert_uint_le(strlen(copy), 2 * ESCAPE_GROWTH);
		ck_assert(escape_is_utf8(span_of(copy)));
		for (const char *c = copy; *c != '\0'; c++)
			ck_assert((unsigned char)*c >= 0x20 && *c != 0x7f);
		ck_assert_ptr_null(strstr(copy, "\xc2\x9b"));
		free(copy);
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/escape");
	TCase *tcase = tcase_create("escape");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, copies_and_prints_alike, 0,
	    (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, no_nul_gets_through);
	tcase_add_test(tcase, no_pair_of_bytes_acts);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
