/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_import.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/overlay.h"
#include "common/error.h"

/* Rows that a single record may need, of COMMIT_ROWS_MAX. */
#define ROWS_OF_ONE 300

/* The largest result of a record. */
#define RESULT_SIZE                                                            \
	(1 + 1 + TOKEN_ID_SIZE + 2 + sizeof(((struct refusal *)0)->message))

struct import_row {
	enum transfer_kind kind;
	import_handler *handle;
};

static const struct import_row rows[] = {
	{ TRANSFER_TOKEN, import_token },
	{ TRANSFER_DELETION, import_deletion },
	{ TRANSFER_PROJECT, import_project },
	{ TRANSFER_ROLE, import_role },
	{ TRANSFER_GRANT, import_grant },
	{ TRANSFER_PROJECT_GONE, import_project_gone },
	{ TRANSFER_ROLE_GONE, import_role_gone },
	{ TRANSFER_GRANT_GONE, import_grant_gone },
};

/* A key of the tree of what was seen. */
struct seen {
	size_t size;
	uint8_t bytes[];
};

static int
compare_seen(const void *one, const void *other)
{
	const struct seen *a = one;
	const struct seen *b = other;

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->size);
}

int
import_see(struct importing *importing, char what, struct span key)
{
	struct seen *seen = malloc(offsetof(struct seen, bytes) + 1 + key.size);
	void *node;

	if (seen == NULL)
		return ERROR_MEMORY;
	seen->size = 1 + key.size;
	seen->bytes[0] = (uint8_t)what;
	memcpy(seen->bytes + 1, key.data, key.size);
	node = tsearch(seen, &importing->seen, compare_seen);
	if (node != NULL && *(struct seen **)node == seen)
		return 0;
	free(seen);
	if (node == NULL)
		return ERROR_MEMORY;
	return refuse(&importing->op->refusal, STATUS_CONFLICT,
	    "%s: another record means the same token",
	    what == 'i' ? "id" : "name");
}

static int
import_record(struct importing *importing, const struct transfer_record *record,
    struct import_result *result)
{
	struct wirebuf body;

	wirebuf_read(&body, record->body.data, record->body.size);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].kind == (enum transfer_kind)record->kind)
			return rows[i].handle(importing, &body, result);
	return op_malformed(importing->op);
}

/* A refusal of one record is a result; of what is no message, the end. */
static int
put_result(struct importing *importing, int rv, struct import_result *result)
{
	const struct refusal *refusal = &importing->op->refusal;

	if (rv < 0 &&
	    (rv != ERROR_INVALID || refusal->status == STATUS_MALFORMED))
		return rv;
	if (rv < 0) {
		if (result->outcome != IMPORT_TAKEN)
			result->outcome = IMPORT_REFUSED;
		result->message = span_of(refusal->message);
	}
	import_result_put(importing->op->body, result);
	return 0;
}

/* Whether another record fits into the reply and into the change set. */
static bool
has_room(const struct operation *op)
{
	return op->body->size - op->body->at >= RESULT_SIZE &&
	       op->set->count + op->set->audit_count + ROWS_OF_ONE <=
		   COMMIT_ROWS_MAX;
}

static int
import_records(struct importing *importing, uint16_t *done, unsigned *refused)
{
	struct operation *op = importing->op;
	struct transfer_record record;
	int rv = 0;

	for (*done = 0;
	     rv == 0 && *done < importing->request.count && has_room(op);
	     ++*done) {
		struct import_result result = { .outcome = IMPORT_REFUSED };

		transfer_record_get(op->in, &record);
		if (op->in->failed)
			return op_malformed(op);
		rv = import_record(importing, &record, &result);
		*refused += rv < 0;
		rv = put_result(importing, rv, &result);
	}
	return rv;
}

int
op_import(struct operation *op)
{
	struct importing importing = { .op = op };
	uint8_t *count_at = op->body->out + op->body->at;
	unsigned refused = 0;
	struct wirebuf count;
	uint16_t done = 0;
	int rv;

	import_request_get(op->in, &importing.request);
	rv = op_check_whole(op, STORE_RESTORE, &op->refusal);
	if (rv < 0)
		return rv;
	op->set = changeset_new();
	op->overlay = overlay_new();
	if (op->set == NULL || op->overlay == NULL) {
		rv = ERROR_MEMORY;
		goto out;
	}
	wirebuf_put_u16(op->body, 0);
	rv = import_records(&importing, &done, &refused);
	if (rv == 0 && done == importing.request.count &&
	    wirebuf_done(op->in) < 0)
		rv = op_malformed(op);
	wirebuf_write(&count, count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, done);
out:
	if (rv < 0 || importing.changed == 0 ||
	    (importing.request.whole && refused > 0)) {
		changeset_free(op->set);
		op->set = NULL;
	}
	overlay_free(op->overlay);
	op->overlay = NULL;
	tdestroy(importing.seen, free);
	return rv;
}
