/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_UNIT_CLI_RUN_H
#define APITOKEN_TESTS_UNIT_CLI_RUN_H

#include <check.h>
#include <sys/types.h>

/* The program itself, run as a person or a script does. */

#define CLI_OUTPUT_SIZE 65536

/* What the last run wrote, as far as it fits. */
extern char cli_out[CLI_OUTPUT_SIZE], cli_err[CLI_OUTPUT_SIZE];

/* Who runs it: this process's own unless root says otherwise. */
extern uid_t cli_uid;

/* What @ stands for in a line. */
extern char cli_file[128];

/*
 * Runs it with a line that is split at blanks, where '' is an empty word, and
 * with in on standard input.  Its exit status.
 */
int cli_run(const char *line, const char *in);

/* The same in this process, which it ends. */
_Noreturn void cli_become(const char *line);

/*
 * The same on a terminal, in steps.  What comes on it is in cli_err, from the
 * last cli_expect() on.
 */
struct cli_terminal {
	int ours, side;
	pid_t pid;
};
void cli_sit(struct cli_terminal *terminal, const char *line);
/* Reads until it has that. */
void cli_expect(const struct cli_terminal *terminal, const char *what);
void cli_type(const struct cli_terminal *terminal, const char *text);
/* Waits for its end; its exit status. */
int cli_leave(struct cli_terminal *terminal);

/* Runs the suite of these cases, of a real agent; what main() returns.  Only root
 * is somebody else at will: without it they are skipped. */
int cli_cases(const char *name, TCase *const *cases, size_t count);

/* Whether part is in text; NULL: text must be empty. */
void cli_holds(const char *text, const char *part);

#endif
