/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/servicemessage.h"

#include "common/message.h"

void
service_request_put(struct wirebuf *w, struct span name)
{
	wirebuf_put_str8(w, name);
}

struct span
service_request_get(struct wirebuf *w)
{
	return wirebuf_get_text8(w, SPANLIST_ELEMENT_MAX);
}

void
service_reply_put(struct wirebuf *w, const struct service_reply *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_u8(w, r->listed);
	wirebuf_put_str8(w, r->project);
	wirebuf_put_str8(w, r->environment);
	wirebuf_put_str8(w, r->access);
	wirebuf_put_str8(w, r->role);
	wirebuf_put_u8(w, r->elevated);
	wirebuf_put_str8(w, r->sessions);
	wirebuf_put_u8(w, r->count);
}

void
service_reply_get(struct wirebuf *w, struct service_reply *r)
{
	r->name = wirebuf_get_text8(w, SERVICE_MAX);
	r->listed = wirebuf_get_bool(w);
	r->project = wirebuf_get_text8(w, WORD_MAX);
	r->environment = wirebuf_get_text8(w, WORD_MAX);
	r->access = wirebuf_get_text8(w, WORD_MAX);
	r->role = wirebuf_get_text8(w, WORD_MAX);
	r->elevated = wirebuf_get_bool(w);
	r->sessions = wirebuf_get_text8(w, WORD_MAX);
	r->count = wirebuf_get_u8(w);
}
