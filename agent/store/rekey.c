/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/rekey.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/store/row.h"
#include "common/error.h"

#define RETRY_SECONDS 60 /* after an error */

/* The meta row is made anew by every commit. */
static const enum database rekeyed[] = {
	DB_TOKENS,
	DB_USAGE,
	DB_TOMBSTONES,
	DB_PROJECTS,
	DB_ROLES,
	DB_GRANTS,
	DB_META,
	DB_SESSIONS,
};

#define REKEYED (sizeof(rekeyed) / sizeof(*rekeyed))

#define KEY_MAX 511 /* bytes; LMDB's limit */

struct rekey {
	struct rekey_options options;
	struct store_reader *reader;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t woken;
	bool has_work;
	bool stopping;
	struct rekey_state state;
};

/* Where a walk through all rows is. */
struct place {
	size_t database; /* in the table */
	uint8_t key[KEY_MAX];
	size_t size; /* 0: before the first */
};

typedef int rekey_visit(
    void *arg, enum database database, struct span key, const struct row *row);

static bool
is_stopping(struct rekey *rekey)
{
	bool stopping;

	pthread_mutex_lock(&rekey->lock);
	stopping = rekey->stopping;
	pthread_mutex_unlock(&rekey->lock);
	return stopping;
}

/* To the first row behind the place. */
static int
seek(struct store_cursor *cursor, const struct place *place)
{
	struct span key = { place->key, place->size };
	int rv = store_cursor_seek(cursor, key, span_bytes(NULL, 0));

	if (rv == 0 && place->size > 0 &&
	    span_equal(store_cursor_key(cursor), key))
		rv = store_cursor_next(cursor);
	return rv;
}

static int
visit_row(struct place *place, struct store_cursor *cursor, rekey_visit *visit,
    void *arg)
{
	struct span key = store_cursor_key(cursor);
	struct row row = { 0 };

	if (key.size > sizeof(place->key))
		return ERROR_CORRUPT;
	memcpy(place->key, key.data, key.size);
	place->size = key.size;
	/* What is no row at all holds nobody up: it is as damaged as others. */
	(void)row_decode(store_cursor_value(cursor), &row);
	return visit(arg, rekeyed[place->database], key, &row);
}

/* At most REKEY_CHUNK rows of one database, seen as they are now. */
static int
walk_some(
    struct rekey *rekey, struct place *place, rekey_visit *visit, void *arg)
{
	struct store_cursor *cursor = NULL;
	int rv = store_read_begin(rekey->reader);

	if (rv < 0)
		return rv;
	rv = store_cursor_open(
	    rekey->reader, rekeyed[place->database], &cursor);
	if (rv == 0)
		rv = seek(cursor, place);
	for (int i = 0; rv == 0 && i < REKEY_CHUNK; i++) {
		rv = visit_row(place, cursor, visit, arg);
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	store_read_end(rekey->reader);
	if (rv != ERROR_NOT_FOUND)
		return rv;
	place->database++;
	place->size = 0;
	return 0;
}

static int
count_row(
    void *arg, enum database database, struct span key, const struct row *row)
{
	uint64_t *rows = arg;

	(void)database;
	(void)key;
	rows[row->key_number]++;
	return 0;
}

static int
count_each(struct rekey *rekey, uint64_t *rows)
{
	struct place place = { 0 };
	int rv = 0;

	while (rv == 0 && place.database < REKEYED && !is_stopping(rekey))
		rv = walk_some(rekey, &place, count_row, rows);
	return rv;
}

/* The rows of older keys; whether there are any. */
static int
count_rows(struct rekey *rekey, bool *has_older)
{
	uint64_t rows[UINT8_MAX + 1] = { 0 };
	const struct keyring *keyring = rekey->options.keyring;
	uint8_t current = keyring_current(keyring)->number;
	int rv = count_each(rekey, rows);

	if (rv < 0)
		return rv;
	rows[current] = 0;
	*has_older = false;
	for (size_t i = 0; i <= UINT8_MAX; i++)
		*has_older = *has_older || rows[i] > 0;
	pthread_mutex_lock(&rekey->lock);
	memcpy(rekey->state.rows, rows, sizeof(rows));
	pthread_mutex_unlock(&rekey->lock);
	return 0;
}

/* The rows of one set, and how many it takes from each older key. */
struct chunk {
	const struct keyring *keyring;
	uint8_t current;
	struct changeset *set;
	uint64_t rows[UINT8_MAX + 1];
	uint64_t made_anew;
	uint64_t damaged;
};

static int
gather_row(
    void *arg, enum database database, struct span key, const struct row *row)
{
	struct chunk *chunk = arg;

	if (row->key_number == chunk->current)
		return 0;
	if (!row_is_authentic(chunk->keyring, database, key, row)) {
		chunk->damaged++;
		return 0;
	}
	chunk->rows[row->key_number]++;
	chunk->made_anew++;
	changeset_remac(chunk->set, database, key);
	return 0;
}

static void
note_chunk(struct rekey *rekey, const struct chunk *chunk)
{
	uint64_t *rows = rekey->state.rows;

	pthread_mutex_lock(&rekey->lock);
	for (size_t i = 0; i <= UINT8_MAX; i++)
		rows[i] -= chunk->rows[i] < rows[i] ? chunk->rows[i] : rows[i];
	pthread_mutex_unlock(&rekey->lock);
}

/* What a round made anew, and what it could not. */
struct round {
	uint64_t made_anew;
	uint64_t damaged;
};

static int
remac_some(struct rekey *rekey, struct place *place, struct round *round)
{
	const struct keyring *keyring = rekey->options.keyring;
	struct chunk chunk = { .keyring = keyring,
		.current = keyring_current(keyring)->number };
	int rv = ERROR_MEMORY;

	chunk.set = changeset_new();
	if (chunk.set == NULL)
		return rv;
	rv = walk_some(rekey, place, gather_row, &chunk);
	if (rv < 0 || chunk.set->count == 0)
		changeset_free(chunk.set);
	else
		rv = writer_commit(rekey->options.writer, chunk.set);
	if (rv < 0)
		return rv;
	note_chunk(rekey, &chunk);
	round->made_anew += chunk.made_anew;
	round->damaged += chunk.damaged;
	return 0;
}

/*
 * An empty commit: what the writer was at when the key came is in then, and
 * all that follows it is made with the new key.
 */
static int
settle(struct rekey *rekey)
{
	struct changeset *set = changeset_new();

	return set == NULL ? ERROR_MEMORY
			   : writer_commit(rekey->options.writer, set);
}

static int
work(struct rekey *rekey, struct round *round)
{
	struct place place = { 0 };
	bool has_older = false;
	int rv = count_rows(rekey, &has_older);

	if (rv == 0 && has_older && !is_stopping(rekey))
		rv = settle(rekey);
	while (rv == 0 && has_older && place.database < REKEYED &&
	       !is_stopping(rekey))
		rv = remac_some(rekey, &place, round);
	if (rv == 0 && has_older && !is_stopping(rekey))
		rv = count_rows(rekey, &has_older);
	return rv;
}

/* Whether there is work now. */
static bool
wait_for_work(struct rekey *rekey)
{
	struct timespec until;
	int rc = 0;
	bool has_work;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += RETRY_SECONDS;
	pthread_mutex_lock(&rekey->lock);
	while (!rekey->stopping && !rekey->has_work && rc == 0) {
		if (rekey->state.error == 0)
			pthread_cond_wait(&rekey->woken, &rekey->lock);
		else
			rc = pthread_cond_timedwait(
			    &rekey->woken, &rekey->lock, &until);
	}
	rekey->has_work = false;
	has_work = !rekey->stopping;
	pthread_mutex_unlock(&rekey->lock);
	return has_work;
}

static void
end_round(struct rekey *rekey, int error)
{
	pthread_mutex_lock(&rekey->lock);
	rekey->state.error = error;
	/* A key that came meanwhile has it begin again. */
	rekey->state.is_busy = rekey->has_work || error < 0;
	pthread_mutex_unlock(&rekey->lock);
}

static void *
rekey_run(void *arg)
{
	struct rekey *rekey = arg;
	const struct rekey_options *options = &rekey->options;

	while (wait_for_work(rekey)) {
		struct round round = { 0 };
		int rv = work(rekey, &round);

		if (is_stopping(rekey))
			break;
		end_round(rekey, rv);
		if (rv < 0 || round.made_anew > 0 || round.damaged > 0)
			options->on_end(
			    options->arg, round.made_anew, round.damaged, rv);
	}
	return NULL;
}

static void
rekey_free(struct rekey *rekey)
{
	store_reader_close(rekey->reader);
	pthread_cond_destroy(&rekey->woken);
	pthread_mutex_destroy(&rekey->lock);
	free(rekey);
}

int
rekey_start(const struct rekey_options *options, struct rekey **rekey)
{
	struct rekey *started = calloc(1, sizeof(*started));
	int rv;

	if (started == NULL)
		return ERROR_MEMORY;
	started->options = *options;
	/* With a single key there is nothing to look for. */
	started->has_work = started->state.is_busy = options->keyring->count >
						     1;
	pthread_mutex_init(&started->lock, NULL);
	pthread_cond_init(&started->woken, NULL);
	rv = store_reader_open(options->store, &started->reader);
	if (rv == 0 &&
	    pthread_create(&started->thread, NULL, rekey_run, started) != 0)
		rv = ERROR_SYSTEM;
	if (rv < 0) {
		rekey_free(started);
		return rv;
	}
	*rekey = started;
	return 0;
}

void
rekey_stop(struct rekey *rekey)
{
	if (rekey == NULL)
		return;
	pthread_mutex_lock(&rekey->lock);
	rekey->stopping = true;
	pthread_cond_signal(&rekey->woken);
	pthread_mutex_unlock(&rekey->lock);
	pthread_join(rekey->thread, NULL);
	rekey_free(rekey);
}

/* Rows that are not of the keys counted are of this one. */
static void
fill_in(uint64_t *rows, uint8_t number, struct store_reader *reader)
{
	uint64_t others = 0;
	uint64_t all = 0;

	for (size_t i = 0; i < REKEYED; i++)
		all += store_count(reader, rekeyed[i]);
	rows[number] = 0;
	for (size_t i = 0; i <= UINT8_MAX; i++)
		others += rows[i];
	rows[number] = others < all ? all - others : 0;
}

void
rekey_wake(struct rekey *rekey, struct store_reader *reader, uint8_t before)
{
	if (rekey == NULL)
		return;
	pthread_mutex_lock(&rekey->lock);
	fill_in(rekey->state.rows, before, reader);
	rekey->has_work = true;
	rekey->state.is_busy = true;
	pthread_cond_signal(&rekey->woken);
	pthread_mutex_unlock(&rekey->lock);
}

void
rekey_look(
    struct rekey *rekey, struct store_reader *reader, struct rekey_state *state)
{
	*state = (struct rekey_state) { 0 };
	if (rekey == NULL)
		return;
	pthread_mutex_lock(&rekey->lock);
	*state = rekey->state;
	pthread_mutex_unlock(&rekey->lock);
	fill_in(state->rows, keyring_current(rekey->options.keyring)->number,
	    reader);
}
