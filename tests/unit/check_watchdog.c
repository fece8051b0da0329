/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/server/duties.h"
#include "agent/server/notify.h"
#include "agent/server/watchdog.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/deaf_writer.h"

#define EVERY_MS  UINT64_C(1000)
#define MINUTE_MS UINT64_C(60000)

static struct fixture fixture;
static struct watchdog watchdog;
static int listener;

/* The service manager's end. */
static void
listen_for_beats(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify",
	    fixture.folder);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

static void
setup(void)
{
	fixture_open(&fixture, "");
	listen_for_beats();
	ck_assert_int_eq(pulse_init(&fixture.agent.serve_pulse), 0);
	ck_assert_int_eq(pulse_init(&fixture.agent.writer_pulse), 0);
	setenv("WATCHDOG_USEC", "4000000", 1);
	unsetenv("WATCHDOG_PID");
	watchdog_init(&watchdog);
}

static void
teardown(void)
{
	pulse_fini(&fixture.agent.serve_pulse);
	pulse_fini(&fixture.agent.writer_pulse);
	close(listener);
	fixture_close(&fixture);
}

/* How many beats came since the last call. */
static int
heard(void)
{
	char text[64];
	int count = 0;

	for (;;) {
		ssize_t got = recv(listener, text, sizeof(text), MSG_DONTWAIT);

		if (got < 0)
			return count;
		ck_assert_int_eq(got, 10);
		ck_assert_int_eq(memcmp(text, "WATCHDOG=1", 10), 0);
		count++;
	}
}

static void
answer_both(void)
{
	pulse_answer(&fixture.agent.serve_pulse);
	pulse_answer(&fixture.agent.writer_pulse);
}

START_TEST(a_pulse_is_answered_once)
{
	const struct pulse *pulse = &fixture.agent.serve_pulse;
	const struct pulse none = { 0 };

	ck_assert(pulse_is_answered(pulse));
	pulse_ask(pulse);
	ck_assert(!pulse_is_answered(pulse));
	pulse_ask(pulse);
	ck_assert(!pulse_is_answered(pulse));
	pulse_answer(pulse);
	ck_assert(pulse_is_answered(pulse));
	pulse_ask(&none);
	ck_assert(pulse_is_answered(&none));
}
END_TEST

START_TEST(it_beats_while_both_answer)
{
	uint64_t now = 5000;

	ck_assert_uint_eq(watchdog.every, EVERY_MS);
	for (int i = 0; i < 10; i++) {
		watchdog_beat(&watchdog, &fixture.agent, now);
		ck_assert_int_eq(heard(), 1);
		answer_both();
		now += EVERY_MS;
	}
}
END_TEST

START_TEST(without_the_serve_thread_it_is_silent)
{
	uint64_t now = 5000;

	watchdog_beat(&watchdog, &fixture.agent, now);
	ck_assert_int_eq(heard(), 1);
	for (int i = 0; i < 5; i++) {
		now += EVERY_MS;
		pulse_answer(&fixture.agent.writer_pulse);
		watchdog_beat(&watchdog, &fixture.agent, now);
		ck_assert_int_eq(heard(), 0);
	}
	answer_both();
	watchdog_beat(&watchdog, &fixture.agent, now + EVERY_MS);
	ck_assert_int_eq(heard(), 1);
}
END_TEST

/* A disk may be slow: logins do not need it. */
START_TEST(the_writer_gets_ten_minutes)
{
	uint64_t now = 5000;

	watchdog_beat(&watchdog, &fixture.agent, now);
	ck_assert_int_eq(heard(), 1);
	pulse_answer(&fixture.agent.serve_pulse);
	watchdog_beat(&watchdog, &fixture.agent, now + 10 * MINUTE_MS - 1);
	ck_assert_int_eq(heard(), 1);
	pulse_answer(&fixture.agent.serve_pulse);
	watchdog_beat(&watchdog, &fixture.agent, now + 10 * MINUTE_MS);
	ck_assert_int_eq(heard(), 0);
	answer_both();
	watchdog_beat(&watchdog, &fixture.agent, now + 11 * MINUTE_MS);
	ck_assert_int_eq(heard(), 1);
}
END_TEST

static void
on_round(void *arg)
{
	struct agent *agent = arg;

	pulse_answer(&agent->writer_pulse);
}

/* An idle one is woken to answer. */
START_TEST(the_real_writer_answers)
{
	struct writer_options options = deaf_writer(fixture.agent.store);
	int left = 1000;

	options.on_round = on_round;
	options.arg = &fixture.agent;
	ck_assert_int_eq(writer_start(&options, &fixture.agent.writer), 0);
	watchdog_beat(&watchdog, &fixture.agent, 1);
	while (!pulse_is_answered(&fixture.agent.writer_pulse) && left-- > 0)
		poll(NULL, 0, 10);
	ck_assert_int_gt(left, 0);
	writer_stop(fixture.agent.writer);
	fixture.agent.writer = NULL;
}
END_TEST

/* As a duty: as often as is wanted, and first at once. */
START_TEST(it_is_a_duty)
{
	struct duties *duties = NULL;
	uint64_t now = 5000;

	ck_assert_int_eq(duties_new(&fixture.agent, &duties), 0);
	for (int i = 0; i < 5; i++) {
		int wait = duties_run(duties, now);

		ck_assert_int_eq(heard(), 1);
		ck_assert_int_le(wait, (int)EVERY_MS);
		answer_both();
		duties_run(duties, now + EVERY_MS - 1);
		ck_assert_int_eq(heard(), 0);
		now += EVERY_MS;
	}
	duties_free(duties);
}
END_TEST

static const struct {
	const char *usec, *pid;
	uint64_t ms;
} variables[] = {
	{ "30000000", NULL, 30000 },
	{ "30000000", "self", 30000 },
	{ "30000000", "1", 0 },
	{ "30000000", "", 0 },
	{ NULL, NULL, 0 },
	{ NULL, "self", 0 },
	{ "0", NULL, 0 },
	{ "", NULL, 0 },
	{ "soon", NULL, 0 },
	{ "999", NULL, 0 },
};

static void
set_or_unset(const char *name, const char *value)
{
	if (value != NULL)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

START_TEST(the_variables_are_for_one_process)
{
	char self[32];
	const char *pid = variables[_i].pid;

	snprintf(self, sizeof(self), "%ld", (long)getpid());
	set_or_unset("WATCHDOG_USEC", variables[_i].usec);
	set_or_unset("WATCHDOG_PID",
	    pid != NULL && strcmp(pid, "self") == 0 ? self : pid);
	ck_assert_uint_eq(notify_watchdog_ms(), variables[_i].ms);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("watchdog");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_pulse_is_answered_once);
	tcase_add_test(tcase, it_beats_while_both_answer);
	tcase_add_test(tcase, without_the_serve_thread_it_is_silent);
	tcase_add_test(tcase, the_writer_gets_ten_minutes);
	tcase_add_test(tcase, the_real_writer_answers);
	tcase_add_test(tcase, it_is_a_duty);
	tcase_add_loop_test(
	    tcase, the_variables_are_for_one_process, 0, (int)COUNT(variables));
	return run_cases("watchdog", &tcase, 1);
}
