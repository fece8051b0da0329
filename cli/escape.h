/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_ESCAPE_H
#define APITOKEN_CLI_ESCAPE_H

#include <stdio.h>

#include "common/span.h"

/*
 * Text from outside, made safe for a terminal, a table or a log.
 *
 * Names, descriptions and reasons are chosen by people who may not be the
 * ones that read them: none of their bytes may move a cursor, change a title,
 * reverse the order of what stands beside them or hide.  Bytes that are not
 * UTF-8 and control bytes become \xNN; C1 controls, bidirectional overrides
 * and invisible characters become \u{NNNN}.  A backslash stays as it is: a
 * name that is printed can be typed again.
 */

/* No byte of text becomes more than so many. */
#define ESCAPE_GROWTH 4

/* A write that fails is left to ferror(). */
void escape_print(FILE *stream, struct span text);

/* The same as a string that the caller frees; NULL without memory. */
char *escape_copy(struct span text);

/* Whether all of text is well-formed UTF-8. */
bool escape_is_utf8(struct span text);

#endif
