/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/lineset.h"

#include <stdlib.h>

#include "common/error.h"
#include "common/tokentext.h"

struct lineset_slot {
	uint64_t key;
	uint64_t line; /* 0: free */
};

#define ROOM_FIRST 1024

/* FNV-1a. */
static uint64_t
hash(struct span key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.size; i++)
		h = (h ^ key.data[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* 62^10 is less than 2^60: an id is a number. */
static uint64_t
number_of(struct span key)
{
	uint64_t number = 0;

	if (key.size != TOKEN_ID_SIZE ||
	    !tokentext_is_base62((const char *)key.data, key.size))
		return hash(key);
	for (size_t i = 0; i < key.size; i++) {
		unsigned c = key.data[i];

		number = 62 * number + (c >= 'a'      ? c - 'a' + 36
					   : c >= 'A' ? c - 'A' + 10
						      : c - '0');
	}
	return number;
}

/* The slot of the key, or the free one where it belongs. */
static struct lineset_slot *
slot_of(const struct lineset *set, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (;; at++) {
		struct lineset_slot *slot = &set->slots[at & (set->room - 1)];

		if (slot->line == 0 || slot->key == key)
			return slot;
	}
}

static int
grow(struct lineset *set)
{
	struct lineset larger = { .count = set->count };

	larger.room = set->room == 0 ? ROOM_FIRST : 2 * set->room;
	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (larger.slots == NULL)
		return ERROR_MEMORY;
	for (size_t i = 0; i < set->room; i++)
		if (set->slots[i].line != 0)
			*slot_of(&larger, set->slots[i].key) = set->slots[i];
	free(set->slots);
	*set = larger;
	return 0;
}

int
lineset_add(
    struct lineset *set, struct span key, uint64_t line, uint64_t *where)
{
	uint64_t number = number_of(key);
	struct lineset_slot *slot;

	if (2 * (set->count + 1) > set->room && grow(set) != 0)
		return ERROR_MEMORY;
	slot = slot_of(set, number);
	if (slot->line != 0) {
		*where = slot->line;
		return ERROR_EXISTS;
	}
	*slot = (struct lineset_slot) { number, line };
	set->count++;
	return 0;
}

bool
lineset_has(const struct lineset *set, struct span key)
{
	return set->room > 0 && slot_of(set, number_of(key))->line != 0;
}

void
lineset_fini(struct lineset *set)
{
	free(set->slots);
	*set = (struct lineset) { 0 };
}
