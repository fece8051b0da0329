/* SPDX-License-Identifier: BSD-3-Clause */

/* The session phase: what is asked, what comes of it, and what is left. */
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/message.h"
#include "tests/pam/scene.h"

#define HANDLE "APITOKEN_SESSION"

static void
session_service(const char *arguments)
{
	char all[1024];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u %s",
	    login_path("socket"), (unsigned)geteuid(), arguments);
	login_service("svc", "auth required %s %s\nsession required %s %s\n",
	    MODULE, all, MODULE, all);
}

/* With a module behind it that is always content: IGNORE is PAM_SUCCESS. */
static void
ignoring_service(void)
{
	char all[1024];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u",
	    login_path("socket"), (unsigned)geteuid());
	login_service("svc",
	    "auth required %s %s\nsession required %s %s\n"
	    "session required pam_permit.so\n",
	    MODULE, all, MODULE, all);
}

/* The ticket is 40 times the login's first byte. */
static const char *
alices_handle(void)
{
	static char text[128];

	for (size_t i = 0; i < PROTO_TICKET_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", 'a');
	strcat(text, ":alice");
	return text;
}

static const struct opened {
	const char *statuses;
	int code;
	const char *why;
} opens[] = {
	{ GOOD GOOD, PAM_SUCCESS, "" },
	{ GOOD NO, PAM_SESSION_ERR, "does not take its handle" },
	{ GOOD "\x22", PAM_SESSION_ERR, "sealed" },
	{ GOOD "\x24", PAM_SESSION_ERR, "callers" },
	{ GOOD "\x28", PAM_SESSION_ERR, "did not understand" },
	{ GOOD "\x30", PAM_SESSION_ERR, "another version" },
	{ GOOD "\x01", PAM_SESSION_ERR, "malformed" },
	{ GOOD "\xff", PAM_SESSION_ERR, "malformed" },
};

START_TEST(open_session)
{
	const struct opened *o = &opens[_i];
	struct listener listener;
	struct login login;

	session_service("");
	scene_status(&listener, o->statuses);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_str_eq(pam_getenv(login.pamh, HANDLE), alices_handle());
	ck_assert_int_eq(pam_open_session(login.pamh, 0), o->code);
	ck_assert_ptr_null(pam_getenv(login.pamh, HANDLE));
	ck_assert_uint_eq(listener.seen->packet[1], OP_SESSION_OPEN);
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	ck_assert_str_eq(listener_field(&listener, LOGIN), "alice");
	ck_assert_str_eq(listener_field(&listener, TTY), "test");
	ck_assert_msg(scene_logged(o->why), "%s", journal_text());
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* sudo's is another one's: the handle keeps whose it was. */
START_TEST(the_session_of_another)
{
	struct listener listener;
	struct login login;

	session_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	pam_set_item(login.pamh, PAM_USER, "root");
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_str_eq(listener_field(&listener, LOGIN), "alice");
	/* Where ruser is in an authentication. */
	ck_assert_str_eq(listener_field(&listener, RUSER), "root");
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* sshd's other process has the environment, and nothing else. */
START_TEST(the_environment_is_enough)
{
	struct listener listener;
	struct login login;
	char text[128];

	session_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	snprintf(text, sizeof(text), HANDLE "=%s", alices_handle());
	ck_assert_int_eq(pam_putenv(login.pamh, text), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(no_handle_is_not_ours)
{
	struct listener listener;
	struct login login;

	ignoring_service();
	scene_status(&listener, NO);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->connections, 0);
	ck_assert_str_eq(journal_text(), "");
	login_end(&login);
	/* And alone it is neither a yes. */
	session_service("");
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_PERM_DENIED);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_PERM_DENIED);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

#define TICKET_HEX_REST                                                        \
	"61616161616161616161616161616161616161"                               \
	"6161616161616161616161616161616161616161"
#define TICKET_HEX "61" TICKET_HEX_REST

/* As long, and with a digit that is none. */
#define BAD_HEX	  "6G" TICKET_HEX_REST
#define WORSE_HEX "g1" TICKET_HEX_REST

/* None of these is asked about. */
static const char *const bad_handles[] = {
	"",
	":",
	":alice",
	"61:alice",
	TICKET_HEX,
	TICKET_HEX ":",
	TICKET_HEX "alice",
	TICKET_HEX "61:alice",
	"g1" TICKET_HEX ":alice",
	BAD_HEX ":alice",
	WORSE_HEX ":alice",
	"-1" TICKET_HEX_REST ":alice",
};

START_TEST(a_bad_handle_opens_none)
{
	struct listener listener;
	struct login login;
	char text[512];

	ignoring_service();
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	snprintf(text, sizeof(text), HANDLE "=%s", bad_handles[_i]);
	ck_assert_int_eq(pam_putenv(login.pamh, text), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SESSION_ERR);
	ck_assert_ptr_null(pam_getenv(login.pamh, HANDLE));
	ck_assert_uint_eq(listener.seen->connections, 0);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(a_long_login_opens_none)
{
	char text[1024] = HANDLE "=" TICKET_HEX ":";
	struct listener listener;
	struct login login;

	ignoring_service();
	scene_status(&listener, GOOD);
	memset(text + strlen(text), 'l', 256);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(pam_putenv(login.pamh, text), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SESSION_ERR);
	ck_assert_uint_eq(listener.seen->connections, 0);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* Whom it is for is longer than anybody is called, or the service is: nobody
 * is asked. */
START_TEST(a_long_name_opens_none)
{
	static const struct {
		int item;
		size_t size;
	} names[] = { { PAM_USER, LOGIN_MAX + 1 },
		{ PAM_SERVICE, SERVICE_MAX + 1 } };
	char name[LOGIN_MAX + 2] = { 0 };
	struct listener listener;
	struct login login;

	ignoring_service();
	scene_status(&listener, GOOD);
	memset(name, 'n', names[_i].size);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	/* For another service libpam reads its file. */
	if (names[_i].item == PAM_SERVICE)
		ck_assert_int_eq(
		    rename(login_path("svc"), login_path(name)), 0);
	pam_set_item(login.pamh, names[_i].item, name);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SESSION_ERR);
	ck_assert_uint_eq(listener.seen->connections, 1);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(no_session_without_agent)
{
	struct listener listener;
	struct login login;

	ignoring_service();
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	listener_stop(&listener);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SESSION_ERR);
	ck_assert_ptr_null(pam_getenv(login.pamh, HANDLE));
	login_end(&login);
}
END_TEST

/* A second login that fails leaves no handle of the first. */
START_TEST(a_handle_is_forgotten)
{
	struct listener listener;
	struct login login;

	ignoring_service();
	scene_status(&listener, GOOD NO);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_ptr_null(pam_getenv(login.pamh, HANDLE));
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->connections, 2);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* Whatever the line says, the user does not get the handle. */
START_TEST(a_bad_argument_takes_it_away_too)
{
	struct listener listener;
	struct login login;

	login_service("svc",
	    "auth required %s socket=%s agent_uid=%u\n"
	    "session required %s no_such_argument\n",
	    MODULE, login_path("socket"), (unsigned)geteuid(), MODULE);
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SERVICE_ERR);
	ck_assert_ptr_null(pam_getenv(login.pamh, HANDLE));
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* As root the agent is told; others may not ask.  A logout never fails. */
START_TEST(close_session)
{
	static const char *const statuses[] = { GOOD GOOD GOOD, GOOD GOOD NO,
		GOOD GOOD "\xff" };
	struct listener listener;
	struct login login;
	unsigned asked = geteuid() == 0 ? 3 : 2;

	session_service("");
	scene_status(&listener, statuses[_i]);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packets, asked);
	if (asked == 3) {
		ck_assert_uint_eq(listener.seen->packet[1], OP_SESSION_CLOSE);
		ck_assert_str_eq(listener_field(&listener, LOGIN), "alice");
	}
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(close_session_without_agent)
{
	struct listener listener;
	struct login login;

	session_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	listener_stop(&listener);
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	login_end(&login);
}
END_TEST

/* Not even a line that cannot be read keeps anybody from logging out. */
START_TEST(close_session_with_a_bad_argument)
{
	struct listener listener;
	struct login login;

	login_service("svc",
	    "auth required %s socket=%s agent_uid=%u\n"
	    "session required %s socket=%s agent_uid=%u\n"
	    "session optional %s no_such_argument\n",
	    MODULE, login_path("socket"), (unsigned)geteuid(), MODULE,
	    login_path("socket"), (unsigned)geteuid(), MODULE);
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	journal_clear();
	ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
	ck_assert(scene_logged("\"no_such_argument\" refused"));
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* What su and login fork closes nothing, nor does one with another uid. */
START_TEST(another_process_closes_nothing)
{
	struct listener listener;
	struct login login;
	int status;
	pid_t child;

	session_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(pam_open_session(login.pamh, 0), PAM_SUCCESS);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		int code = pam_close_session(login.pamh, 0);

		pam_end(login.pamh, PAM_SUCCESS | PAM_DATA_SILENT);
		_exit(
		    code == PAM_SUCCESS && listener.seen->packets == 2 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(seteuid(65534), 0);
		ck_assert_int_eq(pam_close_session(login.pamh, 0), PAM_SUCCESS);
		ck_assert_uint_eq(listener.seen->packets, 2);
		ck_assert_int_eq(seteuid(0), 0);
	}
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase, open_session, 0, COUNT(opens));
	tcase_add_test(tcase, the_session_of_another);
	tcase_add_test(tcase, the_environment_is_enough);
	tcase_add_test(tcase, no_handle_is_not_ours);
	tcase_add_loop_test(
	    tcase, a_bad_handle_opens_none, 0, COUNT(bad_handles));
	tcase_add_test(tcase, a_long_login_opens_none);
	tcase_add_loop_test(tcase, a_long_name_opens_none, 0, 2);
	tcase_add_test(tcase, close_session_with_a_bad_argument);
	tcase_add_test(tcase, no_session_without_agent);
	tcase_add_test(tcase, a_handle_is_forgotten);
	tcase_add_test(tcase, a_bad_argument_takes_it_away_too);
	tcase_add_loop_test(tcase, close_session, 0, 3);
	tcase_add_test(tcase, close_session_without_agent);
	tcase_add_test(tcase, another_process_closes_nothing);
}

int
main(void)
{
	return scene_run("module: session", add_tests);
}
