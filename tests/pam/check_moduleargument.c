/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The doctor's knowledge of the module's arguments against the module's own.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/moduleargument.h"
#include "pam_apitoken/options.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

#define X8(s)  s s s s s s s s
#define X64(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s) X8(s)

static void
expect_same(const char *argument)
{
	const char *argv[] = { argument, NULL };
	struct options_fault fault = { 0 };
	struct options options;
	bool module = options_parse(1, argv, &options, &fault) == 0;
	const char *right = moduleargument_right(argument);

	ck_assert_msg((right == NULL) == module, "%s: the module says %s",
	    argument, module ? "yes" : "no");
}

static const char *const values[] = { "", "=", "=ignore", "=0", "=1", "=60000",
	"=60001", "=99999999999999999999", "=-1", "=+1", "=1 ", "=4294967294",
	"=4294967295", "=/run/apitoken", "=run", "=sshd", "=" X64("a"),
	"=" X64("a") "b", "=/" X64("a") X8("abcd"),
	"=/" X64("a") X8("abcd") "b", "=" X64("abcdefgh"),
	"=" X64("abcdefg") X8("abcdefg") "abcdefg" };

/* Every name of the module's own list, with everything behind it. */
START_TEST(both_say_the_same)
{
	char known[] = OPTIONS_KNOWN, argument[1024], *save = NULL;
	int names = 0;

	for (char *word = strtok_r(known, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save), names++) {
		word[strcspn(word, "=")] = '\0';
		for (int i = 0; i < COUNT(values); i++) {
			strcpy(argument, word);
			strcat(argument, values[i]);
			expect_same(argument);
		}
		strcat(strcpy(argument, word), "x");
		expect_same(argument);
		ck_assert_ptr_nonnull(
		    strstr(moduleargument_right("no such argument"), word));
	}
	ck_assert_int_ge(names, 12);
	expect_same("");
	expect_same("sokcet=/run");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("moduleargument");
	TCase *tcase = tcase_create("moduleargument");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, both_say_the_same);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
