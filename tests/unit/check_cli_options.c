/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct values {
	bool flag;
	const char *text;
	const char *choice;
	uint64_t number;
	struct words words;
	const char *maybe;
};

#define AT(member) offsetof(struct values, member)

static const struct option_row test_options[] = {
	{ "flag", OPTION_FLAG, false, 'f', AT(flag), NULL, "a flag" },
	{ "text", OPTION_TEXT, false, 't', AT(text), "TEXT", "a text" },
	{ "choice", OPTION_CHOICE, false, 0, AT(choice), "one|two|three",
	    "a choice" },
	{ "number", OPTION_NUMBER, false, 0, AT(number), "N", "a number" },
	{ "list", OPTION_LIST, false, 0, AT(words), "WORD", "a list" },
	{ "maybe", OPTION_MAYBE, false, 0, AT(maybe), "TEXT", "perhaps" },
	{ 0 },
};

static const struct option_row strict_options[] = {
	{ "text", OPTION_TEXT, true, 0, AT(text), "TEXT", "needed" },
	{ 0 },
};

static const struct command test_command = {
	.name = "test",
	.options = test_options,
};

static const struct command strict_command = {
	.name = "strict",
	.options = strict_options,
};

static struct globals globals;
static struct values values;

/* Splits words at blanks, parses, and returns the operands joined again. */
static const char *
parse(const struct command *command, const char *line)
{
	static char copy[256], joined[256];
	char *argv[32] = { NULL }, *save = NULL;
	int argc = 0, first;

	memset(&globals, 0, sizeof globals);
	memset(&values, 0, sizeof values);
	(void)snprintf(copy, sizeof copy, "test %s", line);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	first = options_parse(command, argc, argv, &globals, &values);
	if (first == -1)
		return NULL;
	joined[0] = '\0';
	for (; first < argc; first++) {
		strcat(joined, argv[first]);
		strcat(joined, first + 1 < argc ? " " : "");
	}
	return joined;
}

static const struct {
	const char *line, *operands; /* NULL: refused */
} rows[] = {
	{ "", "" },
	{ "a b", "a b" },
	{ "a --flag b", "a b" },
	{ "--text x a", "a" },
	{ "--text=x a", "a" },
	{ "-tx a", "a" },
	{ "-ft x a", "a" },
	{ "-- --flag", "--flag" },
	{ "--json a --quiet", "a" },
	{ "-o csv --yes", "" },
	{ "--choice two", "" },
	{ "--number 18446744073709551615", "" },
	{ "--unknown", NULL },
	{ "--unknown=3", NULL },
	{ "-z", NULL },
	{ "--text", NULL },
	{ "--flag=1", NULL },
	{ "--choice four", NULL },
	{ "--choice on", NULL },
	{ "--choice one|two", NULL },
	{ "--choice=", NULL },
	{ "-o xml", NULL },
	{ "--number 0", NULL },
	{ "--number -1", NULL },
	{ "--number +1", NULL },
	{ "--number 1x", NULL },
	{ "--number=", NULL },
	{ "--number 18446744073709551616", NULL },
	{ "--\033[31m", NULL },
};

START_TEST(parses_rows)
{
	const char *operands = parse(&test_command, rows[_i].line);

	if (rows[_i].operands == NULL)
		ck_assert_ptr_null(operands);
	else
		ck_assert_str_eq(operands, rows[_i].operands);
}
END_TEST

START_TEST(fills_values)
{
	struct span word;
	size_t at = 0;

	ck_assert_ptr_nonnull(parse(&test_command,
	    "--list a -f --list bc --text=t --choice three --number 12 "
	    "--socket /s --json"));
	ck_assert(values.flag);
	ck_assert_str_eq(values.text, "t");
	ck_assert_str_eq(values.choice, "three");
	ck_assert_uint_eq(values.number, 12);
	ck_assert_str_eq(globals.socket, "/s");
	ck_assert_str_eq(globals.format, "json");
	ck_assert_uint_eq(values.words.list.count, 2);
	ck_assert(spanlist_next(&values.words.list, &at, &word));
	ck_assert(span_is(word, "a"));
	ck_assert(spanlist_next(&values.words.list, &at, &word));
	ck_assert(span_is(word, "bc"));
}
END_TEST

START_TEST(last_format_wins)
{
	ck_assert_ptr_nonnull(parse(&test_command, "--json -o id"));
	ck_assert_str_eq(globals.format, "id");
	ck_assert_ptr_nonnull(parse(&test_command, "-o id --json"));
	ck_assert_str_eq(globals.format, "json");
}
END_TEST

/* In front of a command nothing behind it is looked at. */
START_TEST(globals_end_at_the_command)
{
	ck_assert_str_eq(
	    parse(NULL, "--quiet list --unknown"), "list --unknown");
	ck_assert(globals.quiet);
	ck_assert_ptr_null(parse(NULL, "--flag list"));
}
END_TEST

START_TEST(required_is_asked_for)
{
	ck_assert_ptr_null(parse(&strict_command, "a"));
	ck_assert_ptr_nonnull(parse(&strict_command, "a --text x"));
	ck_assert_ptr_nonnull(parse(&strict_command, "--help"));
}
END_TEST

/* As many, and as long, as a message takes. */
START_TEST(lists_are_bounded)
{
	static char word[SPANLIST_ELEMENT_MAX + 2];
	char option[] = "--list", name[] = "test";
	char *argv[2 * LIST_MAX + 4] = { name };
	int argc = 1;

	memset(word, 'x', SPANLIST_ELEMENT_MAX);
	while (argc < 2 * LIST_MAX) {
		argv[argc++] = option;
		argv[argc++] = word;
	}
	memset(&values, 0, sizeof values);
	ck_assert_int_eq(
	    options_parse(&test_command, argc, argv, &globals, &values), argc);
	ck_assert_uint_eq(values.words.list.count, LIST_MAX);
	argv[argc++] = option;
	argv[argc++] = word;
	memset(&values, 0, sizeof values);
	ck_assert_int_eq(
	    options_parse(&test_command, argc, argv, &globals, &values), -1);
	memset(word, 'x', SPANLIST_ELEMENT_MAX + 1);
	memset(&values, 0, sizeof values);
	ck_assert_int_eq(
	    options_parse(&test_command, 3, argv, &globals, &values), -1);
}
END_TEST

START_TEST(choices_are_whole_words)
{
	ck_assert(options_choice_has("a|bc|d", "a"));
	ck_assert(options_choice_has("a|bc|d", "bc"));
	ck_assert(options_choice_has("a|bc|d", "d"));
	ck_assert(!options_choice_has("a|bc|d", "b"));
	ck_assert(!options_choice_has("a|bc|d", "c"));
	ck_assert(!options_choice_has("a|bc|d", ""));
	ck_assert(!options_choice_has("a|bc|d", "a|bc"));
}
END_TEST

static int
count_commands(void)
{
	int count = 0;

	while (commands[count] != NULL)
		count++;
	return count;
}

/* One option alone is then not enough. */
static bool
has_required(const struct command *command)
{
	for (const struct option_row *row = command->options;
	     row != NULL && row->name != NULL; row++)
		if (row->required)
			return true;
	return false;
}

/* The real tables: what they fill is there, and the parser takes each row. */
START_TEST(real_tables_hold)
{
	const struct command *command = commands[_i];
	static uint8_t filled[1 << 17], beyond[1 << 17];
	char option[80], value[] = "1", name[] = "x";

	ck_assert_uint_le(command->values_size, sizeof filled);
	ck_assert_uint_le(command->least, command->most);
	ck_assert(options_choice_has(command->formats, "table") ||
		  strcmp(command->formats, "jsonl") == 0);
	for (const struct option_row *row = command->options;
	     row != NULL && row->name != NULL; row++) {
		char *argv[] = { name, option, value, NULL };

		ck_assert_uint_lt(row->offset, command->values_size);
		ck_assert_ptr_nonnull(row->help);
		if (row->required || row->kind == OPTION_CHOICE)
			continue;
		memset(filled, 0, sizeof filled);
		(void)snprintf(option, sizeof option, "--%s", row->name);
		if (has_required(command))
			continue;
		ck_assert_int_ne(
		    options_parse(command, 3, argv, &globals, filled), -1);
		ck_assert_mem_eq(filled + command->values_size, beyond,
		    sizeof filled - command->values_size);
	}
}
END_TEST

START_TEST(help_names_every_option)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	options_help(stream, test_options);
	options_help(stream, NULL);
	(void)fclose(stream);
	for (const struct option_row *row = test_options; row->name != NULL;
	     row++)
		ck_assert_ptr_nonnull(strstr(text, row->name));
	ck_assert_ptr_nonnull(strstr(text, "-f, --flag"));
	ck_assert_ptr_nonnull(strstr(text, "--choice one|two|three"));
	ck_assert_ptr_nonnull(strstr(text, "--list WORD ..."));
	ck_assert_ptr_nonnull(strstr(text, "--socket PATH"));
	free(text);
}
END_TEST

static const struct {
	const char *line, *operands, *value;
} maybes[] = {
	{ "", "", NULL },
	{ "--maybe", "", "" },
	{ "--maybe --flag", "", "" },
	{ "--maybe -f", "", "" },
	{ "--maybe x", "", "x" },
	{ "--maybe=x", "", "x" },
	{ "--maybe= x", "x", "" },
	{ "--maybe=x y", "y", "x" },
	{ "--maybe x --flag y", "y", "x" },
	{ "y --maybe x", "y", "x" },
	{ "--maybe -- x", "x", "" },
};

START_TEST(maybe_takes_the_next_word)
{
	ck_assert_str_eq(
	    parse(&test_command, maybes[_i].line), maybes[_i].operands);
	if (maybes[_i].value == NULL)
		ck_assert_ptr_null(values.maybe);
	else
		ck_assert_str_eq(values.maybe, maybes[_i].value);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/options");
	TCase *tcase = tcase_create("options");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, parses_rows, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_loop_test(tcase, maybe_takes_the_next_word, 0,
	    (int)(sizeof maybes / sizeof maybes[0]));
	tcase_add_test(tcase, fills_values);
	tcase_add_test(tcase, last_format_wins);
	tcase_add_test(tcase, globals_end_at_the_command);
	tcase_add_test(tcase, required_is_asked_for);
	tcase_add_test(tcase, lists_are_bounded);
	tcase_add_test(tcase, choices_are_whole_words);
	tcase_add_loop_test(tcase, real_tables_hold, 0, count_commands());
	tcase_add_test(tcase, help_names_every_option);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
