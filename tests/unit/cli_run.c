/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/cli_run.h"

#include <check.h>
#include <fcntl.h>
#include <grp.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 32
#define SKIPPED	  77 /* to automake */

extern char **environ;

char cli_out[CLI_OUTPUT_SIZE], cli_err[CLI_OUTPUT_SIZE];
uid_t cli_uid = (uid_t)-1;
char cli_file[128];

/* Opened before: others may be kept out of the folder it was built in. */
static _Noreturn void
execute(char **argv)
{
	int program = open(APITOKEN_PROGRAM, O_RDONLY | O_CLOEXEC);
	const gid_t group = (gid_t)cli_uid;

	if (cli_uid != (uid_t)-1 &&
	    (setgroups(1, &group) != 0 || setgid(group) != 0 ||
		setuid(cli_uid) != 0))
		_exit(126);
	fexecve(program, argv, environ);
	_exit(127);
}

void
cli_become(const char *line)
{
	static char copy[1024], program[] = "apitoken", empty[] = "";
	char *argv[WORDS_MAX] = { program }, *save = NULL;
	size_t argc = 1;

	(void)snprintf(copy, sizeof copy, "%s", line);
	for (char *word = strtok_r(copy, " ", &save);
	     word != NULL && argc < WORDS_MAX - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = strcmp(word, "@") == 0	 ? cli_file
			       : strcmp(word, "''") == 0 ? empty
							 : word;
	execute(argv);
}

static void
read_back(FILE *stream, char text[CLI_OUTPUT_SIZE])
{
	size_t size;

	rewind(stream);
	size = fread(text, 1, CLI_OUTPUT_SIZE - 1, stream);
	text[size] = '\0';
	(void)fclose(stream);
}

int
cli_run(const char *line, const char *in)
{
	FILE *input = tmpfile(), *output = tmpfile(), *error = tmpfile();
	int status = 0;
	pid_t pid;

	ck_assert(input != NULL && output != NULL && error != NULL);
	fputs(in, input);
	rewind(input);
	pid = fork();
	if (pid == 0) {
		(void)dup2(fileno(input), STDIN_FILENO);
		(void)dup2(fileno(output), STDOUT_FILENO);
		(void)dup2(fileno(error), STDERR_FILENO);
		cli_become(line);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)fclose(input);
	read_back(output, cli_out);
	read_back(error, cli_err);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * Makes a terminal the three standard descriptors.  Not the controlling one,
 * as forkpty would: when a session's leader ends, the kernel hangs its
 * terminal up and throws away what nobody has read yet.
 */
static bool
stand_on(const struct cli_terminal *terminal)
{
	return (dup2(terminal->side, STDIN_FILENO) >= 0 &&
		dup2(terminal->side, STDOUT_FILENO) >= 0 &&
		dup2(terminal->side, STDERR_FILENO) >= 0 &&
		close(terminal->side) == 0 && close(terminal->ours) == 0);
}

void
cli_sit(struct cli_terminal *terminal, const char *line)
{
	ck_assert_int_eq(
	    openpty(&terminal->ours, &terminal->side, NULL, NULL, NULL), 0);
	terminal->pid = fork();
	if (terminal->pid == 0) {
		if (!stand_on(terminal))
			_exit(126);
		cli_become(line);
	}
	ck_assert_int_gt(terminal->pid, 0);
}

/*
 * The program's side stays open here meanwhile: when the last one closes, a
 * reader may be told of the end before it has the last bytes.
 */
void
cli_expect(const struct cli_terminal *terminal, const char *what)
{
	size_t at = 0;

	for (cli_err[0] = '\0'; strstr(cli_err, what) == NULL;
	     cli_err[at] = '\0') {
		ssize_t n = read(
		    terminal->ours, cli_err + at, CLI_OUTPUT_SIZE - 1 - at);

		ck_assert_msg(n > 0, "'%s' came instead", cli_err);
		at += (size_t)n;
	}
}

void
cli_type(const struct cli_terminal *terminal, const char *text)
{
	ck_assert_int_eq(
	    write(terminal->ours, text, strlen(text)), (ssize_t)strlen(text));
}

int
cli_leave(struct cli_terminal *terminal)
{
	int status = 0;

	ck_assert_int_eq(waitpid(terminal->pid, &status, 0), terminal->pid);
	(void)close(terminal->side);
	(void)close(terminal->ours);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void
cli_holds(const char *text, const char *part)
{
	if (part == NULL)
		ck_assert_str_eq(text, "");
	else
		ck_assert_msg(strstr(text, part) != NULL,
		    "no '%s' in '%.2000s'", part, text);
}

int
cli_cases(const char *name, TCase *const *cases, size_t count)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed = 0;

	for (size_t i = 0; i < count; i++)
		suite_add_tcase(suite, cases[i]);
	if (geteuid() == 0) {
		srunner_run_all(runner, CK_ENV);
		failed = srunner_ntests_failed(runner);
	}
	srunner_free(runner);
	if (geteuid() != 0)
		return SKIPPED;
	return failed == 0 ? 0 : 1;
}
