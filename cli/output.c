/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/output.h"

#include <errno.h>
#include <jansson.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "common/error.h"

/*
 * All of JSON's output is ASCII: a bidirectional override or a C1 control in a
 * string is then \uNNNN on the terminal too, and means the same to a parser.
 */
#define JSON_STYLE (JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER)

static const char *const format_words[] = {
	[FORMAT_TABLE] = "table",
	[FORMAT_JSON] = "json",
	[FORMAT_JSONL] = "jsonl",
	[FORMAT_CSV] = "csv",
	[FORMAT_ID] = "id",
};

enum output_format
output_format_of(const char *word)
{
	for (size_t i = FORMAT_TABLE; word != NULL && i <= FORMAT_ID; i++)
		if (strcmp(format_words[i], word) == 0)
			return (enum output_format)i;
	return FORMAT_TABLE;
}

bool
output_is_json(enum output_format format)
{
	return format == FORMAT_JSON || format == FORMAT_JSONL;
}

static int
state(const struct output *o)
{
	return o->stream != NULL && ferror(o->stream) ? ERROR_SYSTEM : 0;
}

/* jansson leaves DEL as it is; it can only stand inside of a string. */
static int
json_write(const char *bytes, size_t size, void *stream)
{
	for (; size > 0; bytes++, size--)
		if (*bytes == '\x7f')
			fputs("\\u007F", stream);
		else
			fputc(*bytes, stream);
	return ferror(stream) ? -1 : 0;
}

/* Takes json over.  A failure is left to ferror(). */
static void
json_print(FILE *stream, json_t *json, size_t style)
{
	(void)json_dump_callback(json, json_write, stream, style | JSON_STYLE);
	json_decref(json);
}

/* RFC 4180: quotes where they are needed, CRLF left to those who want it. */
static void
csv_print(FILE *stream, const char *cell)
{
	if (strpbrk(cell, "\",") == NULL) {
		fputs(cell, stream);
		return;
	}
	fputc('"', stream);
	for (; *cell != '\0'; cell++) {
		if (*cell == '"')
			fputc('"', stream);
		fputc(*cell, stream);
	}
	fputc('"', stream);
}

static int
table_begin(struct output *o, const char *const *headings, size_t columns)
{
	o->table = scols_new_table();
	if (o->table == NULL)
		return ERROR_MEMORY;
	scols_table_set_stream(o->table, o->stream);
	for (size_t i = 0; i < columns; i++)
		if (scols_table_new_column(o->table, headings[i], 0, 0) == NULL)
			return ERROR_MEMORY;
	return 0;
}

int
output_begin(struct output *o, FILE *stream, enum output_format format,
    const char *const *headings, size_t columns)
{
	*o = (struct output) { .stream = stream, .format = format };
	if (format == FORMAT_TABLE)
		return table_begin(o, headings, columns);
	for (size_t i = 0; format == FORMAT_CSV && i < columns; i++) {
		csv_print(stream, headings[i]);
		fputc(i + 1 < columns ? ',' : '\n', stream);
	}
	return state(o);
}

/* Prints the rows of the page and forgets them; the heading comes once. */
static int
page_print(struct output *o)
{
	int error = scols_print_table(o->table);

	scols_table_remove_lines(o->table);
	scols_table_enable_noheadings(o->table, 1);
	return error == 0 ? state(o) : ERROR_SYSTEM;
}

static int
table_row(struct output *o, char *const *cells, size_t columns)
{
	struct libscols_line *line = scols_table_new_line(o->table, NULL);

	if (line == NULL)
		return ERROR_MEMORY;
	for (size_t i = 0; i < columns; i++)
		if (scols_line_set_data(line, i, cells[i]) != 0)
			return ERROR_MEMORY;
	return o->rows % OUTPUT_PAGE == 0 ? page_print(o) : 0;
}

int
output_cells(struct output *o, char *const *cells, size_t columns)
{
	o->rows++;
	if (o->format == FORMAT_TABLE)
		return table_row(o, cells, columns);
	if (o->format == FORMAT_ID)
		columns = 1;
	for (size_t i = 0; i < columns; i++) {
		if (o->format == FORMAT_CSV)
			csv_print(o->stream, cells[i]);
		else
			fputs(cells[i], o->stream);
		fputc(i + 1 < columns ? ',' : '\n', o->stream);
	}
	return state(o);
}

int
output_json(struct output *o, struct json_t *json)
{
	if (json == NULL)
		return ERROR_MEMORY;
	if (o->format == FORMAT_JSON)
		fputs(o->rows == 0 ? "[\n" : ",\n", o->stream);
	o->rows++;
	json_print(o->stream, json, JSON_COMPACT);
	if (o->format == FORMAT_JSONL)
		fputc('\n', o->stream);
	return state(o);
}

int
output_end(struct output *o, int error)
{
	if (error == 0 && o->table != NULL)
		error = page_print(o);
	if (error == 0 && o->format == FORMAT_JSON)
		fputs(o->rows == 0 ? "[]\n" : "\n]\n", o->stream);
	if (error == 0)
		error = state(o);
	if (error == ERROR_MEMORY)
		output_error("%s", error_text(error));
	scols_unref_table(o->table);
	o->table = NULL;
	return error;
}

struct json_t *
output_string(struct span text)
{
	json_t *json;
	char *copy;

	if (escape_is_utf8(text))
		return json_stringn((const char *)text.data, text.size);
	copy = escape_copy(text);
	json = json_string(copy);
	free(copy);
	return json;
}

int
output_object(FILE *stream, enum output_format format, struct json_t *json)
{
	size_t style = format == FORMAT_JSON ? JSON_INDENT(2) : JSON_COMPACT;

	if (json == NULL) {
		output_error("%s", error_text(ERROR_MEMORY));
		return ERROR_MEMORY;
	}
	json_print(stream, json, style);
	fputc('\n', stream);
	return ferror(stream) ? ERROR_SYSTEM : 0;
}

/* Without memory to say something that is said. */
__attribute__((format(printf, 3, 0))) static void
say(const char *before, const char *after, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) == -1)
		text = NULL;
	fputs(before, stderr);
	escape_print(
	    stderr, span_of(text != NULL ? text : error_text(ERROR_MEMORY)));
	fprintf(stderr, "%s\n", after);
	free(text);
}

void
output_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("apitoken: ", "", format, args);
	va_end(args);
}

void
output_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", "", format, args);
	va_end(args);
}

void
output_alarm(const char *format, ...)
{
	const char *no_color = getenv("NO_COLOR");
	bool plain = !isatty(STDERR_FILENO) ||
		     (no_color != NULL && no_color[0] != '\0');
	va_list args;

	va_start(args, format);
	say(plain ? "apitoken: " : "\033[1;31mapitoken: ",
	    plain ? "" : "\033[0m", format, args);
	va_end(args);
}
