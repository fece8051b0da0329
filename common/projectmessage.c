/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/projectmessage.h"

void
project_create_put(struct wirebuf *w, const struct project_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_str16(w, r->description);
}

void
project_create_get(struct wirebuf *w, struct project_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->fields = PROJECT_FIELDS_ALL;
	r->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
	r->locked = false;
}

void
project_edit_put(struct wirebuf *w, const struct project_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_u8(w, r->fields);
	wirebuf_put_str16(w, r->description);
	wirebuf_put_u8(w, r->locked);
}

void
project_edit_get(struct wirebuf *w, struct project_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->fields = wirebuf_get_range(w, 1, PROJECT_FIELDS_ALL);
	r->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
	r->locked = wirebuf_get_bool(w);
}

void
project_delete_put(struct wirebuf *w, const struct project_delete_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_u8(w, r->dry_run);
}

void
project_delete_get(struct wirebuf *w, struct project_delete_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->dry_run = wirebuf_get_bool(w);
}

void
project_info_put(struct wirebuf *w, const struct project_info *info)
{
	wirebuf_put_str8(w, info->name);
	wirebuf_put_str16(w, info->description);
	wirebuf_put_u8(w, info->locked);
	wirebuf_put_u64(w, info->tokens);
	wirebuf_put_u64(w, info->created_at);
	wirebuf_put_str8(w, info->created_by);
	wirebuf_put_u64(w, info->changed_at);
	wirebuf_put_str8(w, info->changed_by);
}

void
project_info_get(struct wirebuf *w, struct project_info *info)
{
	info->name = wirebuf_get_text8(w, WORD_MAX);
	info->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
	info->locked = wirebuf_get_bool(w);
	info->tokens = wirebuf_get_u64(w);
	info->created_at = wirebuf_get_u64(w);
	info->created_by = wirebuf_get_text8(w, LOGIN_MAX);
	info->changed_at = wirebuf_get_u64(w);
	info->changed_by = wirebuf_get_text8(w, LOGIN_MAX);
}

void
names_request_put(struct wirebuf *w, const struct names_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_str8(w, r->after);
}

void
names_request_get(struct wirebuf *w, struct names_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->after = wirebuf_get_text8(w, UINT8_MAX);
}
