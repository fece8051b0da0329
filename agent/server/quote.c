/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Appends text; what is not printable ASCII, or is in the way of the quotes
 * around it, as \xNN. */
static size_t
escape(char *line, size_t size, size_t at, const char *text, bool quoted)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text != '\0' && at + 6 < size; text++) {
		uint8_t c = (uint8_t)*text;

		if (c >= 0x20 && c < 0x7f &&
		    (!quoted || (c != '"' && c != '\\'))) {
			line[at++] = (char)c;
			continue;
		}
		line[at++] = '\\';
		line[at++] = 'x';
		line[at++] = digits[c >> 4];
		line[at++] = digits[c & 15];
	}
	line[at] = '\0';
	return at;
}

void
quote_escape(char *line, size_t size, const char *text)
{
	escape(line, size, 0, text, false);
}

size_t
quote_at(char *line, size_t size, size_t at, const char *text)
{
	if (at + 3 > size)
		return at;
	line[at++] = '"';
	at = escape(line, size, at, text, true);
	line[at++] = '"';
	line[at] = '\0';
	return at;
}

void
quote_append(char *line, size_t size, const char *text)
{
	quote_at(line, size, strlen(line), text);
}
