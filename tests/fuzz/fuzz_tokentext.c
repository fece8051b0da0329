/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a token: whatever is accepted has exactly one spelling. */
#include <stdlib.h>
#include <string.h>

#include "common/tokentext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	size_t scheme = strlen(TOKEN_URI_SCHEME);
	char again[TOKEN_TEXT_SIZE + 1];
	struct token token;

	if (tokentext_parse(text, size, &token) < 0)
		return 0;
	tokentext_format(&token, again);
	if (size == TOKEN_TEXT_SIZE + scheme)
		text += scheme;
	else if (size != TOKEN_TEXT_SIZE)
		abort();
	if (memcmp(text, again, TOKEN_TEXT_SIZE) != 0)
		abort();
	return 0;
}
