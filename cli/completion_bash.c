/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/completion.h"

#include <stdio.h>

#include "cli/lookup.h"

static void
bash_name(const struct command *command, const struct option_row *row)
{
	(void)command;
	printf(" --%s", row->name);
}

static const char *const bash_offers[] = {
	[OFFER_NOTHING] = "return",
	[OFFER_FILES] =
	    "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "
	    "\"$cur\"); return",
	[OFFER_LOGINS] =
	    "mapfile -t COMPREPLY < <(compgen -u -- \"$cur\"); return",
};

static void
bash_value(const struct command *command, const struct option_row *row)
{
	const char *name = command != NULL ? command->name : "";
	const char *argument = completion_argument(command, row);
	/* Without a command there may be the first of two words. */
	const char *any = command != NULL ? "" : "*";
	enum offer offer;

	if (!options_takes_value(row))
		return;
	printf("\t%s'%s:--%s'", any, name, row->name);
	if (row->letter != '\0')
		printf(" | %s'%s:-%c'", any, name, row->letter);
	fputs(")\n\t\t", stdout);
	offer = completion_offer(argument);
	if (offer == OFFER_WORDS) {
		fputs("words='", stdout);
		completion_words(argument);
		putchar('\'');
	} else {
		fputs(bash_offers[offer], stdout);
	}
	fputs("\n\t\t;;\n", stdout);
}

static void
bash_command(const struct command *command)
{
	printf("\t'%s:'*)\n", command->name);
	if (completion_offer(command->operands) == OFFER_FILES)
		printf("\t\t[[ $cur == -* ]] || { %s; }\n",
		    bash_offers[OFFER_FILES]);
	fputs("\t\twords='", stdout);
	completion_words(command->operands);
	completion_each(command, bash_name);
	fputs("'\n\t\t;;\n", stdout);
}

/* The words before a command that are no command: " | --socket". */
static void
bash_skipped(const struct command *command, const struct option_row *row)
{
	(void)command;
	if (!options_takes_value(row))
		return;
	printf(" | --%s", row->name);
	if (row->letter != '\0')
		printf(" | -%c", row->letter);
}

/* The words that can follow one, which is not a command by itself. */
static void
bash_group(const char *group)
{
	printf("\t'%s:'*)\n\t\twords='", group);
	lookup_seconds(stdout, commands, group, " ");
	completion_each(NULL, bash_name);
	fputs("'\n\t\t;;\n", stdout);
}

static void
bash_or(const char *group)
{
	printf(" | '%s'", group);
}

void
completion_bash(void)
{
	fputs("# bash completion for apitoken\n"
	      "_apitoken()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tlocal prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command= words= i\n\n"
	      "\tCOMPREPLY=()\n"
	      "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	      "\t[[ $cur == = ]] && cur=\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t''",
	    stdout);
	completion_each(NULL, bash_skipped);
	fputs(")\n"
	      "\t\t\t[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
	      "\t\t\t((i++))\n"
	      "\t\t\t;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*)\n"
	      "\t\t\tcommand+=${command:+ }${COMP_WORDS[i]}\n"
	      "\t\t\tcase $command in\n"
	      "\t\t\t''",
	    stdout);
	completion_groups(bash_or);
	fputs(") ;;\n"
	      "\t\t\t*) break ;;\n"
	      "\t\t\tesac\n"
	      "\t\t\t;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase \"$command:$prev\" in\n",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++) {
		completion_each(commands[i], bash_value);
		bash_command(commands[i]);
	}
	completion_each(NULL, bash_value);
	completion_groups(bash_group);
	fputs("\t':'*)\n\t\twords='", stdout);
	completion_firsts();
	completion_each(NULL, bash_name);
	fputs("'\n\t\t;;\n"
	      "\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	      "}\n"
	      "complete -F _apitoken apitoken\n",
	    stdout);
}
