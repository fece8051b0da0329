/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/lookup.h"

#include <stdlib.h>
#include <string.h>

/* Commands whose names differ in more letters are no suggestion. */
#define NEAR 2

#define NAME_SIZE 16 /* of any word, with a NUL */

size_t
lookup_group_size(const struct command *command)
{
	size_t size = strcspn(command->name, " ");

	return command->name[size] == '\0' ? 0 : size;
}

const char *
lookup_word(const struct command *command)
{
	size_t size = lookup_group_size(command);

	return size == 0 ? command->name : command->name + size + 1;
}

bool
lookup_is_of(const struct command *command, const char *group)
{
	size_t size = lookup_group_size(command);

	if (group == NULL || size == 0)
		return group == NULL && size == 0;
	return strlen(group) == size && memcmp(command->name, group, size) == 0;
}

bool
lookup_is_group(const struct command *const *table, const char *word)
{
	for (size_t i = 0; table[i] != NULL; i++)
		if (lookup_is_of(table[i], word))
			return true;
	return false;
}

bool
lookup_is_first(const struct command *const *table, size_t place)
{
	size_t size = lookup_group_size(table[place]);

	for (size_t i = 0; i < place; i++)
		if (lookup_group_size(table[i]) == size &&
		    memcmp(table[i]->name, table[place]->name, size) == 0)
			return false;
	return size > 0;
}

void
lookup_seconds(FILE *stream, const struct command *const *table,
    const char *group, const char *between)
{
	const char *before = "";

	for (size_t i = 0; table[i] != NULL; i++)
		if (lookup_is_of(table[i], group)) {
			fprintf(stream, "%s%s", before, lookup_word(table[i]));
			before = between;
		}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters to insert, remove or replace (Levenshtein). */
static size_t
distance(const char *typed, const char *name, size_t size)
{
	size_t row[NAME_SIZE];

	for (size_t j = 0; j <= size; j++)
		row[j] = j;
	for (size_t i = 0; typed[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < size; j++) {
			size_t change = corner + (typed[i] != name[j]);

			corner = row[j + 1];
			row[j + 1] = least(change, least(corner, row[j]) + 1);
		}
	}
	return row[size];
}

/* The word that the command's name begins with: a group may be near, too. */
static void
suggest(const struct command *const *table, const char *typed)
{
	const char *near = NULL;
	size_t nearest = NEAR + 1, near_size = 0;

	for (size_t i = 0; table[i] != NULL; i++) {
		size_t size = strcspn(table[i]->name, " ");
		size_t far = distance(typed, table[i]->name, size);

		if (far < nearest) {
			nearest = far;
			near = table[i]->name;
			near_size = size;
		}
	}
	if (near == NULL)
		output_error(
		    "unknown command '%s'; see apitoken --help", typed);
	else
		output_error("unknown command '%s'; did you mean '%.*s'? See "
			     "apitoken --help",
		    typed, (int)near_size, near);
}

static void
name_choices(
    const struct command *const *table, const char *group, const char *typed)
{
	char *choices = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&choices, &size);

	if (stream == NULL)
		return;
	lookup_seconds(stream, table, group, "|");
	if (fclose(stream) == 0)
		output_error("unknown command '%s %s': %s takes %s; see "
			     "apitoken %s --help",
		    group, typed, group, choices, group);
	free(choices);
}

const struct command *
lookup_command(
    const struct command *const *table, const char *group, const char *word)
{
	for (size_t i = 0; table[i] != NULL; i++)
		if (lookup_is_of(table[i], group) &&
		    strcmp(lookup_word(table[i]), word) == 0)
			return table[i];
	if (group == NULL)
		suggest(table, word);
	else
		name_choices(table, group, word);
	return NULL;
}
