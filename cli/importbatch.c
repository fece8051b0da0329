/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/importbatch.h"

#include <string.h>

/* Of a record in a message, besides its body. */
#define RECORD_OVERHEAD 3

static enum outcome
ask_from(const struct importbatch *batch, const struct importbatch_sheet *sheet,
    struct ask *ask, size_t first)
{
	struct import_request request = batch->request;

	request.count = (uint16_t)(sheet->count - first);
	ask_begin(ask, OP_IMPORT);
	import_request_put(&ask->request, &request);
	for (size_t i = first; i < sheet->count; i++)
		transfer_record_put(&ask->request, &sheet->items[i].record);
	return request.dry_run ? ask_send(ask) : ask_send_change(ask);
}

/* The results of a reply; *first moves on to what was not looked at. */
static enum outcome
read_results(const struct importbatch *batch,
    const struct importbatch_sheet *sheet, struct ask *ask, size_t *first)
{
	enum outcome outcome = OUTCOME_DONE;
	struct import_result result;
	uint16_t count = wirebuf_get_u16(&ask->reply);

	if (count == 0 || count > sheet->count - *first)
		wirebuf_fail(&ask->reply);
	for (; count > 0 && outcome == OUTCOME_DONE; count--) {
		import_result_get(&ask->reply, &result);
		if (ask->reply.failed)
			break;
		outcome = batch->on_result(
		    batch->arg, &sheet->items[(*first)++], &result);
	}
	return outcome == OUTCOME_DONE ? ask_done(ask) : outcome;
}

/* What goes ahead of a record goes again with it. */
static size_t
step_back(const struct importbatch *batch,
    const struct importbatch_sheet *sheet, size_t first)
{
	while (batch->request.dry_run && first > 0 &&
	       sheet->items[first - 1].line == 0)
		first--;
	return first;
}

static void *
run(void *arg)
{
	struct importbatch *batch = arg;

	batch->outcome = ask_from(
	    batch, &batch->sheets[!batch->filling], batch->ask, 0);
	return NULL;
}

/* Waits for the answer to the sheet that is out, and sends what is left of
 * it. */
static enum outcome
settle(struct importbatch *batch, struct ask *ask)
{
	struct importbatch_sheet *sheet = &batch->sheets[!batch->filling];
	enum outcome outcome;
	size_t first = 0;

	if (!batch->is_out)
		return OUTCOME_DONE;
	importbatch_end(batch);
	outcome = batch->outcome;
	if (outcome == OUTCOME_DONE)
		outcome = read_results(batch, sheet, ask, &first);
	while (outcome == OUTCOME_DONE && first < sheet->count) {
		first = step_back(batch, sheet, first);
		outcome = ask_from(batch, sheet, ask, first);
		if (outcome == OUTCOME_DONE)
			outcome = read_results(batch, sheet, ask, &first);
	}
	sheet->count = 0;
	sheet->used = 0;
	return outcome;
}

/* The filled sheet goes out as soon as the one before it is done. */
static enum outcome
send_sheet(struct importbatch *batch, struct ask *ask)
{
	enum outcome outcome = settle(batch, ask);

	if (outcome != OUTCOME_DONE || batch->sheets[batch->filling].count == 0)
		return outcome;
	batch->filling = !batch->filling;
	batch->ask = ask;
	batch->is_out = true;
	if (pthread_create(&batch->thread, NULL, run, batch) == 0)
		return OUTCOME_DONE;
	/* Then without one. */
	batch->ask = NULL;
	batch->outcome = ask_from(
	    batch, &batch->sheets[!batch->filling], ask, 0);
	return settle(batch, ask);
}

void
importbatch_end(struct importbatch *batch)
{
	if (batch->is_out && batch->ask != NULL)
		(void)pthread_join(batch->thread, NULL);
	batch->ask = NULL;
	batch->is_out = false;
}

enum outcome
importbatch_send(struct importbatch *batch, struct ask *ask)
{
	enum outcome outcome = send_sheet(batch, ask);

	return outcome == OUTCOME_DONE ? settle(batch, ask) : outcome;
}

enum outcome
importbatch_reserve(
    struct importbatch *batch, struct ask *ask, size_t count, size_t bytes)
{
	const struct importbatch_sheet *sheet = &batch->sheets[batch->filling];

	if (IMPORTBATCH_ITEMS - sheet->count >= count &&
	    IMPORTBATCH_SIZE - sheet->used >= bytes)
		return OUTCOME_DONE;
	return send_sheet(batch, ask);
}

enum outcome
importbatch_add(struct importbatch *batch, struct ask *ask,
    const struct importbatch_item *item)
{
	struct span body = item->record.body;
	enum outcome outcome = importbatch_reserve(
	    batch, ask, 1, RECORD_OVERHEAD + body.size);
	struct importbatch_sheet *sheet = &batch->sheets[batch->filling];
	uint8_t *copy;

	if (outcome != OUTCOME_DONE)
		return outcome;
	copy = sheet->bytes + sheet->used;
	memcpy(copy, body.data, body.size);
	sheet->used += RECORD_OVERHEAD + body.size;
	sheet->items[sheet->count] = *item;
	sheet->items[sheet->count++].record.body = span_bytes(copy, body.size);
	return OUTCOME_DONE;
}
