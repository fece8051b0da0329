/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/storemessage.h"

static uint8_t bytes[256];

/* Reads what was written, and not less or more. */
#define CHECK_COMES_BACK(name, value)                                          \
	do {                                                                   \
		struct name back;                                              \
		struct wirebuf w;                                              \
		size_t size;                                                   \
                                                                               \
		wirebuf_write(&w, bytes, sizeof(bytes));                       \
		name##_put(&w, value);                                         \
		size = wirebuf_size(&w);                                       \
		ck_assert_uint_gt(size, 0);                                    \
		for (size_t cut = 0; cut <= size + 1; cut++) {                 \
			wirebuf_read(&w, bytes, cut);                          \
			name##_get(&w, &back);                                 \
			ck_assert_int_eq(wirebuf_done(&w),                     \
			    cut == size ? 0 : ERROR_MALFORMED);                \
		}                                                              \
		wirebuf_read(&w, bytes, size);                                 \
		name##_get(&w, &back);                                         \
		wirebuf_write(&w, bytes + 128, 128);                           \
		name##_put(&w, &back);                                         \
		ck_assert_mem_eq(bytes, bytes + 128, size);                    \
	} while (0)

START_TEST(all_come_back)
{
	CHECK_COMES_BACK(backup_origin,
	    (&(struct backup_origin) { 1, 2, "fifteen bytes.." }));
	CHECK_COMES_BACK(
	    backup_item, (&(struct backup_item) { span_of("tokens"), 7 }));
	CHECK_COMES_BACK(restore_item,
	    (&(struct restore_item) { span_of("roles"), 1, 2, 3, 4, 5, 6 }));
	CHECK_COMES_BACK(key_add_request,
	    (&(struct key_add_request) { { 9, "a key" }, true }));
	CHECK_COMES_BACK(
	    key_status_reply, (&(struct key_status_reply) { span_of("/etc/key"),
				  true, false, span_of("disk full"), 3, 2 }));
	CHECK_COMES_BACK(key_item, (&(struct key_item) { 3, 1000000 }));
}
END_TEST

START_TEST(no_key_has_number_0)
{
	struct key_add_request request;
	struct wirebuf w;

	memset(bytes, 0, sizeof(bytes));
	wirebuf_read(&w, bytes, 1 + KEYLINE_KEY_SIZE + 1);
	key_add_request_get(&w, &request);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("storemessage");
	TCase *tcase = tcase_create("storemessage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, all_come_back);
	tcase_add_test(tcase, no_key_has_number_0);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
