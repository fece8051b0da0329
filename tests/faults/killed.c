/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent is killed by SIGKILL at random moments while tokens are made,
 * revoked and used, and while sessions are opened and ended.  What was
 * acknowledged is so after the next start, and for good; a use is had once; a
 * session ends with its token, whichever agent was told.  100 times, or 1,000
 * in the long form.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/duration.h"
#include "tests/faults/asking.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define CYCLES	    100
#define CYCLES_LONG 1000
#define WORKERS	    3
#define TOKENS_MAX  100000
#define MOMENT_US   60000 /* an agent lives so long at the most */
#define END_MS	    5000  /* within which a session ends */
#define CONFIG	    "[service svc]\nsessions = process\n"

/* What a worker was told about a token, in memory of all. */
struct told {
	struct asking_token token;
	bool made;
	bool is_once;
	bool revoking, revoked; /* asked for; said to be done */
	bool using, used;
};

static struct shared {
	_Atomic unsigned count;
	struct told tokens[TOKENS_MAX];
} * shared;

/* A process with a session of a token of its own. */
struct session {
	struct asking_token token;
	pid_t pid;
	int told; /* what the agent said of its opening */
};

static pid_t agent;
static unsigned lost, twice, sessions_ended, revived;
static uint64_t back_us[CYCLES_LONG];

static unsigned
cycles(void)
{
	return faulty_is_long() ? CYCLES_LONG : CYCLES;
}

/* One token's life; false once there is no agent. */
static bool
live(struct told *told, const char *name, unsigned turn)
{
	told->is_once = turn % 3 == 2;
	if (asking_create(name, told->is_once ? 1 : USES_UNLIMITED,
		EXPIRES_DEFAULT, &told->token) != STATUS_OK)
		return false;
	told->made = true;
	if (turn % 3 == 1) {
		told->revoking = true;
		told->revoked = asking_revoke(told->token.id) == STATUS_OK;
		return told->revoked;
	}
	if (turn % 3 == 2) {
		told->using = true;
		told->used = asking_login(&told->token, NULL) == STATUS_OK;
		return told->used;
	}
	return true;
}

static pid_t
start_worker(unsigned cycle, unsigned worker)
{
	pid_t child = fork();
	char name[48];

	ck_assert_int_ge(child, 0);
	if (child > 0)
		return child;
	for (unsigned turn = worker;; turn++) {
		unsigned at = shared->count++;

		if (at >= TOKENS_MAX)
			_exit(1);
		snprintf(name, sizeof(name), "t-%u-%u-%u", cycle, worker, turn);
		if (!live(&shared->tokens[at], name, turn))
			_exit(0);
	}
}

static _Noreturn void
be_session(struct session *session, int report)
{
	uint8_t ticket[PROTO_TICKET_SIZE];

	session->pid = getpid();
	session->told = asking_login(&session->token, ticket);
	if (session->told == STATUS_OK)
		session->told = asking_follow(OP_SESSION_OPEN, ticket);
	/* Somebody whom the agent may signal. */
	if (geteuid() == 0 &&
	    setresuid(realagent_uid(), realagent_uid(), realagent_uid()) != 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	(void)!write(report, session, sizeof(*session));
	for (;;)
		pause();
}

/* Not waited for: the agent may be killed while it opens. */
static pid_t
start_session(struct session *session, int *report)
{
	int ends[2];
	pid_t child;

	ck_assert_int_eq(asking_create("session", USES_UNLIMITED,
			     EXPIRES_DEFAULT, &session->token),
	    STATUS_OK);
	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		be_session(session, ends[1]);
	close(ends[1]);
	*report = ends[0];
	return child;
}

/* In a child, so that it may be under way when the agent is killed. */
static pid_t
start_revocation(const struct session *session)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(asking_revoke(session->token.id) == STATUS_OK ? 0 : 1);
	return child;
}

static bool
ends_in_time(pid_t child)
{
	uint64_t until = faulty_now_us() + END_MS * 1000;

	while (faulty_now_us() < until) {
		if (waitpid(child, NULL, WNOHANG) == child)
			return true;
		usleep(1000);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return false;
}

/* Whether what was told of it is still so. */
static void
look_at(const struct told *told)
{
	int status;
	uint8_t state;

	if (!told->made)
		return;
	status = asking_login(&told->token, NULL);
	ck_assert_msg(status == STATUS_OK || status == STATUS_DENIED,
	    "no verdict: %d", status);
	if (told->is_once) {
		twice += told->used && status == STATUS_OK;
		lost += !told->using && status != STATUS_OK;
		twice += status == STATUS_OK &&
			 asking_login(&told->token, NULL) == STATUS_OK;
		return;
	}
	if (status == STATUS_OK)
		revived += told->revoked;
	else
		lost += !told->revoking;
	if (asking_show(told->token.id, &state, NULL) != STATUS_OK)
		lost++;
	else if (told->revoked && state != STATE_REVOKED)
		revived++;
}

/* A one-time token that was looked at is used; the others stay as they were
 * told. */
static void
look_from(unsigned first)
{
	unsigned count = shared->count;

	for (unsigned i = first; i < count; i++) {
		struct told *told = &shared->tokens[i];

		look_at(told);
		told->using = told->used = told->is_once;
	}
	ck_assert_msg(lost + twice + revived == 0,
	    "%u lost, %u used twice, %u revived", lost, twice, revived);
}

/* How long nobody was served, by the clock of who asks. */
static uint64_t
kill_and_start(pid_t *children, size_t count, const struct told *known)
{
	uint64_t began;

	realagent_kill(agent);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(waitpid(children[i], NULL, 0), children[i]);
	began = faulty_now_us();
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(asking_login(&known->token, NULL), STATUS_OK);
	return faulty_now_us() - began;
}

/* An agent was told to end a session, or is told now; it does. */
static void
settle_session(struct session *session, pid_t child, int report)
{
	uint8_t state = 0;

	if (read(report, session, sizeof(*session)) != sizeof(*session))
		session->told = -1;
	close(report);
	ck_assert_int_eq(
	    asking_show(session->token.id, &state, NULL), STATUS_OK);
	if (session->told != STATUS_OK) {
		/* Nobody was let in: nothing is to end. */
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	} else {
		if (state != STATE_REVOKED)
			ck_assert_int_eq(
			    asking_revoke(session->token.id), STATUS_OK);
		ck_assert_msg(ends_in_time(child),
		    "a session outlived its token: revoked %s",
		    state == STATE_REVOKED ? "before the kill" : "after it");
		sessions_ended++;
	}
	asking_delete(session->token.id);
}

static void
cycle(unsigned number, const struct told *known)
{
	unsigned first = shared->count;
	pid_t children[WORKERS + 1];
	struct session session = { 0 };
	size_t count = 0;
	int report;
	pid_t child = start_session(&session, &report);

	for (unsigned i = 0; i < WORKERS; i++)
		children[count++] = start_worker(number, i);
	if (number % 2 == 0) {
		usleep(faulty_random(MOMENT_US / 2));
		children[count++] = start_revocation(&session);
	}
	/* Here time itself is what is random. */
	usleep(faulty_random(MOMENT_US));
	back_us[number] = kill_and_start(children, count, known);
	settle_session(&session, child, report);
	look_from(first);
}

static int
compare(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

static void
say(void)
{
	unsigned made = 0, revoked = 0, used = 0;

	for (unsigned i = 0; i < shared->count; i++) {
		made += shared->tokens[i].made;
		revoked += shared->tokens[i].revoked;
		used += shared->tokens[i].used;
	}
	qsort(back_us, cycles(), sizeof(*back_us), compare);
	printf("killed: %u kills; acknowledged: %u made, %u revoked, %u used, "
	       "%u sessions ended; 0 lost, 0 twice; serves again in %.1f ms "
	       "(median), %.1f ms at most\n",
	    cycles(), made, revoked, used, sessions_ended,
	    (double)back_us[cycles() / 2] / 1000,
	    (double)back_us[cycles() - 1] / 1000);
	/* Nothing made is nothing tried. */
	ck_assert_uint_gt(revoked, cycles());
	ck_assert_uint_gt(used, cycles());
	ck_assert_uint_gt(sessions_ended, cycles() / 3);
}

START_TEST(what_was_said_is_so)
{
	struct told known = { .made = true };

	asking_init();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	agent = realagent_start(CONFIG);
	ck_assert_int_eq(asking_create("known", USES_UNLIMITED, EXPIRES_DEFAULT,
			     &known.token),
	    STATUS_OK);
	for (unsigned i = 0; i < cycles(); i++)
		cycle(i, &known);
	/* All of it, through all the deaths since. */
	look_from(0);
	say();
	realagent_stop(agent);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("killed");

	tcase_add_test(tcase, what_was_said_is_so);
	return faulty_run("killed", tcase);
}
