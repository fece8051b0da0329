/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/auditmessage.h"

void
audit_request_put(struct wirebuf *w, const struct audit_request *r)
{
	wirebuf_put_str8(w, r->token);
	wirebuf_put_str8(w, r->actor);
	wirebuf_put_str8(w, r->action);
	wirebuf_put_u64(w, r->since);
	wirebuf_put_u64(w, r->until);
	wirebuf_put_u64(w, r->after);
	wirebuf_put_u16(w, r->limit);
}

void
audit_request_get(struct wirebuf *w, struct audit_request *r)
{
	r->token = wirebuf_get_text8(w, TOKEN_ID_SIZE);
	r->actor = wirebuf_get_text8(w, LOGIN_MAX);
	r->action = wirebuf_get_text8(w, WORD_MAX);
	r->since = wirebuf_get_u64(w);
	r->until = wirebuf_get_u64(w);
	r->after = wirebuf_get_u64(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit == 0 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
}

void
audit_row_put(struct wirebuf *w, const struct audit_row *row)
{
	wirebuf_put_u64(w, row->number);
	wirebuf_put_u64(w, row->at);
	wirebuf_put_u8(w, row->is_sound);
	wirebuf_put_str8(w, row->actor);
	wirebuf_put_str8(w, row->action);
	wirebuf_put_str8(w, row->subject);
	wirebuf_put_str16(w, row->detail);
}

void
audit_row_get(struct wirebuf *w, struct audit_row *row)
{
	row->number = wirebuf_get_u64(w);
	row->at = wirebuf_get_u64(w);
	row->is_sound = wirebuf_get_bool(w);
	row->actor = wirebuf_get_text8(w, LOGIN_MAX);
	row->action = wirebuf_get_text8(w, WORD_MAX);
	row->subject = wirebuf_get_text8(w, WORD_MAX);
	row->detail = wirebuf_get_text16(w, UINT16_MAX);
}
