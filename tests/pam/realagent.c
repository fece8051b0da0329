/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/realagent.h"

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/pam/login.h"

#define NOBODY	      65534
#define ARGUMENTS_MAX 16

extern char **environ;

int realagent_patience = 60000;
bool realagent_by_root;

uid_t
realagent_uid(void)
{
	return geteuid() == 0 && !realagent_by_root ? NOBODY : geteuid();
}

static void
write_config(const char *more)
{
	FILE *file = fopen(login_path("apitokend.conf"), "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
	    "[store]\ndirectory = %s\nkey = %s\n"
	    "[sockets]\nauth = %s\nuser = %s\nadmin = %s\n%s",
	    login_path("store"), login_path("master.key"),
	    login_path("auth.sock"), login_path("user.sock"),
	    login_path("admin.sock"), more);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void
become_nobody(void)
{
	const gid_t group = NOBODY;

	if (geteuid() == 0 && !realagent_by_root &&
	    (setgroups(1, &group) != 0 || setgid(group) != 0 ||
		setuid(NOBODY) != 0))
		_exit(127);
}

/* Opened before: nobody may be kept out of the folder it was built in. */
static _Noreturn void
run_agent(int program, int log, int ready, const char *path)
{
	char name[] = "apitokend", config[] = "--config", fd[] = "--ready-fd";
	char file[PATH_MAX], number[16];
	char *const argv[] = { name, config, file, fd, number, NULL };

	snprintf(file, sizeof(file), "%s", path);
	snprintf(number, sizeof(number), "%d", ready);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	become_nobody();
	/* Only now: a change of uid clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fexecve(program, argv, environ);
	_exit(127);
}

static void
show_log(void)
{
	char text[4096] = { 0 };
	FILE *file = fopen(login_path("agent.log"), "r");

	if (file == NULL)
		return;
	if (fread(text, 1, sizeof(text) - 1, file) > 0)
		fprintf(stderr, "the agent's log:\n%s", text);
	fclose(file);
}

static int
lines_with(const char *what)
{
	FILE *file = fopen(login_path("agent.log"), "r");
	char line[1024];
	int found = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		found += strstr(line, what) != NULL;
	fclose(file);
	return found;
}

int
realagent_logged(const char *what, int awaited)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	int found = lines_with(what);

	for (int i = 0; i < 6000 && found < awaited; i++) {
		nanosleep(&pause, NULL);
		found = lines_with(what);
	}
	return found;
}

bool
realagent_try(const char *config, pid_t *agent)
{
	int program = open(BUILD_FOLDER "/apitokend", O_RDONLY | O_CLOEXEC);
	int log = open(login_path("agent.log"),
	    O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
	/* A child's folder would be another one. */
	const char *path = login_path("apitokend.conf");
	struct pollfd wait = { .events = POLLIN };
	int ready[2];
	char byte;
	ssize_t got = 0;

	ck_assert_int_ge(program, 0);
	ck_assert_int_ge(log, 0);
	write_config(config);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(login_folder(), NOBODY, NOBODY), 0);
	ck_assert_int_eq(pipe(ready), 0);
	wait.fd = ready[0];
	*agent = fork();
	ck_assert_int_ge(*agent, 0);
	if (*agent == 0) {
		close(ready[0]);
		run_agent(program, log, ready[1], path);
	}
	close(ready[1]);
	if (poll(&wait, 1, realagent_patience) == 1)
		got = read(ready[0], &byte, 1);
	else
		kill(*agent, SIGKILL);
	close(ready[0]);
	close(log);
	close(program);
	return got == 1;
}

pid_t
realagent_start(const char *config)
{
	pid_t agent;

	if (realagent_try(config, &agent))
		return agent;
	show_log();
	ck_abort_msg("the agent is not ready");
	return -1;
}

void
realagent_stop(pid_t agent)
{
	int status;

	ck_assert_int_eq(kill(agent, SIGTERM), 0);
	ck_assert_int_eq(waitpid(agent, &status, 0), agent);
	if (status != 0)
		show_log();
	ck_assert_int_eq(status, 0);
}

void
realagent_kill(pid_t agent)
{
	ck_assert_int_eq(kill(agent, SIGKILL), 0);
	ck_assert_int_eq(waitpid(agent, NULL, 0), agent);
}

static _Noreturn void
run_command(int out, const char *socket, const char *const *arguments)
{
	const char *argv[ARGUMENTS_MAX] = { "apitoken", "--socket", socket };
	char *const *vector = (char *const *)(const void *)argv;

	for (size_t i = 0; arguments[i] != NULL && i + 4 < ARGUMENTS_MAX; i++)
		argv[i + 3] = arguments[i];
	dup2(out, STDOUT_FILENO);
	execv(BUILD_FOLDER "/apitoken", vector);
	_exit(127);
}

int
realagent_command(char *line, size_t size, const char *const *arguments)
{
	const char *socket = login_path("admin.sock");
	int out[2], status;
	FILE *file;
	pid_t child;

	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		run_command(out[1], socket, arguments);
	close(out[1]);
	file = fdopen(out[0], "r");
	ck_assert_ptr_nonnull(file);
	if (fgets(line, (int)size, file) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	while (fgetc(file) != EOF)
		continue;
	fclose(file);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}
