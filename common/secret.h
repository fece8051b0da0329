/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_SECRET_H
#define APITOKEN_COMMON_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

/* The largest secret text: the URI scheme, a token, a NUL; rounded up. */
#define SECRET_SIZE 128

/*
 * Threat model.  A core, a swapped page, a bug that shows memory: a secret MUST
 * NOT be where it is not needed any more, nor in a text that grows and moves.
 */

/* Text or bytes that nobody may see.  Declare as { 0 }, wipe after `out:`. */
struct secret {
	uint8_t bytes[SECRET_SIZE];
	size_t size;
};

/* ERROR_TOO_LONG over SECRET_SIZE bytes; the secret is then empty. */
int secret_set(struct secret *secret, const void *data, size_t size);
void secret_wipe(struct secret *secret);
struct span secret_span(const struct secret *secret);

/* Overwrites memory in a way that the compiler must not leave out. */
void wipe(void *data, size_t size);

#endif
