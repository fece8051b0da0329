/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/rolemessage.h"

void
role_create_put(struct wirebuf *w, const struct role_create_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_list(w, &r->permissions);
	wirebuf_put_str16(w, r->description);
}

void
role_create_get(struct wirebuf *w, struct role_create_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->permissions = wirebuf_get_texts(w, LIST_MAX, UINT8_MAX);
	r->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
}

void
role_delete_put(struct wirebuf *w, const struct role_delete_request *r)
{
	wirebuf_put_str8(w, r->name);
	wirebuf_put_u8(w, r->withdraw);
}

void
role_delete_get(struct wirebuf *w, struct role_delete_request *r)
{
	r->name = wirebuf_get_text8(w, UINT8_MAX);
	r->withdraw = wirebuf_get_bool(w);
}

void
role_info_put(struct wirebuf *w, const struct role_info *info)
{
	wirebuf_put_str8(w, info->name);
	wirebuf_put_u8(w, info->builtin);
	wirebuf_put_list(w, &info->permissions);
	wirebuf_put_str16(w, info->description);
	wirebuf_put_u64(w, info->created_at);
	wirebuf_put_str8(w, info->created_by);
}

void
role_info_get(struct wirebuf *w, struct role_info *info)
{
	info->name = wirebuf_get_text8(w, WORD_MAX);
	info->builtin = wirebuf_get_bool(w);
	info->permissions = wirebuf_get_texts(w, UINT8_MAX, UINT8_MAX);
	info->description = wirebuf_get_text16(w, TOKEN_DESCRIPTION_MAX);
	info->created_at = wirebuf_get_u64(w);
	info->created_by = wirebuf_get_text8(w, LOGIN_MAX);
}

void
role_withdraw_put(struct wirebuf *w, const struct grant_request *r)
{
	wirebuf_put_str8(w, r->role);
	wirebuf_put_str8(w, r->principal);
	wirebuf_put_str8(w, r->project);
}

void
role_withdraw_get(struct wirebuf *w, struct grant_request *r)
{
	r->role = wirebuf_get_text8(w, UINT8_MAX);
	r->principal = wirebuf_get_text8(w, UINT8_MAX);
	r->project = wirebuf_get_text8(w, UINT8_MAX);
	r->login_as = (struct spanlist) { 0 };
}

void
role_grant_put(struct wirebuf *w, const struct grant_request *r)
{
	role_withdraw_put(w, r);
	wirebuf_put_list(w, &r->login_as);
}

void
role_grant_get(struct wirebuf *w, struct grant_request *r)
{
	role_withdraw_get(w, r);
	r->login_as = wirebuf_get_texts(w, LIST_MAX, UINT8_MAX);
}

void
grant_info_put(struct wirebuf *w, const struct grant_info *info)
{
	wirebuf_put_str8(w, info->principal);
	wirebuf_put_str8(w, info->role);
	wirebuf_put_str8(w, info->project);
	wirebuf_put_list(w, &info->login_as);
	wirebuf_put_u64(w, info->granted_at);
	wirebuf_put_str8(w, info->granted_by);
}

void
grant_info_get(struct wirebuf *w, struct grant_info *info)
{
	info->principal = wirebuf_get_text8(w, LOGIN_MAX);
	info->role = wirebuf_get_text8(w, WORD_MAX);
	info->project = wirebuf_get_text8(w, WORD_MAX);
	info->login_as = wirebuf_get_texts(w, LIST_MAX, LOGIN_MAX);
	info->granted_at = wirebuf_get_u64(w);
	info->granted_by = wirebuf_get_text8(w, LOGIN_MAX);
}
