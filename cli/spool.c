/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/spool.h"

#include "common/error.h"

#define HEAD_SIZE (8 + 1 + 2)

int
spool_open(struct spool *spool)
{
	spool->count = 0;
	spool->file = tmpfile();
	return spool->file == NULL ? ERROR_SYSTEM : 0;
}

void
spool_close(struct spool *spool)
{
	if (spool->file != NULL)
		(void)fclose(spool->file);
	spool->file = NULL;
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
	return 0;
}

int
spool_rewind(struct spool *spool)
{
	return fflush(spool->file) != 0 || fseek(spool->file, 0, SEEK_SET) != 0
		   ? ERROR_SYSTEM
		   : 0;
}

int
spool_get(struct spool *spool, struct importbatch_item *item)
{
	uint8_t head[HEAD_SIZE];
	struct wirebuf w;
	size_t size;

	if (fread(head, sizeof(head), 1, spool->file) != 1)
		return ferror(spool->file) ? ERROR_SYSTEM : ERROR_NOT_FOUND;
	wirebuf_read(&w, head, sizeof(head));
	item->line = wirebuf_get_u64(&w);
	item->record.kind = wirebuf_get_u8(&w);
	size = wirebuf_get_u16(&w);
	if (size > sizeof(spool->bytes) ||
	    fread(spool->bytes, 1, size, spool->file) != size)
		return ERROR_SYSTEM;
	item->record.body = span_bytes(spool->bytes, size);
	return 0;
}
