/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_TOKENSCAN_H
#define APITOKEN_CLI_TOKENSCAN_H

#include <stddef.h>

#include "common/tokentext.h"

/*
 * Finds the texts of tokens, of any kind, in a text of any length that comes
 * in pieces, wherever these end:
 *
 *	while ((got = read(fd, tokenscan_room(&scan, &size), size)) > 0) {
 *		tokenscan_fill(&scan, got);
 *		while ((text = tokenscan_next(&scan)) != NULL) ...
 *	}
 *	tokenscan_wipe(&scan);
 *
 * Declare as { 0 }.
 */
struct tokenscan {
	size_t size; /* bytes there are */
	size_t at;   /* no token begins before */
	char bytes[65536];
};

/* Where the next piece goes, and how much of it at most: at least a byte. */
char *tokenscan_room(struct tokenscan *scan, size_t *size);
/* So many bytes were put there. */
void tokenscan_fill(struct tokenscan *scan, size_t size);
/* TOKEN_TEXT_SIZE characters, without a NUL, good until the next piece; NULL
 * if there is no further one yet. */
const char *tokenscan_next(struct tokenscan *scan);
void tokenscan_wipe(struct tokenscan *scan);

#endif
