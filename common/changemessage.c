/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/changemessage.h"

#include <string.h>

void
create_request_put(struct wirebuf *w, const struct create_request *r)
{
	token_spec_put(w, &r->spec);
	wirebuf_put_u8(w, r->if_absent);
	wirebuf_put_u8(w, r->dry_run);
}

void
create_request_get(struct wirebuf *w, struct create_request *r)
{
	token_spec_get(w, &r->spec);
	r->if_absent = wirebuf_get_bool(w);
	r->dry_run = wirebuf_get_bool(w);
}

/* Elements of one size in ascending order, so that each is there once. */
static bool
is_ascending(const struct spanlist *list, size_t size)
{
	struct span element, before = { NULL, 0 };
	size_t at = 0;

	while (spanlist_next(list, &at, &element)) {
		if (element.size != size ||
		    (before.size > 0 &&
			memcmp(before.data, element.data, size) >= 0))
			return false;
		before = element;
	}
	return true;
}

static void
selectors_get(struct wirebuf *w, struct change_request *r)
{
	struct span selector;
	size_t at = 0;

	r->selectors = wirebuf_get_list16(w);
	while (spanlist_next(&r->selectors, &at, &selector))
		if (memchr(selector.data, '\0', selector.size) != NULL)
			wirebuf_fail(w);
}

/* Last of all: how much is allowed depends on it. */
static void
brief_get(struct wirebuf *w, struct change_request *r)
{
	r->brief = wirebuf_get_bool(w);
	if (r->selectors.count > (r->brief ? BRIEF_MAX : SELECTORS_MAX) ||
	    (r->brief && !is_ascending(&r->selectors, TOKEN_ID_SIZE)))
		wirebuf_fail(w);
}

void
revoke_request_put(struct wirebuf *w, const struct change_request *r)
{
	wirebuf_put_list16(w, &r->selectors);
	wirebuf_put_str8(w, r->reason);
	wirebuf_put_u8(w, r->dry_run);
	wirebuf_put_u8(w, r->brief);
	wirebuf_put_u8(w, r->keep_sessions);
}

void
revoke_request_get(struct wirebuf *w, struct change_request *r)
{
	selectors_get(w, r);
	r->reason = wirebuf_get_text8(w, REASON_MAX);
	r->dry_run = wirebuf_get_bool(w);
	brief_get(w, r);
	r->keep_sessions = wirebuf_get_bool(w);
}

void
delete_request_put(struct wirebuf *w, const struct change_request *r)
{
	wirebuf_put_list16(w, &r->selectors);
	wirebuf_put_u8(w, r->dry_run);
	wirebuf_put_u8(w, r->brief);
}

void
delete_request_get(struct wirebuf *w, struct change_request *r)
{
	selectors_get(w, r);
	r->reason = span_bytes(NULL, 0);
	r->keep_sessions = false;
	r->dry_run = wirebuf_get_bool(w);
	brief_get(w, r);
}

void
batch_reply_put(struct wirebuf *w, const struct batch_reply *r)
{
	wirebuf_put_u16(w, r->seen);
	wirebuf_put_u16(w, r->changed);
	wirebuf_put_u16(w, r->already);
	wirebuf_put_u16(w, r->missing);
	wirebuf_put_u16(w, r->refused);
	wirebuf_put_u8(w, (uint8_t)r->status);
	wirebuf_put_str16(w, r->message);
}

void
batch_reply_get(struct wirebuf *w, struct batch_reply *r)
{
	r->seen = wirebuf_get_u16(w);
	r->changed = wirebuf_get_u16(w);
	r->already = wirebuf_get_u16(w);
	r->missing = wirebuf_get_u16(w);
	r->refused = wirebuf_get_u16(w);
	r->status = (enum status)wirebuf_get_u8(w);
	r->message = wirebuf_get_text16(w, UINT16_MAX);
}

void
leaked_request_put(struct wirebuf *w, const struct leaked_request *r)
{
	wirebuf_put_list16(w, &r->tokens);
	wirebuf_put_u8(w, r->dry_run);
}

void
leaked_request_get(struct wirebuf *w, struct leaked_request *r)
{
	r->tokens = wirebuf_get_list16(w);
	if (r->tokens.count < 1 || r->tokens.count > LEAKED_MAX ||
	    !is_ascending(&r->tokens, TOKEN_TEXT_SIZE))
		wirebuf_fail(w);
	r->dry_run = wirebuf_get_bool(w);
}

void
edit_request_put(struct wirebuf *w, const struct edit_request *r)
{
	wirebuf_put_str8(w, r->selector);
	wirebuf_put_u32(w, r->fields);
	token_spec_put(w, &r->spec);
	wirebuf_put_u8(w, r->dry_run);
}

void
edit_request_get(struct wirebuf *w, struct edit_request *r)
{
	r->selector = wirebuf_get_text8(w, UINT8_MAX);
	r->fields = wirebuf_get_u32(w);
	if (r->fields == 0 || (r->fields & ~(uint32_t)FIELDS_ALL) != 0)
		wirebuf_fail(w);
	token_spec_get(w, &r->spec);
	r->dry_run = wirebuf_get_bool(w);
}

void
regenerate_request_put(struct wirebuf *w, const struct regenerate_request *r)
{
	wirebuf_put_str8(w, r->selector);
	wirebuf_put_list(w, &r->users);
	wirebuf_put_u64(w, r->overlap);
	wirebuf_put_u8(w, r->dry_run);
}

void
regenerate_request_get(struct wirebuf *w, struct regenerate_request *r)
{
	r->selector = wirebuf_get_text8(w, UINT8_MAX);
	r->users = wirebuf_get_texts(w, LIST_MAX, LOGIN_MAX);
	r->overlap = wirebuf_get_u64(w);
	r->dry_run = wirebuf_get_bool(w);
}
