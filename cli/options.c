/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

#define ROWS_MAX 48

/* Values for getopt_long() above every short option. */
#define LONG_BASE 256

const struct option_row options_global[] = {
	{ "socket", OPTION_TEXT, false, 0, offsetof(struct globals, socket),
	    "PATH", "the agent's admin socket; also $APITOKEN_SOCKET" },
	{ "token-file", OPTION_TEXT, false, 0,
	    offsetof(struct globals, token_file), "FILE",
	    "act with the management token in this file" },
	{ "format", OPTION_CHOICE, false, 'o', offsetof(struct globals, format),
	    "table|json|jsonl|csv|id", "how the answer is written" },
	{ "json", OPTION_WORD, false, 0, offsetof(struct globals, format),
	    "json", "the same as -o json" },
	{ "quiet", OPTION_FLAG, false, 0, offsetof(struct globals, quiet), NULL,
	    "the answer only: no notes on standard error" },
	{ "yes", OPTION_FLAG, false, 0, offsetof(struct globals, yes), NULL,
	    "answer yes to what a command asks before it does something" },
	{ "help", OPTION_FLAG, false, 'h', offsetof(struct globals, help), NULL,
	    "show this" },
	{ "version", OPTION_FLAG, false, 0, offsetof(struct globals, version),
	    NULL, "show the version" },
	{ 0 },
};

/* One run of getopt_long(): the rows of a command, then the global ones. */
struct parser {
	const char *see; /* the command to ask for help, with a space before */
	const struct option_row *rows[ROWS_MAX];
	bool given[ROWS_MAX];
	size_t own; /* so many of them are the command's */
	size_t count;
	struct option longs[ROWS_MAX + 1];
	char shorts[2 * ROWS_MAX + 3];
};

bool
options_takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_WORD;
}

static void
parser_add(struct parser *p, const struct option_row *rows)
{
	for (; rows != NULL && rows->name != NULL && p->count < ROWS_MAX;
	     rows++) {
		struct option *option = &p->longs[p->count];

		option->name = rows->name;
		option->has_arg = !options_takes_value(rows) ? no_argument
				  : rows->kind == OPTION_MAYBE
				      ? optional_argument
				      : required_argument;
		option->val = LONG_BASE + (int)p->count;
		p->rows[p->count++] = rows;
		if (rows->letter != '\0') {
			char *end = p->shorts + strlen(p->shorts);

			*end++ = rows->letter;
			if (options_takes_value(rows))
				*end = ':';
		}
	}
}

/* Where in the table a value of getopt_long() belongs; count if nowhere. */
static size_t
parser_find(const struct parser *p, int value)
{
	size_t i = 0;

	if (value >= LONG_BASE)
		return (size_t)(value - LONG_BASE);
	while (i < p->count && p->rows[i]->letter != value)
		i++;
	return i;
}

bool
options_choice_has(const char *choice, const char *word)
{
	size_t size = strcspn(word, "|");

	if (word[size] != '\0')
		return false;
	for (; choice != NULL; choice = strchr(choice, '|')) {
		choice += *choice == '|';
		if (strncmp(choice, word, size) == 0 &&
		    (choice[size] == '|' || choice[size] == '\0'))
			return true;
	}
	return false;
}

static int
number_set(uint64_t *number, const char *text)
{
	char *end = NULL;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    value == 0)
		return ERROR_INVALID;
	*number = value;
	return 0;
}

static int
words_add(struct words *words, const char *text)
{
	if (words->list.count == LIST_MAX)
		return ERROR_FULL;
	return spanlist_add(
	    &words->list, words->packed, sizeof words->packed, span_of(text));
}

/* Bytes that a value has at the most, or a word of a list, by the option's name:
 * the same in each command.  Others are paths, or have a form of their own. */
static const struct {
	const char *name;
	size_t most;
} sizes[] = {
	{ "action", WORD_MAX },
	{ "actor", LOGIN_MAX },
	{ "allow", SERVICE_MAX + 1 + WORD_MAX },
	{ "description", TOKEN_DESCRIPTION_MAX },
	{ "environment", WORD_MAX },
	{ "from", RHOST_MAX },
	{ "from-address", RHOST_MAX },
	{ "name", TOKEN_NAME_MAX },
	{ "owner", LOGIN_MAX },
	{ "project", WORD_MAX },
	{ "reason", REASON_MAX },
	{ "role", WORD_MAX },
	{ "service", SERVICE_MAX },
	{ "user", LOGIN_MAX },
};

static size_t
most_of(const struct option_row *row)
{
	if (row->kind == OPTION_TEXT || row->kind == OPTION_LIST)
		for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
			if (strcmp(sizes[i].name, row->name) == 0)
				return sizes[i].most;
	return row->kind == OPTION_LIST ? SPANLIST_ELEMENT_MAX : SIZE_MAX;
}

/* Stores a value where its row says. */
static int
row_set(const struct option_row *row, void *base, const char *text)
{
	void *at = (char *)base + row->offset;

	if (text != NULL && strlen(text) > most_of(row))
		return ERROR_TOO_LONG;
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_WORD:
		*(const char **)at = row->argument;
		return 0;
	case OPTION_NUMBER:
		return number_set(at, text);
	case OPTION_LIST:
		return words_add(at, text);
	case OPTION_CHOICE:
		if (!options_choice_has(row->argument, text))
			return ERROR_INVALID;
		break;
	case OPTION_TEXT:
	case OPTION_MAYBE:
		break;
	}
	*(const char **)at = text;
	return 0;
}

static void
explain_value(const struct option_row *row, const char *text, int error)
{
	if (error == ERROR_FULL)
		output_error(
		    "--%s was given more than %d times", row->name, LIST_MAX);
	else if (error == ERROR_TOO_LONG)
		output_error("--%s takes at most %zu bytes, and was given %zu",
		    row->name, most_of(row), strlen(text));
	else if (row->kind == OPTION_NUMBER)
		output_error("--%s '%s': a whole number from 1 is needed",
		    row->name, text);
	else
		output_error(
		    "--%s '%s': it takes %s", row->name, text, row->argument);
}

/* Why getopt_long() stopped, from what it left behind. */
static void
explain_option(const struct parser *p, int code, const char *last)
{
	size_t row = optopt == 0 ? p->count : parser_find(p, optopt);

	if (row < p->count && code == ':')
		output_error("option '--%s' needs a value: %s; see apitoken%s "
			     "--help",
		    p->rows[row]->name, p->rows[row]->argument, p->see);
	else if (row < p->count)
		output_error("option '--%s' takes no value; see apitoken%s "
			     "--help",
		    p->rows[row]->name, p->see);
	else if (optopt != 0)
		output_error("unknown option '-%c'; see apitoken%s --help",
		    optopt, p->see);
	else
		output_error("unknown option '%.*s'; see apitoken%s --help",
		    (int)strcspn(last, "="), last, p->see);
}

/* The value that may follow as a word of its own, which getopt_long() leaves. */
static const char *
maybe_value(int argc, char **argv)
{
	if (optind == argc || argv[optind][0] == '-')
		return "";
	return argv[optind++];
}

static int
parser_run(struct parser *p, int argc, char **argv, struct globals *globals,
    void *values)
{
	const char *value;
	int code, error;

	opterr = 0;
	optind = 0; /* glibc: begin anew */
	while (
	    (code = getopt_long(argc, argv, p->shorts, p->longs, NULL)) != -1) {
		size_t i = parser_find(p, code);

		if (code == '?' || code == ':' || i >= p->count) {
			explain_option(p, code, argv[optind - 1]);
			return -1;
		}
		value = optarg;
		if (value == NULL && p->rows[i]->kind == OPTION_MAYBE)
			value = maybe_value(argc, argv);
		error = row_set(
		    p->rows[i], i < p->own ? values : (void *)globals, value);
		if (error != 0) {
			explain_value(p->rows[i], value, error);
			return -1;
		}
		p->given[i] = true;
	}
	return optind;
}

static bool
has_required(const struct parser *p, const struct globals *globals)
{
	if (globals->help || globals->version)
		return true;
	for (size_t i = 0; i < p->own; i++)
		if (p->rows[i]->required && !p->given[i]) {
			output_error("--%s %s is missing; see apitoken%s "
				     "--help",
			    p->rows[i]->name, p->rows[i]->argument, p->see);
			return false;
		}
	return true;
}

int
options_parse(const struct command *command, int argc, char **argv,
    struct globals *globals, void *values)
{
	struct parser p = { .see = "", .shorts = ":" };
	char see[32];
	int first;

	if (command == NULL) {
		memcpy(p.shorts, "+:", sizeof "+:");
	} else {
		(void)snprintf(see, sizeof see, " %s", command->name);
		p.see = see;
		parser_add(&p, command->options);
	}
	p.own = p.count;
	parser_add(&p, options_global);
	first = parser_run(&p, argc, argv, globals, values);
	return first != -1 && has_required(&p, globals) ? first : -1;
}

void
options_help(FILE *stream, const struct option_row *rows)
{
	fputs(rows == NULL ? "\nGlobal options:\n" : "\nOptions:\n", stream);
	for (rows = rows == NULL ? options_global : rows; rows->name != NULL;
	     rows++) {
		char left[80], letter[] = "-x, ";

		letter[1] = rows->letter;
		(void)snprintf(left, sizeof left, "%s--%s%s%s%s",
		    rows->letter == '\0' ? "    " : letter, rows->name,
		    options_takes_value(rows) ? " " : "",
		    options_takes_value(rows) ? rows->argument : "",
		    rows->kind == OPTION_LIST ? " ..." : "");
		fprintf(stream, "  %-32s", left);
		if (strlen(left) >= 32)
			fprintf(stream, "\n%34s", "");
		fprintf(stream, "%s%s\n", rows->help,
		    rows->required ? " (required)" : "");
	}
}
