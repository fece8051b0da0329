/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent's clock steps by up to 20 years, either way, while it is asked.  A
 * token that was refused as expired stays so, whatever the clock says later
 * and through a start; another expiry lifts that, and a wrong step harms
 * nobody else.  Who waits for an answer has it as soon as ever.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/duration.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/realagent.h"

#define YEAR	    (INT64_C(365) * 24 * 3600)
#define HOUR	    3600
#define PASS	    300 /* s; less than STEADY_STEP */
#define PATIENCE_MS 10000
#define YEARS	    20
#define STEPS	    60
#define STEPS_LONG  3000
#define RESTARTS    20	    /* one start for so many steps */
#define ANSWER_US   2000000 /* the module waits no longer */
#define CONFIG	    ""

static pid_t agent, load;
static struct asking_token forever, gone;
static int gate[2];

static void
step_clock(int64_t seconds)
{
	faulty_control()->clock_step = seconds;
}

static int64_t
clock_says(void)
{
	return (int64_t)time(NULL) + faulty_control()->clock_step +
	       faulty_control()->time_passed;
}

static int64_t
random_step(void)
{
	int64_t most = YEARS * YEAR;

	/* Small ones as often as large ones. */
	for (unsigned i = faulty_random(4); i > 0; i--)
		most /= 100;
	return (int64_t)((double)faulty_random(1 << 30) / (1 << 29) *
			 (double)most) -
	       most;
}

/* Asks all the time, until its gate is opened: a token that never ends is
 * never refused, one that is gone never let in, and nobody waits. */
static _Noreturn void
ask_all_the_time(void)
{
	uint64_t longest = 0;
	unsigned long asked = 0;
	bool stopped = false;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(gate[1]);
	while (!stopped) {
		uint64_t began = faulty_now_us();
		int said = asking_login(
		    asked % 2 == 0 ? &forever : &gone, NULL);
		uint64_t took = faulty_now_us() - began;

		if (said != (asked++ % 2 == 0 ? STATUS_OK : STATUS_DENIED)) {
			fprintf(stderr, "clocks: the load was told %d\n", said);
			_exit(1);
		}
		longest = took > longest ? took : longest;
		if (asked % 64 == 0) {
			char byte;

			stopped = read(gate[0], &byte, 1) == 0;
		}
	}
	printf("clocks: %lu questions meanwhile, the longest %.1f ms\n", asked,
	    (double)longest / 1000);
	fflush(stdout);
	_exit(longest > ANSWER_US);
}

static void
load_start(void)
{
	ck_assert_int_eq(pipe2(gate, O_NONBLOCK), 0);
	load = fork();
	ck_assert_int_ge(load, 0);
	if (load == 0)
		ask_all_the_time();
	close(gate[0]);
}

static void
load_stop(void)
{
	int status;

	close(gate[1]);
	ck_assert_int_eq(waitpid(load, &status, 0), load);
	ck_assert_int_eq(status, 0);
}

static void
begin(void)
{
	asking_init();
	faulty_control();
	agent = faulty_start(CONFIG);
	ck_assert_int_eq(
	    asking_create("forever", USES_UNLIMITED, TIME_NEVER, &forever),
	    STATUS_OK);
	ck_assert_int_eq(
	    asking_create("gone", USES_UNLIMITED, TIME_NEVER, &gone),
	    STATUS_OK);
	ck_assert_int_eq(asking_revoke(gone.id), STATUS_OK);
}

/* The note of it is written behind the answer; a start may come before that,
 * and nobody was promised more than that then. */
static void
wait_until_written(const char *id)
{
	uint8_t state = 0;

	for (int i = 0; i < 1000 && state != STATE_EXPIRED; i++) {
		ck_assert_int_eq(asking_show(id, &state, NULL), STATUS_OK);
		if (state != STATE_EXPIRED)
			usleep(1000);
	}
	ck_assert_int_eq(state, STATE_EXPIRED);
}

struct dated {
	struct asking_token token;
	int64_t expires_at;
	bool lapsed; /* it was refused, since its expiry was set */
};

/* What the agent says of it at a time between two looks at the clock. */
static void
ask_dated(struct dated *dated)
{
	bool was_over = clock_says() >= dated->expires_at;
	int said = asking_login(&dated->token, NULL);
	bool is_over = clock_says() >= dated->expires_at;

	if (dated->lapsed || was_over)
		ck_assert_msg(said == STATUS_DENIED, "told %d after its end%s",
		    said, dated->lapsed ? ", and refused before" : "");
	else if (!is_over)
		ck_assert_int_eq(said, STATUS_OK);
	dated->lapsed = dated->lapsed || said == STATUS_DENIED;
}

static void
mend(struct dated *dated)
{
	dated->expires_at = clock_says() + HOUR;
	ck_assert_int_eq(
	    asking_set_expiry(dated->token.id, (uint64_t)dated->expires_at),
	    STATUS_OK);
	dated->lapsed = false;
	ask_dated(dated);
}

static void
restart(const struct dated *dated)
{
	/* Back before its end: what is written must say it. */
	step_clock(0);
	if (dated->lapsed)
		wait_until_written(dated->token.id);
	load_stop();
	realagent_stop(agent);
	agent = faulty_start(CONFIG);
	load_start();
}

START_TEST(steps_of_all_sizes)
{
	unsigned steps = faulty_is_long() ? STEPS_LONG : STEPS;
	struct dated dated = { .expires_at = time(NULL) + HOUR };
	unsigned mended = 0, refused = 0;

	begin();
	ck_assert_int_eq(asking_create("dated", USES_UNLIMITED,
			     (uint64_t)dated.expires_at, &dated.token),
	    STATUS_OK);
	load_start();
	for (unsigned i = 0; i < steps; i++) {
		step_clock(i % 2 == 0 ? random_step() : 0);
		for (int again = 0; again < 3; again++)
			ask_dated(&dated);
		refused += dated.lapsed;
		if (i % RESTARTS == RESTARTS - 1)
			restart(&dated);
		ask_dated(&dated);
		if (dated.lapsed && faulty_random(3) == 0) {
			mend(&dated);
			mended++;
		}
	}
	load_stop();
	printf("clocks: %u steps of up to %d years; the dated token was "
	       "refused after %u of them and mended %u times, never let in "
	       "between\n",
	    steps, YEARS, refused, mended);
	ck_assert_uint_gt(mended, 0);
	realagent_stop(agent);
}
END_TEST

/* What is done while the clock is wrong is so when it is right again. */
START_TEST(done_at_a_wrong_time)
{
	static const int64_t wrong[] = { -YEARS * YEAR, YEARS * YEAR };
	struct asking_token once, ended;

	begin();
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(asking_create(i == 0 ? "once" : "once again",
				     1, TIME_NEVER, &once),
		    STATUS_OK);
		ck_assert_int_eq(asking_create(i == 0 ? "end" : "end again",
				     USES_UNLIMITED, TIME_NEVER, &ended),
		    STATUS_OK);
		step_clock(wrong[i]);
		ck_assert_int_eq(asking_login(&once, NULL), STATUS_OK);
		ck_assert_int_eq(asking_revoke(ended.id), STATUS_OK);
		for (int j = 0; j < 3; j++) {
			ck_assert_int_eq(
			    asking_login(&once, NULL), STATUS_DENIED);
			ck_assert_int_eq(
			    asking_login(&ended, NULL), STATUS_DENIED);
			ck_assert_int_eq(
			    asking_login(&forever, NULL), STATUS_OK);
			step_clock(j == 0 ? 0 : -wrong[i]);
		}
		step_clock(0);
	}
	realagent_stop(agent);
}
END_TEST

/*
 * A step that the agent takes for none, so that it does not matter where it is
 * between a look at the one clock and at the other: they are not moved at once.
 */
static void
let_pass(int64_t seconds)
{
	for (int64_t passed = 0; passed < seconds; passed += PASS) {
		faulty_control()->time_passed += PASS;
		ck_assert_int_eq(asking_state(), STATUS_OK);
	}
}

/* The writer may be at it still; the agent asks itself again when woken. */
static void
wait_until_purged(const char *id)
{
	int said = STATUS_OK;

	for (int i = 0; i < PATIENCE_MS && said == STATUS_OK; i++) {
		said = asking_show(id, NULL, NULL);
		if (said == STATUS_OK)
			usleep(1000);
	}
	ck_assert_int_eq(said, STATUS_NOT_FOUND);
}

/* With a clock that is years ahead every date is long past; what would be
 * taken away for that is still there when it is right again, and for a day
 * from then.  What is over after that day goes. */
START_TEST(nothing_is_purged_by_a_wrong_clock)
{
	const char *config = "[limits]\nretention = 1h\n";
	struct asking_token dated, behind;

	asking_init();
	faulty_control();
	agent = faulty_start(config);
	ck_assert_int_eq(asking_create("dated", USES_UNLIMITED,
			     (uint64_t)time(NULL) + HOUR, &dated),
	    STATUS_OK);
	step_clock(YEARS * YEAR);
	for (int i = 0; i < 6; i++) {
		if (i == 3) {
			realagent_stop(agent);
			agent = faulty_start(config);
		}
		let_pass(2 * HOUR);
		ck_assert_int_eq(asking_show(dated.id, NULL, NULL), STATUS_OK);
	}
	ck_assert_int_eq(asking_login(&dated, NULL), STATUS_DENIED);
	step_clock(0);
	let_pass(2 * HOUR);
	ck_assert_int_eq(
	    asking_set_expiry(dated.id, (uint64_t)clock_says() + HOUR),
	    STATUS_OK);
	ck_assert_int_eq(asking_login(&dated, NULL), STATUS_OK);
	/* Over for more than its hour, and the day is not.  Another change is
	 * written behind what was to be purged by then. */
	let_pass(20 * HOUR);
	ck_assert_int_eq(
	    asking_create("behind", USES_UNLIMITED, TIME_NEVER, &behind),
	    STATUS_OK);
	ck_assert_int_eq(asking_show(dated.id, NULL, NULL), STATUS_OK);
	let_pass(4 * HOUR);
	wait_until_purged(dated.id);
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("clocks");

	tcase_add_test(tcase, steps_of_all_sizes);
	tcase_add_test(tcase, done_at_a_wrong_time);
	tcase_add_test(tcase, nothing_is_purged_by_a_wrong_clock);
	return faulty_run("clocks", tcase);
}
