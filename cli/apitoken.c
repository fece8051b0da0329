/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/secretio.h"

/* Commands whose names differ in more letters are no suggestion. */
#define NEAR 2

#define NAME_SIZE 16 /* of any command, with a NUL */

static void
help_program(FILE *stream)
{
	fputs("usage: apitoken [OPTION]... COMMAND [ARGUMENT]...\n\n"
	      "Commands:\n",
	    stream);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(stream, "  %-10s %s\n", commands[i]->name,
		    commands[i]->summary);
	options_help(stream, NULL);
	fputs("\napitoken COMMAND --help shows the options of a command.\n",
	    stream);
}

static void
help_command(const struct command *command)
{
	printf("usage: apitoken %s%s%s [OPTION]...\n\n", command->name,
	    command->operands[0] == '\0' ? "" : " ", command->operands);
	printf(
	    "%s.  It answers as -o %s.\n", command->summary, command->formats);
	if (command->options != NULL)
		options_help(stdout, command->options);
	options_help(stdout, NULL);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters to insert, remove or replace (Levenshtein). */
static size_t
distance(const char *typed, const char *name)
{
	size_t row[NAME_SIZE], size = strlen(name);

	for (size_t j = 0; j <= size; j++)
		row[j] = j;
	for (size_t i = 0; typed[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < size; j++) {
			size_t change = corner + (typed[i] != name[j]);

			corner = row[j + 1];
			row[j + 1] = least(change, least(corner, row[j]) + 1);
		}
	}
	return row[size];
}

static const struct command *
command_named(const char *name)
{
	const struct command *near = NULL;
	size_t nearest = NEAR + 1;

	for (size_t i = 0; commands[i] != NULL; i++) {
		size_t far = distance(name, commands[i]->name);

		if (far == 0)
			return commands[i];
		if (far < nearest) {
			nearest = far;
			near = commands[i];
		}
	}
	if (near == NULL)
		output_error("unknown command '%s'; see apitoken --help", name);
	else
		output_error("unknown command '%s'; did you mean '%s'? See "
			     "apitoken --help",
		    name, near->name);
	return NULL;
}

/*
 * Every user of the machine can read arguments, so a token among them is no
 * secret any more.  It is not said which one: neither may the log read it.
 */
static bool
has_secret(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (secretio_holds_token(argv[i])) {
			output_error("an argument holds a token: secrets are "
				     "never arguments; others may have read "
				     "it, revoke it by its id");
			return true;
		}
	return false;
}

static bool
are_operands_good(
    const struct command *command, char *const *operands, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (secretio_begins_token(operands[i])) {
			output_error("an argument begins as a token does: "
				     "secrets are never arguments; a token is "
				     "named by its id or its name");
			return false;
		}
	if (count < command->least)
		output_error("%s is missing; see apitoken %s --help",
		    command->operands, command->name);
	else if (count > command->most && command->most > 1)
		output_error("at most %zu tokens at once", command->most);
	else if (count > command->most)
		output_error("unexpected '%s'; see apitoken %s --help",
		    operands[command->most], command->name);
	return count >= command->least && count <= command->most;
}

static bool
is_format_good(const struct command *command, const char *format)
{
	if (format == NULL || options_choice_has(command->formats, format))
		return true;
	output_error("%s does not answer as -o %s: it takes %s", command->name,
	    format, command->formats);
	return false;
}

static enum outcome
run(const struct command *command, int argc, char **argv,
    struct globals *globals, void *values)
{
	struct invocation in = { .globals = globals, .values = values };
	int first = options_parse(command, argc, argv, globals, values);

	if (first == -1)
		return OUTCOME_USAGE;
	if (globals->help) {
		help_command(command);
		return OUTCOME_DONE;
	}
	if (globals->version) {
		puts("apitoken " PACKAGE_VERSION);
		return OUTCOME_DONE;
	}
	in.operands = argv + first;
	in.count = (size_t)(argc - first);
	in.format = output_format_of(globals->format);
	if (!are_operands_good(command, in.operands, in.count) ||
	    !is_format_good(command, globals->format))
		return OUTCOME_USAGE;
	return command->run(&in);
}

static enum outcome
dispatch(int argc, char **argv)
{
	struct globals globals = { 0 };
	const struct command *command;
	enum outcome outcome;
	void *values;
	int first;

	if (has_secret(argc, argv))
		return OUTCOME_USAGE;
	first = options_parse(NULL, argc, argv, &globals, NULL);
	if (first == -1)
		return OUTCOME_USAGE;
	if (globals.version) {
		puts("apitoken " PACKAGE_VERSION);
		return OUTCOME_DONE;
	}
	if (first == argc) {
		help_program(globals.help ? stdout : stderr);
		return globals.help ? OUTCOME_DONE : OUTCOME_USAGE;
	}
	command = command_named(argv[first]);
	if (command == NULL)
		return OUTCOME_USAGE;
	values = calloc(1, command->values_size + 1);
	if (values == NULL) {
		output_error("out of memory");
		return OUTCOME_FAILED;
	}
	outcome = run(command, argc - first, argv + first, &globals, values);
	free(values);
	return outcome;
}

/* A closed descriptor would become the agent's socket, and be written to. */
static void
open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(OUTCOME_FAILED);
}

/* Who reads only the beginning of an answer is not in error. */
static bool
is_reader_gone(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 &&
	       (out.revents & (POLLERR | POLLHUP)) != 0;
}

static enum outcome
finish(enum outcome outcome)
{
	bool gone, failed;

	errno = 0;
	failed = fflush(stdout) != 0 || ferror(stdout);
	gone = is_reader_gone();
	if (fclose(stdout) != 0)
		failed = true;
	if (!failed || gone)
		return outcome;
	output_error("standard output: %s",
	    errno != 0 ? strerror(errno) : "could not be written");
	return outcome == OUTCOME_DONE ? OUTCOME_FAILED : outcome;
}

int
main(int argc, char **argv)
{
	open_standard();
	(void)setlocale(LC_ALL, "");
	(void)signal(SIGPIPE, SIG_IGN);
	return (int)finish(dispatch(argc, argv));
}
