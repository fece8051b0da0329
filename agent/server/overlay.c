/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/overlay.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

/* A row, and in front of what it was before: somebody may look at that. */
struct overlay_row {
	enum database database;
	uint32_t version;
	struct span key;
	struct span body;
	struct overlay_row *older;
	uint8_t bytes[];
};

struct overlay {
	void *rows; /* tsearch(3) */
	unsigned made[DB_COUNT];
};

static int
compare_rows(const void *one, const void *other)
{
	const struct overlay_row *a = one;
	const struct overlay_row *b = other;

	if (a->database != b->database)
		return a->database < b->database ? -1 : 1;
	if (a->key.size != b->key.size)
		return a->key.size < b->key.size ? -1 : 1;
	return a->key.size == 0 ? 0
				: memcmp(a->key.data, b->key.data, a->key.size);
}

static void
free_row(void *row)
{
	struct overlay_row *older;

	for (struct overlay_row *r = row; r != NULL; r = older) {
		older = r->older;
		free(r);
	}
}

struct overlay *
overlay_new(void)
{
	return calloc(1, sizeof(struct overlay));
}

void
overlay_free(struct overlay *overlay)
{
	if (overlay == NULL)
		return;
	tdestroy(overlay->rows, free_row);
	free(overlay);
}

static struct overlay_row *
row_new(
    enum database database, struct span key, uint32_t version, struct span body)
{
	struct overlay_row *row = malloc(sizeof(*row) + key.size + body.size);

	if (row == NULL)
		return NULL;
	memcpy(row->bytes, key.data, key.size);
	if (body.size > 0)
		memcpy(row->bytes + key.size, body.data, body.size);
	row->database = database;
	row->version = version;
	row->key = span_bytes(row->bytes, key.size);
	row->body = body.data == NULL
			? body
			: span_bytes(row->bytes + key.size, body.size);
	row->older = NULL;
	return row;
}

int
overlay_put(struct overlay *overlay, enum database database, struct span key,
    uint32_t version, struct span body)
{
	struct overlay_row *row = row_new(database, key, version, body);
	struct overlay_row **node;

	if (row == NULL)
		return ERROR_MEMORY;
	node = tsearch(row, &overlay->rows, compare_rows);
	if (node == NULL) {
		free(row);
		return ERROR_MEMORY;
	}
	if (*node != row) {
		row->older = *node;
		*node = row;
	} else if (version == VERSION_ABSENT)
		overlay->made[database]++;
	return 0;
}

bool
overlay_find(const struct overlay *overlay, enum database database,
    struct span key, uint32_t *version, struct span *body)
{
	const struct overlay_row sought = { .database = database, .key = key };
	struct overlay_row *const *node;

	if (overlay == NULL)
		return false;
	node = tfind(&sought, &overlay->rows, compare_rows);
	if (node == NULL)
		return false;
	*version = (*node)->version;
	*body = (*node)->body;
	return true;
}

unsigned
overlay_made(const struct overlay *overlay, enum database database)
{
	return overlay == NULL ? 0 : overlay->made[database];
}
