/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that names are asked of, by itself: each question, children that
 * die, the drop of privileges by its own hand, and its end with the agent's.
 */
#include "agent/server/keeper.h"

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/unit/model_fixture.h"

#define NOBODY	  65534
#define ANSWER_S  20 /* that an answer is waited for */
#define LINE_SIZE 256

static pid_t keeper;
static int end; /* the agent's, of the connection */

static void
setup(void)
{
	const struct timeval wait = { .tv_sec = ANSWER_S };
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	keeper = fork();
	ck_assert_int_ge(keeper, 0);
	if (keeper == 0)
		keeper_run(ends[1]);
	close(ends[1]);
	end = ends[0];
	ck_assert_int_eq(
	    setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
}

/* Its end is that of the other side. */
static void
teardown(void)
{
	int status;

	close(end);
	ck_assert_int_eq(waitpid(keeper, &status, 0), keeper);
	ck_assert_int_eq(status, 0);
}

static void
hear(struct entry *entry)
{
	ck_assert_int_eq(
	    recv(end, entry, sizeof(*entry), 0), (ssize_t)sizeof(*entry));
}

static struct entry
ask(enum want want, uid_t uid, const char *name)
{
	static uint32_t number;
	struct entry entry = { .number = ++number, .want = want, .uid = uid };

	memset(entry.login, 'x', sizeof(entry.login));
	if (name != NULL)
		strcpy(entry.login, name);
	ck_assert_int_eq(send(end, &entry, sizeof(entry), 0), sizeof(entry));
	hear(&entry);
	ck_assert_uint_eq(entry.number, number);
	return entry;
}

START_TEST(names_are_known)
{
	struct entry entry = ask(WANT_LOGIN, 1, "");

	ck_assert_int_eq(entry.result, 0);
	ck_assert_str_eq(entry.login, "daemon");
	ck_assert_uint_eq(entry.gid, 1);
	ck_assert_int_eq(
	    ask(WANT_LOGIN, 3999999999, "").result, ERROR_NOT_FOUND);
	entry = ask(WANT_UID, 0, "daemon");
	ck_assert_int_eq(entry.result, 0);
	ck_assert_uint_eq(entry.uid, 1);
	/* Names that are no texts, too. */
	ck_assert_int_eq(ask(WANT_UID, 0, NULL).result, ERROR_NOT_FOUND);
	entry = ask(WANT_GROUPS, 0, "daemon");
	ck_assert_int_eq(entry.result, 0);
	ck_assert_int_ge(entry.group_count, 1);
	ck_assert_uint_eq(entry.groups[0], 1);
	ck_assert_int_eq(ask(WANT_GROUPS, 0, NULL).result, ERROR_NOT_FOUND);
	entry = ask(WANT_GID, 0, "daemon");
	ck_assert_int_eq(entry.result, 0);
	ck_assert_uint_eq(entry.gid, 1);
	ck_assert_int_eq(ask(WANT_GID, 0, NULL).result, ERROR_NOT_FOUND);
	/* No question, and one that there is none of. */
	ck_assert_int_eq(ask(WANT_NOTHING, 7, "").uid, 7);
	ck_assert_int_eq(ask((enum want)99, 7, "").uid, 7);
}
END_TEST

static long
field_of(pid_t pid, const char *name, int base)
{
	char path[64], line[LINE_SIZE];
	long value = -1;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtol(line + strlen(name), NULL, base);
	if (file != NULL)
		(void)fclose(file);
	return value;
}

/* The keeper's child. */
static pid_t
child(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	ck_assert_ptr_nonnull(proc);
	while ((entry = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && field_of(pid, "PPid:\t", 10) == keeper)
			found = pid;
	}
	closedir(proc);
	ck_assert_int_gt(found, 0);
	return found;
}

START_TEST(another_child_follows)
{
	struct entry entry;

	ck_assert_int_eq(ask(WANT_LOGIN, 1, "").result, 0);
	ck_assert_int_eq(kill(child(), SIGKILL), 0);
	/* That there is another one is said. */
	hear(&entry);
	ck_assert_int_eq(entry.want, WANT_NOTHING);
	ck_assert_uint_eq(entry.number, 0);
	ck_assert_int_eq(ask(WANT_LOGIN, 1, "").result, 0);
}
END_TEST

/* What is too short for one ends a child, and is not in the next one's way. */
START_TEST(what_is_no_question_is_none)
{
	struct entry entry;

	ck_assert_int_eq(send(end, "x", 1, 0), 1);
	hear(&entry);
	ck_assert_int_eq(entry.want, WANT_NOTHING);
	ck_assert_int_eq(ask(WANT_LOGIN, 1, "").result, 0);
}
END_TEST

/* By its own hand and for good: its children are born so. */
START_TEST(it_drops_what_it_is)
{
	struct entry entry = {
		.number = 77, .want = WANT_DROP, .uid = NOBODY, .gid = NOBODY
	};

	ck_assert_int_eq(send(end, &entry, sizeof(entry), 0), sizeof(entry));
	hear(&entry);
	ck_assert_uint_eq(entry.number, 77);
	ck_assert_int_eq(entry.result, 0);
	ck_assert_int_eq(ask(WANT_LOGIN, 1, "").result, 0);
	ck_assert_int_eq(field_of(keeper, "Uid:\t", 10), NOBODY);
	ck_assert_int_eq(field_of(keeper, "Gid:\t", 10), NOBODY);
	ck_assert_int_eq(field_of(keeper, "CapPrm:\t", 16), 0);
	ck_assert_int_eq(field_of(child(), "Uid:\t", 10), NOBODY);
	/* There is no way back. */
	entry = (struct entry) { .number = 78, .want = WANT_DROP };
	ck_assert_int_eq(send(end, &entry, sizeof(entry), 0), sizeof(entry));
	hear(&entry);
	ck_assert_int_eq(entry.result, ERROR_SYSTEM);
	ck_assert_int_eq(field_of(keeper, "Uid:\t", 10), NOBODY);
	ck_assert_int_eq(ask(WANT_LOGIN, 1, "").result, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("keeper");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, names_are_known);
	tcase_add_test(tcase, another_child_follows);
	tcase_add_test(tcase, what_is_no_question_is_none);
	if (geteuid() == 0)
		tcase_add_test(tcase, it_drops_what_it_is);
	return run_cases("keeper", &tcase, 1);
}
