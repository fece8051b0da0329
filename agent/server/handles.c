/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/handles.h"

#include <stdlib.h>
#include <string.h>

struct handles *
handles_new(void)
{
	return calloc(1, sizeof(struct handles));
}

/* Keys are MACs: their first bytes spread them evenly. */
bool
handles_use(
    struct handles *handles, const uint8_t key[SESSION_KEY_SIZE], uint64_t now)
{
	unsigned row = (unsigned)(key[0] << 8 | key[1]) % HANDLES_ROWS;
	struct handle_used *used = handles->used[row];
	struct handle_used *oldest = &used[0];

	for (size_t i = 0; i < HANDLES_EACH; i++) {
		if (used[i].at != 0 &&
		    memcmp(used[i].key, key, sizeof(used[i].key)) == 0)
			return false;
		if (used[i].at < oldest->at)
			oldest = &used[i];
	}
	memcpy(oldest->key, key, sizeof(oldest->key));
	oldest->at = now;
	return true;
}
