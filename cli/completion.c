/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/completion.h"

#include <stdio.h>
#include <string.h>

#include "cli/lookup.h"

#define GROUP_SIZE 16 /* of any first word, with a NUL */

const char *
completion_next(const char **choice, size_t *size)
{
	while (**choice != '\0') {
		const char *word = *choice;

		*size = strcspn(word, "|");
		*choice = word + *size + (word[*size] == '|');
		if ((*word >= 'a' && *word <= 'z') ||
		    (*word >= '0' && *word <= '9'))
			return word;
	}
	return NULL;
}

void
completion_words(const char *choice)
{
	const char *word, *before = "";
	size_t size;

	while ((word = completion_next(&choice, &size)) != NULL) {
		printf("%s%.*s", before, (int)size, word);
		before = " ";
	}
}

void
completion_firsts(void)
{
	const char *before = "";

	for (size_t i = 0; commands[i] != NULL; i++)
		if (lookup_group_size(commands[i]) == 0 ||
		    lookup_is_first(commands, i)) {
			printf("%s%.*s", before,
			    (int)strcspn(commands[i]->name, " "),
			    commands[i]->name);
			before = " ";
		}
}

void
completion_groups(void (*put)(const char *group))
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		char group[GROUP_SIZE];

		if (!lookup_is_first(commands, i))
			continue;
		(void)snprintf(group, sizeof group, "%.*s",
		    (int)lookup_group_size(commands[i]), commands[i]->name);
		put(group);
	}
}

const char *
completion_argument(const struct command *command, const struct option_row *row)
{
	if (command != NULL && row->letter == 'o')
		return command->formats;
	return row->argument;
}

enum offer
completion_offer(const char *argument)
{
	size_t size;

	if (strcmp(argument, "FILE") == 0 || strcmp(argument, "PATH") == 0)
		return OFFER_FILES;
	if (strcmp(argument, "LOGIN") == 0)
		return OFFER_LOGINS;
	return completion_next(&argument, &size) != NULL ? OFFER_WORDS
							 : OFFER_NOTHING;
}

void
completion_each(const struct command *command, completion_put *put)
{
	const struct option_row *rows = command != NULL ? command->options
							: NULL;

	for (; rows != NULL && rows->name != NULL; rows++)
		put(command, rows);
	for (rows = options_global; rows->name != NULL; rows++)
		put(command, rows);
}

void
completion_quoted(const char *text, const char *special, const char *quote)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			fputs(quote, stdout);
			continue;
		}
		if (strchr(special, *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

static const struct {
	const char *name;
	void (*put)(void);
} shells[] = {
	{ "bash", completion_bash },
	{ "zsh", completion_zsh },
	{ "fish", completion_fish },
};

static enum outcome
completion_run(const struct invocation *in)
{
	for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++)
		if (strcmp(in->operands[0], shells[i].name) == 0) {
			shells[i].put();
			return OUTCOME_DONE;
		}
	output_error("'%s': completion is for %s", in->operands[0],
	    completion_command.operands);
	return OUTCOME_USAGE;
}

const struct command completion_command = {
	.name = "completion",
	.operands = "bash|zsh|fish",
	.summary = "write a script that completes these commands in a shell",
	.formats = "table",
	.least = 1,
	.most = 1,
	.run = completion_run,
};
