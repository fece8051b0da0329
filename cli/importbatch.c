/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/importbatch.h"

#include <string.h>

/* Of a record in a message, besides its body. */
#define RECORD_OVERHEAD 3

static enum outcome
ask_from(struct importbatch *batch, struct ask *ask, size_t first)
{
	struct import_request request = batch->request;

	request.count = (uint16_t)(batch->count - first);
	ask_begin(ask, OP_IMPORT);
	import_request_put(&ask->request, &request);
	for (size_t i = first; i < batch->count; i++)
		transfer_record_put(&ask->request, &batch->items[i].record);
	return request.dry_run ? ask_send(ask) : ask_send_change(ask);
}

/* The results of a reply; *first moves on to what was not looked at. */
static enum outcome
read_results(struct importbatch *batch, struct ask *ask, size_t *first)
{
	enum outcome outcome = OUTCOME_DONE;
	struct import_result result;
	uint16_t count = wirebuf_get_u16(&ask->reply);

	if (count == 0 || count > batch->count - *first)
		wirebuf_fail(&ask->reply);
	for (; count > 0 && outcome == OUTCOME_DONE; count--) {
		import_result_get(&ask->reply, &result);
		if (ask->reply.failed)
			break;
		outcome = batch->on_result(
		    batch->arg, &batch->items[(*first)++], &result);
	}
	return outcome == OUTCOME_DONE ? ask_done(ask) : outcome;
}

/* What goes ahead of a record goes again with it. */
static size_t
step_back(const struct importbatch *batch, size_t first)
{
	while (batch->request.dry_run && first > 0 &&
	       batch->items[first - 1].line == 0)
		first--;
	return first;
}

enum outcome
importbatch_send(struct importbatch *batch, struct ask *ask)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t first = 0;

	while (outcome == OUTCOME_DONE && first < batch->count) {
		first = step_back(batch, first);
		outcome = ask_from(batch, ask, first);
		if (outcome == OUTCOME_DONE)
			outcome = read_results(batch, ask, &first);
	}
	batch->count = 0;
	batch->used = 0;
	return outcome;
}

enum outcome
importbatch_reserve(
    struct importbatch *batch, struct ask *ask, size_t count, size_t bytes)
{
	if (IMPORTBATCH_ITEMS - batch->count >= count &&
	    IMPORTBATCH_SIZE - batch->used >= bytes)
		return OUTCOME_DONE;
	return importbatch_send(batch, ask);
}

enum outcome
importbatch_add(struct importbatch *batch, struct ask *ask,
    const struct importbatch_item *item)
{
	struct span body = item->record.body;
	enum outcome outcome = importbatch_reserve(
	    batch, ask, 1, RECORD_OVERHEAD + body.size);
	uint8_t *copy;

	if (outcome != OUTCOME_DONE)
		return outcome;
	copy = batch->bytes + batch->used;
	memcpy(copy, body.data, body.size);
	batch->used += RECORD_OVERHEAD + body.size;
	batch->items[batch->count] = *item;
	batch->items[batch->count++].record.body = span_bytes(copy, body.size);
	return OUTCOME_DONE;
}
