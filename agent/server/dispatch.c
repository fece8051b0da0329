/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/acting.h"
#include "common/adminmessage.h"
#include "common/error.h"
#include "common/secret.h"

struct operation_row {
	enum opcode opcode;
	enum permission permission; /* PERMISSION_NONE: none is needed */
	bool needs_store;
	operation_handler *handle;
};

static const struct operation_row rows[] = {
	{ OP_WHOAMI, PERMISSION_NONE, false, op_whoami },
	{ OP_STATUS, PERMISSION_NONE, false, op_status },
	{ OP_CREATE, TOKEN_CREATE, true, op_create },
	{ OP_SHOW, TOKEN_READ, true, op_show },
	{ OP_LIST, TOKEN_READ, true, op_list },
	{ OP_REVOKE, TOKEN_REVOKE, true, op_revoke },
	{ OP_DELETE, TOKEN_DELETE, true, op_delete },
	{ OP_DISABLE, TOKEN_DISABLE, true, op_disable },
	{ OP_ENABLE, TOKEN_DISABLE, true, op_enable },
	{ OP_EDIT, TOKEN_UPDATE, true, op_edit },
	{ OP_REGENERATE, TOKEN_REGENERATE, true, op_regenerate },
	{ OP_AUDIT, AUDIT_READ, true, op_audit },
	{ OP_EXPORT, STORE_EXPORT, true, op_export },
	{ OP_IMPORT, STORE_RESTORE, true, op_import },
	{ OP_ANCHOR, AUDIT_READ, true, op_anchor },
	{ OP_BACKUP, STORE_EXPORT, true, op_backup },
	{ OP_RESTORE, STORE_RESTORE, true, op_restore },
	{ OP_KEY_ADD, KEY_ROTATE, true, op_key_add },
	{ OP_KEY_STATUS, KEY_READ, true, op_key_status },
	{ OP_VERIFY, PERMISSION_NONE, true, op_verify },
	{ OP_EXPLAIN, TOKEN_READ, true, op_explain },
	{ OP_SERVICE, TOKEN_READ, false, op_service },
	{ OP_EXCHANGE, PERMISSION_NONE, true, op_exchange },
	{ OP_REFRESH, PERMISSION_NONE, true, op_refresh },
	{ OP_PROJECT_CREATE, PROJECT_CREATE, true, op_project_create },
	{ OP_PROJECT_LIST, PERMISSION_NONE, true, op_project_list },
	{ OP_PROJECT_EDIT, PROJECT_EDIT, true, op_project_edit },
	{ OP_PROJECT_DELETE, PROJECT_DELETE, true, op_project_delete },
	{ OP_ROLE_CREATE, ROLE_CREATE, true, op_role_create },
	{ OP_ROLE_LIST, TOKEN_READ, true, op_role_list },
	{ OP_ROLE_DELETE, ROLE_DELETE, true, op_role_delete },
	{ OP_ROLE_GRANT, ROLE_GRANT, true, op_role_grant },
	{ OP_ROLE_WITHDRAW, ROLE_GRANT, true, op_role_withdraw },
	{ OP_GRANT_LIST, PERMISSION_NONE, true, op_grant_list },
	{ OP_LEAKED, PERMISSION_NONE, true, op_leaked },
	{ OP_SESSION_LIST, SESSION_READ, true, op_session_list },
	{ OP_SESSION_END, SESSION_END, true, op_session_end },
};

static const struct operation_row *
find_row(uint8_t opcode)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].opcode == (enum opcode)opcode)
			return &rows[i];
	return NULL;
}

static void
put_reply(uint8_t opcode, enum status status, const char *message,
    uint8_t *reply, size_t *reply_size)
{
	const struct admin_reply admin = { .status = status,
		.message = span_of(message) };
	struct wirebuf w;

	wirebuf_write(&w, reply, PROTO_MESSAGE_MAX);
	admin_reply_put(&w, opcode, &admin);
	*reply_size = wirebuf_size(&w);
}

static int
refuse_permission(struct operation *op, enum permission permission)
{
	enum permission other = caller_for_management(permission);
	char roles[128];

	op_describe_roles(op->caller, roles, sizeof(roles));
	return refuse(&op->refusal, STATUS_FORBIDDEN,
	    "%s (role: %s) lacks the permission %s%s%s", op->caller->login,
	    roles, permission_word(permission),
	    other != permission ? ", for management tokens " : "",
	    other != permission ? permission_word(other) : "");
}

/* The permission of the row, the store if it needs it, the handler. */
static int
run_row(struct operation *op, const struct operation_row *row)
{
	bool lacks_it = row->permission != PERMISSION_NONE &&
			caller_reach_anywhere(op->caller, row->permission) ==
			    REACH_NONE;

	/* Not to know who somebody is is a failure, not a verdict. */
	if (lacks_it && op->caller->nameless)
		return refuse(&op->refusal, STATUS_UNAVAILABLE,
		    "the login name of uid %u cannot be found out just now: "
		    "try again",
		    op->caller->uid);
	if (lacks_it)
		return refuse_permission(op, row->permission);
	if (row->needs_store && op->reader == NULL)
		return refuse(&op->refusal, STATUS_UNAVAILABLE,
		    "the store is sealed: %.400s", op->agent->sealed);
	return row->handle(op);
}

static void
reply_error(struct operation *op, uint8_t opcode, int error, uint8_t *reply,
    size_t *reply_size)
{
	if (error == ERROR_INVALID)
		put_reply(opcode, op->refusal.status, op->refusal.message,
		    reply, reply_size);
	else
		dispatch_failed(opcode, error, reply, reply_size);
}

void
dispatch_failed(uint8_t opcode, int error, uint8_t *reply, size_t *reply_size)
{
	char message[128];

	snprintf(message, sizeof(message), "nothing was changed: %s",
	    error_text(error));
	put_reply(opcode, STATUS_FAILED, message, reply, reply_size);
}

/* An act by a management token says so in the audit, and who did it. */
static void
note_token(struct operation *op)
{
	char note[64];

	if (op->set == NULL || op->caller->token_id[0] == '\0')
		return;
	snprintf(note, sizeof(note), "by-token=%s by-uid=%u ",
	    op->caller->token_id, op->caller->uid);
	changeset_audit_note(op->set, note);
}

/* The message is empty and the status known only when the handler is done:
 * the header is put before the body and mended after it. */
static void
dispatch_row(struct operation *op, const struct operation_row *row,
    uint8_t opcode, uint8_t *reply, size_t *reply_size)
{
	const struct admin_reply good = { .status = STATUS_OK };
	struct wirebuf body;
	int rv;

	wirebuf_write(&body, reply, PROTO_MESSAGE_MAX);
	admin_reply_put(&body, opcode, &good);
	op->body = &body;
	op->status = STATUS_OK;
	rv = run_row(op, row);
	note_token(op);
	if (rv == 0 && wirebuf_size(&body) == 0)
		rv = ERROR_TOO_LONG;
	if (rv < 0) {
		if (!op->stands) {
			changeset_free(op->set);
			op->set = NULL;
		}
		errand_free(op->errand);
		op->errand = NULL;
		wipe(reply, PROTO_MESSAGE_MAX);
		reply_error(op, opcode, rv, reply, reply_size);
		return;
	}
	*reply_size = wirebuf_size(&body);
	wirebuf_write(&body, reply, PROTO_HEADER_SIZE);
	reply_begin(&body, opcode, op->status);
}

void
dispatch_errand(const struct errand *errand, uint8_t opcode, int result,
    uint8_t *reply, size_t *reply_size)
{
	const struct admin_reply good = { .status = STATUS_OK };
	struct wirebuf w;

	if (result == ERROR_INVALID) {
		put_reply(opcode, errand->refusal.status,
		    errand->refusal.message, reply, reply_size);
		return;
	}
	if (result < 0) {
		dispatch_failed(opcode, result, reply, reply_size);
		return;
	}
	wirebuf_write(&w, reply, PROTO_MESSAGE_MAX);
	admin_reply_put(&w, opcode, &good);
	wirebuf_put_bytes(&w, errand->bytes, errand->body.at);
	*reply_size = wirebuf_size(&w);
}

void
dispatch(struct operation *op, struct span packet, uint8_t *reply,
    size_t *reply_size)
{
	struct message_header header;
	const struct operation_row *row;
	struct wirebuf in;
	uint8_t opcode;
	int rv = 0;

	wirebuf_read(&in, packet.data, packet.size);
	message_header_get(&in, &header);
	op->in = &in;
	if (!in.failed && header.version != PROTO_VERSION) {
		put_reply(header.opcode, STATUS_VERSION,
		    "apitoken and apitokend are of different versions: "
		    "restart apitokend after an upgrade",
		    reply, reply_size);
		return;
	}
	opcode = header.opcode;
	if (!in.failed && opcode == OP_AS)
		rv = acting_begin(op, &opcode);
	if (rv < 0) {
		reply_error(op, header.opcode, rv, reply, reply_size);
		return;
	}
	row = in.failed || header.status != 0 ? NULL : find_row(opcode);
	if (row == NULL)
		put_reply(header.opcode, STATUS_MALFORMED,
		    "the request is malformed or unknown", reply, reply_size);
	else
		dispatch_row(op, row, header.opcode, reply, reply_size);
}
