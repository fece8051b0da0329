/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/server/op_find.h"
#include "agent/server/op_grant.h"
#include "agent/server/op_project.h"
#include "agent/server/op_role.h"
#include "agent/server/ops.h"
#include "common/error.h"
#include "common/transfermessage.h"

/* Rows looked at for one page: a view of the store is open meanwhile. */
#define SCAN_MAX 20000

/* Kept free for what ends a reply: a position and a number. */
#define END_SIZE (1 + 1 + SPANLIST_ELEMENT_MAX + 4)

/* A walk through the databases, each in order of its keys. */
struct exporting {
	struct operation *op;
	struct export_request request;
	struct store_cursor *cursor;
	size_t scanned;
	uint16_t count;
	uint32_t damaged; /* that cannot be given */
	uint8_t kind;	  /* of the last record looked at */
	uint8_t key[SPANLIST_ELEMENT_MAX];
	size_t key_size;
};

/* What of a database is given, and as what. */
struct export_row {
	enum transfer_kind kind;
	enum database database;
	/* The current row, by put_record(): 0, also if it is not asked for;
	 * ERROR_CORRUPT. */
	int (*put)(struct exporting *exporting, const struct row *row);
	bool is_token;
};

/* Into the reply, which may fail by it. */
static int
put_record(struct exporting *exporting, enum transfer_kind kind,
    const uint8_t *bytes, const struct wirebuf *body)
{
	const struct transfer_record record = { (uint8_t)kind,
		span_bytes(bytes, wirebuf_size(body)) };

	if (wirebuf_size(body) == 0)
		return ERROR_CORRUPT;
	transfer_record_put(exporting->op->body, &record);
	exporting->count++;
	return 0;
}

/* Those that people made: what comes of a token does not outlive it. */
static bool
is_wanted(const struct exporting *exporting, const struct record *record)
{
	const struct export_request *r = &exporting->request;
	const struct token_spec *spec = &record->spec;

	return (spec->kind == TOKEN_API || spec->kind == TOKEN_MANAGEMENT) &&
	       (span_empty(r->owner) || span_equal(spec->owner, r->owner)) &&
	       (span_empty(r->project) ||
		   spanlist_has(&spec->projects, r->project));
}

static void
give_secrets(const struct record *record, struct transfer_token *token)
{
	token->secret_count = record->secret_count;
	for (size_t i = 0; i < record->secret_count; i++)
		token->secrets[i] = (struct transfer_secret) {
			.number = record->secrets[i].number,
			.expires_at = record->secrets[i].expires_at,
			.verifier = span_bytes(
			    record->secrets[i].verifier, CRYPTO_VERIFIER_SIZE),
		};
}

static int
put_token(struct exporting *exporting, const struct row *row)
{
	struct transfer_token token = { 0 };
	uint8_t bytes[TRANSFER_BODY_MAX];
	struct found_token found;
	struct wirebuf body;

	if (record_decode(row->body, &found.record) < 0 ||
	    span_text(store_cursor_key(exporting->cursor), found.id,
		sizeof(found.id)) < 0)
		return ERROR_CORRUPT;
	if (!is_wanted(exporting, &found.record))
		return 0;
	op_info(exporting->op, &found, &token.info);
	token.lapsed = found.record.lapsed;
	if (exporting->request.verifiers)
		give_secrets(&found.record, &token);
	wirebuf_write(&body, bytes, sizeof(bytes));
	transfer_token_put(&body, &token);
	return put_record(exporting, TRANSFER_TOKEN, bytes, &body);
}

static int
put_project(struct exporting *exporting, const struct row *row)
{
	struct span name = store_cursor_key(exporting->cursor);
	struct transfer_project line = { .tells_locked = true };
	uint8_t bytes[TRANSFER_BODY_MAX];
	struct project project;
	struct wirebuf body;
	int rv;

	if (project_decode(row->body, &project) < 0)
		return ERROR_CORRUPT;
	line.info = project_info_of(name, &project);
	rv = store_count_under(exporting->op->reader, DB_TOKENS_BY_PROJECT,
	    name, &line.info.tokens);
	if (rv < 0)
		return rv;
	wirebuf_write(&body, bytes, sizeof(bytes));
	transfer_project_put(&body, &line);
	return put_record(exporting, TRANSFER_PROJECT, bytes, &body);
}

static int
put_role(struct exporting *exporting, const struct row *row)
{
	uint8_t bytes[TRANSFER_BODY_MAX], storage[ROLE_WORDS_SIZE];
	struct role_record role;
	struct role_info info;
	struct wirebuf body;

	if (role_decode(row->body, &role) < 0)
		return ERROR_CORRUPT;
	info = role_info_of(
	    store_cursor_key(exporting->cursor), false, &role, storage);
	wirebuf_write(&body, bytes, sizeof(bytes));
	role_info_put(&body, &info);
	return put_record(exporting, TRANSFER_ROLE, bytes, &body);
}

/* A record for each grant of the row; none where all were withdrawn. */
static int
put_grants(struct exporting *exporting, const struct row *row)
{
	struct span principal = store_cursor_key(exporting->cursor);
	uint8_t bytes[TRANSFER_BODY_MAX];
	struct grant_record grant;
	struct grantrow grants;
	struct wirebuf body;
	size_t at = 0;
	int rv = 0;

	if (grantrow_decode(row->body, &grants) < 0)
		return ERROR_CORRUPT;
	while (rv == 0 && grantrow_next(&grants, &at, &grant)) {
		const struct grant_info info = grant_info_of(principal, &grant);

		wirebuf_write(&body, bytes, sizeof(bytes));
		grant_info_put(&body, &info);
		rv = put_record(exporting, TRANSFER_GRANT, bytes, &body);
	}
	return rv;
}

/* In the order of an export: what others need comes first. */
static const struct export_row rows[] = {
	{ TRANSFER_PROJECT, DB_PROJECTS, put_project, false },
	{ TRANSFER_ROLE, DB_ROLES, put_role, false },
	{ TRANSFER_GRANT, DB_GRANTS, put_grants, false },
	{ TRANSFER_TOKEN, DB_TOKENS, put_token, true },
};

#define ROWS (sizeof(rows) / sizeof(*rows))

/* Puts the current row if it fits: ERROR_FULL leaves the reply as it was. */
static int
put_row(struct exporting *exporting, const struct export_row *row)
{
	struct wirebuf *reply = exporting->op->body;
	struct wirebuf before = *reply;
	uint16_t count = exporting->count;
	struct row current;
	int rv = store_cursor_row(exporting->cursor, &current);

	if (rv == 0)
		rv = row->put(exporting, &current);
	if (rv == 0 && !reply->failed && reply->size - reply->at >= END_SIZE)
		return 0;
	*reply = before;
	exporting->count = count;
	exporting->damaged += rv == ERROR_CORRUPT;
	if (rv < 0)
		return rv == ERROR_CORRUPT ? 0 : rv;
	return ERROR_FULL;
}

static int
note_position(struct exporting *exporting, const struct export_row *row)
{
	struct span key = store_cursor_key(exporting->cursor);

	if (key.size > sizeof(exporting->key))
		return ERROR_CORRUPT;
	exporting->kind = (uint8_t)row->kind;
	memcpy(exporting->key, key.data, key.size);
	exporting->key_size = key.size;
	return 0;
}

/* To the first record of the database, or to the one after the position. */
static int
seek_start(struct exporting *exporting, const struct export_row *row)
{
	const struct export_position *p = &exporting->request.position;
	const struct span none = { NULL, 0 };
	struct span after = p->kind == row->kind ? p->after : none;
	int rv = store_cursor_seek(exporting->cursor, after, none);

	if (rv == 0 && !span_empty(after) &&
	    span_equal(store_cursor_key(exporting->cursor), after))
		rv = store_cursor_next(exporting->cursor);
	return rv;
}

/* 0 at the end of the database, ERROR_FULL at that of the page. */
static int
put_database(struct exporting *exporting, const struct export_row *row)
{
	int rv = store_cursor_open(
	    exporting->op->reader, row->database, &exporting->cursor);

	if (rv == 0)
		rv = seek_start(exporting, row);
	while (rv == 0) {
		rv = exporting->scanned++ < SCAN_MAX ? put_row(exporting, row)
						     : ERROR_FULL;
		if (rv == 0)
			rv = note_position(exporting, row);
		if (rv == 0)
			rv = store_cursor_next(exporting->cursor);
	}
	store_cursor_close(exporting->cursor);
	exporting->cursor = NULL;
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* From whose secrets others could be made is worth an entry. */
static int
audit_export(struct operation *op)
{
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of("store.export"),
				     .detail = span_of("verifiers=yes"),
				 });
	return 0;
}

static int
put_page(struct exporting *exporting)
{
	const struct export_request *request = &exporting->request;
	const struct export_position *start = &request->position;
	/* What tokens are asked for says nothing of the rest. */
	bool is_narrowed = !span_empty(request->owner) ||
			   !span_empty(request->project);
	size_t first = 0;
	int rv = 0;

	exporting->kind = start->kind;
	exporting->key_size = start->after.size;
	if (!span_empty(start->after))
		memcpy(exporting->key, start->after.data, start->after.size);
	while (first < ROWS && rows[first].kind != start->kind)
		first++;
	if (first == ROWS && start->kind != 0)
		return op_malformed(exporting->op);
	for (size_t i = first % ROWS; i < ROWS && rv == 0; i++)
		if (rows[i].is_token || !is_narrowed)
			rv = put_database(exporting, &rows[i]);
	return rv;
}

int
op_check_whole(const struct operation *op, enum permission permission,
    struct refusal *refusal)
{
	const struct span organization = { NULL, 0 };

	if (caller_reach(op->caller, permission, organization) == REACH_ALL)
		return 0;
	return refuse(refusal, STATUS_FORBIDDEN,
	    "%s lacks the permission %s for the whole organization",
	    op->caller->login, permission_word(permission));
}

int
op_export(struct operation *op)
{
	struct exporting exporting = { .op = op };
	struct export_position position = { 0 };
	uint8_t *count_at = op->body->out + op->body->at;
	struct wirebuf count;
	int rv;

	export_request_get(op->in, &exporting.request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_check_whole(op, STORE_EXPORT, &op->refusal);
	if (rv < 0)
		return rv;
	op_settle(op);
	wirebuf_put_u16(op->body, 0);
	rv = put_page(&exporting);
	if (rv == ERROR_FULL) {
		position.kind = exporting.kind;
		position.after = span_bytes(exporting.key, exporting.key_size);
	} else if (rv < 0)
		return rv;
	if (exporting.damaged > 0)
		log_post(op->agent->log, LOG_ERR,
		    "%u damaged records were left out of an export",
		    exporting.damaged);
	wirebuf_write(&count, count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, exporting.count);
	export_position_put(op->body, &position);
	wirebuf_put_u32(op->body, exporting.damaged);
	return exporting.request.verifiers &&
		       exporting.request.position.kind == 0
		   ? audit_export(op)
		   : 0;
}
