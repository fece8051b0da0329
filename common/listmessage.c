/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/listmessage.h"

/* The states of a filter: a bit for each. */
#define STATES_ALL ((2U << STATE_EXPIRED) - 2U)

static void
filter_put(struct wirebuf *w, const struct token_filter *filter)
{
	wirebuf_put_str8(w, filter->owner);
	wirebuf_put_str8(w, filter->project);
	wirebuf_put_str8(w, filter->service);
	wirebuf_put_u8(w, filter->type);
	wirebuf_put_u8(w, filter->states);
	wirebuf_put_u8(w, filter->kind);
	wirebuf_put_u64(w, filter->unused_for);
	wirebuf_put_u64(w, filter->expiring);
	wirebuf_put_str8(w, filter->from_address);
}

static void
filter_get(struct wirebuf *w, struct token_filter *filter)
{
	filter->owner = wirebuf_get_text8(w, LOGIN_MAX);
	filter->project = wirebuf_get_text8(w, WORD_MAX);
	filter->service = wirebuf_get_text8(w, SERVICE_MAX);
	filter->type = wirebuf_get_range(w, 0, TYPE_CUSTOM);
	filter->states = wirebuf_get_u8(w);
	if ((filter->states & ~STATES_ALL) != 0)
		wirebuf_fail(w);
	filter->kind = wirebuf_get_range(w, 0, TOKEN_MANAGEMENT);
	filter->unused_for = wirebuf_get_u64(w);
	filter->expiring = wirebuf_get_u64(w);
	filter->from_address = wirebuf_get_text8(w, RHOST_MAX);
}

bool
list_is_position(struct span s)
{
	return s.size >= TOKEN_ID_SIZE &&
	       tokentext_is_base62((const char *)s.data, TOKEN_ID_SIZE) &&
	       (s.size == TOKEN_ID_SIZE || s.data[TOKEN_ID_SIZE] == '@');
}

void
list_request_put(struct wirebuf *w, const struct list_request *r)
{
	filter_put(w, &r->filter);
	wirebuf_put_str8(w, r->after);
	wirebuf_put_u16(w, r->limit);
	wirebuf_put_u8(w, r->order);
}

void
list_request_get(struct wirebuf *w, struct list_request *r)
{
	filter_get(w, &r->filter);
	r->after = wirebuf_get_text8(w, POSITION_MAX);
	if (!span_empty(r->after) && !list_is_position(r->after))
		wirebuf_fail(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit < 1 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
	r->order = wirebuf_get_range(w, ORDER_NEWEST, ORDER_ANY);
}
