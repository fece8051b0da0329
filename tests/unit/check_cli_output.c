/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/output.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

static const char *const headings[] = { "A", "B" };

static char *text;
static size_t size;

static FILE *
stream_open(void)
{
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	return stream;
}

/* So many rows of one format, as text to be freed. */
static void
rows_write(enum output_format format, size_t rows, const char *cell)
{
	FILE *stream = stream_open();
	struct output o;
	char first[] = "1", second[64];
	char *cells[] = { first, second };
	int error;

	(void)snprintf(second, sizeof second, "%s", cell);
	error = output_begin(&o, stream, format, headings, 2);
	for (; rows > 0 && error == 0; rows--)
		error = output_is_json(format)
			    ? output_json(&o, json_pack("{s:s}", "a", cell))
			    : output_cells(&o, cells, 2);
	ck_assert_int_eq(output_end(&o, error), 0);
	ck_assert_int_eq(fclose(stream), 0);
}

static const struct {
	enum output_format format;
	size_t rows;
	const char *cell, *text;
} cases[] = {
	{ FORMAT_JSON, 0, "", "[]\n" },
	{ FORMAT_JSON, 1, "x", "[\n{\"a\":\"x\"}\n]\n" },
	{ FORMAT_JSON, 2, "x", "[\n{\"a\":\"x\"},\n{\"a\":\"x\"}\n]\n" },
	{ FORMAT_JSON, 1, "\xc2\x9b\xe2\x80\xae\033",
	    "[\n{\"a\":\"\\u009B\\u202E\\u001B\"}\n]\n" },
	{ FORMAT_JSONL, 0, "", "" },
	{ FORMAT_JSONL, 2, "x", "{\"a\":\"x\"}\n{\"a\":\"x\"}\n" },
	{ FORMAT_CSV, 0, "", "A,B\n" },
	{ FORMAT_CSV, 1, "x", "A,B\n1,x\n" },
	{ FORMAT_CSV, 1, "x,y", "A,B\n1,\"x,y\"\n" },
	{ FORMAT_CSV, 1, "say \"x\"", "A,B\n1,\"say \"\"x\"\"\"\n" },
	{ FORMAT_ID, 2, "x", "1\n1\n" },
	{ FORMAT_TABLE, 0, "", "" },
	{ FORMAT_TABLE, 1, "x", "A B\n1 x\n" },
};

START_TEST(writes_rows)
{
	rows_write(cases[_i].format, cases[_i].rows, cases[_i].cell);
	ck_assert_str_eq(text, cases[_i].text);
	free(text);
}
END_TEST

static const size_t page_rows[] = { OUTPUT_PAGE - 1, OUTPUT_PAGE,
	OUTPUT_PAGE + 1, 2 * OUTPUT_PAGE, 2 * OUTPUT_PAGE + 150 };

/* However many pages: one heading, and each row once. */
START_TEST(pages_have_one_heading)
{
	size_t lines = 0;

	rows_write(FORMAT_TABLE, page_rows[_i], "x");
	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	ck_assert_uint_eq(lines, page_rows[_i] + 1);
	ck_assert_int_eq(strncmp(text, "A B\n1 x\n", 8), 0);
	ck_assert_ptr_null(strchr(text + 1, 'A'));
	free(text);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
	FILE *stream = fopen("/dev/full", "w");
	struct output o;
	char cell[] = "x";
	char *cells[] = { cell, cell };
	int error = 0;

	ck_assert_ptr_nonnull(stream);
	(void)setvbuf(stream, NULL, _IONBF, 0);
	error = output_begin(&o, stream, (enum output_format)_i, headings, 2);
	if (error == 0)
		error = output_is_json((enum output_format)_i)
			    ? output_json(&o, json_pack("{s:s}", "a", "x"))
			    : output_cells(&o, cells, 2);
	ck_assert_int_eq(output_end(&o, error), ERROR_SYSTEM);
	(void)fclose(stream);
}
END_TEST

START_TEST(objects_are_indented_or_not)
{
	FILE *stream = stream_open();

	ck_assert_int_eq(
	    output_object(stream, FORMAT_JSON, json_pack("{s:i}", "a", 1)), 0);
	ck_assert_int_eq(
	    output_object(stream, FORMAT_JSONL, json_pack("{s:i}", "a", 1)), 0);
	ck_assert_int_eq(
	    output_object(stream, FORMAT_JSON, NULL), ERROR_MEMORY);
	(void)fclose(stream);
	ck_assert_str_eq(text, "{\n  \"a\": 1\n}\n{\"a\":1}\n");
	free(text);
}
END_TEST

START_TEST(strings_are_utf8)
{
	json_t *good = output_string(span_of("\xc3\xa9"));
	json_t *bad = output_string(span_of("\xe9\n"));

	ck_assert_str_eq(json_string_value(good), "\xc3\xa9");
	ck_assert_str_eq(json_string_value(bad), "\\xe9\\x0a");
	json_decref(good);
	json_decref(bad);
}
END_TEST

START_TEST(words_name_formats)
{
	ck_assert_int_eq(output_format_of("table"), FORMAT_TABLE);
	ck_assert_int_eq(output_format_of("json"), FORMAT_JSON);
	ck_assert_int_eq(output_format_of("jsonl"), FORMAT_JSONL);
	ck_assert_int_eq(output_format_of("csv"), FORMAT_CSV);
	ck_assert_int_eq(output_format_of("id"), FORMAT_ID);
	ck_assert_int_eq(output_format_of(NULL), FORMAT_TABLE);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/output");
	TCase *tcase = tcase_create("output");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, writes_rows, 0, (int)(sizeof cases / sizeof cases[0]));
	tcase_add_loop_test(tcase, pages_have_one_heading, 0,
	    (int)(sizeof page_rows / sizeof page_rows[0]));
	tcase_add_loop_test(
	    tcase, full_disk_is_an_error, FORMAT_TABLE, FORMAT_ID + 1);
	tcase_add_test(tcase, objects_are_indented_or_not);
	tcase_add_test(tcase, strings_are_utf8);
	tcase_add_test(tcase, words_name_formats);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
