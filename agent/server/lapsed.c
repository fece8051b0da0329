/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/lapsed.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

/* Seconds after which what could not be written is tried again. */
#define RETRY_TIME 60

enum place_state {
	PLACE_FREE,
	PLACE_WRITING, /* the writer has it */
	PLACE_KEPT,    /* it could not be written */
};

struct place {
	enum place_state state;
	uint8_t id[TOKEN_ID_SIZE];
	uint64_t expires_at;
	uint64_t number; /* of the note: the oldest has the lowest */
	uint64_t tried_at;
	_Atomic bool done; /* the writer's word, with its result */
	int result;
	struct submission submission;
};

struct lapsed {
	struct writer *writer;
	size_t taken; /* places that are not free */
	uint64_t notes;
	struct place places[LAPSED_MAX];
};

struct lapsed *
lapsed_new(struct writer *writer)
{
	struct lapsed *lapsed = calloc(1, sizeof(*lapsed));

	if (lapsed != NULL)
		lapsed->writer = writer;
	return lapsed;
}

void
lapsed_free(struct lapsed *lapsed)
{
	free(lapsed);
}

/* One that came too late is kept too: something else was changed. */
static void
place_settle(struct lapsed *lapsed, struct place *place)
{
	if (place->state != PLACE_WRITING || !atomic_load(&place->done))
		return;
	if (place->result < 0) {
		place->state = PLACE_KEPT;
		if (place->result == ERROR_STALE)
			place->tried_at = 0;
		return;
	}
	place->state = PLACE_FREE;
	lapsed->taken--;
}

void
lapsed_settle(struct lapsed *lapsed)
{
	if (lapsed->taken == 0)
		return;
	for (size_t i = 0; i < LAPSED_MAX; i++)
		place_settle(lapsed, &lapsed->places[i]);
}

/* Where it is, or LAPSED_MAX. */
static size_t
find_place(const struct lapsed *lapsed, struct span id, uint64_t expires_at)
{
	size_t i = lapsed->taken > 0 ? 0 : LAPSED_MAX;

	for (; i < LAPSED_MAX; i++) {
		const struct place *place = &lapsed->places[i];

		if (place->state != PLACE_FREE &&
		    place->expires_at == expires_at &&
		    span_equal(id, span_bytes(place->id, sizeof(place->id))))
			break;
	}
	return i;
}

bool
lapsed_has(const struct lapsed *lapsed, struct span id, uint64_t expires_at)
{
	return find_place(lapsed, id, expires_at) < LAPSED_MAX;
}

/* A free place, or the oldest that nobody waits for; NULL. */
static struct place *
take_place(struct lapsed *lapsed)
{
	struct place *oldest = NULL;

	for (size_t i = 0; i < LAPSED_MAX; i++) {
		struct place *place = &lapsed->places[i];

		if (place->state == PLACE_FREE) {
			lapsed->taken++;
			return place;
		}
		if (place->state == PLACE_KEPT &&
		    (oldest == NULL || place->number < oldest->number))
			oldest = place;
	}
	return oldest;
}

/* On the writer thread. */
static void
on_written(void *arg, int result)
{
	struct place *place = arg;

	place->result = result;
	atomic_store(&place->done, true);
}

static void
place_write(struct lapsed *lapsed, struct place *place,
    const struct record *record, uint32_t version)
{
	struct changeset *set = lapsed->writer != NULL ? changeset_new() : NULL;
	struct record after = *record;

	place->state = PLACE_KEPT;
	if (set == NULL)
		return;
	after.lapsed = true;
	changeset_token(set, span_bytes(place->id, sizeof(place->id)), record,
	    version, &after);
	place->state = PLACE_WRITING;
	atomic_store(&place->done, false);
	place->submission = (struct submission) {
		.set = set,
		.done = on_written,
		.arg = place,
	};
	writer_submit(lapsed->writer, &place->submission);
}

/* Whether it is not time yet to try it again; clocks may step. */
static bool
is_too_soon(const struct place *place, uint64_t now)
{
	return now >= place->tried_at && now - place->tried_at < RETRY_TIME;
}

void
lapsed_note(struct lapsed *lapsed, struct span id, const struct record *record,
    uint32_t version, uint64_t now)
{
	size_t found = find_place(lapsed, id, record->spec.expires_at);
	struct place *place = found < LAPSED_MAX ? &lapsed->places[found]
						 : take_place(lapsed);

	if (place == NULL || id.size != sizeof(place->id))
		return;
	if (found < LAPSED_MAX &&
	    (place->state == PLACE_WRITING || is_too_soon(place, now)))
		return;
	memcpy(place->id, id.data, sizeof(place->id));
	place->expires_at = record->spec.expires_at;
	place->number = ++lapsed->notes;
	place->tried_at = now;
	place_write(lapsed, place, record, version);
}
