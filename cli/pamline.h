/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAMLINE_H
#define APITOKEN_CLI_PAMLINE_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/pamcontrol.h"

/*
 * A line of a file in /etc/pam.d, read as libpam reads it: comments cut off,
 * lines joined that end in a backslash, brackets kept together.
 */

#define PAMLINE_MAX 1024 /* bytes with a NUL: libpam's own buffer */

enum pamkind {
	PAMKIND_AUTH,
	PAMKIND_ACCOUNT,
	PAMKIND_SESSION,
	PAMKIND_PASSWORD,
	PAMKIND_COUNT,
};

enum pamform {
	PAMLINE_MODULE,
	PAMLINE_INCLUDE,  /* lines of that kind from another file */
	PAMLINE_SUBSTACK, /* the same, as a stack of its own */
	PAMLINE_ALL,	  /* @include: all lines of another file */
};

struct pamline {
	unsigned number;   /* in its file, from 1; where it begins */
	const char *wrong; /* why libpam does not understand it, or NULL */
	enum pamform form;
	enum pamkind kind; /* unless PAMLINE_ALL */
	bool silent;	   /* "-auth": a missing module is no error */
	struct pamcontrol control;
	char text[PAMLINE_MAX]; /* all of it, blanks squeezed */
	char words[PAMLINE_MAX];
	/* Where they begin in words; each ends in a NUL, and the arguments
	 * are one text.  Of an include the module is the file's name. */
	size_t control_at, module_at, arguments_at;
};

const char *pamkind_word(enum pamkind kind);
const char *pamline_module(const struct pamline *line);
const char *pamline_arguments(const struct pamline *line);

/* Whether its module is that one, "pam_unix.so", wherever it lies. */
bool pamline_is(const struct pamline *line, const char *module);

/*
 * Takes the next argument off *arguments, as libpam splits them ("[a b]" is
 * one, without its brackets), into word of PAMLINE_MAX bytes.  False at the
 * end.
 */
bool pamline_argument(const char **arguments, char *word);

struct pamreader {
	FILE *file;
	unsigned number; /* of the last line that was read; from 0 */
};

/* The next line that is not empty.  False at the end of the file. */
bool pamline_read(struct pamreader *reader, struct pamline *line);

#endif
