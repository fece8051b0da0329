/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

START_TEST(each_error_has_its_own_phrase)
{
	for (int a = ERROR_NONE; a >= ERROR_SEALED; a--) {
		ck_assert_str_ne(error_text(a), "");
		ck_assert_str_ne(error_text(a), "unknown error");
		for (int b = a - 1; b >= ERROR_SEALED; b--)
			ck_assert_str_ne(error_text(a), error_text(b));
	}
}
END_TEST

START_TEST(other_numbers_are_unknown)
{
	static const int numbers[] = { 1, 5, INT_MAX, ERROR_SEALED - 1, -100,
		-INT_MAX, INT_MIN };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ck_assert_str_eq(error_text(numbers[i]), "unknown error");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("error");
	TCase *tcase = tcase_create("error");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, each_error_has_its_own_phrase);
	tcase_add_test(tcase, other_numbers_are_unknown);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
