/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/confirm.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/escape.h"

bool
confirm_can_ask(const struct globals *globals)
{
	return globals->yes ||
	       (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1);
}

bool
confirm_is_possible(const struct globals *globals, const char *verb)
{
	if (confirm_can_ask(globals))
		return true;
	output_error("%s asks first and there is no terminal to ask on: --yes "
		     "is needed",
	    verb);
	return false;
}

bool
confirm(const struct globals *globals, const char *question, const char *done)
{
	char line[16] = "";

	if (globals->yes)
		return true;
	escape_print(stderr, span_of(question));
	fputs("? [y/N] ", stderr);
	if (fgets(line, sizeof line, stdin) == NULL)
		fputc('\n', stderr);
	line[strcspn(line, "\n")] = '\0';
	if (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0)
		return true;
	output_error("nothing was %s", done);
	return false;
}
