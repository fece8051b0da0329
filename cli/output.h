/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_OUTPUT_H
#define APITOKEN_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/span.h"

struct json_t;
struct libscols_table;

enum output_format {
	FORMAT_TABLE,
	FORMAT_JSON,
	FORMAT_JSONL,
	FORMAT_CSV,
	FORMAT_ID,
};

/* Rows of a table that are laid out, and kept in memory, together: a few screens
 * full, which one answer of the agent has. */
#define OUTPUT_PAGE 300

/*
 * How answers reach standard output, in rows or as one object, whatever the
 * format.  Cells are escaped text (cli/escape.h).  Nothing is written before
 * the first row is there, so that a refused command leaves no half array.
 *
 * Functions return 0, ERROR_SYSTEM when the stream takes no more (which is
 * said at the end of the program, once) or ERROR_MEMORY, which output_end()
 * and output_object() say.
 */
struct output {
	FILE *stream;
	enum output_format format;
	struct libscols_table *table; /* FORMAT_TABLE: the page so far */
	size_t rows;		      /* written or in the page */
};

/* "table" ... "id"; FORMAT_TABLE for NULL or any other word. */
enum output_format output_format_of(const char *word);

/* Whether rows and objects are to be given as JSON. */
bool output_is_json(enum output_format format);

/* Begins rows with these columns; output_end() must follow in any case. */
int output_begin(struct output *o, FILE *stream, enum output_format format,
    const char *const *headings, size_t columns);
/* A row: in a table and CSV all cells, as an id the first. */
int output_cells(struct output *o, char *const *cells, size_t columns);
/* A row, in the JSON formats; takes json over, NULL is ERROR_MEMORY. */
int output_json(struct output *o, struct json_t *json);
/*
 * Ends the table or the array; with an error from before it only frees.  Also
 * for a zeroed struct that no output_begin() touched.
 */
int output_end(struct output *o, int error);

/* One object on its own; takes json over, NULL is ERROR_MEMORY. */
int output_object(FILE *stream, enum output_format format, struct json_t *json);

/*
 * A JSON string, the caller's; NULL without memory.  JSON holds UTF-8 only:
 * what is not goes in as it would be shown.
 */
struct json_t *output_string(struct span text);

/* Says on standard error "apitoken: " and one line, escaped. */
void output_error(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* A line on standard error without the program's name, escaped. */
void output_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, not to be overlooked: in red where a terminal may have colour. */
void output_alarm(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
