/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/secret.h"

#include <string.h>

#include "common/error.h"

int
secret_set(struct secret *secret, const void *data, size_t size)
{
	/* Also when it fits: what was there may have been longer. */
	secret_wipe(secret);
	if (size > sizeof(secret->bytes))
		return ERROR_TOO_LONG;
	if (size > 0)
		memcpy(secret->bytes, data, size);
	secret->size = size;
	return 0;
}

void
secret_wipe(struct secret *secret)
{
	wipe(secret, sizeof(*secret));
}

struct span
secret_span(const struct secret *secret)
{
	return span_bytes(secret->bytes, secret->size);
}

void
wipe(void *data, size_t size)
{
	if (size > 0)
		explicit_bzero(data, size);
}
