/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/indexwalk.h"

#include <string.h>

#include "common/error.h"

/* The entry that a token has in the index. */
struct entry {
	uint8_t number[AGE_SIZE];
	uint8_t age_id[AGE_ID_SIZE];
	struct span key, value;
};

int
indexwalk_open(struct indexwalk *walk, struct store_reader *reader)
{
	return store_cursor_open(reader, walk->index, &walk->cursor);
}

void
indexwalk_close(struct indexwalk *walk)
{
	store_cursor_close(walk->cursor);
	walk->cursor = NULL;
}

static void
entry_make(const struct indexwalk *walk, struct span id, uint64_t at,
    struct entry *entry)
{
	if (!span_empty(walk->key)) {
		index_age_id(at, id, entry->age_id);
		entry->key = walk->key;
		entry->value = span_bytes(entry->age_id, AGE_ID_SIZE);
		return;
	}
	if (walk->index == DB_TOKENS_BY_EXPIRY)
		index_number(at, entry->number);
	else
		index_age(at, entry->number);
	entry->key = span_bytes(entry->number, AGE_SIZE);
	entry->value = id;
}

int
indexwalk_first(struct indexwalk *walk)
{
	const struct span none = { NULL, 0 };
	uint8_t bytes[AGE_ID_SIZE];

	if (walk->backward) {
		memset(bytes, 0xff, sizeof(bytes));
		return store_cursor_seek_before(
		    walk->cursor, walk->key, span_bytes(bytes, AGE_ID_SIZE));
	}
	if (walk->index != DB_TOKENS_BY_EXPIRY)
		return store_cursor_seek(walk->cursor, walk->key, none);
	index_number(walk->from, bytes);
	return store_cursor_seek(
	    walk->cursor, span_bytes(bytes, AGE_SIZE), none);
}

int
indexwalk_after(struct indexwalk *walk, const char *id, uint64_t at)
{
	struct entry entry;
	struct span found;
	int rv;

	entry_make(walk, span_of(id), at, &entry);
	if (walk->backward)
		return store_cursor_seek_before(
		    walk->cursor, entry.key, entry.value);
	rv = store_cursor_seek(walk->cursor, entry.key, entry.value);
	/* The token itself, if it is still there, was seen already. */
	if (rv == 0 && indexwalk_id(walk, &found) == 0 && span_is(found, id))
		rv = indexwalk_next(walk);
	return rv;
}

int
indexwalk_next(struct indexwalk *walk)
{
	return walk->backward ? store_cursor_prev(walk->cursor)
			      : store_cursor_next(walk->cursor);
}

bool
indexwalk_is_within(const struct indexwalk *walk)
{
	struct span key = store_cursor_key(walk->cursor);
	uint8_t last[AGE_SIZE];

	if (walk->index != DB_TOKENS_BY_EXPIRY)
		return span_empty(walk->key) || span_equal(key, walk->key);
	index_number(walk->to, last);
	return key.size == sizeof(last) &&
	       memcmp(key.data, last, sizeof(last)) <= 0;
}

int
indexwalk_id(const struct indexwalk *walk, struct span *id)
{
	struct span value = store_cursor_value(walk->cursor);

	if (value.size < TOKEN_ID_SIZE)
		return ERROR_CORRUPT;
	*id = span_bytes(
	    value.data + value.size - TOKEN_ID_SIZE, TOKEN_ID_SIZE);
	return 0;
}
