/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Who may not ask and asks: refused, whenever the question comes, and the log
 * says which service it was for.  It takes another uid, so root; else skipped.
 */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define STRANGER  61874
#define STRANGERS 16 /* of whom the agent waits for a question */
#define SKIPPED	  77

/* Whatever the machine does meanwhile, it comes within that. */
#define LONG_MS 60000

/* Found out before the fork: a child's folder would be another one. */
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static int
connect_user(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address,
			  sizeof(address)) != 0)
		return -1;
	return fd;
}

static bool
answered_within(int fd, int ms)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, ms) == 1;
}

static void
send_question(int fd)
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of("atk_000000000000000000000000000000000000000"
				 "00000"),
		.login = span_of("alice"),
		.service = span_of("lonely") };
	uint8_t packet[PROTO_QUESTION_MAX];
	struct wirebuf w;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
	(void)!send(fd, packet, wirebuf_size(&w), MSG_NOSIGNAL);
}

static bool
is_refused(int fd)
{
	uint8_t reply[PROTO_ANSWER_SIZE];

	return answered_within(fd, LONG_MS) &&
	       recv(fd, reply, sizeof(reply), 0) == (ssize_t)sizeof(reply) &&
	       reply[2] == STATUS_REFUSED;
}

/*
 * As if the module were kept from running between its connect and its send.
 * Nothing may come before the question, which a refusal unheard would.
 */
static bool
late_question(void)
{
	int fd = connect_user();

	if (fd < 0 || answered_within(fd, 100))
		return false;
	send_question(fd);
	return is_refused(fd);
}

/* Those who say nothing do not keep the next one waiting. */
static bool
too_many(void)
{
	int fd;

	for (int i = 0; i < STRANGERS; i++)
		if (connect_user() < 0)
			return false;
	fd = connect_user();
	return fd >= 0 && is_refused(fd);
}

/* The agent waits for a question for two seconds; on a machine that takes
 * longer for what is above, another try. */
static bool
as_stranger(bool (*try)(void))
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		if (setgid(STRANGER) != 0 || setuid(STRANGER) != 0)
			_exit(2);
		for (int i = 0; i < 5; i++)
			if (try())
				_exit(0);
		_exit(1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static pid_t
start(void)
{
	pid_t agent = realagent_start("");

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    login_path("user.sock"));
	ck_assert_int_eq(chmod(login_folder(), 0711), 0);
	return agent;
}

START_TEST(a_late_question_is_logged)
{
	pid_t agent = start();

	ck_assert(as_stranger(late_question));
	ck_assert_int_ge(
	    realagent_logged("login not answered: caller may not ask "
			     "user=\"alice\" service=\"lonely\" "
			     "caller=61874",
		1),
	    1);
	realagent_stop(agent);
}
END_TEST

START_TEST(silent_ones_are_not_waited_for_without_end)
{
	pid_t agent = start();

	ck_assert(as_stranger(too_many));
	ck_assert(as_stranger(late_question));
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("stranger");
	TCase *tcase = tcase_create("stranger");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (geteuid() != 0) {
		srunner_free(runner);
		return SKIPPED;
	}
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, a_late_question_is_logged);
	tcase_add_test(tcase, silent_ones_are_not_waited_for_without_end);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
