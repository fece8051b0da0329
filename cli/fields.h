/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_FIELDS_H
#define APITOKEN_CLI_FIELDS_H

#include <stdio.h>

#include "cli/output.h"
#include "common/tokeninfo.h"

/*
 * How a token is shown: one table says each field's JSON name, which is also
 * its name in CSV and `show`, and how it is written for programs and people.
 */

/* All fields; the caller's.  NULL without memory. */
struct json_t *fields_json(const struct token_info *info);

/* All fields for people, one to a line. */
void fields_show(FILE *stream, const struct token_info *info);

/* Tokens as rows: the usual columns in a table, all fields otherwise. */
int fields_begin(struct output *o, FILE *stream, enum output_format format);
int fields_put(struct output *o, const struct token_info *info);

/* One token: lines, or one object, row or id.  The errors of output.h. */
int fields_put_one(
    FILE *stream, enum output_format format, const struct token_info *info);

#endif
