/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import is made of: lines, keys that were seen, spool, progress. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lines.h"
#include "cli/lineset.h"
#include "cli/progress.h"
#include "cli/spool.h"
#include "common/error.h"

START_TEST(lines_are_told_apart)
{
	static char text[LINES_MAX + 100];
	struct lines lines;
	FILE *file;

	memset(text, 'x', sizeof(text));
	memcpy(text, "one\n\n\0\xff\n", 8);
	text[sizeof(text) - 5] = '\n';
	file = fmemopen(text, sizeof(text), "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(lines_init(&lines, file), 0);
	ck_assert_int_eq(lines_next(&lines), 0);
	ck_assert(lines.size == 3 && memcmp(lines.bytes, "one", 3) == 0);
	ck_assert_int_eq(lines_next(&lines), 0);
	ck_assert_uint_eq(lines.size, 0);
	ck_assert_int_eq(lines_next(&lines), 0);
	ck_assert(lines.size == 2 && lines.number == 3 && lines.offset == 8);
	ck_assert_int_eq(lines_next(&lines), 0);
	ck_assert(lines.too_long && lines.size <= LINES_MAX);
	ck_assert_int_eq(lines_next(&lines), 0);
	ck_assert(!lines.too_long && lines.size == 4);
	ck_assert_int_eq(lines_next(&lines), ERROR_NOT_FOUND);
	lines_fini(&lines);
	(void)fclose(file);
}
END_TEST

START_TEST(keys_are_found_again)
{
	struct lineset set = { 0 };
	uint64_t where = 0;
	char id[11];

	ck_assert(!lineset_has(&set, span_of("0000000000")));
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(id, sizeof id, "%010d", i);
		ck_assert_int_eq(
		    lineset_add(&set, span_of(id), (uint64_t)i + 1, &where), 0);
	}
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(id, sizeof id, "%010d", i);
		ck_assert_int_eq(
		    lineset_add(&set, span_of(id), 1, &where), ERROR_EXISTS);
		ck_assert_uint_eq(where, (uint64_t)i + 1);
	}
	ck_assert(!lineset_has(&set, span_of("000000000a")));
	ck_assert(!lineset_has(&set, span_of("000000000A")));
	ck_assert(!lineset_has(&set, span_of("a\0b")));
	lineset_fini(&set);
}
END_TEST

START_TEST(spooled_comes_back)
{
	struct spool *spool = calloc(1, sizeof *spool);
	static uint8_t body[TRANSFER_BODY_MAX];
	struct importbatch_item item = { 7,
		{ 3, span_bytes(body, sizeof body) } };
	struct importbatch_item got;

	ck_assert_ptr_nonnull(spool);
	body[9] = 9;
	ck_assert_int_eq(spool_open(spool), 0);
	ck_assert_int_eq(spool_put(spool, &item), 0);
	item.record.body.size = 10;
	ck_assert_int_eq(spool_put(spool, &item), 0);
	ck_assert_uint_eq(spool->count, 2);
	ck_assert_int_eq(spool_sort(spool), 0);
	ck_assert_int_eq(spool_get(spool, &got), 0);
	ck_assert(got.line == 7 && got.record.kind == 3 &&
		  got.record.body.size == sizeof body);
	ck_assert_int_eq(spool_get(spool, &got), 0);
	ck_assert(span_equal(got.record.body, item.record.body));
	ck_assert_int_eq(spool_get(spool, &got), ERROR_NOT_FOUND);
	spool_close(spool);
	free(spool);
}
END_TEST

/* A project, tokens, one of them without an id, another project, a token. */
static const struct {
	enum transfer_kind kind;
	const char *id;
} mixed[] = {
	{ TRANSFER_PROJECT, "" },
	{ TRANSFER_TOKEN, "b000000000" },
	{ TRANSFER_TOKEN, "a000000000" },
	{ TRANSFER_TOKEN, "B000000000" },
	{ TRANSFER_TOKEN, "" },
	{ TRANSFER_TOKEN, "9000000000" },
	{ TRANSFER_TOKEN, "1000000000" },
	{ TRANSFER_PROJECT, "" },
	{ TRANSFER_TOKEN, "0000000000" },
};

/* Nothing passes what it may need. */
START_TEST(tokens_in_a_row_are_sorted)
{
	static const uint64_t lines[] = { 1, 4, 3, 2, 5, 7, 6, 8, 9 };
	const size_t count = sizeof mixed / sizeof mixed[0];
	struct importbatch_item got;
	struct spool spool;

	ck_assert_int_eq(spool_open(&spool), 0);
	for (size_t i = 0; i < count; i++) {
		struct importbatch_item item = { .line = i + 1 };
		uint8_t body[64];
		struct wirebuf w;

		wirebuf_write(&w, body, sizeof body);
		wirebuf_put_str8(&w, span_of(mixed[i].id));
		wirebuf_put_str16(&w, span_of("and all the rest of it"));
		item.record.kind = (uint8_t)mixed[i].kind;
		item.record.body = span_bytes(body, wirebuf_size(&w));
		ck_assert_int_eq(spool_put(&spool, &item), 0);
	}
	ck_assert_int_eq(spool_sort(&spool), 0);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(spool_get(&spool, &got), 0);
		ck_assert_uint_eq(got.line, lines[i]);
		ck_assert_int_eq(got.record.kind, mixed[lines[i] - 1].kind);
	}
	ck_assert_int_eq(spool_get(&spool, &got), ERROR_NOT_FOUND);
	spool_close(&spool);
}
END_TEST

static const struct {
	uint64_t total, done;
	double seconds;
	const char *text;
} bars[] = {
	{ 100, 0, 0, "x [                    ] 0/100 u, 0/s, 0 s left" },
	{ 100, 50, 2, "x [##########          ] 50/100 u, 25/s, 2 s left" },
	{ 100, 100, 4, "x [####################] 100/100 u, 25/s, 0 s left" },
	{ 100, 200, 4, "x [####################] 200/100 u, 50/s, 0 s left" },
	{ 0, 30, 3, "x 30 u, 10/s" },
};

START_TEST(progress_is_told)
{
	const struct progress progress = {
		.what = "x", .unit = "u", .total = bars[_i].total
	};
	char text[PROGRESS_SIZE];

	progress_format(&progress, bars[_i].done, bars[_i].seconds, text);
	ck_assert_str_eq(text, bars[_i].text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import");
	TCase *tcase = tcase_create("import");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, lines_are_told_apart);
	tcase_add_test(tcase, keys_are_found_again);
	tcase_add_test(tcase, spooled_comes_back);
	tcase_add_test(tcase, tokens_in_a_row_are_sorted);
	tcase_add_loop_test(
	    tcase, progress_is_told, 0, (int)(sizeof bars / sizeof bars[0]));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
