/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/exchangemessage.h"

void
exchange_request_put(struct wirebuf *w, const struct exchange_request *r)
{
	wirebuf_put_fixed(w, r->token, TOKEN_TEXT_SIZE);
	wirebuf_put_u64(w, r->lifetime);
	wirebuf_put_list(w, &r->users);
	wirebuf_put_list(w, &r->allow);
}

void
exchange_request_get(struct wirebuf *w, struct exchange_request *r)
{
	r->token = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
	r->lifetime = wirebuf_get_u64(w);
	r->users = wirebuf_get_texts(w, LIST_MAX, LOGIN_MAX);
	r->allow = wirebuf_get_texts(w, LIST_MAX, SERVICE_MAX + 1 + WORD_MAX);
}

void
refresh_request_put(struct wirebuf *w, struct span token)
{
	wirebuf_put_fixed(w, token, TOKEN_TEXT_SIZE);
}

void
refresh_request_get(struct wirebuf *w, struct span *token)
{
	*token = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
}

void
pair_reply_put(struct wirebuf *w, const struct pair_reply *r)
{
	wirebuf_put_fixed(w, r->access, TOKEN_TEXT_SIZE);
	wirebuf_put_fixed(w, r->refresh, TOKEN_TEXT_SIZE);
	wirebuf_put_u64(w, r->expires_in);
	wirebuf_put_u64(w, r->refresh_expires_in);
}

void
pair_reply_get(struct wirebuf *w, struct pair_reply *r)
{
	r->access = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
	r->refresh = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
	r->expires_in = wirebuf_get_u64(w);
	r->refresh_expires_in = wirebuf_get_u64(w);
}
