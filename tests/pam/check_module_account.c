/* SPDX-License-Identifier: BSD-3-Clause */

/* The account phase, and whose ticket speaks for whom. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/scene.h"

static const struct account {
	const char *statuses;
	int code;
	const char *why;
} accounts[] = {
	{ GOOD GOOD, PAM_SUCCESS, "" },
	{ GOOD NO, PAM_ACCT_EXPIRED, "no longer good; rhost=192.0.2.1" },
	{ GOOD "\x22", PAM_AUTHINFO_UNAVAIL, "sealed" },
	{ GOOD "\x24", PAM_AUTHINFO_UNAVAIL, "callers" },
	{ GOOD "\x28", PAM_AUTHINFO_UNAVAIL, "did not understand" },
	{ GOOD "\x30", PAM_AUTHINFO_UNAVAIL, "another version" },
	{ GOOD "\x01", PAM_AUTHINFO_UNAVAIL, "malformed" },
	{ GOOD "\xff", PAM_AUTHINFO_UNAVAIL, "malformed" },
};

START_TEST(account)
{
	const struct account *a = &accounts[_i];
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, a->statuses);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), a->code);
	ck_assert_msg(scene_logged(a->why), "%s", journal_text());
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(account_without_agent)
{
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	listener_stop(&listener);
	ck_assert_int_eq(login_account(&login), PAM_AUTHINFO_UNAVAIL);
	login_end(&login);
}
END_TEST

/* Somebody else let them in: IGNORE, and pam_permit decides. */
START_TEST(account_without_ticket)
{
	struct listener listener;
	struct login login;

	login_service("svc",
	    "account required %s socket=%s agent_uid=%u\n"
	    "account required pam_permit.so\n",
	    MODULE, login_path("socket"), (unsigned)geteuid());
	scene_status(&listener, NO);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->connections, 0);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* The name is asked for afresh: the agent sees that it is another one. */
START_TEST(account_of_another)
{
	struct listener listener;
	struct login login;
	char over[257] = { 0 };

	memset(over, 'o', 256);
	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	pam_set_item(login.pamh, PAM_USER, "root");
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, LOGIN), "root");
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	pam_set_item(login.pamh, PAM_USER, over);
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	ck_assert_uint_eq(listener.seen->packets, 2);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* Whatever ends the second authentication, the first ticket is gone. */
static const struct replaced {
	const char *password;
	const char *statuses;
	int conversation;
	int code;
} replaceds[] = {
	{ "hunter2", GOOD, PAM_SUCCESS, PAM_AUTH_ERR },
	{ NULL, GOOD, PAM_CONV_ERR, PAM_CONV_ERR },
	{ NULL, GOOD, PAM_CONV_AGAIN, PAM_INCOMPLETE },
	{ good_token, GOOD NO, PAM_SUCCESS, PAM_AUTH_ERR },
	{ good_token, GOOD "\x22", PAM_SUCCESS, PAM_AUTHINFO_UNAVAIL },
};

START_TEST(ticket_is_forgotten)
{
	const struct replaced *r = &replaceds[_i];
	struct listener listener;
	struct login login;
	unsigned packets;

	scene_service("");
	scene_status(&listener, r->statuses);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	login.conversation = r->conversation;
	ck_assert_int_eq(login_authenticate(&login, r->password), r->code);
	packets = listener.seen->packets;
	if (r->code == PAM_INCOMPLETE) {
		login.conversation = PAM_CONV_ERR;
		ck_assert_int_eq(
		    login_authenticate(&login, NULL), PAM_CONV_ERR);
	}
	/* IGNORE of the only module is no yes. */
	ck_assert_int_eq(login_account(&login), PAM_PERM_DENIED);
	ck_assert_uint_eq(listener.seen->packets, packets);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(ticket_is_replaced)
{
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	pam_set_item(login.pamh, PAM_USER, "bob");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[4], 'b');
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* One process for many people: nothing is shared between their handles. */
START_TEST(two_handles)
{
	struct listener listener;
	struct login a, b;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&a, "svc", "alice");
	login_begin(&b, "svc", "bob");
	ck_assert_int_eq(login_authenticate(&a, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_authenticate(&b, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&a), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	login_end(&a);
	ck_assert_int_eq(login_account(&b), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[4], 'b');
	login_end(&b);
	listener_stop(&listener);
}
END_TEST

/* su and login end the transaction in a child while the parent goes on. */
START_TEST(forked_end)
{
	struct listener listener;
	struct login login;
	int status;
	pid_t child;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		pam_end(login.pamh, PAM_SUCCESS | PAM_DATA_SILENT);
		_exit(listener.seen->connections == 1 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	ck_assert_uint_eq(listener.seen->packet[43], 'a');
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, account, 0, COUNT(accounts));
	tcase_add_test(tcase, account_without_agent);
	tcase_add_test(tcase, account_without_ticket);
	tcase_add_test(tcase, account_of_another);
	tcase_add_loop_test(tcase, ticket_is_forgotten, 0, COUNT(replaceds));
	tcase_add_test(tcase, ticket_is_replaced);
	tcase_add_test(tcase, two_handles);
	tcase_add_test(tcase, forked_end);
}

int
main(void)
{
	return scene_run("module: account", add_tests);
}
