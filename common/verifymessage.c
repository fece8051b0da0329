/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/verifymessage.h"

void
verify_request_put(struct wirebuf *w, const struct verify_request *r)
{
	wirebuf_put_fixed(w, r->token, TOKEN_TEXT_SIZE);
	wirebuf_put_str8(w, r->login);
	wirebuf_put_str8(w, r->service);
	wirebuf_put_str8(w, r->rhost);
}

void
verify_request_get(struct wirebuf *w, struct verify_request *r)
{
	r->token = wirebuf_get_fixed_text(w, TOKEN_TEXT_SIZE);
	r->login = wirebuf_get_text8(w, LOGIN_MAX);
	r->service = wirebuf_get_text8(w, SERVICE_MAX);
	r->rhost = wirebuf_get_text8(w, RHOST_MAX);
}

void
explain_request_put(struct wirebuf *w, const struct explain_request *r)
{
	wirebuf_put_str8(w, r->selector);
	wirebuf_put_str8(w, r->login);
	wirebuf_put_str8(w, r->service);
	wirebuf_put_str8(w, r->rhost);
}

void
explain_request_get(struct wirebuf *w, struct explain_request *r)
{
	r->selector = wirebuf_get_text8(w, UINT8_MAX);
	r->login = wirebuf_get_text8(w, LOGIN_MAX);
	r->service = wirebuf_get_text8(w, SERVICE_MAX);
	r->rhost = wirebuf_get_text8(w, RHOST_MAX);
}

void
condition_put(struct wirebuf *w, const struct condition *condition)
{
	wirebuf_put_str8(w, condition->name);
	wirebuf_put_u8(w, condition->holds);
	wirebuf_put_str16(w, condition->detail);
}

void
condition_get(struct wirebuf *w, struct condition *condition)
{
	condition->name = wirebuf_get_text8(w, UINT8_MAX);
	condition->holds = wirebuf_get_bool(w);
	condition->detail = wirebuf_get_text16(w, UINT16_MAX);
}
