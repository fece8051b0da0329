/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The module, the agent and the CLI as they were built: sessions that a token
 * opens, and their end.
 */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/realagent.h"
#include "tests/pam/scene.h"

#define HANDLE	    "APITOKEN_SESSION"
#define HANDLE_SIZE 512

static pid_t agent;

static void
write_service(const char *service)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u", login_folder(),
	    (unsigned)realagent_uid());
	login_service(service,
	    "auth required %s %s\naccount required %s %s\n"
	    "session required %s %s\nsession required pam_permit.so\n",
	    MODULE, all, MODULE, all, MODULE, all);
}

static void
start(void)
{
	const struct passwd *me = getpwuid(geteuid());
	const char *name = me != NULL ? me->pw_name : "nobody";
	char config[512];

	snprintf(config, sizeof(config),
	    "[service svc]\nsessions = process\ncallers = %s\n"
	    "[service other]\nsessions = process\ncallers = %s\n"
	    "[service none]\ncallers = %s\n",
	    name, name, name);
	agent = realagent_start(config);
	write_service("svc");
	write_service("other");
	write_service("none");
}

static void
stop(void)
{
	realagent_stop(agent);
}

/* Makes a token that is good_token from now on. */
static void
create(const char *name)
{
	const char *const arguments[] = { "create", name, "--user", "alice",
		"--quiet", NULL };
	char text[256];

	ck_assert_int_eq(realagent_command(text, sizeof(text), arguments), 0);
	strcpy(good_token, text);
}

/* Runs apitoken with up to three words; its exit status. */
static int
run(char *line, const char *first, const char *second, const char *third)
{
	const char *const arguments[] = { first, second, third, NULL };

	return realagent_command(line, 1024, arguments);
}

/* A process that has a session, and the handle that it was opened with. */
struct opened {
	pid_t pid;
	int code;
	char handle[HANDLE_SIZE];
};

/* Where root runs the test the session is somebody's whom the agent, which is
 * nobody's, may signal. */
static _Noreturn void
be_session(struct login *login, const char *given, int report, bool stays_root)
{
	struct opened opened = { .pid = getpid() };
	char text[HANDLE_SIZE + 32];
	const char *handle;

	if (given == NULL && login_authenticate(login, good_token) != 0)
		_exit(1);
	if (given != NULL) {
		snprintf(text, sizeof(text), HANDLE "=%s", given);
		pam_putenv(login->pamh, text);
	}
	handle = pam_getenv(login->pamh, HANDLE);
	if (handle != NULL)
		snprintf(opened.handle, sizeof(opened.handle), "%s", handle);
	opened.code = pam_open_session(login->pamh, 0);
	if (pam_getenv(login->pamh, HANDLE) != NULL)
		_exit(1);
	if (geteuid() == 0 && !stays_root &&
	    setresuid(realagent_uid(), realagent_uid(), realagent_uid()) != 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Check's handler, which ends all of the test. */
	signal(SIGTERM, SIG_DFL);
	(void)!write(report, &opened, sizeof(opened));
	for (;;)
		pause();
}

static void
begin(struct opened *opened, const char *service, const char *given,
    bool stays_root)
{
	int report[2];
	struct login login;
	pid_t pid;

	/* Its folder is this process's, and not a child's. */
	login_begin(&login, service, "alice");
	ck_assert_int_eq(pipe(report), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(report[0]);
		be_session(&login, given, report[1], stays_root);
	}
	login_end(&login);
	close(report[1]);
	ck_assert_int_eq(
	    read(report[0], opened, sizeof(*opened)), (int)sizeof(*opened));
	close(report[0]);
}

/* Ends it; whether it still lived. */
static bool
lived(struct opened *opened)
{
	bool is_alive = waitpid(opened->pid, NULL, WNOHANG) == 0;

	if (is_alive) {
		ck_assert_int_eq(kill(opened->pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(opened->pid, NULL, 0), opened->pid);
	}
	return is_alive;
}

/* Was ended, and not by the test: asked, or, where it was slow, killed. */
static bool
was_ended(struct opened *opened)
{
	int status;

	ck_assert_int_eq(waitpid(opened->pid, &status, 0), opened->pid);
	return WIFSIGNALED(status) &&
	       (WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGKILL);
}

static const char *const ends[][2] = {
	{ "revoke", "--yes" },
	{ "disable", "--yes" },
	{ "delete", "--yes" },
};

START_TEST(a_session_ends)
{
	struct opened opened;
	char line[1024];
	char pid[32];

	create("laptop");
	begin(&opened, "svc", NULL, false);
	ck_assert_int_eq(opened.code, PAM_SUCCESS);
	ck_assert_int_eq(run(line, "sessions", "laptop", "-ojsonl"), 0);
	snprintf(pid, sizeof(pid), "\"pid\":%d,", opened.pid);
	ck_assert_msg(strstr(line, pid) != NULL, "%s", line);
	ck_assert_ptr_nonnull(strstr(line, "\"service\":\"svc\""));
	ck_assert_ptr_nonnull(strstr(line, "\"state\":\"live\""));
	ck_assert_int_eq(run(line, ends[_i][0], "laptop", ends[_i][1]), 0);
	ck_assert(was_ended(&opened));
	ck_assert_int_eq(run(line, "sessions", "-ojsonl", NULL), 0);
	ck_assert_str_eq(line, "");
}
END_TEST

START_TEST(a_session_is_ended_and_the_token_is_not)
{
	const char *const arguments[] = { "sessions", "laptop", "--end",
		"--yes", NULL };
	const char *const audit[] = { "audit", "--action", "session.end",
		"-ojsonl", NULL };
	struct opened opened;
	char line[1024];

	create("laptop");
	begin(&opened, "svc", NULL, false);
	ck_assert_int_eq(realagent_command(line, sizeof(line), arguments), 0);
	ck_assert(was_ended(&opened));
	ck_assert_int_eq(realagent_command(line, sizeof(line), audit), 0);
	ck_assert_msg(strstr(line, "sessions=1") != NULL, "%s", line);
	begin(&opened, "svc", NULL, false);
	ck_assert_int_eq(opened.code, PAM_SUCCESS);
	ck_assert(lived(&opened));
}
END_TEST

START_TEST(a_session_is_kept)
{
	const char *const arguments[] = { "revoke", "laptop", "--yes",
		"--keep-sessions", NULL };
	struct opened opened;
	char line[1024];

	create("laptop");
	begin(&opened, "svc", NULL, false);
	ck_assert_int_eq(realagent_command(line, sizeof(line), arguments), 0);
	/* The agent has looked at it, and again after another start. */
	ck_assert_int_eq(run(line, "sessions", "-ojsonl", NULL), 0);
	realagent_kill(agent);
	start();
	ck_assert_int_eq(run(line, "sessions", "-ojsonl", NULL), 0);
	ck_assert_msg(strstr(line, "\"state\":\"kept\"") != NULL, "%s", line);
	ck_assert(lived(&opened));
}
END_TEST

START_TEST(a_session_is_found_again)
{
	struct opened opened;
	char line[1024];

	create("laptop");
	begin(&opened, "svc", NULL, false);
	realagent_kill(agent);
	start();
	ck_assert_int_eq(run(line, "revoke", "laptop", "--yes"), 0);
	ck_assert(was_ended(&opened));
}
END_TEST

START_TEST(a_handle_is_good_once)
{
	struct opened first, second, third;

	create("laptop");
	begin(&first, "svc", NULL, false);
	ck_assert_int_eq(first.code, PAM_SUCCESS);
	begin(&second, "svc", first.handle, false);
	ck_assert_int_eq(second.code, PAM_SESSION_ERR);
	/* Nor for another service, whether used or not. */
	begin(&third, "other", first.handle, false);
	ck_assert_int_eq(third.code, PAM_SESSION_ERR);
	ck_assert(lived(&first));
	ck_assert(lived(&second));
	ck_assert(lived(&third));
	/* Not after the agent was started anew either, while it lives. */
	begin(&first, "svc", NULL, false);
	realagent_kill(agent);
	start();
	begin(&second, "svc", first.handle, false);
	ck_assert_int_eq(second.code, PAM_SESSION_ERR);
	ck_assert(lived(&first));
	ck_assert(lived(&second));
}
END_TEST

START_TEST(other_services_have_no_sessions)
{
	struct opened opened;
	char line[1024];

	create("laptop");
	begin(&opened, "none", NULL, false);
	ck_assert_int_eq(opened.code, PAM_SUCCESS);
	ck_assert_int_eq(run(line, "sessions", "-ojsonl", NULL), 0);
	ck_assert_str_eq(line, "");
	ck_assert_int_eq(run(line, "revoke", "laptop", "--yes"), 0);
	ck_assert(lived(&opened));
}
END_TEST

/* The agent is nobody's here and lacks CAP_KILL: it says so. */
START_TEST(what_cannot_be_ended_is_said)
{
	struct opened opened;
	char line[1024];

	create("laptop");
	begin(&opened, "svc", NULL, true);
	ck_assert_int_eq(run(line, "revoke", "laptop", "--yes"), 7);
	ck_assert_int_eq(run(line, "sessions", "-ojsonl", NULL), 0);
	ck_assert_msg(strstr(line, "\"state\":\"left\"") != NULL, "%s", line);
	ck_assert_msg(strstr(line, "CAP_KILL") != NULL, "%s", line);
	ck_assert(lived(&opened));
}
END_TEST

static const struct {
	const char *words[4];
	int status;
} commands[] = {
	{ { "sessions", "--end", "--yes" }, 2 },
	{ { "sessions", "nothing" }, 3 },
	{ { "sessions", "0123456789" }, 0 },
	{ { "sessions", "0123456789", "--end", "--yes" }, 0 },
	{ { "revoke", "--leaked", "--keep-sessions" }, 2 },
	{ { "disable", "laptop", "--yes", "--keep-sessions" }, 2 },
};

START_TEST(commands_say_what_is_wrong)
{
	const char *const arguments[] = { commands[_i].words[0],
		commands[_i].words[1], commands[_i].words[2],
		commands[_i].words[3], NULL };
	char line[1024];

	ck_assert_int_eq(realagent_command(line, sizeof(line), arguments),
	    commands[_i].status);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_session_ends, 0, COUNT(ends));
	tcase_add_test(tcase, a_session_is_ended_and_the_token_is_not);
	tcase_add_test(tcase, a_session_is_kept);
	tcase_add_test(tcase, a_session_is_found_again);
	tcase_add_test(tcase, a_handle_is_good_once);
	tcase_add_test(tcase, other_services_have_no_sessions);
	if (geteuid() == 0)
		tcase_add_test(tcase, what_cannot_be_ended_is_said);
	tcase_add_loop_test(
	    tcase, commands_say_what_is_wrong, 0, COUNT(commands));
}

int
main(void)
{
	return scene_run("module: ends of sessions", add_tests);
}
