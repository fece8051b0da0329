/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* One of each thing, and the bytes that it must be. */
static const uint8_t sample[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
	0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, 1, 'r', 'a', 'w', 2,
	'h', 'i', 0, 3, 'y', 'o', 'u', 2, 0, 4, 1, 'a', 1, 'b' };

static void
put_sample(struct wirebuf *w)
{
	const struct spanlist list = { span_bytes("\1a\1b", 4), 2 };

	wirebuf_put_u8(w, 0x01);
	wirebuf_put_u16(w, 0x0203);
	wirebuf_put_u32(w, 0x04050607);
	wirebuf_put_u64(w, UINT64_C(0xf8f9fafbfcfdfeff));
	wirebuf_put_u8(w, true);
	wirebuf_put_bytes(w, "raw", 3);
	wirebuf_put_str8(w, span_of("hi"));
	wirebuf_put_str16(w, span_of("you"));
	wirebuf_put_list(w, &list);
}

struct seen {
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	bool flag;
	char raw[3];
	struct span str8, str16;
	struct spanlist list;
};

static void
get_sample(struct wirebuf *w, struct seen *seen)
{
	seen->u8 = wirebuf_get_u8(w);
	seen->u16 = wirebuf_get_u16(w);
	seen->u32 = wirebuf_get_u32(w);
	seen->u64 = wirebuf_get_u64(w);
	seen->flag = wirebuf_get_bool(w);
	wirebuf_get_copy(w, seen->raw, sizeof(seen->raw));
	seen->str8 = wirebuf_get_str8(w);
	seen->str16 = wirebuf_get_str16(w);
	seen->list = wirebuf_get_list(w);
}

START_TEST(puts_write_the_bytes)
{
	uint8_t out[sizeof(sample)];
	struct wirebuf w;

	wirebuf_write(&w, out, sizeof(out));
	put_sample(&w);
	ck_assert_uint_eq(wirebuf_size(&w), sizeof(sample));
	ck_assert_mem_eq(out, sample, sizeof(sample));
}
END_TEST

START_TEST(gets_read_the_bytes)
{
	struct seen seen;
	struct wirebuf w;

	wirebuf_read(&w, sample, sizeof(sample));
	get_sample(&w, &seen);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	ck_assert_uint_eq(seen.u8, 0x01);
	ck_assert_uint_eq(seen.u16, 0x0203);
	ck_assert_uint_eq(seen.u32, 0x04050607);
	ck_assert_uint_eq(seen.u64, UINT64_C(0xf8f9fafbfcfdfeff));
	ck_assert(seen.flag);
	ck_assert_mem_eq(seen.raw, "raw", 3);
	ck_assert(span_is(seen.str8, "hi"));
	ck_assert(span_is(seen.str16, "you"));
	ck_assert_uint_eq(seen.list.count, 2);
	ck_assert(spanlist_has(&seen.list, span_of("a")));
	ck_assert(spanlist_has(&seen.list, span_of("b")));
}
END_TEST

/* A copy on the heap, so that a sanitizer sees one byte too many. */
START_TEST(every_truncation_fails)
{
	for (size_t size = 0; size < sizeof(sample); size++) {
		uint8_t *in = malloc(size > 0 ? size : 1);
		struct seen seen;
		struct wirebuf w;

		ck_assert_ptr_nonnull(in);
		memcpy(in, sample, size);
		wirebuf_read(&w, in, size);
		get_sample(&w, &seen);
		ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
		ck_assert_uint_eq(seen.list.count, 0);
		ck_assert(span_empty(seen.list.packed));
		free(in);
	}
}
END_TEST

START_TEST(trailing_bytes_fail)
{
	uint8_t in[sizeof(sample) + 1] = { 0 };
	struct seen seen;
	struct wirebuf w;

	memcpy(in, sample, sizeof(sample));
	wirebuf_read(&w, in, sizeof(in));
	get_sample(&w, &seen);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
}
END_TEST

START_TEST(every_smaller_room_fails)
{
	for (size_t size = 0; size < sizeof(sample); size++) {
		uint8_t out[sizeof(sample)];
		struct wirebuf w;

		memset(out, 0xee, sizeof(out));
		wirebuf_write(&w, out, size);
		put_sample(&w);
		ck_assert_uint_eq(wirebuf_size(&w), 0);
		for (size_t i = size; i < sizeof(out); i++)
			ck_assert_uint_eq(out[i], 0xee);
	}
}
END_TEST

START_TEST(failure_is_for_good)
{
	static const uint8_t in[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	uint8_t copy[] = { 9, 9 };
	struct wirebuf w;

	wirebuf_read(&w, in, sizeof(in));
	ck_assert(span_empty(wirebuf_get_bytes(&w, sizeof(in) + 1)));
	ck_assert_uint_eq(wirebuf_get_u8(&w), 0);
	ck_assert_uint_eq(wirebuf_get_u16(&w), 0);
	ck_assert_uint_eq(wirebuf_get_u32(&w), 0);
	ck_assert_uint_eq(wirebuf_get_u64(&w), 0);
	ck_assert(!wirebuf_get_bool(&w));
	ck_assert_uint_eq(wirebuf_get_range(&w, 1, 9), 0);
	ck_assert(span_empty(wirebuf_get_str8(&w)));
	ck_assert(span_empty(wirebuf_get_str16(&w)));
	wirebuf_get_copy(&w, copy, sizeof(copy));
	ck_assert_mem_eq(copy, "\0\0", 2);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);

	wirebuf_read(&w, in, sizeof(in));
	ck_assert_uint_eq(wirebuf_get_u64(&w), UINT64_C(0x0102030405060708));
	ck_assert_int_eq(wirebuf_done(&w), 0);
	wirebuf_fail(&w);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
}
END_TEST

START_TEST(huge_sizes_do_not_wrap)
{
	uint8_t bytes[4] = { 0 };
	struct wirebuf w;

	wirebuf_read(&w, bytes, sizeof(bytes));
	wirebuf_get_u8(&w);
	ck_assert(span_empty(wirebuf_get_bytes(&w, SIZE_MAX)));
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
	wirebuf_write(&w, bytes, sizeof(bytes));
	wirebuf_put_u8(&w, 1);
	wirebuf_put_bytes(&w, sample, SIZE_MAX);
	ck_assert_uint_eq(wirebuf_size(&w), 0);
}
END_TEST

START_TEST(empty_is_sound)
{
	struct wirebuf w;

	wirebuf_read(&w, NULL, 0);
	ck_assert(span_empty(wirebuf_get_bytes(&w, 0)));
	wirebuf_get_copy(&w, NULL, 0);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	wirebuf_get_u8(&w);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
	wirebuf_write(&w, NULL, 0);
	wirebuf_put_bytes(&w, NULL, 0);
	ck_assert(!w.failed);
	wirebuf_put_str8(&w, span_of(NULL));
	ck_assert(w.failed);
}
END_TEST

START_TEST(wrong_direction_fails)
{
	uint8_t bytes[4] = { 1, 2, 3, 4 };
	struct wirebuf w;

	wirebuf_read(&w, bytes, sizeof(bytes));
	wirebuf_put_u8(&w, 9);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
	ck_assert_uint_eq(bytes[0], 1);
	wirebuf_write(&w, bytes, sizeof(bytes));
	ck_assert_uint_eq(wirebuf_get_u8(&w), 0);
	ck_assert_uint_eq(wirebuf_size(&w), 0);
}
END_TEST

START_TEST(bool_and_range_are_strict)
{
	for (unsigned v = 0; v <= UINT8_MAX; v++) {
		const uint8_t in = (uint8_t)v;
		const bool inside = v >= 3 && v <= 200;
		struct wirebuf w;

		wirebuf_read(&w, &in, 1);
		ck_assert_int_eq(wirebuf_get_bool(&w), v == 1);
		ck_assert_int_eq(wirebuf_done(&w) == 0, v <= 1);
		wirebuf_read(&w, &in, 1);
		ck_assert_uint_eq(
		    wirebuf_get_range(&w, 3, 200), inside ? v : 0);
		ck_assert_int_eq(wirebuf_done(&w) == 0, inside);
	}
}
END_TEST

static const struct list_row {
	const char *bytes;
	size_t size;
	int error;
} list_rows[] = {
	{ "\0\0\0", 3, 0 },
	{ "\1\0\1\0", 4, 0 },
	{ "\2\0\5\1a\2bc", 8, 0 },
	{ "\1\0\0", 3, ERROR_MALFORMED },	  /* fewer than counted */
	{ "\3\0\5\1a\2bc", 8, ERROR_MALFORMED },  /* likewise */
	{ "\1\0\5\1a\2bc", 8, ERROR_MALFORMED },  /* more than counted */
	{ "\0\0\1\0", 4, ERROR_MALFORMED },	  /* likewise */
	{ "\2\0\5\1a\3bc", 8, ERROR_MALFORMED },  /* past its own end */
	{ "\2\0\5\1a\3bcd", 9, ERROR_MALFORMED }, /* past it, in the message */
	{ "\2\0\5\1a\1bc", 8, ERROR_MALFORMED },  /* bytes left over */
	{ "\2\0\6\1a\2bc", 8, ERROR_MALFORMED },  /* past the message */
	{ "\2\377\377\1a\2bc", 8, ERROR_MALFORMED },
	{ "\377\0\0", 3, ERROR_MALFORMED },
	{ "\1\0", 2, ERROR_MALFORMED },
	{ "\1", 1, ERROR_MALFORMED },
	{ "", 0, ERROR_MALFORMED },
};

START_TEST(lists_are_sound)
{
	const struct list_row *row = &list_rows[_i];
	struct spanlist list;
	struct wirebuf w;

	wirebuf_read(&w, row->bytes, row->size);
	list = wirebuf_get_list(&w);
	ck_assert_int_eq(wirebuf_done(&w), row->error);
	if (row->error != 0)
		ck_assert(list.count == 0 && span_empty(list.packed));
}
END_TEST

START_TEST(too_long_for_their_length)
{
	static uint8_t large[UINT16_MAX + 1], out[2 * sizeof(large)];
	struct spanlist list = { span_bytes(large, 256), 256 };
	struct wirebuf w;

	wirebuf_write(&w, out, sizeof(out));
	wirebuf_put_str8(&w, span_bytes(large, UINT8_MAX));
	wirebuf_put_str16(&w, span_bytes(large, UINT16_MAX));
	ck_assert_uint_eq(wirebuf_size(&w), 3 + UINT8_MAX + UINT16_MAX);
	wirebuf_write(&w, out, sizeof(out));
	wirebuf_put_str8(&w, span_bytes(large, UINT8_MAX + 1));
	ck_assert_uint_eq(wirebuf_size(&w), 0);
	wirebuf_write(&w, out, sizeof(out));
	wirebuf_put_str16(&w, span_bytes(large, sizeof(large)));
	ck_assert_uint_eq(wirebuf_size(&w), 0);
	wirebuf_write(&w, out, sizeof(out));
	wirebuf_put_list(&w, &list);
	ck_assert_uint_eq(wirebuf_size(&w), 0);
	list = (struct spanlist) { span_bytes(large, 255), 255 };
	wirebuf_write(&w, out, sizeof(out));
	wirebuf_put_list(&w, &list);
	ck_assert_uint_eq(wirebuf_size(&w), 3 + 255);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("wirebuf");
	TCase *tcase = tcase_create("wirebuf");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, puts_write_the_bytes);
	tcase_add_test(tcase, gets_read_the_bytes);
	tcase_add_test(tcase, every_truncation_fails);
	tcase_add_test(tcase, trailing_bytes_fail);
	tcase_add_test(tcase, every_smaller_room_fails);
	tcase_add_test(tcase, failure_is_for_good);
	tcase_add_test(tcase, huge_sizes_do_not_wrap);
	tcase_add_test(tcase, empty_is_sound);
	tcase_add_test(tcase, wrong_direction_fails);
	tcase_add_test(tcase, bool_and_range_are_strict);
	tcase_add_loop_test(tcase, lists_are_sound, 0, (int)COUNT(list_rows));
	tcase_add_test(tcase, too_long_for_their_length);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
