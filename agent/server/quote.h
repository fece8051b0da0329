/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_QUOTE_H
#define APITOKEN_SERVER_QUOTE_H

#include <stddef.h>

/*
 * What came from outside, in a line of text.
 *
 * Threat model.  Names, addresses and descriptions are written by whoever
 * likes to.  None of them MUST begin a line, end the quotes that it stands
 * in, or act on the terminal that shows the log.
 */

/* Writes text to line (size bytes in all, NUL-terminated) with everything but
 * printable ASCII as \xNN. */
void quote_escape(char *line, size_t size, const char *text);

/* Appends text to line with that, and the quotes around it, escaped. */
void quote_append(char *line, size_t size, const char *text);
/* The same for a line of at bytes so far; how long it is then. */
size_t quote_at(char *line, size_t size, size_t at, const char *text);

#endif
