/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A host that exports functions under the names of ours, as a server with a
 * common library of its own may: the module calls none of them.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/proto.h"
#include "tests/pam/listener.h"
#include "tests/pam/login.h"

#define EXPORT __attribute__((visibility("default")))

/* What nm(1) finds in the module, and what a compiler may have left of it. */
#define NAMES(X)                                                               \
	X(account)                                                             \
	X(account_forget)                                                      \
	X(account_keep)                                                        \
	X(answer_get)                                                          \
	X(ask)                                                                 \
	X(authenticate)                                                        \
	X(check_arguments)                                                     \
	X(check_digits)                                                        \
	X(client_ask)                                                          \
	X(connect_error)                                                       \
	X(connect_until)                                                       \
	X(crc32)                                                               \
	X(digit_value)                                                         \
	X(error_text)                                                          \
	X(exchange)                                                            \
	X(host_ask)                                                            \
	X(host_log_expired)                                                    \
	X(host_log_failure)                                                    \
	X(host_log_fault)                                                      \
	X(host_log_session)                                                    \
	X(host_question)                                                       \
	X(host_read)                                                           \
	X(item)                                                                \
	X(now_usec)                                                            \
	X(options_parse)                                                       \
	X(password_get)                                                        \
	X(printable)                                                           \
	X(question_put)                                                        \
	X(receive_until)                                                       \
	X(row_find)                                                            \
	X(send_until)                                                          \
	X(session_ask)                                                         \
	X(session_close)                                                       \
	X(session_forget)                                                      \
	X(session_free)                                                        \
	X(session_hand_over)                                                   \
	X(session_is_ours)                                                     \
	X(session_open)                                                        \
	X(set_timeout)                                                         \
	X(span_bytes)                                                          \
	X(span_empty)                                                          \
	X(span_equal)                                                          \
	X(span_of)                                                             \
	X(ticket_free)                                                         \
	X(token_find)                                                          \
	X(token_present)                                                       \
	X(token_wipe)                                                          \
	X(tokentext_format)                                                    \
	X(tokentext_holds)                                                     \
	X(tokentext_is_base62)                                                 \
	X(tokentext_parse)                                                     \
	X(verdicts)                                                            \
	X(wipe)                                                                \
	X(wirebuf_done)                                                        \
	X(wirebuf_fail)                                                        \
	X(wirebuf_get_bytes)                                                   \
	X(wirebuf_get_range)                                                   \
	X(wirebuf_get_u8)                                                      \
	X(wirebuf_put_bytes)                                                   \
	X(wirebuf_put_fixed)                                                   \
	X(wirebuf_put_str8)                                                    \
	X(wirebuf_put_u8)                                                      \
	X(wirebuf_read)                                                        \
	X(wirebuf_size)                                                        \
	X(wirebuf_write)

#define DEFINE(name)                                                           \
	EXPORT void name(void);                                                \
	EXPORT void name(void)                                                 \
	{                                                                      \
		fprintf(stderr, "it calls our %s()\n", #name);                 \
		abort();                                                       \
	}
NAMES(DEFINE)

/* Nobody's, and well formed: what would make one is not linked here. */
#define TOKEN "atk_0123456789_8SMpD4rSfVhcCB7SutFE1P69awu0kokyt"

static void
write_service(const char *arguments)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u %s",
	    login_path("socket"), (unsigned)geteuid(), arguments);
	login_service("svc",
	    "auth required %s %s\naccount required %s %s\n"
	    "session required %s %s\n",
	    MODULE, all, MODULE, all, MODULE, all);
}

START_TEST(a_host_has_our_names)
{
	static const uint8_t statuses[] = { STATUS_OK, STATUS_OK, STATUS_OK,
		STATUS_OK, STATUS_OK, STATUS_DENIED, STATUS_DENIED, 0 };
	struct listener listener;
	struct login login;

	write_service("debug");
	listener_start(&listener, login_path("socket"), LISTENER_STATUS,
	    statuses, sizeof(statuses));
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, TOKEN), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	login_end(&login);
	login_begin(&login, "svc", "alice");
	/* Who is not root has not asked at the logout. */
	ck_assert_int_eq(login_authenticate(&login, TOKEN), PAM_SUCCESS);
	if (geteuid() != 0)
		(void)login_account(&login);
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	ck_assert_int_eq(login_authenticate(&login, TOKEN), PAM_AUTH_ERR);
	ck_assert_int_eq(
	    login_authenticate(&login, TOKEN), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(
	    login_authenticate(&login, "a password"), PAM_AUTH_ERR);
	login_end(&login);
	write_service("no_such_argument");
	ck_assert_int_eq(login_try("svc", "alice", TOKEN), PAM_SERVICE_ERR);
	listener_stop(&listener);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("module: names that clash");
	TCase *tcase = tcase_create("clash");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_host_has_our_names);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
