/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/sorted.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/error.h"

/* What a token is compared by: a number, then a text, then its id. */
struct key {
	uint64_t number;
	struct span text;
};

struct row {
	struct key key;
	struct span id;
	uint8_t *bytes; /* of the info, which all spans point into */
	size_t size;
};

struct sorted {
	void (*fill)(const struct token_info *info, struct key *key);
	struct row *rows;
	size_t count, room;
	bool reverse;
};

static void
by_expires(const struct token_info *info, struct key *key)
{
	uint64_t when = info->spec.expires_at;

	key->number = when == TIME_NEVER ? UINT64_MAX : when;
}

/* The latest first; never is 0 and comes last. */
static void
by_last_used(const struct token_info *info, struct key *key)
{
	key->number = UINT64_MAX - info->last_used_at;
}

static void
by_name(const struct token_info *info, struct key *key)
{
	key->text = info->spec.name;
}

static void
by_owner(const struct token_info *info, struct key *key)
{
	key->text = info->spec.owner;
}

static void
by_id(const struct token_info *info, struct key *key)
{
	key->text = info->id;
}

static const struct {
	const char *word;
	void (*fill)(const struct token_info *info, struct key *key);
} orders[] = {
	{ "expires", by_expires },
	{ "last-used", by_last_used },
	{ "name", by_name },
	{ "owner", by_owner },
	{ "id", by_id },
};

struct sorted *
sorted_new(const char *by)
{
	struct sorted *sorted = calloc(1, sizeof *sorted);

	for (size_t i = 0; sorted != NULL && i < sizeof orders / sizeof *orders;
	     i++)
		if (strcmp(orders[i].word, by) == 0)
			sorted->fill = orders[i].fill;
	if (sorted == NULL || sorted->fill != NULL)
		return sorted;
	free(sorted);
	return NULL;
}

void
sorted_free(struct sorted *sorted)
{
	if (sorted == NULL)
		return;
	for (size_t i = 0; i < sorted->count; i++)
		free(sorted->rows[i].bytes);
	free(sorted->rows);
	free(sorted);
}

static int
make_room(struct sorted *sorted)
{
	size_t room = sorted->room == 0 ? 1024 : 2 * sorted->room;
	struct row *rows;

	if (sorted->count < sorted->room)
		return 0;
	rows = reallocarray(sorted->rows, room, sizeof *rows);
	if (rows == NULL)
		return ERROR_MEMORY;
	sorted->rows = rows;
	sorted->room = room;
	return 0;
}

static int
info_read(const uint8_t *bytes, size_t size, struct token_info *info)
{
	struct wirebuf w;

	wirebuf_read(&w, bytes, size);
	token_info_get(&w, info);
	return wirebuf_done(&w);
}

int
sorted_add(struct sorted *sorted, struct span bytes)
{
	struct row row = { .size = bytes.size };
	struct token_info info;
	int error = make_room(sorted);

	if (error != 0)
		return error;
	row.bytes = malloc(bytes.size);
	if (row.bytes == NULL)
		return ERROR_MEMORY;
	memcpy(row.bytes, bytes.data, bytes.size);
	error = info_read(row.bytes, row.size, &info);
	if (error != 0) {
		free(row.bytes);
		return error;
	}
	row.id = info.id;
	sorted->fill(&info, &row.key);
	sorted->rows[sorted->count++] = row;
	return 0;
}

static int
compare_texts(struct span a, struct span b)
{
	size_t size = a.size < b.size ? a.size : b.size;
	int order = size > 0 ? memcmp(a.data, b.data, size) : 0;

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int
compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	int order = (a->key.number > b->key.number) -
		    (a->key.number < b->key.number);

	if (order == 0)
		order = compare_texts(a->key.text, b->key.text);
	return order != 0 ? order : compare_texts(a->id, b->id);
}

size_t
sorted_finish(struct sorted *sorted, bool reverse)
{
	if (sorted->count > 0)
		qsort(sorted->rows, sorted->count, sizeof *sorted->rows,
		    compare_rows);
	sorted->reverse = reverse;
	return sorted->count;
}

void
sorted_get(const struct sorted *sorted, size_t index, struct token_info *info)
{
	const struct row *row =
	    &sorted->rows[sorted->reverse ? sorted->count - 1 - index : index];

	/* It could be read when it was added. */
	(void)info_read(row->bytes, row->size, info);
}
