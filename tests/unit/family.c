/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/family.h"
#include "common/clock.h"

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What each of them has of the others. */
struct birth {
	int ways;
	int hold[2];
	int report[2];
};

struct report {
	enum kin kin;
	pid_t pid;
};

/* Says that it is there, and lives until the test has ended. */
static _Noreturn void
live(const struct birth *birth, enum kin kin)
{
	const struct report report = { kin, getpid() };
	char byte;

	signal(
	    SIGTERM, (birth->ways & FAMILY_STUBBORN) != 0 ? SIG_IGN : SIG_DFL);
	(void)!write(birth->report[1], &report, sizeof(report));
	(void)!read(birth->hold[0], &byte, 1);
	_exit(0);
}

/* Without waiting for it: a parent that has ended leaves an orphan. */
static void
bear(const struct birth *birth, enum kin kin)
{
	pid_t pid = fork();

	if (pid != 0)
		return;
	if (kin == KIN_SETSID)
		setsid();
	if (kin == KIN_ORPHAN && fork() != 0)
		_exit(0);
	live(birth, kin);
}

/* Each in a setsid() session of its own; the parents end before it does. */
static void
bear_more(const struct birth *birth)
{
	char byte;

	for (int i = 0; i < FAMILY_MORE; i++)
		if (fork() == 0) {
			setsid();
			(void)!read(birth->hold[0], &byte, 1);
			_exit(0);
		}
}

static _Noreturn void
lead(const struct birth *birth)
{
	close(birth->hold[1]);
	if ((birth->ways & FAMILY_INNER) == 0)
		setsid();
	if ((birth->ways & FAMILY_LARGE) != 0)
		bear_more(birth);
	bear(birth, KIN_CHILD);
	bear(birth, KIN_SETSID);
	bear(birth, KIN_ORPHAN);
	live(birth, KIN_LEADER);
}

/* A grandchild whose parent ends is nobody's child here. */
static void
send_out(const struct birth *birth, enum kin kin)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0) {
		ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
		return;
	}
	close(birth->hold[1]);
	/* Those that are of nobody's setsid() session are in this one. */
	setsid();
	if (fork() != 0)
		_exit(0);
	if (kin == KIN_LEADER)
		lead(birth);
	setsid();
	live(birth, kin);
}

void
family_begin(struct family *family, int ways)
{
	struct birth birth = { .ways = ways };
	struct report report;

	ck_assert_int_eq(pipe2(birth.hold, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(birth.report, O_CLOEXEC), 0);
	send_out(&birth, KIN_LEADER);
	send_out(&birth, KIN_STRANGER);
	close(birth.report[1]);
	for (int i = 0; i < KIN_COUNT; i++) {
		ck_assert_int_eq(read(birth.report[0], &report, sizeof(report)),
		    (int)sizeof(report));
		ck_assert_int_eq(
		    process_read(report.pid, &family->kin[report.kin]), 0);
	}
	close(birth.report[0]);
	close(birth.hold[0]);
	family->hold = birth.hold[1];
	ck_assert_int_eq(
	    process_open(&family->kin[KIN_LEADER], &family->pidfd), 0);
}

void
family_end(struct family *family)
{
	close(family->hold);
	close(family->pidfd);
}

bool
family_lives(const struct family *family, enum kin kin)
{
	bool lives;
	int pidfd;

	if (process_open(&family->kin[kin], &pidfd) < 0)
		return false;
	lives = !process_has_ended(pidfd);
	close(pidfd);
	return lives;
}

bool
family_waits(uint64_t until)
{
	if (clock_ms() >= until)
		return false;
	poll(NULL, 0, 20);
	return true;
}
