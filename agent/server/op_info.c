/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "agent/server/ops.h"
#include "common/error.h"

int
op_malformed(struct operation *op)
{
	return refuse(
	    &op->refusal, STATUS_MALFORMED, "the request is malformed");
}

int
op_whoami(struct operation *op)
{
	uint8_t storage[2048];
	struct whoami_reply reply = { .uid = op->caller->uid,
		.login = span_of(op->caller->login),
		.role = span_of(role_word(op->caller->role)) };

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	for (enum permission p = 0; p < PERMISSION_COUNT; p++) {
		enum reach reach = grant_reach(op->caller->role, p);
		char text[64];

		if (reach == REACH_NONE)
			continue;
		snprintf(text, sizeof(text), "%s=%s", permission_word(p),
		    reach_word(reach));
		spanlist_add(&reply.permissions, storage, sizeof(storage),
		    span_of(text));
	}
	whoami_reply_put(op->body, &reply);
	return 0;
}

/* Rows of OP_STATUS, counted as they are put. */
struct status_rows {
	struct wirebuf *body;
	uint8_t *count;
};

static void
put_text(struct status_rows *rows, const char *name, const char *text)
{
	const struct status_item item = { .name = span_of(name),
		.text = span_of(text) };

	status_item_put(rows->body, &item);
	++*rows->count;
}

static void
put_number(struct status_rows *rows, const char *name, uint64_t number)
{
	const struct status_item item = {
		.name = span_of(name), .is_number = true, .number = number
	};

	status_item_put(rows->body, &item);
	++*rows->count;
}

static void
put_store(struct operation *op, struct status_rows *rows)
{
	put_number(rows, "tokens", store_count(op->reader, DB_TOKENS));
	put_number(rows, "audit_entries", store_count(op->reader, DB_AUDIT));
	put_number(rows, "tombstones", store_count(op->reader, DB_TOMBSTONES));
	put_number(rows, "key", keyring_current(op->agent->keyring)->number);
}

int
op_status(struct operation *op)
{
	struct agent *agent = op->agent;
	struct status_rows rows = { op->body, op->body->out + op->body->at };

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	wirebuf_put_u8(op->body, 0);
	put_text(&rows, "state", op->reader != NULL ? "serving" : "sealed");
	if (op->reader == NULL)
		put_text(&rows, "reason", agent->sealed);
	put_text(&rows, "version", PACKAGE_VERSION);
	put_number(&rows, "protocol", PROTO_VERSION);
	put_number(&rows, "uptime_seconds",
	    op->now > agent->started_at ? op->now - agent->started_at : 0);
	put_number(&rows, "accepted", agent->granted);
	put_number(&rows, "refused", agent->denied);
	put_number(&rows, "undecided", agent->unavailable);
	put_text(&rows, "store", op->config->store_directory);
	if (op->reader != NULL)
		put_store(op, &rows);
	return 0;
}
