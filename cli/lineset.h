/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_LINESET_H
#define APITOKEN_CLI_LINESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

/* Which line of a file a key stood in, 16 bytes for each.  Zeroed: empty. */
struct lineset {
	struct lineset_slot *slots;
	size_t room; /* a power of 2 */
	size_t count;
};

void lineset_fini(struct lineset *set);

/*
 * Adds a key that was not there.  0, or ERROR_EXISTS and the line where it
 * was, or ERROR_MEMORY.  Ids are told apart exactly, other keys by 64 bits of
 * a hash.
 */
int lineset_add(
    struct lineset *set, struct span key, uint64_t line, uint64_t *where);

bool lineset_has(const struct lineset *set, struct span key);

#endif
