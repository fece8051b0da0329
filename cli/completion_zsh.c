/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/completion.h"

#include <stdio.h>

#include "cli/lookup.h"

/* "'*--user=[help]:LOGIN:_users' \" */
static void
zsh_option(const struct command *command, const struct option_row *row)
{
	static const char *const offers[] = { [OFFER_NOTHING] = " ",
		[OFFER_FILES] = "_files",
		[OFFER_LOGINS] = "_users" };
	const int forms = row->letter != '\0' ? 2 : 1;
	enum offer offer;

	for (int short_form = 0; short_form < forms; short_form++) {
		fputs("\t\t\t'", stdout);
		if (row->kind == OPTION_LIST)
			putchar('*');
		if (short_form != 0)
			printf("-%c%s[", row->letter,
			    options_takes_value(row) ? "+" : "");
		else
			printf("--%s%s[", row->name,
			    options_takes_value(row) ? "=" : "");
		completion_quoted(row->help, "[]:\\", "'\\''");
		putchar(']');
		if (options_takes_value(row)) {
			putchar(':');
			completion_quoted(row->argument, ":\\", "'\\''");
			putchar(':');
			offer = completion_offer(row->argument);
			if (offer == OFFER_WORDS) {
				putchar('(');
				completion_words(
				    completion_argument(command, row));
				putchar(')');
			} else {
				fputs(offers[offer], stdout);
			}
		}
		fputs("' \\\n", stdout);
	}
}

static void
zsh_command(const struct command *command)
{
	const char *choice = command->operands;
	size_t size;

	printf("\t\t'%s')\n\t\t\t_arguments \\\n", command->name);
	completion_each(command, zsh_option);
	if (completion_next(&choice, &size) != NULL) {
		printf("\t\t\t'1:%s:(", command->operands);
		completion_words(command->operands);
		fputs(")'\n", stdout);
	} else if (completion_offer(command->operands) == OFFER_FILES) {
		fputs("\t\t\t'1:file:_files'\n", stdout);
	} else {
		fputs("\t\t\t'*: : '\n", stdout);
	}
	fputs("\t\t\t;;\n", stdout);
}

/* "'create:make a project'", for the second word of a group, or the first. */
static void
zsh_describe(const char *word, const char *summary)
{
	printf("\t\t'%s:", word);
	completion_quoted(summary, ":\\", "'\\''");
	fputs("'\n", stdout);
}

/* Joins the two words, so that what follows is found under both. */
static void
zsh_group(const char *group)
{
	printf("\t\tif [[ $words[1] == '%s' ]]; then\n"
	       "\t\tif ((CURRENT == 2)); then\n"
	       "\t\tcommands=(\n",
	    group);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (lookup_is_of(commands[i], group))
			zsh_describe(
			    lookup_word(commands[i]), commands[i]->summary);
	printf("\t\t)\n"
	       "\t\t_describe command commands\n"
	       "\t\treturn\n"
	       "\t\tfi\n"
	       "\t\twords[1,2]=(\"%s $words[2]\")\n"
	       "\t\t((CURRENT--))\n"
	       "\t\tfi\n",
	    group);
}

static void
zsh_first(const char *group)
{
	printf("\t\t'%s:", group);
	lookup_seconds(stdout, commands, group, ", ");
	fputs("'\n", stdout);
}

void
completion_zsh(void)
{
	fputs("#compdef apitoken\n"
	      "_apitoken()\n"
	      "{\n"
	      "\tlocal curcontext=$curcontext state line\n"
	      "\tlocal -a commands\n"
	      "\ttypeset -A opt_args\n\n"
	      "\tcommands=(\n",
	    stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		if (lookup_is_of(commands[i], NULL))
			zsh_describe(commands[i]->name, commands[i]->summary);
	completion_groups(zsh_first);
	fputs("\t)\n\t_arguments -C \\\n", stdout);
	completion_each(NULL, zsh_option);
	fputs("\t\t\t'1: :->command' '*:: :->argument'\n"
	      "\tcase $state in\n"
	      "\tcommand)\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\t\t;;\n"
	      "\targument)\n",
	    stdout);
	completion_groups(zsh_group);
	fputs("\t\tcase $words[1] in\n", stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		zsh_command(commands[i]);
	fputs("\t\tesac\n"
	      "\t\t;;\n"
	      "\tesac\n"
	      "}\n"
	      "if [[ $funcstack[1] == _apitoken ]]; then\n"
	      "\t_apitoken \"$@\"\n"
	      "else\n"
	      "\tcompdef _apitoken apitoken\n"
	      "fi\n",
	    stdout);
}
