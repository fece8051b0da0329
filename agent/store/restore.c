/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/error.h"

#define BATCH_BYTES (1 << 20) /* and room for a row behind them */

/* How often a batch is worked on anew when others were faster. */
#define TRIES_MAX 256

/* Rows of one database, copied, that go into the store together. */
struct batch {
	uint8_t *bytes; /* BATCH_BYTES, BACKUP_KEY_MAX and BACKUP_ROW_MAX */
	size_t used;
	size_t count;
	struct backup_row rows[RESTORE_CHUNK];
};

/* Another reading of a backup. */
enum turn {
	TURN_TOMBSTONES, /* what ended gives its name up */
	TURN_REST,
	TURN_AGAIN, /* tokens whose name was taken, and their usage */
	TURN_LAST,  /* the same, and nothing is left out that is newer */
};

/* How often it is looked for names that were given up meanwhile. */
#define AGAIN_MAX 8

struct restore {
	const struct restore_options *options;
	struct restore_result *result;
	struct store_reader *reader;
	struct batch *batch;
	enum turn turn;
	uint64_t taken; /* in this turn: names of tokens */
	uint64_t late;	/* in this turn: that were taken in those before */
};

void
restore_describe(const struct backup_summary *backup, char *text, size_t size)
{
	char date[TIME_TEXT_SIZE];
	size_t at;

	time_format(backup->created_at, date);
	snprintf(text, size, "backup=%s head=%llu:", date,
	    (unsigned long long)backup->audit_sequence);
	for (size_t i = 0; i < CRYPTO_MAC_SIZE; i++) {
		at = strlen(text);
		snprintf(text + at, size - at, "%02x", backup->audit_mac[i]);
	}
}

static void
put_audit(const struct restore *r, struct changeset *set, const char *action,
    const char *detail)
{
	changeset_audit(set, &(struct audit_entry) {
				 .at = r->options->now,
				 .actor = r->options->actor,
				 .action = span_of(action),
				 .detail = span_of(detail),
			     });
	if (r->options->note[0] != '\0')
		changeset_audit_note(set, r->options->note);
}

/* Before anything is changed it is said that somebody sets about it. */
static void
put_begin(const struct restore *r, struct changeset *set)
{
	char detail[AUDIT_DETAIL_MAX];

	restore_describe(&r->result->backup, detail, sizeof(detail));
	put_audit(r, set, "store.restore-begin", detail);
}

static size_t
place_of(enum database database)
{
	size_t i = 0;

	while (backup_databases[i] != database)
		i++;
	return i;
}

/* What became of the rows of one set. */
struct tally {
	size_t rows;
	uint64_t fates[RESTORE_FATES];
};

/* Rows from the first on, as many as one set takes. */
static int
decide(
    struct restore *r, size_t first, struct changeset *set, struct tally *tally)
{
	enum restore_fate fate;
	int rv = store_read_begin(r->reader);

	if (rv < 0)
		return rv;
	for (size_t i = first; i < r->batch->count && rv == RESTORE_GO_ON;
	     i++) {
		rv = restore_row(r->reader, &r->batch->rows[i],
		    r->turn == TURN_LAST, set, &fate);
		if (rv < 0 || rv == RESTORE_NEXT_SET)
			break;
		tally->fates[fate]++;
		tally->rows++;
	}
	store_read_end(r->reader);
	return rv < 0 ? rv : 0;
}

/* Of a turn that comes again, only what is otherwise than it was. */
static void
count(struct restore *r, const struct tally *tally)
{
	const enum database database = r->batch->rows[0].database;
	const enum restore_fate before = database == DB_TOKENS ? RESTORE_TAKEN
							       : RESTORE_KEPT;
	const uint64_t put = tally->fates[RESTORE_ADDED] +
			     tally->fates[RESTORE_REPLACED];
	uint64_t *fates = r->result->fates[place_of(database)];
	const bool is_again = r->turn == TURN_AGAIN || r->turn == TURN_LAST;

	r->taken += tally->fates[RESTORE_TAKEN];
	for (size_t i = 0; i < RESTORE_FATES; i++)
		if (!is_again || i == RESTORE_ADDED || i == RESTORE_REPLACED)
			fates[i] += tally->fates[i];
	if (is_again) {
		fates[before] -= put < fates[before] ? put : fates[before];
		r->late += put;
	}
}

/* Gives the set away; freed in any case. */
static int
commit(struct restore *r, struct changeset *set)
{
	int rv;

	if (set->count == 0 || r->options->dry_run) {
		changeset_free(set);
		return 0;
	}
	if (!r->result->changed)
		put_begin(r, set);
	rv = writer_commit(r->options->writer, set);
	if (rv == 0)
		r->result->changed = true;
	return rv;
}

/* One set of a batch, from its row `*at` on. */
static int
put_set(struct restore *r, size_t *at)
{
	int rv = ERROR_STALE;

	for (int tries = 0; rv == ERROR_STALE && tries < TRIES_MAX; tries++) {
		struct changeset *set = changeset_new();
		struct tally tally = { 0 };

		if (set == NULL)
			return ERROR_MEMORY;
		rv = decide(r, *at, set, &tally);
		if (rv < 0) {
			changeset_free(set);
			return rv;
		}
		rv = commit(r, set);
		if (rv < 0)
			continue;
		count(r, &tally);
		*at += tally.rows;
	}
	return rv;
}

static int
flush(struct restore *r)
{
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && at < r->batch->count) {
		if (atomic_load(r->options->stop))
			rv = ERROR_CLOSED;
		else
			rv = put_set(r, &at);
	}
	r->batch->count = 0;
	r->batch->used = 0;
	return rv;
}

static struct span
copy(struct batch *batch, struct span s)
{
	uint8_t *at = batch->bytes + batch->used;

	memcpy(at, s.data, s.size);
	batch->used += s.size;
	return span_bytes(at, s.size);
}

static bool
is_wanted(enum turn turn, enum database database)
{
	switch (turn) {
	case TURN_TOMBSTONES:
		return database == DB_TOMBSTONES;
	case TURN_REST:
		return database != DB_TOMBSTONES && database != DB_AUDIT;
	case TURN_AGAIN:
	case TURN_LAST:
		break;
	}
	return database == DB_TOKENS || database == DB_USAGE;
}

/* A batch is of one database: what comes before is in when the next looks. */
static int
take_row(void *arg, const struct backup_row *row)
{
	struct restore *r = arg;
	struct batch *batch = r->batch;
	struct backup_row *kept;
	int rv = 0;

	if (!is_wanted(r->turn, row->database))
		return 0;
	if (batch->count == RESTORE_CHUNK || batch->used > BATCH_BYTES ||
	    (batch->count > 0 && batch->rows[0].database != row->database))
		rv = flush(r);
	if (rv < 0)
		return rv;
	kept = &batch->rows[batch->count++];
	*kept = *row;
	kept->key = copy(batch, row->key);
	kept->row.whole = copy(batch, row->row.whole);
	if (!span_empty(row->row.body))
		kept->row.body.data = kept->row.whole.data +
				      (row->row.body.data -
					  row->row.whole.data);
	return 0;
}

/* "backup=... head=... added=3 replaced=0 ...": of tokens. */
static int
put_end(struct restore *r)
{
	const uint64_t *fates = r->result->fates[place_of(DB_TOKENS)];
	struct changeset *set = changeset_new();
	char detail[AUDIT_DETAIL_MAX];
	size_t at;

	if (set == NULL)
		return ERROR_MEMORY;
	restore_describe(&r->result->backup, detail, sizeof(detail));
	at = strlen(detail);
	snprintf(detail + at, sizeof(detail) - at,
	    " tokens added=%llu replaced=%llu kept=%llu deleted=%llu "
	    "name-taken=%llu",
	    (unsigned long long)fates[RESTORE_ADDED],
	    (unsigned long long)fates[RESTORE_REPLACED],
	    (unsigned long long)fates[RESTORE_KEPT],
	    (unsigned long long)fates[RESTORE_DELETED],
	    (unsigned long long)fates[RESTORE_TAKEN]);
	put_audit(r, set, "store.restore", detail);
	return writer_commit(r->options->writer, set);
}

/* A reading: by the first of all the backup is known to be whole. */
static int
take_turn(struct restore *r, enum turn turn, char *why, size_t size)
{
	const struct restore_options *options = r->options;
	struct backup_summary again;
	int rv;

	r->turn = turn;
	r->taken = r->late = 0;
	rv = backup_read(options->fd, options->keyring, options->stop, take_row,
	    r, &again, why, size);
	/* Another whole one in its place is not the one that is told of. */
	if (rv == 0 && memcmp(&again, &r->result->backup, sizeof(again)) != 0) {
		snprintf(why, size, "the backup was changed while it was read");
		rv = ERROR_CORRUPT;
	}
	return rv == 0 ? flush(r) : rv;
}

/* A dry run changes nothing that could free a name. */
static int
put_all(struct restore *r, char *why, size_t size)
{
	const bool dry_run = r->options->dry_run;
	int rv = take_turn(r, TURN_TOMBSTONES, why, size);

	if (rv == 0)
		rv = take_turn(r, TURN_REST, why, size);
	for (int i = 0; rv == 0 && r->taken > 0 && !dry_run && i < AGAIN_MAX &&
			(i == 0 || r->late > 0);
	     i++)
		rv = take_turn(r, TURN_AGAIN, why, size);
	if (rv == 0 && r->taken > 0 && !dry_run)
		rv = take_turn(r, TURN_LAST, why, size);
	if (rv == 0 && !dry_run)
		rv = put_end(r);
	return rv;
}

int
restore_run(const struct restore_options *options,
    struct restore_result *result, char *why, size_t size)
{
	struct restore r = { .options = options, .result = result };
	int rv;

	memset(result, 0, sizeof(*result));
	rv = backup_read(options->fd, options->keyring, options->stop, NULL,
	    NULL, &result->backup, why, size);
	if (rv < 0)
		return rv;
	rv = store_reader_open(options->store, &r.reader);
	if (rv < 0)
		return rv;
	rv = ERROR_MEMORY;
	r.batch = calloc(1, sizeof(*r.batch));
	if (r.batch == NULL)
		goto out;
	r.batch->bytes = malloc(
	    BATCH_BYTES + 2 * (size_t)(BACKUP_KEY_MAX + BACKUP_ROW_MAX));
	if (r.batch->bytes != NULL)
		rv = put_all(&r, why, size);
	free(r.batch->bytes);
out:
	free(r.batch);
	store_reader_close(r.reader);
	return rv;
}
