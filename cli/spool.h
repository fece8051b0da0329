/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SPOOL_H
#define APITOKEN_CLI_SPOOL_H

#include <stdio.h>

#include "cli/importbatch.h"

struct spool_place;

/*
 * Records between the two passes of an import: in a temporary file without a
 * name, so that what is applied is what was checked, whatever happens to the
 * file that it came from.  Tokens that stood in a row come back by their ids,
 * the rest as it went in: in the order of its keys a store takes many of them
 * in a fraction of the time and of the space.
 */
struct spool {
	FILE *file;
	uint64_t count;
	size_t size;	    /* of the file, in bytes */
	const uint8_t *map; /* of it, once it is sorted; or NULL */
	struct spool_place *places;
	uint64_t at; /* the next of them */
};

/* ERROR_SYSTEM (errno). */
int spool_open(struct spool *spool);
void spool_close(struct spool *spool);

int spool_put(struct spool *spool, const struct importbatch_item *item);
/* After the last one; ERROR_MEMORY, or ERROR_SYSTEM if any could not be
 * written. */
int spool_sort(struct spool *spool);
/* Good until spool_close(); ERROR_NOT_FOUND at the end, ERROR_SYSTEM. */
int spool_get(struct spool *spool, struct importbatch_item *item);

#endif
