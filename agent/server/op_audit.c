/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "agent/store/audit.h"
#include "common/auditmessage.h"
#include "common/error.h"

/* Entries looked at for one page: a view of the store is open meanwhile. */
#define SCAN_MAX 20000

/* A walk along the chain. */
struct audit_walk {
	struct operation *op;
	struct audit_request request;
	struct store_cursor *cursor;
	uint64_t number;	      /* of the entry looked at last */
	uint8_t mac[CRYPTO_MAC_SIZE]; /* of the one before; zeroes at first */
	uint16_t count;
	bool sees_all, sees_own, sees_projects;
};

static void
keep_mac(struct audit_walk *walk, const struct row *row)
{
	memcpy(walk->mac, row->whole.data + row->whole.size - CRYPTO_MAC_SIZE,
	    CRYPTO_MAC_SIZE);
}

/* The entry before the first one to be shown, whose MAC that one holds. */
static void
load_previous(struct audit_walk *walk)
{
	uint8_t key[8];
	struct row row;

	walk->number = walk->request.after;
	audit_key(walk->number, key);
	if (walk->number > 0 && store_get(walk->op->reader, DB_AUDIT,
				    span_bytes(key, sizeof(key)), &row) == 0)
		keep_mac(walk, &row);
}

static uint64_t
key_number(struct span key)
{
	struct wirebuf w;

	wirebuf_read(&w, key.data, key.size);
	return wirebuf_get_u64(&w);
}

/* Reads the current entry; a damaged one is shown as what is left of it. */
static void
read_entry(struct audit_walk *walk, struct audit_row *shown)
{
	uint8_t previous[CRYPTO_MAC_SIZE] = { 0 };
	struct audit_entry entry = { 0 };
	struct row row = { 0 };
	int rv = store_cursor_row(walk->cursor, &row);
	uint64_t expected = walk->number + 1;

	if (row.whole.size > 0 &&
	    audit_decode(row.body, &entry, previous) < 0) {
		entry = (struct audit_entry) { 0 };
		rv = ERROR_CORRUPT;
	}
	walk->number = key_number(store_cursor_key(walk->cursor));
	*shown = (struct audit_row) {
		.number = walk->number,
		.at = entry.at,
		.is_sound = rv == 0 && walk->number == expected &&
			    memcmp(previous, walk->mac, sizeof(previous)) == 0,
		.actor = entry.actor,
		.action = entry.action,
		.subject = entry.subject,
		.detail = entry.detail,
	};
	if (row.whole.size > 0)
		keep_mac(walk, &row);
}

static bool
fits(struct span wanted, struct span is)
{
	return span_empty(wanted) || span_equal(wanted, is);
}

/*
 * People see what they did; who may see all of the organization's sees all,
 * and who may see a project's sees besides what was done to its tokens, as
 * long as those are there.
 */
static bool
may_see(const struct audit_walk *walk, const struct audit_row *row)
{
	const struct caller *caller = walk->op->caller;
	struct found_token found;

	if (walk->sees_all ||
	    (walk->sees_own && span_is(row->actor, caller->login)))
		return true;
	return walk->sees_projects &&
	       op_load(walk->op, row->subject, &found) == 0 &&
	       caller_covers(caller, AUDIT_READ, &found.record.spec);
}

/* Asked once: there may be many grants, and many entries. */
static void
note_reach(struct audit_walk *walk)
{
	const struct caller *caller = walk->op->caller;
	const struct span organization = { 0 };

	walk->sees_all = caller_reach(caller, AUDIT_READ, organization) >
			 REACH_OWN;
	/* A management token sees what its projects are about, not all that
	 * its owner ever did. */
	walk->sees_own = caller->token == NULL;
	walk->sees_projects = !walk->sees_own || caller_reach_anywhere(caller,
						     AUDIT_READ) > REACH_OWN;
}

static bool
is_asked_for(const struct audit_walk *walk, const struct audit_row *row)
{
	const struct audit_request *request = &walk->request;

	return fits(request->token, row->subject) &&
	       fits(request->actor, row->actor) &&
	       fits(request->action, row->action) &&
	       row->at >= request->since &&
	       (request->until == 0 || row->at < request->until) &&
	       may_see(walk, row);
}

static bool
put_row(struct audit_walk *walk, const struct audit_row *row)
{
	struct wirebuf *body = walk->op->body;
	struct wirebuf before = *body;

	audit_row_put(body, row);
	if (!body->failed && body->size - body->at >= sizeof(uint64_t)) {
		walk->count++;
		return true;
	}
	*body = before;
	return false;
}

/* *next: the number to go on after, 0 at the end. */
static int
audit_page(struct audit_walk *walk, uint64_t *next)
{
	const struct span none = { NULL, 0 };
	struct audit_row row;
	uint8_t key[8];
	size_t scanned = 0;
	int rv;

	/* Nothing comes after the last number there could be. */
	if (walk->request.after == UINT64_MAX)
		return 0;
	load_previous(walk);
	audit_key(walk->number + 1, key);
	rv = store_cursor_seek(
	    walk->cursor, span_bytes(key, sizeof(key)), none);
	while (rv == 0) {
		uint64_t before = walk->number;

		read_entry(walk, &row);
		*next = before;
		if (walk->count == walk->request.limit || scanned++ == SCAN_MAX)
			return 0;
		if (is_asked_for(walk, &row) && !put_row(walk, &row))
			return 0;
		rv = store_cursor_next(walk->cursor);
	}
	*next = 0;
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

int
op_audit(struct operation *op)
{
	struct audit_walk walk = { .op = op };
	uint8_t *count_at = op->body->out + op->body->at;
	struct wirebuf count;
	uint64_t next = 0;
	int rv;

	audit_request_get(op->in, &walk.request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	note_reach(&walk);
	wirebuf_put_u16(op->body, 0);
	rv = store_cursor_open(op->reader, DB_AUDIT, &walk.cursor);
	if (rv == 0)
		rv = audit_page(&walk, &next);
	store_cursor_close(walk.cursor);
	if (rv < 0)
		return rv;
	wirebuf_write(&count, count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, walk.count);
	wirebuf_put_u64(op->body, next);
	return 0;
}
