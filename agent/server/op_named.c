/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_named.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/role.h"
#include "agent/server/overlay.h"
#include "common/error.h"

/* Rows looked at for one page: a view of the store is open meanwhile. */
#define SCAN_MAX 20000

int
op_may(struct operation *op, enum permission permission, struct span project)
{
	char place[ROLE_PLACE_SIZE];

	if (caller_reach(op->caller, permission, project) >= REACH_PROJECT)
		return 0;
	return refuse(&op->refusal, STATUS_FORBIDDEN,
	    "%s lacks the permission %s over %s", op->caller->login,
	    permission_word(permission), role_place(project, place));
}

int
op_check_room(struct operation *op, enum database database, const char *what)
{
	if (store_count(op->reader, database) +
		overlay_made(op->overlay, database) <
	    NAMED_ROWS_MAX)
		return 0;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "there are %d %s already, and more are not kept", NAMED_ROWS_MAX,
	    what);
}

int
op_begin_set(struct operation *op)
{
	if (op->set == NULL)
		op->set = changeset_new();
	return op->set == NULL ? ERROR_MEMORY : 0;
}

void
op_note_act(struct operation *op, const char *action, struct span subject,
    const char *detail)
{
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of(action),
				     .subject = subject,
				     .detail = span_of(detail),
				 });
}

void
op_append(char *detail, size_t size, const char *text)
{
	size_t at = strlen(detail);

	snprintf(detail + at, size - at, "%s", text);
}

/* "p:web" */
static struct span
tombstone_key(char kind, struct span name, uint8_t key[2 + WORD_MAX])
{
	key[0] = (uint8_t)kind;
	key[1] = ':';
	memcpy(key + 2, name.data, name.size);
	return span_bytes(key, 2 + name.size);
}

void
op_bury(struct operation *op, char kind, struct span name)
{
	uint8_t key[2 + WORD_MAX];

	changeset_tombstone(op->set, tombstone_key(kind, name, key), op->now,
	    span_of(op->caller->login), span_of("deleted"));
}

int
op_buried(struct operation *op, char kind, struct span name, uint64_t *at)
{
	uint8_t key[2 + WORD_MAX];
	struct wirebuf w;
	struct row row;
	int rv = store_get_authentic(
	    op->reader, DB_TOMBSTONES, tombstone_key(kind, name, key), &row);

	if (rv < 0)
		return rv;
	wirebuf_read(&w, row.body.data, row.body.size);
	*at = wirebuf_get_u64(&w);
	return 0;
}

void
op_expect_unburied(struct operation *op, char kind, struct span name)
{
	uint8_t key[2 + WORD_MAX];

	changeset_expect(op->set, DB_TOMBSTONES, tombstone_key(kind, name, key),
	    VERSION_ABSENT);
}

int
op_get_named(struct operation *op, enum database database, struct span name,
    struct row *row)
{
	struct span body;

	if (!overlay_find(op->overlay, database, name, &row->version, &body))
		return store_get_authentic(op->reader, database, name, row);
	row->body = body;
	return body.data == NULL ? ERROR_NOT_FOUND : 0;
}

void
op_renew_named(struct operation *op, enum database database, struct span name,
    struct row *row)
{
	uint32_t version;
	struct span body;

	if (overlay_find(op->overlay, database, name, &version, &body))
		row->body = body;
}

void
op_put_named(struct operation *op, enum database database, struct span name,
    uint32_t version, struct span body)
{
	changeset_put(op->set, database, name, version, body);
	if (op->overlay != NULL &&
	    overlay_put(op->overlay, database, name, version, body) < 0)
		op->set->failed = true;
}

void
op_delete_named(struct operation *op, enum database database, struct span name,
    uint32_t version)
{
	changeset_delete(op->set, database, name, version);
	if (op->overlay != NULL && overlay_put(op->overlay, database, name,
				       version, span_bytes(NULL, 0)) < 0)
		op->set->failed = true;
}

void
page_begin(struct page *page, struct operation *op)
{
	*page = (struct page) { .op = op,
		.count_at = op->body->out + op->body->at };
	wirebuf_put_u16(op->body, 0);
}

void
page_end(struct page *page, struct span next)
{
	struct wirebuf count;

	wirebuf_write(&count, page->count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, page->count);
	wirebuf_put_str8(page->op->body, next);
}

/* The current row; false if it does not fit, which leaves the reply as it
 * was. */
static bool
put_row(struct page *page, struct store_cursor *cursor, page_put *put, int *rv)
{
	struct wirebuf *body = page->op->body;
	struct wirebuf before = *body;
	struct row row;
	int count;

	*rv = store_cursor_row(cursor, &row);
	if (*rv < 0)
		return true;
	count = put(page->op, store_cursor_key(cursor), &row);
	*rv = count < 0 ? count : 0;
	if (*rv == 0 && !body->failed &&
	    body->size - body->at > 1 + SPANLIST_ELEMENT_MAX) {
		page->count = (uint16_t)(page->count + count);
		return true;
	}
	*body = before;
	return *rv < 0;
}

static int
seek_after(struct store_cursor *cursor, struct span after)
{
	int rv = store_cursor_seek(cursor, after, span_bytes(NULL, 0));

	if (rv == 0 && !span_empty(after) &&
	    span_equal(store_cursor_key(cursor), after))
		rv = store_cursor_next(cursor);
	return rv;
}

/* *next: the last row that was looked at, unless there is no further one. */
static int
walk_rows(struct page *page, struct store_cursor *cursor, struct span after,
    page_put *put, struct span *next)
{
	unsigned scanned = 0, damaged = 0;
	int rv = seek_after(cursor, after);

	while (rv == 0) {
		if (scanned++ == SCAN_MAX || !put_row(page, cursor, put, &rv))
			break;
		damaged += rv == ERROR_CORRUPT;
		if (rv < 0 && rv != ERROR_CORRUPT)
			break;
		*next = store_cursor_key(cursor);
		rv = store_cursor_next(cursor);
	}
	if (rv == ERROR_NOT_FOUND) {
		*next = span_bytes(NULL, 0);
		rv = 0;
	}
	if (damaged > 0)
		log_post(page->op->agent->log, LOG_ERR,
		    "%u damaged rows were left out of a list", damaged);
	return rv;
}

int
page_walk(
    struct page *page, enum database database, struct span after, page_put *put)
{
	struct store_cursor *cursor = NULL;
	struct span next = after;
	int rv = store_cursor_open(page->op->reader, database, &cursor);

	if (rv == 0)
		rv = walk_rows(page, cursor, after, put, &next);
	/* Before the cursor goes: the key is where it points. */
	if (rv == 0)
		page_end(page, next);
	store_cursor_close(cursor);
	return rv;
}
