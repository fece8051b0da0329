/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SPOOL_H
#define APITOKEN_CLI_SPOOL_H

#include <stdio.h>

#include "cli/importbatch.h"

/*
 * Records between the two passes of an import: in a temporary file without a
 * name, so that what is applied is what was checked, whatever happens to the
 * file that it came from.
 */
struct spool {
	FILE *file;
	uint64_t count;
	uint8_t bytes[TRANSFER_BODY_MAX];
};

/* ERROR_SYSTEM (errno). */
int spool_open(struct spool *spool);
void spool_close(struct spool *spool);

int spool_put(struct spool *spool, const struct importbatch_item *item);
/* Back to the first one; ERROR_SYSTEM if any could not be written. */
int spool_rewind(struct spool *spool);
/* Good until the next call; ERROR_NOT_FOUND at the end, ERROR_SYSTEM. */
int spool_get(struct spool *spool, struct importbatch_item *item);

#endif
