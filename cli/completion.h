/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_COMPLETION_H
#define APITOKEN_CLI_COMPLETION_H

#include "cli/options.h"

/*
 * Completion for shells, written to standard output from the table that --help
 * is written from.  The scripts hold words only: they run nothing and ask no
 * agent.
 */
void completion_bash(void);
void completion_zsh(void);
void completion_fish(void);

/* What can be offered for a value. */
enum offer {
	OFFER_NOTHING,
	OFFER_WORDS,
	OFFER_FILES,
	OFFER_LOGINS,
};

enum offer completion_offer(const char *argument);

/*
 * Steps through those words of "7d|DATE|never" that stand for themselves;
 * NULL at the end.
 */
const char *completion_next(const char **choice, size_t *size);
/* All of them, with blanks between. */
void completion_words(const char *choice);

/* The words that a command's name can begin with, with blanks between. */
void completion_firsts(void);

/* Calls put for each group of commands of two words, with its first word. */
void completion_groups(void (*put)(const char *group));

/* The argument of an option: a command answers in some formats only. */
const char *completion_argument(
    const struct command *command, const struct option_row *row);

typedef void completion_put(
    const struct command *command, const struct option_row *row);

/* For each option that can follow a command, or stand in front of any (NULL). */
void completion_each(const struct command *command, completion_put *put);

/* text for a word in single quotes: `quote` for one within, and a backslash
 * before each of `special`. */
void completion_quoted(
    const char *text, const char *special, const char *quote);

#endif
