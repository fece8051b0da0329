/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/pamline.h"

#include <string.h>
#include <strings.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char *const kinds[] = {
	[PAMKIND_AUTH] = "auth",
	[PAMKIND_ACCOUNT] = "account",
	[PAMKIND_SESSION] = "session",
	[PAMKIND_PASSWORD] = "password",
};

const char *
pamkind_word(enum pamkind kind)
{
	return kinds[kind];
}

const char *
pamline_module(const struct pamline *line)
{
	return line->words + line->module_at;
}

const char *
pamline_arguments(const struct pamline *line)
{
	return line->words + line->arguments_at;
}

bool
pamline_is(const struct pamline *line, const char *module)
{
	const char *path = pamline_module(line);
	const char *slash = strrchr(path, '/');

	return line->form == PAMLINE_MODULE && line->wrong == NULL &&
	       strcmp(slash == NULL ? path : slash + 1, module) == 0;
}

/* The end of the word at text; one in brackets ends behind them. */
static const char *
word_end(const char *text)
{
	if (*text != '[')
		return text + strcspn(text, " \t");
	for (text++; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0')
			text++;
		else if (*text == ']')
			break;
	}
	return text + strcspn(text, " \t");
}

bool
pamline_argument(const char **arguments, char *word)
{
	const char *begin = *arguments + strspn(*arguments, " \t");
	const char *end = word_end(begin);
	size_t at = 0;
	bool bracket = *begin == '[';

	*arguments = end;
	if (*begin == '\0')
		return false;
	if (bracket) {
		begin++;
		end -= end[-1] == ']';
	}
	for (; begin < end && at < PAMLINE_MAX - 1; begin++) {
		if (bracket && *begin == '\\' && begin[1] == ']')
			begin++;
		word[at++] = *begin;
	}
	word[at] = '\0';
	return true;
}

/* Ends the word at *at with a NUL; where the next one begins. */
static size_t
word_cut(char *words, size_t at)
{
	char *end = words + (word_end(words + at) - words);

	if (*end == '\0')
		return (size_t)(end - words);
	*end++ = '\0';
	end += strspn(end, " \t");
	return (size_t)(end - words);
}

static bool
kind_parse(const char *word, struct pamline *line)
{
	line->silent = *word == '-';
	word += line->silent;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcasecmp(word, kinds[i]) == 0) {
			line->kind = (enum pamkind)i;
			return true;
		}
	return false;
}

static void
control_parse(struct pamline *line)
{
	const char *control = line->words + line->control_at;

	if (strcasecmp(control, "include") == 0)
		line->form = PAMLINE_INCLUDE;
	else if (strcasecmp(control, "substack") == 0)
		line->form = PAMLINE_SUBSTACK;
	else if (!pamcontrol_parse(control, &line->control))
		line->wrong = "the control (second field) is none that "
			      "pam.conf(5) has";
}

/* Splits what was read. */
static void
line_parse(struct pamline *line)
{
	char *words = line->words;

	memcpy(words, line->text, sizeof(line->text));
	line->form = PAMLINE_MODULE;
	line->kind = PAMKIND_AUTH; /* libpam's, for what it cannot read */
	line->silent = false;
	(void)pamcontrol_parse("", &line->control);
	line->control_at = word_cut(words, 0);
	line->module_at = line->arguments_at = line->control_at;
	if (strcasecmp(words, "@include") == 0) {
		line->form = PAMLINE_ALL;
		line->arguments_at = word_cut(words, line->module_at);
	} else if (!kind_parse(words, line)) {
		line->wrong = "it begins with none of auth, account, session, "
			      "password and @include";
		return;
	} else {
		line->module_at = word_cut(words, line->control_at);
		line->arguments_at = word_cut(words, line->module_at);
		control_parse(line);
	}
	if (line->wrong == NULL && *pamline_module(line) == '\0')
		line->wrong = "it names no module or file";
}

/* A byte of a line, blanks squeezed. */
static void
byte_add(struct pamline *line, size_t *at, int c)
{
	if (c == '\0' || c == '\r')
		line->wrong = "it holds a NUL or a carriage return";
	if (c == ' ' || c == '\t' || c == '\r' || c == '\0') {
		if (*at == 0 || line->text[*at - 1] == ' ')
			return;
		c = ' ';
	}
	if (*at < sizeof(line->text) - 1)
		line->text[(*at)++] = (char)c;
	else
		line->wrong = "it has over 1023 bytes";
}

/* One line of the file without its comment, appended.  False at the end of
 * the file. */
static bool
physical_read(
    struct pamreader *reader, struct pamline *line, size_t *at, bool *comment)
{
	bool any = false;
	int c;

	*comment = false;
	while ((c = getc(reader->file)) != EOF && c != '\n') {
		any = true;
		*comment |= c == '#';
		if (!*comment)
			byte_add(line, at, c);
	}
	reader->number += any || c == '\n';
	return any || c == '\n';
}

static void
trim(struct pamline *line, size_t *at)
{
	while (*at > 0 && line->text[*at - 1] == ' ')
		--*at;
}

/* Whether the text ends in a backslash, which then is taken away. */
static bool
goes_on(struct pamline *line, size_t *at)
{
	trim(line, at);
	if (*at == 0 || line->text[*at - 1] != '\\')
		return false;
	line->text[*at - 1] = ' ';
	return true;
}

bool
pamline_read(struct pamreader *reader, struct pamline *line)
{
	bool more = true, comment, pending = true;
	size_t at = 0;

	memset(line, 0, sizeof(*line));
	/* Lines without anything do not end one that goes on. */
	while (pending && more) {
		size_t before = at;

		if (at == 0)
			line->number = reader->number + 1;
		more = physical_read(reader, line, &at, &comment);
		if (at > before)
			pending = !comment && goes_on(line, &at);
	}
	if (pending && at > 0)
		line->wrong = "it goes on with a backslash, and nothing "
			      "follows";
	trim(line, &at);
	line->text[at] = '\0';
	if (at == 0)
		return false;
	line_parse(line);
	return true;
}
