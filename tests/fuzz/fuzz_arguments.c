/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arguments of a command: the first byte chooses it, the others are words
 * that end in NUL.  What the parser takes is within its table, and a text of
 * any of the options means the same when it is asked again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/dates.h"
#include "cli/options.h"
#include "cli/secretio.h"
#include "cli/spec.h"

#define WORDS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that a command makes of a word by itself. */
static void
try_word(const char *word)
{
	struct spec_options options = { .description = word,
		.type = word,
		.environment = word,
		.expires = word,
		.not_before = word };
	struct token_spec spec = { 0 };
	uint64_t when = 0;

	if (secretio_holds_token(word) && strlen(word) < strlen("atk_"))
		abort();
	spec_fill(&spec, &options);
	dates_past("since", word, &when);
	dates_duration("overlap", word, &when);
}

static const struct command *
choose(uint8_t number)
{
	size_t count = 0;

	while (commands[count] != NULL)
		count++;
	return number == 0 ? NULL : commands[number % count];
}

static void
parse(const struct command *command, int argc, char **argv)
{
	struct globals globals = { 0 };
	size_t size = command == NULL ? 0 : command->values_size;
	void *values = calloc(1, size + 1);
	int first;

	if (values == NULL)
		abort();
	first = options_parse(command, argc, argv, &globals, values);
	if (first < -1 || first == 0 || first > argc)
		abort();
	for (int i = first; i > 0 && i < argc; i++)
		if (argv[i] == NULL)
			abort();
	if (globals.format != NULL &&
	    output_format_of(globals.format) == FORMAT_TABLE &&
	    strcmp(globals.format, "table") != 0)
		abort();
	free(values);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char program[] = "apitoken";
	char *argv[WORDS + 1] = { program };
	char *words;
	int argc = 1;

	if (size == 0)
		return 0;
	words = malloc(size);
	if (words == NULL)
		abort();
	memcpy(words, data + 1, size - 1);
	words[size - 1] = '\0';
	for (char *at = words; at < words + size && argc < WORDS;
	     at += strlen(at) + 1) {
		try_word(at);
		argv[argc++] = at;
	}
	parse(choose(data[0]), argc, argv);
	free(words);
	return 0;
}
