/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/sessionmessage.h"

#include "common/adminmessage.h"

const char *
session_state_word(uint8_t state)
{
	static const char *const words[] = {
		[SESSION_LIVES] = "live",
		[SESSION_IS_KEPT] = "kept",
		[SESSION_ENDS] = "ending",
		[SESSION_STAYS] = "left",
	};

	if (state < SESSION_LIVES || state > SESSION_STAYS)
		return "unknown";
	return words[state];
}

/* An id, or nothing. */
static struct span
id_get(struct wirebuf *w, bool may_lack)
{
	struct span id = wirebuf_get_text8(w, TOKEN_ID_SIZE);

	if (id.size != TOKEN_ID_SIZE && !(may_lack && id.size == 0))
		wirebuf_fail(w);
	return id;
}

void
session_list_request_put(
    struct wirebuf *w, const struct session_list_request *r)
{
	wirebuf_put_str8(w, r->token);
	wirebuf_put_u64(w, r->after);
	wirebuf_put_u16(w, r->limit);
}

void
session_list_request_get(struct wirebuf *w, struct session_list_request *r)
{
	r->token = id_get(w, true);
	r->after = wirebuf_get_u64(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit < 1 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
}

void
session_end_request_put(struct wirebuf *w, const struct session_end_request *r)
{
	wirebuf_put_str8(w, r->token);
	wirebuf_put_u8(w, r->dry_run);
}

void
session_end_request_get(struct wirebuf *w, struct session_end_request *r)
{
	r->token = id_get(w, false);
	r->dry_run = wirebuf_get_bool(w);
}

void
session_info_put(struct wirebuf *w, const struct session_info *info)
{
	wirebuf_put_u64(w, info->number);
	wirebuf_put_str8(w, info->token);
	wirebuf_put_str8(w, info->parent);
	wirebuf_put_str8(w, info->owner);
	wirebuf_put_str8(w, info->name);
	wirebuf_put_str8(w, info->service);
	wirebuf_put_str8(w, info->login);
	wirebuf_put_str8(w, info->user);
	wirebuf_put_str8(w, info->rhost);
	wirebuf_put_str8(w, info->tty);
	wirebuf_put_u32(w, info->pid);
	wirebuf_put_u64(w, info->opened_at);
	wirebuf_put_u8(w, info->state);
	wirebuf_put_str8(w, info->why);
}

void
session_info_get(struct wirebuf *w, struct session_info *info)
{
	info->number = wirebuf_get_u64(w);
	info->token = id_get(w, false);
	info->parent = id_get(w, true);
	info->owner = wirebuf_get_str8(w);
	info->name = wirebuf_get_str8(w);
	info->service = wirebuf_get_str8(w);
	info->login = wirebuf_get_str8(w);
	info->user = wirebuf_get_str8(w);
	info->rhost = wirebuf_get_str8(w);
	info->tty = wirebuf_get_str8(w);
	info->pid = wirebuf_get_u32(w);
	info->opened_at = wirebuf_get_u64(w);
	info->state = wirebuf_get_range(w, SESSION_LIVES, SESSION_STAYS);
	info->why = wirebuf_get_str8(w);
}
