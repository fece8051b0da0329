/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/secret.h"

static void
assert_zero(const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++)
		ck_assert_msg(bytes[i] == 0, "byte %zu was left", i);
}

START_TEST(set_keeps_up_to_its_size)
{
	char text[SECRET_SIZE + 1];
	struct secret secret = { 0 };

	memset(text, 'x', sizeof(text));
	for (size_t size = 0; size <= SECRET_SIZE; size++) {
		ck_assert_int_eq(secret_set(&secret, text, size), 0);
		ck_assert_uint_eq(secret_span(&secret).size, size);
		ck_assert_mem_eq(secret_span(&secret).data, text, size);
	}
}
END_TEST

START_TEST(too_long_leaves_nothing)
{
	char text[SECRET_SIZE + 1];
	struct secret secret = { 0 };

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(secret_set(&secret, "before", 6), 0);
	ck_assert_int_eq(
	    secret_set(&secret, text, sizeof(text)), ERROR_TOO_LONG);
	assert_zero(&secret, sizeof(secret));
	ck_assert_int_eq(secret_set(&secret, text, SIZE_MAX), ERROR_TOO_LONG);
	assert_zero(&secret, sizeof(secret));
}
END_TEST

START_TEST(shorter_leaves_nothing_of_longer)
{
	struct secret secret = { 0 };

	ck_assert_int_eq(secret_set(&secret, "correct horse", 13), 0);
	ck_assert_int_eq(secret_set(&secret, "ab", 2), 0);
	ck_assert_mem_eq(secret.bytes, "ab", 2);
	assert_zero(secret.bytes + 2, sizeof(secret.bytes) - 2);
	ck_assert_int_eq(secret_set(&secret, NULL, 0), 0);
	assert_zero(&secret, sizeof(secret));
}
END_TEST

START_TEST(wipe_is_exact)
{
	char text[] = "abcdefgh";
	struct secret secret = { 0 };

	wipe(text + 2, 3);
	ck_assert_mem_eq(text, "ab\0\0\0fgh", sizeof(text));
	wipe(NULL, 0);
	ck_assert_int_eq(secret_set(&secret, "x", 1), 0);
	secret_wipe(&secret);
	assert_zero(&secret, sizeof(secret));
	ck_assert(span_empty(secret_span(&secret)));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("secret");
	TCase *tcase = tcase_create("secret");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, set_keeps_up_to_its_size);
	tcase_add_test(tcase, too_long_leaves_nothing);
	tcase_add_test(tcase, shorter_leaves_nothing_of_longer);
	tcase_add_test(tcase, wipe_is_exact);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
