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
#include "cli/lookup.h"
#include "cli/options.h"
#include "cli/secretio.h"
#include "common/slice.h"

/* The commands of a group, or all of them. */
static void
help_commands(FILE *stream, const char *group)
{
	fprintf(stream,
	    "usage: apitoken [OPTION]... %s%sCOMMAND [ARGUMENT]...\n\n"
	    "Commands:\n",
	    group == NULL ? "" : group, group == NULL ? "" : " ");
	for (size_t i = 0; commands[i] != NULL; i++)
		if (group == NULL || lookup_is_of(commands[i], group))
			fprintf(stream, "  %-15s %s\n", commands[i]->name,
			    commands[i]->summary);
	options_help(stream, NULL);
	fprintf(stream,
	    "\napitoken %s%sCOMMAND --help shows the options of a command.\n",
	    group == NULL ? "" : group, group == NULL ? "" : " ");
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

/* Bytes of an operand at the most: a name, whoever is meant, or a path. */
static size_t
operand_most(const struct command *command)
{
	if (strstr(command->operands, "FILE") != NULL)
		return SIZE_MAX;
	return strcmp(command->operands, "NAME") == 0 ? TOKEN_NAME_MAX
						      : LOGIN_MAX;
}

static bool
are_operands_good(
    const struct command *command, char *const *operands, size_t count)
{
	const size_t most = operand_most(command);

	for (size_t i = 0; i < count; i++)
		if (secretio_begins_token(operands[i])) {
			output_error("an argument begins as a token does: "
				     "secrets are never arguments; a token is "
				     "named by its id or its name");
			return false;
		}
	for (size_t i = 0; i < count; i++)
		if (strlen(operands[i]) > most) {
			output_error(
			    "%s takes at most %zu bytes, and was given "
			    "%zu",
			    command->operands, most, strlen(operands[i]));
			return false;
		}
	if (count < command->least)
		output_error("%s is missing; see apitoken %s --help",
		    command->operands, command->name);
	else if (count > command->most && command->most > command->least)
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
run_command(const struct command *command, int argc, char **argv,
    struct globals *globals)
{
	enum outcome outcome;
	void *values = calloc(1, command->values_size + 1);

	if (values == NULL) {
		output_error("out of memory");
		return OUTCOME_FAILED;
	}
	outcome = run(command, argc, argv, globals, values);
	free(values);
	return outcome;
}

/* argv[0] is the program, or the group that a second word follows. */
static enum outcome
dispatch(const char *group, int argc, char **argv, struct globals *globals)
{
	const struct command *command;
	int first = options_parse(NULL, argc, argv, globals, NULL);

	if (first == -1)
		return OUTCOME_USAGE;
	if (globals->version) {
		puts("apitoken " PACKAGE_VERSION);
		return OUTCOME_DONE;
	}
	if (first == argc) {
		help_commands(globals->help ? stdout : stderr, group);
		return globals->help ? OUTCOME_DONE : OUTCOME_USAGE;
	}
	if (group == NULL && lookup_is_group(commands, argv[first]))
		return dispatch(
		    argv[first], argc - first, argv + first, globals);
	command = lookup_command(commands, group, argv[first]);
	if (command == NULL)
		return OUTCOME_USAGE;
	return run_command(command, argc - first, argv + first, globals);
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
	struct globals globals = { 0 };
	enum outcome outcome = OUTCOME_USAGE;

	open_standard();
	slice_shorten();
	(void)setlocale(LC_ALL, "");
	(void)signal(SIGPIPE, SIG_IGN);
	if (!has_secret(argc, argv))
		outcome = dispatch(NULL, argc, argv, &globals);
	return (int)finish(outcome);
}
