/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_FIELDSET_H
#define APITOKEN_CLI_FIELDSET_H

#include <stddef.h>
#include <stdio.h>

#include "cli/output.h"

struct fieldkind;

/*
 * A table of how the members of a struct are shown: to programs, which get
 * all of them, and to people, who get the columns with a heading.
 */
struct field {
	const char *name;    /* in JSON, CSV and `show` */
	const char *heading; /* of its column in a table; NULL: none */
	const char *absent;  /* for people */
	size_t offset;	     /* in the struct */
	const struct fieldkind *kind;
};

#define FIELDSET_MAX 32

struct fieldset {
	const struct field *fields;
	size_t count; /* up to FIELDSET_MAX */
};

/* All fields of the struct; the caller's.  NULL without memory. */
struct json_t *fieldset_json(const struct fieldset *set, const void *base);

/* All fields for people, one to a line. */
void fieldset_show(FILE *stream, const struct fieldset *set, const void *base);

/* Structs as rows: what has a heading in a table, all fields otherwise.
 * The errors of output.h. */
int fieldset_begin(struct output *o, FILE *stream, enum output_format format,
    const struct fieldset *set);
int fieldset_put(
    struct output *o, const struct fieldset *set, const void *base);

/* One struct: lines, or one object, row or id.  The errors of output.h. */
int fieldset_put_one(FILE *stream, enum output_format format,
    const struct fieldset *set, const void *base);

#endif
