/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Session handles in the wrong hands: stolen by another uid, played twice,
 * every bit of one flipped, shown for another service or login.  None of them
 * is taken, none spoils the real one, and none ends a session; what the real
 * one opens can be ended at once.  It takes other uids, so root; else skipped.
 * (A late one: tests/unit/check_sessions.)
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/adminmessage.h"
#include "common/client.h"
#include "common/message.h"
#include "common/sessionmessage.h"
#include "common/tokentext.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define SKIPPED	 77
#define CALLER	 1     /* daemon, whom the services name */
#define STRANGER 61874 /* whom nobody does */
#define ASK_MS	 10000

static pid_t agent;
static char token[TOKEN_TEXT_SIZE + 2];
static uint8_t ticket[PROTO_TICKET_SIZE];

/* The status of the answer, or -1. */
static int
ask_as(uid_t uid, const char *socket, const struct question *question,
    uint8_t answered[PROTO_TICKET_SIZE])
{
	const struct client client = { login_path(socket), CLIENT_ANY_UID,
		ASK_MS };
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct wirebuf w;
	size_t got;
	pid_t child;
	int status;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, question);
	if (uid != 0) {
		child = fork();
		if (child == 0) {
			if (setgid(uid) != 0 || setuid(uid) != 0 ||
			    client_ask(&client,
				span_bytes(packet, wirebuf_size(&w)), reply,
				sizeof(reply), &got) != 0)
				_exit(0);
			_exit(reply[2]);
		}
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		return WEXITSTATUS(status);
	}
	if (client_ask(&client, span_bytes(packet, wirebuf_size(&w)), reply,
		sizeof(reply), &got) != 0 ||
	    got != sizeof(reply))
		return -1;
	if (answered != NULL)
		memcpy(answered, reply + PROTO_HEADER_SIZE, PROTO_TICKET_SIZE);
	return reply[2];
}

static struct question
about(enum opcode opcode, const char *login, const char *service)
{
	return (struct question) { .opcode = opcode,
		.token = span_of(token),
		.ticket = span_bytes(ticket, sizeof(ticket)),
		.login = span_of(login),
		.service = span_of(service) };
}

static int
open_as_root(const char *login, const char *service)
{
	const struct question question = about(OP_SESSION_OPEN, login, service);

	return ask_as(0, "auth.sock", &question, NULL);
}

static void
log_in(void)
{
	const struct question question = about(OP_AUTHENTICATE, "alice", "svc");

	ck_assert_int_eq(ask_as(0, "auth.sock", &question, ticket), STATUS_OK);
}

static void
begin(void)
{
	const char *const create[] = { "create", "t", "--user", "alice",
		"--quiet", NULL };

	agent = realagent_start("[service svc]\nsessions = process\n"
				"callers = daemon\n"
				"[service other]\nsessions = process\n"
				"callers = daemon\n");
	ck_assert_int_eq(chmod(login_folder(), 0711), 0);
	ck_assert_int_eq(realagent_command(token, sizeof(token), create), 0);
	log_in();
}

static void
end(void)
{
	realagent_stop(agent);
}

START_TEST(a_handle_is_good_once)
{
	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_DENIED);
	/* Nor is it one of the next login. */
	log_in();
	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
}
END_TEST

START_TEST(a_forged_one_is_none)
{
	for (size_t bit = 0; bit < 8 * sizeof(ticket); bit++) {
		ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_DENIED);
		ticket[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
}
END_TEST

START_TEST(it_is_for_its_login_and_service)
{
	ck_assert_int_eq(open_as_root("bob", "svc"), STATUS_DENIED);
	ck_assert_int_eq(open_as_root("root", "svc"), STATUS_DENIED);
	ck_assert_int_eq(open_as_root("", "svc"), STATUS_DENIED);
	ck_assert_int_eq(open_as_root("alice", "other"), STATUS_DENIED);
	ck_assert_int_eq(open_as_root("alice", "sudo"), STATUS_DENIED);
	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
}
END_TEST

static const enum opcode of_tickets[] = { OP_ACCOUNT, OP_SESSION_OPEN,
	OP_SESSION_CLOSE };

/* Whoever read it in somebody's environment. */
START_TEST(a_thief_has_nothing)
{
	struct question question;

	for (size_t i = 0; i < sizeof(of_tickets) / sizeof(*of_tickets); i++) {
		question = about(of_tickets[i], "alice", "svc");
		ck_assert_int_eq(ask_as(STRANGER, "user.sock", &question, NULL),
		    STATUS_REFUSED);
		ck_assert_int_eq(
		    ask_as(STRANGER, "auth.sock", &question, NULL), 0);
	}
	question = about(OP_SESSION_OPEN, "alice", "svc");
	ck_assert_int_eq(
	    ask_as(CALLER, "user.sock", &question, NULL), STATUS_REFUSED);
	question = about(OP_SESSION_CLOSE, "alice", "svc");
	ck_assert_int_eq(
	    ask_as(CALLER, "user.sock", &question, NULL), STATUS_REFUSED);
	question = about(OP_SESSION_OPEN, "alice", "other");
	ck_assert_int_eq(
	    ask_as(CALLER, "user.sock", &question, NULL), STATUS_DENIED);
	/* It was not used up by them. */
	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
}
END_TEST

/* Neither the handle nor the pid: another process does not end it. */
START_TEST(only_its_process_closes_a_session)
{
	const char *const list[] = { "sessions", "-o", "jsonl", "--quiet",
		NULL };
	const struct question question = about(
	    OP_SESSION_CLOSE, "alice", "svc");
	char line[512];
	pid_t child;
	int status;

	ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
	child = fork();
	if (child == 0)
		_exit(ask_as(0, "auth.sock", &question, NULL) == -1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ask_as(CALLER, "user.sock", &question, NULL);
	ask_as(STRANGER, "user.sock", &question, NULL);
	ck_assert_int_eq(realagent_command(line, sizeof(line), list), 0);
	ck_assert_ptr_nonnull(strstr(line, "\"alice\""));
}
END_TEST

/* On a connection that is there before what is asked about happens. */
static int
sit_down(void)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, login_path("admin.sock"));
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	nanosleep(&nap, NULL);
	return fd;
}

/* How many sessions of the token the agent says it would end. */
static unsigned
count_sessions(int fd)
{
	const struct session_end_request request = {
		.token = span_bytes(token + 4, TOKEN_ID_SIZE), .dry_run = true
	};
	static uint8_t bytes[PROTO_MESSAGE_MAX];
	struct admin_reply said;
	struct wirebuf w;
	ssize_t got;
	unsigned count;

	wirebuf_write(&w, bytes, sizeof(bytes));
	request_begin(&w, OP_SESSION_END);
	session_end_request_put(&w, &request);
	ck_assert_int_eq(
	    send(fd, bytes, wirebuf_size(&w), 0), (int)wirebuf_size(&w));
	got = recv(fd, bytes, sizeof(bytes), 0);
	ck_assert_int_gt(got, 0);
	close(fd);
	wirebuf_read(&w, bytes, (size_t)got);
	ck_assert_int_eq(admin_reply_get(&w, OP_SESSION_END, &said), 0);
	ck_assert_int_eq(said.status, STATUS_OK);
	count = wirebuf_get_u16(&w);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	return count;
}

/* Who was told that a session is open finds it, however soon. */
START_TEST(what_was_answered_is_known_at_once)
{
	for (unsigned i = 0; i < 300; i++) {
		int fd = sit_down();

		ck_assert_int_eq(open_as_root("alice", "svc"), STATUS_OK);
		ck_assert_uint_eq(count_sessions(fd), i + 1);
		log_in();
	}
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("handles");
	TCase *tcase = tcase_create("handles");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (geteuid() != 0) {
		srunner_free(runner);
		return SKIPPED;
	}
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, a_handle_is_good_once);
	tcase_add_test(tcase, a_forged_one_is_none);
	tcase_add_test(tcase, it_is_for_its_login_and_service);
	tcase_add_test(tcase, a_thief_has_nothing);
	tcase_add_test(tcase, only_its_process_closes_a_session);
	tcase_add_test(tcase, what_was_answered_is_known_at_once);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
