/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/span.h"

/* A literal with whatever it holds, NULs too. */
#define BYTES(text)                                                            \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct pair {
	struct span a, b;
	bool equal;
	bool starts;
} pairs[] = {
	{ { NULL, 0 }, { NULL, 0 }, true, true },
	{ BYTES(""), { NULL, 0 }, true, true },
	{ BYTES("a"), { NULL, 0 }, false, true },
	{ { NULL, 0 }, BYTES("a"), false, false },
	{ BYTES("a"), BYTES("a"), true, true },
	{ BYTES("ab"), BYTES("a"), false, true },
	{ BYTES("a"), BYTES("ab"), false, false },
	{ BYTES("b"), BYTES("ab"), false, false },
	{ BYTES("ab"), BYTES("b"), false, false },
	{ BYTES("\xff"), BYTES("a"), false, false },
	{ BYTES("a\0b"), BYTES("a\0c"), false, false },
	{ BYTES("a\0"), BYTES("a"), false, true },
};

START_TEST(pairs_compare)
{
	const struct pair *p = &pairs[_i];

	ck_assert_int_eq(span_equal(p->a, p->b), p->equal);
	ck_assert_int_eq(span_equal(p->b, p->a), p->equal);
	ck_assert_int_eq(span_starts_with(p->a, p->b), p->starts);
}
END_TEST

START_TEST(made_of_text_and_bytes)
{
	const char text[] = "sshd";

	ck_assert_uint_eq(span_of(text).size, 4);
	ck_assert_ptr_eq(span_of(text).data, text);
	ck_assert(span_empty(span_of(NULL)));
	ck_assert(span_empty(span_of("")));
	ck_assert(!span_empty(span_bytes("\0", 1)));
	ck_assert(span_is(span_of(text), "sshd"));
	ck_assert(!span_is(span_of(text), "ssh"));
	ck_assert(!span_is(span_of(text), "sshd2"));
	ck_assert(!span_is(span_bytes("sshd\0", 5), "sshd"));
	ck_assert(span_is(span_bytes(NULL, 0), ""));
}
END_TEST

static const struct text_row {
	struct span s;
	size_t room;
	int error;
	const char *text;
} text_rows[] = {
	{ BYTES("abc"), 4, 0, "abc" },
	{ BYTES("abc"), 5, 0, "abc" },
	{ BYTES("abc"), 3, ERROR_TOO_LONG, "" },
	{ BYTES("abc"), 1, ERROR_TOO_LONG, "" },
	{ BYTES("a"), 1, ERROR_TOO_LONG, "" },
	{ BYTES("a\0c"), 8, ERROR_MALFORMED, "" },
	{ BYTES("\0"), 8, ERROR_MALFORMED, "" },
	{ BYTES("ab\0"), 8, ERROR_MALFORMED, "" },
	{ { NULL, 0 }, 1, 0, "" },
	{ { NULL, 0 }, 8, 0, "" },
};

START_TEST(text_fits_or_is_empty)
{
	const struct text_row *row = &text_rows[_i];
	char text[8 + 1];

	memset(text, '!', sizeof(text));
	ck_assert_int_eq(span_text(row->s, text, row->room), row->error);
	ck_assert_str_eq(text, row->text);
	ck_assert_int_eq(text[row->room], '!');
}
END_TEST

START_TEST(text_without_room_is_not_written)
{
	char text[] = "!";

	ck_assert_int_eq(
	    span_text(span_bytes(NULL, 0), text, 0), ERROR_TOO_LONG);
	ck_assert_str_eq(text, "!");
}
END_TEST

START_TEST(list_gives_back_what_was_added)
{
	static const char *const words[] = { "deploy", "", "x", "root" };
	uint8_t storage[64];
	struct spanlist list = { 0 };
	struct span element;
	size_t at = 0;

	for (size_t i = 0; i < COUNT(words); i++)
		ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
				     span_of(words[i])),
		    0);
	ck_assert_uint_eq(list.count, COUNT(words));
	for (size_t i = 0; i < COUNT(words); i++) {
		ck_assert(spanlist_next(&list, &at, &element));
		ck_assert(span_is(element, words[i]));
		ck_assert(spanlist_has(&list, span_of(words[i])));
	}
	ck_assert(!spanlist_next(&list, &at, &element));
	ck_assert(!spanlist_has(&list, span_of("roo")));
	ck_assert(!spanlist_has(&list, span_of("deployx")));
}
END_TEST

START_TEST(list_is_unchanged_by_what_does_not_fit)
{
	uint8_t storage[1 + 3 + 1 + 2];
	uint8_t large[256] = { 0 };
	struct spanlist list = { 0 };
	const struct span abc = span_of("abc");

	ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage), abc), 0);
	ck_assert_int_eq(
	    spanlist_add(&list, storage, sizeof(storage), abc), ERROR_TOO_LONG);
	ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
			     span_bytes(large, sizeof(large))),
	    ERROR_TOO_LONG);
	ck_assert_uint_eq(list.count, 1);
	ck_assert_uint_eq(list.packed.size, 4);
	ck_assert_int_eq(
	    spanlist_add(&list, storage, sizeof(storage), span_of("de")), 0);
	ck_assert_int_eq(
	    spanlist_add(&list, storage, sizeof(storage), span_of("")),
	    ERROR_TOO_LONG);
	ck_assert_mem_eq(storage, "\3abc\2de", sizeof(storage));
}
END_TEST

START_TEST(list_takes_255_bytes_and_not_256)
{
	uint8_t storage[512];
	uint8_t large[256];
	struct spanlist list = { 0 };

	memset(large, 'x', sizeof(large));
	ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
			     span_bytes(large, 256)),
	    ERROR_TOO_LONG);
	ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
			     span_bytes(large, 255)),
	    0);
	ck_assert(spanlist_has(&list, span_bytes(large, 255)));
}
END_TEST

START_TEST(list_takes_65535_elements)
{
	static uint8_t storage[UINT16_MAX + 1];
	struct spanlist list = { 0 };

	for (unsigned i = 0; i < UINT16_MAX; i++)
		ck_assert_int_eq(
		    spanlist_add(&list, storage, sizeof(storage), span_of("")),
		    0);
	ck_assert_int_eq(
	    spanlist_add(&list, storage, sizeof(storage), span_of("")),
	    ERROR_TOO_LONG);
	ck_assert_uint_eq(list.count, UINT16_MAX);
}
END_TEST

START_TEST(unsound_list_ends_early)
{
	static const struct spanlist lists[] = {
		{ BYTES("\2ab\3cd"), 2 },
		{ BYTES("\2ab\377"), 2 },
		{ BYTES("\2ab"), 9 },
	};

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct span element = { 0 };
		size_t at = 0;

		ck_assert(spanlist_next(&lists[i], &at, &element));
		ck_assert(span_is(element, "ab"));
		ck_assert(!spanlist_next(&lists[i], &at, &element));
		ck_assert(!spanlist_has(&lists[i], span_of("cd")));
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("span");
	TCase *tcase = tcase_create("span");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, pairs_compare, 0, (int)COUNT(pairs));
	tcase_add_test(tcase, made_of_text_and_bytes);
	tcase_add_loop_test(
	    tcase, text_fits_or_is_empty, 0, (int)COUNT(text_rows));
	tcase_add_test(tcase, text_without_room_is_not_written);
	tcase_add_test(tcase, list_gives_back_what_was_added);
	tcase_add_test(tcase, list_is_unchanged_by_what_does_not_fit);
	tcase_add_test(tcase, list_takes_255_bytes_and_not_256);
	tcase_add_test(tcase, list_takes_65535_elements);
	tcase_add_test(tcase, unsound_list_ends_early);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
