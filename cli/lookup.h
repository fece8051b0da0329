/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_LOOKUP_H
#define APITOKEN_CLI_LOOKUP_H

#include <stdio.h>

#include "cli/command.h"

/*
 * Commands by their names.  A name is one word, or two with a blank between:
 * those of two words that share the first are a group, and a group's first
 * word is no command.  A table of them ends with NULL.
 */

/* Bytes of the first of two words; 0 for a command of one. */
size_t lookup_group_size(const struct command *command);

/* The second word, or the only one. */
const char *lookup_word(const struct command *command);

/* Whether it is a command of that group; of NULL are those of one word. */
bool lookup_is_of(const struct command *command, const char *group);

/* Whether any command of the table is of that group. */
bool lookup_is_group(const struct command *const *table, const char *word);

/* Whether the command at that place is the first one of its group. */
bool lookup_is_first(const struct command *const *table, size_t place);

/* The second words of a group on stream, with that between them. */
void lookup_seconds(FILE *stream, const struct command *const *table,
    const char *group, const char *between);

/*
 * The command of a group (NULL: of none) with that word.  NULL after saying
 * on standard error what there is instead.
 */
const struct command *lookup_command(
    const struct command *const *table, const char *group, const char *word);

#endif
