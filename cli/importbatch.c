/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/importbatch.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"

/* Of a record in a message, besides its body. */
#define RECORD_OVERHEAD 3

#define SHEETS (IMPORTBATCH_OUT + 1)

/* Several may be at it at once: what is to be said waits for settle(). */
static void
send_from(struct importbatch_sheet *sheet, size_t first)
{
	struct import_request request = sheet->batch->request;
	struct ask *ask = &sheet->ask;

	request.count = (uint16_t)(sheet->count - first);
	ask_begin(ask, OP_IMPORT);
	import_request_put(&ask->request, &request);
	for (size_t i = first; i < sheet->count; i++)
		transfer_record_put(&ask->request, &sheet->items[i].record);
	sheet->outcome = request.dry_run ? ask_send(ask) : ask_send_change(ask);
}

/* The results of a reply; *first moves on to what was not looked at. */
static enum outcome
read_results(const struct importbatch *batch, struct importbatch_sheet *sheet,
    size_t *first)
{
	struct wirebuf *reply = &sheet->ask.reply;
	enum outcome outcome = OUTCOME_DONE;
	struct import_result result;
	uint16_t count = wirebuf_get_u16(reply);

	if (count == 0 || count > sheet->count - *first)
		wirebuf_fail(reply);
	for (; count > 0 && outcome == OUTCOME_DONE; count--) {
		import_result_get(reply, &result);
		if (reply->failed)
			break;
		outcome = batch->on_result(
		    batch->arg, &sheet->items[(*first)++], &result);
	}
	return outcome == OUTCOME_DONE ? ask_done(&sheet->ask) : outcome;
}

/* What goes ahead of a record goes again with it. */
static size_t
step_back(const struct importbatch_sheet *sheet, size_t first)
{
	while (sheet->batch->request.dry_run && first > 0 &&
	       sheet->items[first - 1].line == 0)
		first--;
	return first;
}

static void *
run(void *arg)
{
	struct importbatch_sheet *sheet = arg;
	uint64_t began = clock_ms();

	send_from(sheet, 0);
	sheet->was_slow = clock_ms() - began > IMPORTBATCH_MS;
	return NULL;
}

/* One more after an answer in time, half as many after a slow one. */
static void
pace(struct importbatch *batch, bool was_slow)
{
	if (was_slow)
		batch->out /= 2;
	else if (batch->out < IMPORTBATCH_OUT)
		batch->out++;
}

/* How many may be out besides the one that is to go. */
static unsigned
others_out(const struct importbatch *batch)
{
	unsigned out = batch->out < batch->most ? batch->out : batch->most;

	return out > 0 ? out - 1 : 0;
}

static void
join(struct importbatch_sheet *sheet)
{
	if (sheet->has_thread)
		(void)pthread_join(sheet->thread, NULL);
	sheet->has_thread = false;
}

/* One that is out; its results, and what is left of it is sent again if that
 * is wanted. */
static enum outcome
settle_sheet(
    struct importbatch *batch, struct importbatch_sheet *sheet, bool going_on)
{
	enum outcome outcome;
	size_t first = 0;

	join(sheet);
	pace(batch, sheet->was_slow);
	outcome = sheet->outcome;
	if (outcome == OUTCOME_DONE)
		outcome = read_results(batch, sheet, &first);
	while (going_on && outcome == OUTCOME_DONE && first < sheet->count) {
		first = step_back(sheet, first);
		send_from(sheet, first);
		outcome = sheet->outcome;
		if (outcome == OUTCOME_DONE)
			outcome = read_results(batch, sheet, &first);
	}
	sheet->count = 0;
	sheet->used = 0;
	return outcome;
}

/*
 * The oldest ones, until no more than so many are out.  Where one fails the
 * others are waited for, since what they did counts; the first says why, and
 * whether it is not known of any what it did.
 */
static enum outcome
settle(struct importbatch *batch, unsigned left)
{
	enum outcome outcome = OUTCOME_DONE;
	struct ask *failed = NULL;

	while (batch->count > left || (batch->count > 0 && failed != NULL)) {
		struct importbatch_sheet *sheet = batch->sheets[batch->first];
		enum outcome one = settle_sheet(batch, sheet, failed == NULL);

		batch->first = (batch->first + 1) % SHEETS;
		batch->count--;
		if (failed != NULL)
			failed->is_unknown |= sheet->ask.is_unknown;
		else if (one == OUTCOME_DONE)
			ask_complain(&sheet->ask);
		else {
			failed = &sheet->ask;
			outcome = one;
		}
	}
	if (failed != NULL)
		ask_complain(failed);
	return outcome;
}

/* The sheet that is filled; NULL: said why. */
static struct importbatch_sheet *
filling(struct importbatch *batch)
{
	struct importbatch_sheet **sheet =
	    &batch->sheets[(batch->first + batch->count) % SHEETS];

	if (*sheet != NULL)
		return *sheet;
	*sheet = calloc(1, sizeof(**sheet));
	if (*sheet == NULL) {
		output_error("%s", error_text(ERROR_MEMORY));
		return NULL;
	}
	(*sheet)->batch = batch;
	if (ask_init_like(&(*sheet)->ask, batch->like) == OUTCOME_DONE)
		return *sheet;
	free(*sheet);
	*sheet = NULL;
	return NULL;
}

/* The filled sheet goes out as soon as there is room for it. */
static enum outcome
send_sheet(struct importbatch *batch)
{
	struct importbatch_sheet *sheet = filling(batch);
	enum outcome outcome;

	if (sheet == NULL)
		return OUTCOME_FAILED;
	outcome = settle(batch, others_out(batch));
	if (outcome != OUTCOME_DONE || sheet->count == 0)
		return outcome;
	batch->count++;
	sheet->has_thread = pthread_create(&sheet->thread, NULL, run, sheet) ==
			    0;
	/* Then without one. */
	if (!sheet->has_thread)
		(void)run(sheet);
	return OUTCOME_DONE;
}

enum outcome
importbatch_wait(struct importbatch *batch)
{
	return settle(batch, 0);
}

void
importbatch_fini(struct importbatch *batch)
{
	for (size_t i = 0; i < SHEETS; i++) {
		struct importbatch_sheet *sheet = batch->sheets[i];

		if (sheet == NULL)
			continue;
		join(sheet);
		ask_fini(&sheet->ask);
		free(sheet);
		batch->sheets[i] = NULL;
	}
	batch->count = 0;
}

enum outcome
importbatch_send(struct importbatch *batch)
{
	enum outcome outcome = send_sheet(batch);

	return outcome == OUTCOME_DONE ? importbatch_wait(batch) : outcome;
}

enum outcome
importbatch_reserve(struct importbatch *batch, size_t count, size_t bytes)
{
	const struct importbatch_sheet *sheet = filling(batch);

	if (sheet == NULL)
		return OUTCOME_FAILED;
	if (IMPORTBATCH_ITEMS - sheet->count >= count &&
	    IMPORTBATCH_SIZE - sheet->used >= bytes)
		return OUTCOME_DONE;
	return send_sheet(batch);
}

enum outcome
importbatch_add(struct importbatch *batch, const struct importbatch_item *item)
{
	struct span body = item->record.body;
	enum outcome outcome = importbatch_reserve(
	    batch, 1, RECORD_OVERHEAD + body.size);
	struct importbatch_sheet *sheet = filling(batch);
	uint8_t *copy;

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (sheet == NULL)
		return OUTCOME_FAILED;
	copy = sheet->bytes + sheet->used;
	memcpy(copy, body.data, body.size);
	sheet->used += RECORD_OVERHEAD + body.size;
	sheet->items[sheet->count] = *item;
	sheet->items[sheet->count++].record.body = span_bytes(copy, body.size);
	return OUTCOME_DONE;
}
