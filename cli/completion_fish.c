/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/completion.h"

#include <stdio.h>

/* When a line of fish holds: after this command, or before there is one. */
static void
fish_begin(const struct command *command)
{
	fputs("complete -c apitoken -n ", stdout);
	if (command == NULL)
		fputs("__fish_use_subcommand", stdout);
	else
		printf("'__fish_seen_subcommand_from %s'", command->name);
}

static void
fish_end(const char *help)
{
	fputs(" -d '", stdout);
	completion_quoted(help, "\\", "\\'");
	fputs("'\n", stdout);
}

static void
fish_words(const char *choice)
{
	fputs(" -a '", stdout);
	completion_words(choice);
	putchar('\'');
}

static void
fish_option(const struct command *command, const struct option_row *row)
{
	static const char *const offers[] = { [OFFER_NOTHING] = " -x",
		[OFFER_WORDS] = " -x",
		[OFFER_FILES] = " -r -F",
		[OFFER_LOGINS] = " -x -a '(__fish_complete_users)'" };

	fish_begin(command);
	printf(" -l %s", row->name);
	if (row->letter != '\0')
		printf(" -s %c", row->letter);
	if (options_takes_value(row)) {
		enum offer offer = completion_offer(row->argument);

		fputs(offers[offer], stdout);
		if (offer == OFFER_WORDS)
			fish_words(completion_argument(command, row));
	}
	fish_end(row->help);
}

void
completion_fish(void)
{
	fputs("# fish completion for apitoken\ncomplete -c apitoken -f\n",
	    stdout);
	completion_each(NULL, fish_option);
	for (size_t i = 0; commands[i] != NULL; i++) {
		const char *choice = commands[i]->operands;
		size_t size;

		fish_begin(NULL);
		fish_words(commands[i]->name);
		fish_end(commands[i]->summary);
		completion_each(commands[i], fish_option);
		if (completion_next(&choice, &size) == NULL)
			continue;
		fish_begin(commands[i]);
		fish_words(commands[i]->operands);
		fish_end("shell");
	}
}
