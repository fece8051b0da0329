/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/tokenscan.h"

#include <stdbool.h>
#include <string.h>

#include "common/secret.h"

/* What every token's text begins with. */
#define FIRST 'a'

char *
tokenscan_room(struct tokenscan *scan, size_t *size)
{
	/* All was searched but what may be the beginning of a token. */
	memmove(scan->bytes, scan->bytes + scan->at, scan->size - scan->at);
	scan->size -= scan->at;
	scan->at = 0;
	*size = sizeof scan->bytes - scan->size;
	return scan->bytes + scan->size;
}

void
tokenscan_fill(struct tokenscan *scan, size_t size)
{
	scan->size += size;
}

static bool
is_token(const char *text)
{
	struct token token = { 0 };
	bool is = tokentext_parse(text, TOKEN_TEXT_SIZE, &token) == 0;

	token_wipe(&token);
	return is;
}

const char *
tokenscan_next(struct tokenscan *scan)
{
	while (scan->size - scan->at >= TOKEN_TEXT_SIZE) {
		size_t begins = scan->size - TOKEN_TEXT_SIZE + 1 - scan->at;
		const char *text = memchr(
		    scan->bytes + scan->at, FIRST, begins);

		if (text == NULL) {
			scan->at += begins;
			break;
		}
		scan->at = (size_t)(text - scan->bytes) + 1;
		if (is_token(text))
			return text;
	}
	return NULL;
}

void
tokenscan_wipe(struct tokenscan *scan)
{
	wipe(scan, sizeof *scan);
}
