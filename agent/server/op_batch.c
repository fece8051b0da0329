/* SPDX-License-Identifier: BSD-3-Clause */
/* A change to many tokens at once, in one commit. */
#include "agent/server/op_change.h"
#include "common/changemessage.h"
#include "common/error.h"

struct batch {
	struct operation *op;
	const struct change_kind_row *kind;
	const struct change_request *request;
	struct batch_reply reply;
	struct refusal first; /* of the refusals */
};

static void
note_refusal(struct batch *batch)
{
	const struct refusal *refusal = &batch->op->refusal;

	if (refusal->status == STATUS_NOT_FOUND) {
		batch->reply.missing++;
		return;
	}
	if (batch->reply.refused++ == 0)
		batch->first = *refusal;
}

/* One that is not there, or refused, does not stop the others. */
static int
batch_one(struct batch *batch, struct span id)
{
	struct operation *op = batch->op;
	struct found_token found;
	size_t changed = 0;
	int rv = op_find_id(op, id, batch->kind->permission, &found);

	if (rv == 0 && !batch->request->dry_run)
		rv = op_change_one(
		    op, batch->kind, batch->request, &found, &changed);
	if (rv == ERROR_INVALID) {
		note_refusal(batch);
		return 0;
	}
	if (rv == 0 && changed > 0)
		batch->reply.changed++;
	else if (rv == 0)
		batch->reply.already++;
	return rv;
}

int
op_batch(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request)
{
	struct batch batch = { .op = op,
		.kind = kind,
		.request = request,
		.reply.status = STATUS_OK };
	struct span id;
	size_t at = 0;
	int rv = 0;

	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	while (rv == 0 && op_change_has_room(op) &&
	       spanlist_next(&request->selectors, &at, &id)) {
		rv = batch_one(&batch, id);
		batch.reply.seen++;
	}
	if (rv < 0)
		return rv;
	if (batch.reply.refused > 0)
		batch.reply.status = batch.first.status;
	batch.reply.message = span_of(batch.first.message);
	batch_reply_put(op->body, &batch.reply);
	if (batch.reply.changed == 0) {
		changeset_free(op->set);
		op->set = NULL;
	}
	return 0;
}
