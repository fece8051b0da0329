/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/spool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/error.h"

#define HEAD_SIZE (8 + 1 + 2)

/* Where a record stands in the file, and what it is sorted by. */
struct spool_place {
	uint64_t run; /* of tokens; whatever else comes is one by itself */
	size_t offset;
	uint8_t id[TOKEN_ID_SIZE];
};

int
spool_open(struct spool *spool)
{
	*spool = (struct spool) { .file = tmpfile() };
	return spool->file == NULL ? ERROR_SYSTEM : 0;
}

void
spool_close(struct spool *spool)
{
	union {
		const uint8_t *from;
		void *to;
	} map = { spool->map };

	if (spool->map != NULL)
		(void)munmap(map.to, spool->size);
	if (spool->file != NULL)
		(void)fclose(spool->file);
	free(spool->places);
	*spool = (struct spool) { 0 };
}

int
spool_put(struct spool *spool, const struct importbatch_item *item)
{
	struct span body = item->record.body;
	uint8_t head[HEAD_SIZE];
	struct wirebuf w;

	wirebuf_write(&w, head, sizeof(head));
	wirebuf_put_u64(&w, item->line);
	wirebuf_put_u8(&w, item->record.kind);
	wirebuf_put_u16(&w, (uint16_t)body.size);
	if (fwrite(head, sizeof(head), 1, spool->file) != 1 ||
	    fwrite(body.data, 1, body.size, spool->file) != body.size)
		return ERROR_SYSTEM;
	spool->count++;
	spool->size += sizeof(head) + body.size;
	return 0;
}

/* The record at an offset; ERROR_SYSTEM where the file holds none. */
static int
item_at(const struct spool *spool, size_t offset, struct importbatch_item *item)
{
	struct wirebuf w;

	wirebuf_read(&w, spool->map + offset, spool->size - offset);
	item->line = wirebuf_get_u64(&w);
	item->record.kind = wirebuf_get_u8(&w);
	item->record.body = wirebuf_get_str16(&w);
	return w.failed ? ERROR_SYSTEM : 0;
}

/* One without an id stays in its place among those around it: it is made
 * with an id that nobody knows yet. */
static bool
has_id(const struct importbatch_item *item)
{
	const struct span body = item->record.body;

	return item->record.kind == TRANSFER_TOKEN &&
	       body.size > TOKEN_ID_SIZE && body.data[0] == TOKEN_ID_SIZE;
}

static int
find_places(struct spool *spool)
{
	size_t offset = 0;
	uint64_t run = 0;
	bool was_token = false;
	int error = 0;

	for (uint64_t n = 0; n < spool->count && error == 0; n++) {
		struct spool_place *place = &spool->places[n];
		struct importbatch_item item;

		error = item_at(spool, offset, &item);
		if (error != 0)
			break;
		run += !was_token || !has_id(&item);
		was_token = has_id(&item);
		*place = (struct spool_place) { .run = run, .offset = offset };
		if (was_token)
			memcpy(place->id, item.record.body.data + 1,
			    TOKEN_ID_SIZE);
		offset += HEAD_SIZE + item.record.body.size;
	}
	return error;
}

static int
compare_places(const void *one, const void *other)
{
	const struct spool_place *a = one;
	const struct spool_place *b = other;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return memcmp(a->id, b->id, sizeof(a->id));
}

int
spool_sort(struct spool *spool)
{
	int error;
	void *map;

	if (fflush(spool->file) != 0)
		return ERROR_SYSTEM;
	if (spool->count == 0)
		return 0;
	map = mmap(
	    NULL, spool->size, PROT_READ, MAP_PRIVATE, fileno(spool->file), 0);
	if (map == MAP_FAILED)
		return ERROR_SYSTEM;
	spool->map = map;
	spool->places = reallocarray(
	    NULL, spool->count, sizeof(*spool->places));
	if (spool->places == NULL)
		return ERROR_MEMORY;
	error = find_places(spool);
	if (error == 0)
		qsort(spool->places, spool->count, sizeof(*spool->places),
		    compare_places);
	return error;
}

int
spool_get(struct spool *spool, struct importbatch_item *item)
{
	if (spool->at == spool->count)
		return ERROR_NOT_FOUND;
	return item_at(spool, spool->places[spool->at++].offset, item);
}
