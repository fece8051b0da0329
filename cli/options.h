/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_OPTIONS_H
#define APITOKEN_CLI_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "common/span.h"
#include "common/tokeninfo.h"

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char * */
	OPTION_CHOICE, /* const char *: one of the words of `argument` */
	OPTION_WORD,   /* const char *: takes no value and means `argument` */
	OPTION_NUMBER, /* uint64_t, from 1 */
	OPTION_LIST,   /* struct words, may be repeated */
	OPTION_MAYBE,  /* const char *: "" without a value; the next word is
			  one unless it begins with -, so that it is for
			  commands without operands */
};

/* What the parser, --help and shell completion know of an option. */
struct option_row {
	const char *name; /* NULL ends a table */
	enum option_kind kind;
	bool required;
	char letter;	      /* short form, or 0 */
	size_t offset;	      /* in what it fills */
	const char *argument; /* "LOGIN", "table|json" */
	const char *help;
};

/* Those that every command takes; struct globals is what they fill. */
extern const struct option_row options_global[];

/* Whether an option stands, or may stand, with a value. */
bool options_takes_value(const struct option_row *row);

/* The values of an OPTION_LIST, ready for a message. */
struct words {
	struct spanlist list;
	uint8_t packed[LIST_MAX * (SPANLIST_ELEMENT_MAX + 1)];
};

/*
 * Fills globals and values (the command's own, zeroed) from argv[1] on and
 * moves the operands to the end.  Without a command it takes the global
 * options in front of the first operand only.  Returns the index of the first
 * operand, or -1 after saying on standard error what is wrong.
 */
int options_parse(const struct command *command, int argc, char **argv,
    struct globals *globals, void *values);

/* Whether word is one of "a|b|c". */
bool options_choice_has(const char *choice, const char *word);

/* The options of a table, two columns, with a heading; NULL for the globals. */
void options_help(FILE *stream, const struct option_row *rows);

#endif
