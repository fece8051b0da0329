/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An import of more than is under way at a time, by the real program, while
 * other things happen to the real agent.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define MANY	  60000	 /* tokens: more than 100 messages */
#define LINE_SIZE 64	 /* at the most */
#define GROWN	  900000 /* bytes of a store that has some of them */
#define PATIENCE  60000	 /* ms */
#define PARTLY	  7

static char lines[MANY * LINE_SIZE];
static char said[128]; /* a file with what an import said */

static void
start(void)
{
	size_t at = 0;
	FILE *file;

	typing_start("");
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("in"));
	(void)snprintf(said, sizeof said, "%s", login_path("said"));
	for (int i = 0; i < MANY; i++)
		at += (size_t)snprintf(lines + at, sizeof lines - at,
		    "{\"id\":\"%010d\",\"name\":\"t%d\",\"owner\":\"u%d\"}\n",
		    i, i, i % 100);
	file = fopen(cli_file, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(lines, 1, at, file), at);
	ck_assert_int_eq(fclose(file), 0);
}

/* The import as a process of its own; what it says goes into a file. */
static pid_t
begin_import(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (freopen(said, "w", stdout) == NULL ||
		    dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
			_exit(126);
		cli_become("import @");
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

/* Until some of the tokens are in the store. */
static void
wait_for_some(void)
{
	struct stat status;

	for (int i = 0; i < PATIENCE; i++) {
		ck_assert_int_eq(
		    stat(login_path("store/data.mdb"), &status), 0);
		if (status.st_size > GROWN)
			return;
		usleep(1000);
	}
	ck_abort_msg("nothing was imported");
}

static int
end_import(pid_t pid)
{
	FILE *file;
	int status = 0;
	size_t size;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	file = fopen(said, "r");
	ck_assert_ptr_nonnull(file);
	size = fread(cli_err, 1, sizeof cli_err - 1, file);
	cli_err[size] = '\0';
	(void)fclose(file);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* How often it is in what was said. */
static int
times(const char *what)
{
	int count = 0;

	for (const char *at = cli_err; (at = strstr(at, what)) != NULL;
	     at += strlen(what))
		count++;
	return count;
}

/* The numbers of the answer. */
static void
tells(const char *text, uint64_t *made, uint64_t *unchanged)
{
	const char *at = strstr(text, " made, ");

	ck_assert_msg(at != NULL, "%s", text);
	while (at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	ck_assert_int_eq(
	    sscanf(at, "%" SCNu64 " made, 0 changed, %" SCNu64 " unchanged",
		made, unchanged),
	    2);
}

START_TEST(makes_all)
{
	uint64_t made, unchanged;

	ck_assert_int_eq(cli_run("import @", ""), 0);
	tells(cli_out, &made, &unchanged);
	ck_assert_uint_eq(made, MANY);
	ck_assert_int_eq(cli_run("import @", ""), 0);
	tells(cli_out, &made, &unchanged);
	ck_assert_uint_eq(unchanged, MANY);
	ck_assert_int_eq(cli_run("audit --verify", ""), 0);
}
END_TEST

/* Many messages wait for an answer then: it is said once, and what was done
 * stays. */
START_TEST(outlives_the_agent)
{
	uint64_t made, unchanged;
	pid_t import = begin_import();
	int status;

	wait_for_some();
	realagent_kill(agent);
	status = end_import(import);
	ck_assert_msg(status != 0, "%s", cli_err);
	ck_assert_msg(times("admin.sock") == 1, "%s", cli_err);
	ck_assert_msg(times("not everything was imported") <= 1, "%s", cli_err);
	agent = realagent_start("");
	ck_assert_int_eq(cli_run("import @", ""), 0);
	tells(cli_out, &made, &unchanged);
	ck_assert_uint_eq(made + unchanged, MANY);
	ck_assert_uint_gt(unchanged, 0);
	ck_assert_uint_gt(made, 0);
	ck_assert_int_eq(cli_run("audit --verify", ""), 0);
}
END_TEST

/* The name of the last one goes to somebody else between the two passes: what
 * is in the other messages is made all the same, and counted. */
START_TEST(meets_another)
{
	uint64_t made, unchanged;
	pid_t import = begin_import();
	char line[64];

	wait_for_some();
	(void)snprintf(line, sizeof line, "create t%d --owner u%d --quiet",
	    MANY - 1, (MANY - 1) % 100);
	ck_assert_int_eq(cli_run(line, ""), 0);
	ck_assert_int_eq(end_import(import), PARTLY);
	ck_assert_msg(times("name: the owner has a token of that name") == 1,
	    "%s", cli_err);
	tells(cli_err, &made, &unchanged);
	ck_assert_uint_gt(made, MANY - 1000);
	ck_assert_uint_lt(made, MANY);
	ck_assert_int_eq(cli_run("import --skip-bad @", ""), PARTLY);
	tells(cli_out, &made, &unchanged);
	ck_assert_uint_eq(made + unchanged, MANY - 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("import");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, makes_all);
	tcase_add_test(tcase, outlives_the_agent);
	tcase_add_test(tcase, meets_another);
	return cli_cases("a large import", &tcase, 1);
}
