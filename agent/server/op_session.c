/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_session.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/sessions.h"
#include "common/error.h"
#include "common/sessionmessage.h"

/* Sessions looked at for one page. */
#define SCAN_MAX 2000

/* Bytes of a reply that a session takes at the most. */
#define INFO_MAX 2400

static bool
is_of_token(const struct session *session, struct span id)
{
	return span_equal(session->token, id) ||
	       span_equal(session->parent, id);
}

/*
 * As far as its token's owner and projects go.  Of a token that is gone there
 * is the owner alone: besides them, who sees all of the organization sees it.
 */
static bool
may(struct operation *op, enum permission permission,
    const struct session *session)
{
	const struct token_spec gone = {
		.kind = TOKEN_API, .organization = true, .owner = session->owner
	};
	struct found_token found;

	if (op_load(op, session->token, &found) < 0)
		return caller_covers(op->caller, permission, &gone);
	return caller_covers(op->caller, permission, &found.record.spec);
}

static void
put_session(struct wirebuf *body, const struct session_place *place)
{
	const struct session *session = &place->session;
	const struct session_info info = { .number = place->number,
		.token = session->token,
		.parent = session->parent,
		.owner = session->owner,
		.name = session->name,
		.service = session->service,
		.login = session->login,
		.user = session->user,
		.rhost = session->rhost,
		.tty = session->tty,
		.pid = session->pid,
		.opened_at = session->opened_at,
		.state = (uint8_t)place->state,
		.why = span_of(place->why) };

	session_info_put(body, &info);
}

int
op_session_list(struct operation *op)
{
	struct session_list_request request;
	const struct session_place *place = NULL;
	uint8_t *count_at = op->body->out + op->body->at;
	struct wirebuf count;
	unsigned scanned = 0;
	uint16_t put = 0;
	uint64_t at;

	session_list_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	at = request.after;
	wirebuf_put_u16(op->body, 0);
	while (put < request.limit && scanned++ < SCAN_MAX &&
	       op->body->size - op->body->at > INFO_MAX + sizeof(at) &&
	       (place = sessions_next(op->agent->sessions, at)) != NULL) {
		at = place->number;
		if ((!span_empty(request.token) &&
			!is_of_token(&place->session, request.token)) ||
		    !may(op, SESSION_READ, &place->session))
			continue;
		put_session(op->body, place);
		put++;
	}
	wirebuf_write(&count, count_at, sizeof(uint16_t));
	wirebuf_put_u16(&count, put);
	wirebuf_put_u64(
	    op->body, sessions_next(op->agent->sessions, at) != NULL ? at : 0);
	return 0;
}

/* The session's row with that flag more; one that had none gets one. */
static int
flag_session(struct operation *op, const struct session_place *place,
    enum session_flag flag)
{
	const struct span key = { place->key, sizeof(place->key) };
	struct session session = place->session;
	uint8_t body[SESSION_SIZE_MAX];
	uint32_t version = VERSION_ABSENT;
	struct row row;
	int rv = store_get(op->reader, DB_SESSIONS, key, &row);

	if (rv < 0 && rv != ERROR_NOT_FOUND)
		return rv;
	/* One whose row is gone has ended since, unless it never had one. */
	if (rv < 0 && place->is_durable)
		return 0;
	if (rv == 0)
		version = row.version;
	session.flags |= (uint8_t)flag;
	changeset_put(op->set, DB_SESSIONS, key, version,
	    span_bytes(body, session_encode(&session, body, sizeof(body))));
	return 0;
}

int
op_session_keep(struct operation *op, const struct found_token *found)
{
	const struct session_place *place;
	uint64_t at = 0;
	int rv = 0;

	while (rv == 0 &&
	       (place = sessions_next(op->agent->sessions, at)) != NULL) {
		at = place->number;
		if (is_of_token(&place->session, span_of(found->id)))
			rv = flag_session(op, place, SESSION_KEPT);
	}
	return rv;
}

static void
audit_end(struct operation *op, struct span id, unsigned count,
    const struct session *session)
{
	const struct token_spec spec = { .owner = session->owner,
		.name = session->name };
	char detail[AUDIT_DETAIL_MAX] = "";

	snprintf(detail, sizeof(detail), "sessions=%u", count);
	op_describe(&spec, detail, sizeof(detail));
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of("session.end"),
				     .subject = id,
				     .detail = span_of(detail),
				 });
}

/* Those that the caller may end; *last is one of them. */
static int
end_each(struct operation *op, const struct session_end_request *request,
    unsigned *count, const struct session_place **last)
{
	const struct session_place *place;
	uint64_t at = 0;
	int rv = 0;

	while (rv == 0 &&
	       (place = sessions_next(op->agent->sessions, at)) != NULL) {
		at = place->number;
		if (!is_of_token(&place->session, request->token) ||
		    *count == UINT16_MAX)
			continue;
		if (!may(op, SESSION_END, &place->session)) {
			if (may(op, SESSION_READ, &place->session))
				return refuse(&op->refusal, STATUS_FORBIDDEN,
				    "to end what others' tokens opened takes "
				    "%s beyond one's own",
				    permission_word(SESSION_END));
			continue;
		}
		*last = place;
		++*count;
		if (!request->dry_run)
			rv = flag_session(op, place, SESSION_ENDED);
	}
	return rv;
}

int
op_session_end(struct operation *op)
{
	const struct session_place *last = NULL;
	struct session_end_request request;
	unsigned count = 0;
	int rv;

	session_end_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	rv = end_each(op, &request, &count, &last);
	if (rv == 0 && count > 0 && !request.dry_run)
		audit_end(op, request.token, count, &last->session);
	if (rv < 0 || count == 0 || request.dry_run) {
		changeset_free(op->set);
		op->set = NULL;
	}
	wirebuf_put_u16(op->body, (uint16_t)count);
	return rv;
}
