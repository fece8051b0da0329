/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/lookup.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct command status = { .name = "status" };
static const struct command key_status = { .name = "key status" };
static const struct command key_rotate = { .name = "key rotate" };
static const struct command keys = { .name = "keys" };
static const struct command role_grant = { .name = "role grant" };

static const struct command *const table[] = { &status, &key_status, &keys,
	&role_grant, &key_rotate, NULL };

static const struct {
	const char *group, *word;
	const struct command *command;
} rows[] = {
	{ NULL, "status", &status },
	{ NULL, "keys", &keys },
	{ "key", "status", &key_status },
	{ "key", "rotate", &key_rotate },
	{ "role", "grant", &role_grant },
	/* Neither half is the whole, and no group is in another. */
	{ NULL, "key", NULL },
	{ NULL, "rotate", NULL },
	{ NULL, "key status", NULL },
	{ NULL, "", NULL },
	{ "key", "grant", NULL },
	{ "key", "", NULL },
	{ "key", "stat", NULL },
	{ "", "status", NULL },
	{ "ke", "status", NULL },
	{ "keys", "status", NULL },
	{ "status", "status", NULL },
};

START_TEST(names_are_found)
{
	ck_assert_ptr_eq(lookup_command(table, rows[_i].group, rows[_i].word),
	    rows[_i].command);
}
END_TEST

START_TEST(groups_are_known)
{
	ck_assert(lookup_is_group(table, "key"));
	ck_assert(lookup_is_group(table, "role"));
	ck_assert(!lookup_is_group(table, "keys"));
	ck_assert(!lookup_is_group(table, "k"));
	ck_assert(!lookup_is_group(table, ""));
	ck_assert(!lookup_is_group(table, "status"));
	ck_assert(!lookup_is_first(table, 0));
	ck_assert(lookup_is_first(table, 1));
	ck_assert(!lookup_is_first(table, 2));
	ck_assert(lookup_is_first(table, 3));
	ck_assert(!lookup_is_first(table, 4));
}
END_TEST

START_TEST(second_words_are_listed)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	lookup_seconds(stream, table, "key", "|");
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, "status|rotate");
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("lookup");
	TCase *tcase = tcase_create("lookup");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(
	    tcase, names_are_found, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, groups_are_known);
	tcase_add_test(tcase, second_words_are_listed);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
