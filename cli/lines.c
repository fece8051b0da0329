/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/lines.h"

#include <stdlib.h>

#include "common/error.h"

int
lines_init(struct lines *lines, FILE *file)
{
	*lines = (struct lines) { .file = file };
	lines->bytes = malloc(LINES_MAX);
	return lines->bytes == NULL ? ERROR_MEMORY : 0;
}

void
lines_fini(struct lines *lines)
{
	free(lines->bytes);
	lines->bytes = NULL;
}

int
lines_next(struct lines *lines)
{
	int c = getc_unlocked(lines->file);

	if (c == EOF)
		return ferror(lines->file) ? ERROR_SYSTEM : ERROR_NOT_FOUND;
	lines->size = 0;
	lines->too_long = false;
	lines->number++;
	for (; c != EOF && c != '\n'; c = getc_unlocked(lines->file)) {
		lines->offset++;
		if (lines->size < LINES_MAX)
			lines->bytes[lines->size++] = (char)c;
		else
			lines->too_long = true;
	}
	lines->offset++;
	return ferror(lines->file) ? ERROR_SYSTEM : 0;
}
