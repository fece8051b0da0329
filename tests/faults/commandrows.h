/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_COMMANDROWS_H
#define APITOKEN_TESTS_COMMANDROWS_H

#include <stdbool.h>

/* Who does it. */
enum commandrow_actor {
	ROOT,
	MEMBER, /* on their own tokens */
	MANAGER /* with a management token */
};

/* What a command reads. */
enum commandrow_input {
	NOTHING,
	GOOD,	 /* the text of a token that is good */
	REFRESH, /* one that an exchange gave */
	SESSION, /* nothing, and the token "busy" has a session */
};

/*
 * A command, and what goes before it, which must do; "; " is between two.  #
 * is a number, another one each time; @ a file of that number.  Where it says
 * that it was done, `shows` does and its answer has `has`, and `gone` finds
 * nothing.
 */
struct commandrow {
	const char *name;
	const char *prepare;
	const char *command;
	const char *lines; /* that it reads */
	const char *shows, *has;
	const char *gone; /* finds nothing then */
	const char *undo; /* so that there are not more and more */
	enum commandrow_actor actor;
	enum commandrow_input input;
	bool keeps;  /* the session, where it is done */
	bool partly; /* it is done, but for bad lines (OUTCOME_PARTLY) */
	bool fresh;  /* on the store of the beginning, each time */
};

/* Each command, in most of its forms. */
extern const struct commandrow commandrows[];
extern const int commandrows_count;

#endif
