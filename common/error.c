/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/error.h"

#include <stddef.h>

/* Rows of characters, not pointers: a table that needs no relocation. */
static const char texts[][40] = {
	[-ERROR_NONE] = "no error",
	[-ERROR_MALFORMED] = "malformed",
	[-ERROR_TOO_LONG] = "too long",
	[-ERROR_TIMEOUT] = "no answer in time",
	[-ERROR_UNREACHABLE] = "nobody listens there",
	[-ERROR_UNTRUSTED] = "listener is not the one to trust",
	[-ERROR_CLOSED] = "closed without an answer",
	[-ERROR_VERSION] = "another protocol version",
	[-ERROR_MEMORY] = "out of memory",
	[-ERROR_SYSTEM] = "system error",
	[-ERROR_NOT_FOUND] = "not found",
	[-ERROR_EXISTS] = "exists already",
	[-ERROR_STALE] = "changed in the meantime",
	[-ERROR_CORRUPT] = "stored data is damaged",
	[-ERROR_FULL] = "no space left",
	[-ERROR_INVALID] = "not allowed",
	[-ERROR_SEALED] = "store is sealed",
};

const char *
error_text(int error)
{
	const int last = (int)(sizeof(texts) / sizeof(texts[0])) - 1;

	if (error > 0 || error < -last)
		return "unknown error";
	return texts[-error];
}
