/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/names.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/message.h"
#include "tests/unit/model_fixture.h"

#define NO_UID	4242424
#define NO_NAME "apitoken-nobody-at-all"

static struct names *names;

static void
setup(void)
{
	ck_assert_int_eq(names_start(&names), 0);
}

static void
teardown(void)
{
	names_stop(names);
}

/* The only child of a thread's, which the kernel knows; 0: none, or this kernel
 * does not tell. */
static pid_t
child_of(pid_t parent, pid_t thread)
{
	char path[64];
	FILE *file;
	long pid = 0;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children",
	    (long)parent, (long)thread);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld", &pid) != 1)
		pid = 0;
	fclose(file);
	return (pid_t)pid;
}

static pid_t
keeper_pid(void)
{
	return child_of(getpid(), (pid_t)syscall(SYS_gettid));
}

/* The one that answers, once it is there and is not that one. */
static pid_t
child_pid(pid_t other)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	pid_t keeper = keeper_pid();
	pid_t pid = 0;

	for (int i = 0; i < 5000 && keeper != 0; i++) {
		pid = child_of(keeper, keeper);
		if (pid != 0 && pid != other)
			return pid;
		nanosleep(&moment, NULL);
	}
	return 0;
}

static void
expect_login(uid_t uid, const char *expected)
{
	char login[LOGIN_MAX + 1] = "untouched";

	ck_assert_int_eq(names_login(names, uid, login, sizeof(login)),
	    expected != NULL ? 0 : ERROR_NOT_FOUND);
	ck_assert_str_eq(login, expected != NULL ? expected : "untouched");
}

static void
expect_uid(const char *login, int rv, uid_t expected)
{
	uid_t uid = 77;
	gid_t gid = 78;

	ck_assert_int_eq(names_uid(names, login, &uid, &gid), rv);
	ck_assert_uint_eq(uid, rv == 0 ? expected : 77);
	ck_assert_uint_eq(rv == 0, gid != 78);
}

/* Each twice: the second answer is one that was kept. */
START_TEST(who_is_there_is_found)
{
	for (int i = 0; i < 2; i++) {
		expect_login(0, "root");
		expect_uid("root", 0, 0);
	}
}
END_TEST

START_TEST(who_is_not_there_is_not)
{
	for (int i = 0; i < 2; i++) {
		expect_login(NO_UID, NULL);
		expect_login((uid_t)-2, NULL);
		expect_uid(NO_NAME, ERROR_NOT_FOUND, 0);
		expect_uid("", ERROR_NOT_FOUND, 0);
		expect_uid("root ", ERROR_NOT_FOUND, 0);
		expect_uid("ROOT", ERROR_NOT_FOUND, 0);
	}
	expect_login(0, "root");
}
END_TEST

START_TEST(everybody_is_as_the_libc_says)
{
	struct passwd *user;
	int count = 0;

	setpwent();
	while ((user = getpwent()) != NULL && count++ < 100) {
		uid_t uid;
		gid_t gid;

		ck_assert_int_eq(
		    names_uid(names, user->pw_name, &uid, &gid), 0);
		ck_assert_uint_eq(uid, user->pw_uid);
		ck_assert_uint_eq(gid, user->pw_gid);
	}
	endpwent();
	ck_assert_int_gt(count, 1);
}
END_TEST

static void
expect_gid(const char *group, int rv, gid_t expected)
{
	gid_t gid = 77;

	ck_assert_int_eq(names_gid(names, group, &gid), rv);
	ck_assert_uint_eq(gid, rv == 0 ? expected : 77);
}

/* A user of the same name is another question. */
START_TEST(groups_are_as_the_libc_says)
{
	char longest[LOGIN_MAX + 2];
	struct group *group;
	int count = 0;

	expect_uid("root", 0, 0);
	setgrent();
	while ((group = getgrent()) != NULL && count++ < 100)
		for (int i = 0; i < 2; i++)
			expect_gid(group->gr_name, 0, group->gr_gid);
	endgrent();
	ck_assert_int_gt(count, 1);
	expect_gid(NO_NAME, ERROR_NOT_FOUND, 0);
	expect_gid("", ERROR_NOT_FOUND, 0);
	expect_gid("ROOT", ERROR_NOT_FOUND, 0);
	memset(longest, 'n', sizeof(longest));
	longest[LOGIN_MAX + 1] = '\0';
	expect_gid(longest, ERROR_NOT_FOUND, 0);
}
END_TEST

START_TEST(names_have_their_room)
{
	char login[8] = "before";
	char longest[LOGIN_MAX + 2];

	ck_assert_int_eq(names_login(names, 0, login, 4), ERROR_TOO_LONG);
	ck_assert_str_eq(login, "before");
	ck_assert_int_eq(names_login(names, 0, login, 5), 0);
	ck_assert_str_eq(login, "root");
	memset(longest, 'n', sizeof(longest));
	longest[LOGIN_MAX + 1] = '\0';
	expect_uid(longest, ERROR_NOT_FOUND, 0);
	longest[LOGIN_MAX] = '\0';
	expect_uid(longest, ERROR_NOT_FOUND, 0);
}
END_TEST

/* More questions than answers that are kept. */
START_TEST(what_is_kept_is_what_was_asked)
{
	for (uid_t uid = NO_UID; uid < NO_UID + 200; uid++)
		expect_login(uid, NULL);
	expect_login(0, "root");
	for (uid_t uid = NO_UID; uid < NO_UID + 200; uid++)
		expect_login(uid, NULL);
	expect_uid("root", 0, 0);
}
END_TEST

/* Real, effective and saved uid, as the kernel has them. */
static void
expect_uids(pid_t pid, const char *uids)
{
	char path[64];
	char line[256];
	FILE *file;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		found = found || strcmp(line, uids) == 0;
	fclose(file);
	ck_assert_msg(found, "not %s", uids);
}

/* Whatever becomes of it, another takes its place, with the same rights. */
START_TEST(a_dead_child_is_replaced)
{
	unsigned restarts = 0;
	pid_t before = child_pid(0);
	pid_t after;

	if (before == 0)
		return;
	expect_login(0, "root");
	ck_assert(names_watch(names, &restarts));
	ck_assert_uint_eq(restarts, 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(names_drop(names, 65534, 65533), 0);
		before = child_pid(before);
	}
	for (unsigned i = 1; i <= 2; i++) {
		ck_assert_int_eq(kill(before, i == 1 ? SIGSEGV : SIGKILL), 0);
		after = child_pid(before);
		ck_assert_int_ne(after, 0);
		/* One that was not asked for, and so is not kept. */
		expect_login(NO_UID + i, NULL);
		ck_assert(names_watch(names, &restarts));
		ck_assert_uint_eq(restarts, i);
		if (geteuid() == 0)
			expect_uids(
			    after, "Uid:\t65534\t65534\t65534\t65534\n");
		before = after;
	}
}
END_TEST

START_TEST(a_dead_keeper_is_told_at_once)
{
	char login[16];
	unsigned restarts;
	pid_t pid = keeper_pid();
	uint64_t begin = clock_ms();
	siginfo_t info;
	int rv;

	if (pid == 0)
		return;
	expect_login(0, "root");
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	rv = names_login(names, 1, login, sizeof(login));
	ck_assert_int_eq(rv, ERROR_CLOSED);
	/* It is let alone for a while. */
	rv = names_login(names, 1, login, sizeof(login));
	ck_assert_int_eq(rv, ERROR_TIMEOUT);
	ck_assert_uint_lt(clock_ms() - begin, 3000);
	/* What was kept is still known. */
	expect_login(0, "root");
	ck_assert(!names_watch(names, &restarts));
	ck_assert_uint_eq(restarts, 0);
}
END_TEST

START_TEST(a_child_that_hangs_is_not_waited_for)
{
	char login[16];
	pid_t pid = child_pid(0);
	uint64_t begin;
	uint64_t took;

	if (pid == 0)
		return;
	ck_assert_int_eq(kill(pid, SIGSTOP), 0);
	begin = clock_ms();
	ck_assert_int_eq(
	    names_login(names, NO_UID, login, sizeof(login)), ERROR_TIMEOUT);
	took = clock_ms() - begin;
	ck_assert_uint_ge(took, 900);
	ck_assert_uint_lt(took, 3000);
	/* Nor is anybody else made to wait for it at once. */
	begin = clock_ms();
	for (uid_t uid = NO_UID + 1; uid < NO_UID + 100; uid++)
		ck_assert_int_eq(names_login(names, uid, login, sizeof(login)),
		    ERROR_TIMEOUT);
	ck_assert_uint_lt(clock_ms() - begin, 900);
	/* Its late answer, that there is none, is not taken for another's. */
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(names_drop(names, getuid(), getgid()),
	    geteuid() == 0 ? 0 : ERROR_SYSTEM);
}
END_TEST

START_TEST(the_child_holds_no_descriptor_of_ours)
{
	struct names *second = NULL;
	char login[16];
	int ends[2];
	char c;

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(names_start(&second), 0);
	ck_assert_int_eq(names_login(second, 0, login, sizeof(login)), 0);
	close(ends[1]);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(read(ends[0], &c, 1), 0);
	close(ends[0]);
	names_stop(second);
}
END_TEST

START_TEST(the_child_ends_with_us)
{
	struct names *second = NULL;
	pid_t pid;

	names_stop(names);
	names = NULL;
	names_stop(NULL);
	ck_assert_int_eq(names_start(&second), 0);
	pid = keeper_pid();
	names_stop(second);
	/* Whoever is ended may wait for its parent to look. */
	ck_assert(
	    pid == 0 || waitpid(pid, NULL, WNOHANG) == pid || kill(pid, 0) < 0);
}
END_TEST

START_TEST(the_child_gives_its_privileges_up)
{
	pid_t keeper = keeper_pid();
	pid_t pid = child_pid(0);

	if (geteuid() != 0) {
		ck_assert_int_eq(names_drop(names, 65534, 65534), ERROR_SYSTEM);
		return;
	}
	ck_assert_int_eq(names_drop(names, 65534, 65533), 0);
	pid = child_pid(pid);
	if (pid != 0) {
		expect_uids(keeper, "Uid:\t65534\t65534\t65534\t65534\n");
		expect_uids(keeper, "Groups:\t \n");
		expect_uids(pid, "Uid:\t65534\t65534\t65534\t65534\n");
		expect_uids(pid, "Gid:\t65533\t65533\t65533\t65533\n");
		expect_uids(pid, "Groups:\t \n");
	}
	expect_login(0, "root");
	ck_assert_int_eq(names_drop(names, 0, 0), ERROR_SYSTEM);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("names");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, who_is_there_is_found);
	tcase_add_test(tcase, who_is_not_there_is_not);
	tcase_add_test(tcase, everybody_is_as_the_libc_says);
	tcase_add_test(tcase, groups_are_as_the_libc_says);
	tcase_add_test(tcase, names_have_their_room);
	tcase_add_test(tcase, what_is_kept_is_what_was_asked);
	tcase_add_test(tcase, a_dead_child_is_replaced);
	tcase_add_test(tcase, a_dead_keeper_is_told_at_once);
	tcase_add_test(tcase, a_child_that_hangs_is_not_waited_for);
	tcase_add_test(tcase, the_child_holds_no_descriptor_of_ours);
	tcase_add_test(tcase, the_child_ends_with_us);
	tcase_add_test(tcase, the_child_gives_its_privileges_up);
	return run_cases("names", &tcase, 1);
}
