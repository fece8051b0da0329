/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/completion.h"

#include <stdio.h>

#include "cli/lookup.h"

/* When a line of fish holds: after this command, or before there is one. */
static void
fish_begin(const char *command)
{
	printf("complete -c apitoken -n '__apitoken_after %s'", command);
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

	fish_begin(command != NULL ? command->name : "");
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

/* What there is after a first word that another one follows. */
static void
fish_group(const char *group)
{
	fish_begin("");
	printf(" -a '%s' -d '", group);
	lookup_seconds(stdout, commands, group, ", ");
	fputs("'\n", stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (lookup_is_of(commands[i], group)) {
			fish_begin(group);
			printf(" -a '%s'", lookup_word(commands[i]));
			fish_end(commands[i]->summary);
		}
}

static void
fish_command(const struct command *command)
{
	const char *choice = command->operands;
	size_t size;

	if (lookup_is_of(command, NULL)) {
		fish_begin("");
		fish_words(command->name);
		fish_end(command->summary);
	}
	completion_each(command, fish_option);
	if (completion_offer(command->operands) == OFFER_FILES) {
		fish_begin(command->name);
		fputs(" -F", stdout);
		fish_end("file");
	}
	if (completion_next(&choice, &size) == NULL)
		return;
	fish_begin(command->name);
	fish_words(command->operands);
	fish_end("shell");
}

/* The words before a command that a value follows. */
static void
fish_skipped(const struct command *command, const struct option_row *row)
{
	(void)command;
	if (!options_takes_value(row))
		return;
	printf(" --%s", row->name);
	if (row->letter != '\0')
		printf(" -%c", row->letter);
}

static void
fish_or(const char *group)
{
	printf(" %s", group);
}

void
completion_fish(void)
{
	fputs("# fish completion for apitoken\n"
	      "function __apitoken_after\n"
	      "\tset -l found\n"
	      "\tset -l skip no\n"
	      "\tset -l words (commandline -opc)\n"
	      "\tset -e words[1]\n"
	      "\tfor word in $words\n"
	      "\t\tif test $skip = yes\n"
	      "\t\t\tset skip no\n"
	      "\t\t\tcontinue\n"
	      "\t\tend\n"
	      "\t\tswitch $word\n"
	      "\t\t\tcase",
	    stdout);
	completion_each(NULL, fish_skipped);
	fputs("\n\t\t\t\tset skip yes\n"
	      "\t\t\tcase '-*'\n"
	      "\t\t\tcase '*'\n"
	      "\t\t\t\tset -a found $word\n"
	      "\t\t\t\tcontains -- \"$found\"",
	    stdout);
	completion_groups(fish_or);
	fputs("; or break\n"
	      "\t\tend\n"
	      "\tend\n"
	      "\ttest \"$found\" = \"$argv\"\n"
	      "end\n"
	      "complete -c apitoken -f\n",
	    stdout);
	completion_each(NULL, fish_option);
	completion_groups(fish_group);
	for (size_t i = 0; commands[i] != NULL; i++)
		fish_command(commands[i]);
}
