/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/purge.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/record.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/wirebuf.h"

/* Of one slice: entries looked at, and tokens taken away, eight changes each
 * at the most. */
#define SCAN_MAX   2000
#define TOKENS_MAX 400

/* An audit entry's ids have to fit into its detail. */
#define IDS_SIZE (AUDIT_DETAIL_MAX - 32)
#define IDS_MAX	 (IDS_SIZE / (TOKEN_ID_SIZE + 1))

/* A slice under way. */
struct slice {
	struct store_reader *reader;
	struct changeset *set;
	uint64_t retention;
	uint64_t now;
	size_t scanned;
	size_t taken;
	size_t listed; /* ids in the detail of the next audit entry */
	char ids[IDS_SIZE];
};

static bool
is_short_lived(const struct record *record)
{
	return record->spec.kind == TOKEN_ACCESS ||
	       record->spec.kind == TOKEN_REFRESH;
}

static bool
is_older(uint64_t end, uint64_t seconds, uint64_t now)
{
	return end != TIME_NEVER && now >= end && now - end >= seconds;
}

/* Whether its time here is over. */
static bool
is_over(const struct slice *slice, const struct record *record)
{
	uint64_t end = record_end(record);

	if (is_short_lived(record))
		return is_older(end, PURGE_SHORT_LIVED, slice->now);
	if (slice->retention == 0 ||
	    !is_older(end, slice->retention, slice->now))
		return false;
	return record->state == STATE_REVOKED ||
	       record_state(record, slice->now) == STATE_EXPIRED;
}

static void
put_audit(struct slice *slice)
{
	char detail[AUDIT_DETAIL_MAX];

	if (slice->listed == 0)
		return;
	snprintf(detail, sizeof(detail), "tokens=%zu ids=%s", slice->listed,
	    slice->ids);
	changeset_audit(slice->set, &(struct audit_entry) {
					.at = slice->now,
					.actor = span_of(ACTOR_AGENT),
					.action = span_of("token.purge"),
					.detail = span_of(detail),
				    });
	slice->listed = 0;
	slice->ids[0] = '\0';
}

static void
list_id(struct slice *slice, struct span id)
{
	size_t at = strlen(slice->ids);

	snprintf(slice->ids + at, sizeof(slice->ids) - at, "%s%.*s",
	    at > 0 ? "," : "", (int)id.size, (const char *)id.data);
	if (++slice->listed == IDS_MAX)
		put_audit(slice);
}

static void
take_away(struct slice *slice, struct span id, const struct record *record,
    uint32_t version)
{
	slice->taken++;
	changeset_delete(slice->set, DB_USAGE, id, VERSION_ANY);
	changeset_token(slice->set, id, record, version, NULL);
	if (is_short_lived(record))
		return;
	changeset_tombstones(slice->set, id, record, slice->now,
	    span_of(ACTOR_AGENT), span_of("purged"));
	list_id(slice, id);
}

/* A row that is not sound is left for whoever looks into it. */
static int
load(const struct slice *slice, struct span id, struct record *record,
    uint32_t *version)
{
	struct row row = { 0 };
	int rv = store_get_authentic(slice->reader, DB_TOKENS, id, &row);

	*version = row.version;
	return rv < 0 ? rv : record_decode(row.body, record);
}

/* The last end that anything may have which is to go. */
static uint64_t
horizon(uint64_t retention, uint64_t now)
{
	uint64_t least = PURGE_SHORT_LIVED;

	if (retention > 0 && retention < least)
		least = retention;
	return now > least ? now - least : 0;
}

static uint64_t
end_of(struct span key)
{
	struct wirebuf w;

	wirebuf_read(&w, key.data, key.size);
	return wirebuf_get_u64(&w);
}

static int
look_at_ended(struct slice *slice, struct span end, struct span id)
{
	struct record record;
	uint32_t version;

	if (end_of(end) > horizon(slice->retention, slice->now))
		return ERROR_NOT_FOUND;
	if (load(slice, id, &record, &version) == 0 && is_over(slice, &record))
		take_away(slice, id, &record, version);
	return 0;
}

/* The index has no MAC: the record says itself whose it is. */
static int
look_at_child(struct slice *slice, struct span parent, struct span id)
{
	struct record record;
	uint32_t version;
	struct row row;

	if (store_get(slice->reader, DB_TOKENS, parent, &row) ==
		ERROR_NOT_FOUND &&
	    load(slice, id, &record, &version) == 0 &&
	    is_short_lived(&record) &&
	    span_equal(record.lineage.parent, parent))
		take_away(slice, id, &record, version);
	return 0;
}

/* The walks of a round, one after the other. */
static const struct pass {
	enum database index;
	/* 0 to go on, ERROR_NOT_FOUND when nothing behind it is to go */
	int (*look_at)(struct slice *slice, struct span key, struct span id);
} passes[] = {
	{ DB_TOKENS_BY_EXPIRY, look_at_ended },
	{ DB_TOKENS_BY_PARENT, look_at_child },
};

#define PASSES (sizeof(passes) / sizeof(*passes))

/* ERROR_NOT_FOUND at the end of the index. */
static int
walk_slice(struct slice *slice, struct store_cursor *cursor,
    const struct pass *pass, const struct purge *purge)
{
	int rv = store_cursor_seek(cursor,
	    span_bytes(purge->key, purge->key_size),
	    span_bytes(purge->id, purge->key_size > 0 ? TOKEN_ID_SIZE : 0));

	while (
	    rv == 0 && slice->scanned < SCAN_MAX && slice->taken < TOKENS_MAX) {
		slice->scanned++;
		rv = pass->look_at(slice, store_cursor_key(cursor),
		    store_cursor_value(cursor));
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	return rv;
}

/* ERROR_CORRUPT for an entry that is none. */
static int
keep_position(struct purge *purge, const struct store_cursor *cursor)
{
	struct span key = store_cursor_key(cursor);
	struct span id = store_cursor_value(cursor);

	if (key.size > sizeof(purge->key) || id.size != sizeof(purge->id))
		return ERROR_CORRUPT;
	memcpy(purge->key, key.data, key.size);
	purge->key_size = key.size;
	memcpy(purge->id, id.data, id.size);
	return 0;
}

/* After the last one the round is over. */
static void
begin_pass(struct purge *purge, unsigned pass)
{
	*purge = (struct purge) { .pass = pass < PASSES ? pass : 0 };
}

int
purge_slice(struct purge *purge, struct store_reader *reader,
    uint64_t retention, uint64_t now, struct changeset *set, bool *more)
{
	const struct pass *pass = &passes[purge->pass];
	struct slice slice = {
		.reader = reader, .set = set, .retention = retention, .now = now
	};
	struct store_cursor *cursor = NULL;
	int rv = store_cursor_open(reader, pass->index, &cursor);

	if (rv == 0)
		rv = walk_slice(&slice, cursor, pass, purge);
	if (rv == 0)
		rv = keep_position(purge, cursor);
	if (rv < 0)
		begin_pass(purge, rv == ERROR_NOT_FOUND ? purge->pass + 1 : 0);
	*more = rv == 0 || purge->pass > 0;
	put_audit(&slice);
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}
