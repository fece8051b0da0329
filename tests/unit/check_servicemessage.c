/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/servicemessage.h"

static uint8_t bytes[256], again[256];

/* Every cut of it, and a byte more, is malformed; the whole comes back. */
START_TEST(a_row_comes_back)
{
	const struct service_reply row = { .name = span_of("sshd"),
		.listed = true,
		.project = span_of("web"),
		.access = span_of("full"),
		.role = span_of("ops"),
		.elevated = true,
		.sessions = span_of("process"),
		.count = 3 };
	struct service_reply back;
	struct wirebuf w;
	size_t size;

	wirebuf_write(&w, bytes, sizeof(bytes));
	service_reply_put(&w, &row);
	size = wirebuf_size(&w);
	ck_assert_uint_gt(size, 0);
	for (size_t cut = 0; cut <= size + 1; cut++) {
		wirebuf_read(&w, bytes, cut);
		service_reply_get(&w, &back);
		ck_assert_int_eq(
		    wirebuf_done(&w), cut == size ? 0 : ERROR_MALFORMED);
	}
	wirebuf_read(&w, bytes, size);
	service_reply_get(&w, &back);
	ck_assert(span_is(back.name, "sshd"));
	ck_assert_uint_eq(back.count, 3);
	wirebuf_write(&w, again, sizeof(again));
	service_reply_put(&w, &back);
	ck_assert_mem_eq(bytes, again, size);
}
END_TEST

/* A name that no service can have is for the agent to refuse. */
START_TEST(a_name_comes_back)
{
	struct wirebuf w;
	struct span name;

	wirebuf_write(&w, bytes, sizeof(bytes));
	service_request_put(&w, span_of("vsftpd"));
	wirebuf_read(&w, bytes, wirebuf_size(&w));
	name = service_request_get(&w);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	ck_assert(span_is(name, "vsftpd"));
	bytes[3] = '\0';
	wirebuf_read(&w, bytes, 7);
	(void)service_request_get(&w);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("servicemessage");
	TCase *tcase = tcase_create("servicemessage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_row_comes_back);
	tcase_add_test(tcase, a_name_comes_back);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
