/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/session.h"

#include <string.h>

#include "agent/model/verify.h"
#include "common/duration.h"
#include "common/wirebuf.h"

#define SESSION_FORMAT 1

/* Of what is asked of a record, what ends a session. */
#define REASONS_END                                                            \
	(REASON_PENDING | REASON_DISABLED | REASON_REVOKED | REASON_EXPIRED)

size_t
session_encode(const struct session *session, void *data, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, SESSION_FORMAT);
	wirebuf_put_u8(&w, session->flags);
	wirebuf_put_u8(&w, session->secret_number);
	wirebuf_put_fixed(&w, session->token, TOKEN_ID_SIZE);
	wirebuf_put_str8(&w, session->parent);
	wirebuf_put_str8(&w, session->owner);
	wirebuf_put_str8(&w, session->name);
	wirebuf_put_str8(&w, session->login);
	wirebuf_put_str8(&w, session->user);
	wirebuf_put_str8(&w, session->service);
	wirebuf_put_str8(&w, session->rhost);
	wirebuf_put_str8(&w, session->tty);
	wirebuf_put_u64(&w, session->opened_at);
	wirebuf_put_bytes(&w, session->boot, SESSION_BOOT_SIZE);
	wirebuf_put_u32(&w, session->pid);
	wirebuf_put_u64(&w, session->started);
	wirebuf_put_u32(&w, session->outer_audit);
	wirebuf_put_str8(&w, session->outer_scope);
	return wirebuf_size(&w);
}

int
session_decode(struct span body, struct session *session)
{
	struct wirebuf w;

	memset(session, 0, sizeof(*session));
	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, SESSION_FORMAT, SESSION_FORMAT);
	session->flags = wirebuf_get_range(&w, 0, SESSION_FLAGS);
	session->secret_number = wirebuf_get_u8(&w);
	session->token = wirebuf_get_fixed_text(&w, TOKEN_ID_SIZE);
	session->parent = wirebuf_get_text8(&w, TOKEN_ID_SIZE);
	session->owner = wirebuf_get_text8(&w, LOGIN_MAX);
	session->name = wirebuf_get_text8(&w, SPANLIST_ELEMENT_MAX);
	session->login = wirebuf_get_text8(&w, LOGIN_MAX);
	session->user = wirebuf_get_text8(&w, LOGIN_MAX);
	session->service = wirebuf_get_text8(&w, SERVICE_MAX);
	session->rhost = wirebuf_get_text8(&w, RHOST_MAX);
	session->tty = wirebuf_get_text8(&w, UINT8_MAX);
	session->opened_at = wirebuf_get_u64(&w);
	wirebuf_get_copy(&w, session->boot, SESSION_BOOT_SIZE);
	session->pid = wirebuf_get_u32(&w);
	session->started = wirebuf_get_u64(&w);
	session->outer_audit = wirebuf_get_u32(&w);
	session->outer_scope = wirebuf_get_text8(&w, SESSION_SCOPE_MAX);
	if (session->pid < 2 || session->pid > INT32_MAX ||
	    (session->parent.size != 0 &&
		session->parent.size != TOKEN_ID_SIZE))
		wirebuf_fail(&w);
	return wirebuf_done(&w);
}

static void
note_end(uint64_t *until, uint64_t when, uint64_t now)
{
	if (when != TIME_NEVER && when > now &&
	    (*until == TIME_NEVER || when < *until))
		*until = when;
}

/* An overlap ends: the secret with that number is good until then. */
static void
note_secret(
    uint64_t *until, const struct record *record, uint8_t number, uint64_t now)
{
	for (size_t i = 0; i < record->secret_count; i++)
		if (record->secrets[i].number == number)
			note_end(until, record->secrets[i].expires_at, now);
}

static uint32_t
record_reasons(const struct record *record, uint64_t now, uint64_t *until)
{
	if (record == NULL)
		return REASON_UNKNOWN;
	note_end(until, record->spec.expires_at, now);
	return verify_state(record, now) & REASONS_END;
}

static uint32_t
secret_reasons(
    const struct record *record, uint8_t number, uint64_t now, uint64_t *until)
{
	if (record == NULL)
		return 0;
	note_secret(until, record, number, now);
	return verify_secret_number(record, number, now) ? 0 : REASON_SECRET;
}

/* An access token's secret changes with each refresh, which ends nothing. */
uint32_t
session_reasons(const struct session *session, const struct record *record,
    const struct record *parent, uint64_t now, uint64_t *until)
{
	uint32_t against;
	uint32_t above;

	*until = TIME_NEVER;
	against = record_reasons(record, now, until);
	if (span_empty(session->parent))
		return against | secret_reasons(record, session->secret_number,
				     now, until);
	above = record_reasons(parent, now, until);
	if (record != NULL)
		above |= secret_reasons(
		    parent, record->lineage.parent_number, now, until);
	return against | (above != 0 ? REASON_PARENT : 0);
}
