/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/creds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/corpus.h"

struct source {
	uint64_t count; /* 0: the same user each time */
	enum corpus_kind kind;
	const char *name;
	const char *secret; /* NULL: a token of the corpus */
};

static struct source sources[LOAD_CLASSES_MAX];
static struct corpus_token drawn;
static char numbered[32];
static const char *login, *secret;

static enum corpus_kind
kind_of(const char *word)
{
	static const struct {
		const char *word;
		enum corpus_kind kind;
	} kinds[] = {
		{ "any", CORPUS_ANY },
		{ "good", CORPUS_GOOD },
		{ "wrong", CORPUS_WRONG },
		{ "unknown", CORPUS_UNKNOWN },
		{ "revoked", CORPUS_REVOKED },
		{ "expired", CORPUS_EXPIRED },
	};

	if (word == NULL)
		return CORPUS_ANY;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(word, kinds[i].word) == 0)
			return kinds[i].kind;
	load_die("%s: no such kind of token", word);
}

static void
parse(char *text, struct source *source)
{
	const char *form = strtok(text, ":");
	const char *first = strtok(NULL, ":");
	const char *second = strtok(NULL, ":");

	if (form == NULL || first == NULL)
		load_die("a source is FORM:...");
	if (strcmp(form, "corpus") == 0) {
		source->count = strtoull(first, NULL, 10);
		source->kind = kind_of(second);
	} else if (strcmp(form, "users") == 0 && second != NULL) {
		source->count = strtoull(first, NULL, 10);
		source->secret = second;
	} else if (strcmp(form, "user") == 0 && second != NULL) {
		source->name = first;
		source->secret = second;
	} else {
		load_die("%s: no such source", form);
	}
	if (source->count == 0 && source->name == NULL)
		load_die("%s: of how many?", form);
}

void
creds_classes(struct load *load, char **arguments)
{
	for (load->classes = 0; *arguments != NULL; arguments++) {
		char *equals = strchr(*arguments, '=');

		if (equals == NULL || load->classes == LOAD_CLASSES_MAX)
			load_die("%s: not LABEL=SOURCE", *arguments);
		*equals = '\0';
		load->labels[load->classes] = *arguments;
		parse(equals + 1, &sources[load->classes++]);
	}
	if (load->classes == 0)
		load_die("nothing to do: LABEL=SOURCE...");
	load->draw = creds_draw;
}

void
creds_draw(size_t class, uint64_t random)
{
	const struct source *source = &sources[class];

	if (source->secret == NULL) {
		corpus_draw(source->count, source->kind, random, &drawn);
		login = drawn.owner;
		secret = drawn.text;
		return;
	}
	login = source->name;
	secret = source->secret;
	if (source->count > 0) {
		(void)snprintf(numbered, sizeof(numbered), "u%08" PRIu64,
		    random % source->count);
		login = numbered;
	}
}

const char *
creds_login(void)
{
	return login;
}

const char *
creds_secret(void)
{
	return secret;
}

bool
creds_are_good(size_t class)
{
	const struct source *source = &sources[class];

	return source->secret != NULL || source->kind == CORPUS_ANY ||
	       source->kind == CORPUS_GOOD;
}
