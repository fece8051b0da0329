/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_LINES_H
#define APITOKEN_CLI_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* No record's line is longer. */
#define LINES_MAX 262144

/* A file line by line, in the memory of one, however long they are. */
struct lines {
	FILE *file; /* the caller's */
	char *bytes;
	size_t size;	 /* of the line, without its newline */
	bool too_long;	 /* over LINES_MAX: what is left out is its end */
	uint64_t number; /* of the line, from 1 */
	uint64_t offset; /* of what follows it, in bytes */
};

/* ERROR_MEMORY; lines_fini() may follow in any case. */
int lines_init(struct lines *lines, FILE *file);
void lines_fini(struct lines *lines);

/* The next line: 0, ERROR_NOT_FOUND at the end, ERROR_SYSTEM (errno). */
int lines_next(struct lines *lines);

#endif
