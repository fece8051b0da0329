/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/storemessage.h"

#define PATH_SIZE_MAX	 1024
#define PROBLEM_SIZE_MAX 255

void
backup_origin_put(struct wirebuf *w, const struct backup_origin *o)
{
	wirebuf_put_u64(w, o->created_at);
	wirebuf_put_u64(w, o->audit_sequence);
	wirebuf_put_bytes(w, o->audit_mac, sizeof(o->audit_mac));
}

void
backup_origin_get(struct wirebuf *w, struct backup_origin *o)
{
	o->created_at = wirebuf_get_u64(w);
	o->audit_sequence = wirebuf_get_u64(w);
	wirebuf_get_copy(w, o->audit_mac, sizeof(o->audit_mac));
}

void
backup_item_put(struct wirebuf *w, const struct backup_item *item)
{
	wirebuf_put_str8(w, item->database);
	wirebuf_put_u64(w, item->rows);
}

void
backup_item_get(struct wirebuf *w, struct backup_item *item)
{
	item->database = wirebuf_get_text8(w, SPANLIST_ELEMENT_MAX);
	item->rows = wirebuf_get_u64(w);
}

void
restore_item_put(struct wirebuf *w, const struct restore_item *item)
{
	wirebuf_put_str8(w, item->database);
	wirebuf_put_u64(w, item->added);
	wirebuf_put_u64(w, item->replaced);
	wirebuf_put_u64(w, item->kept);
	wirebuf_put_u64(w, item->deleted);
	wirebuf_put_u64(w, item->name_taken);
	wirebuf_put_u64(w, item->ended);
}

void
restore_item_get(struct wirebuf *w, struct restore_item *item)
{
	item->database = wirebuf_get_text8(w, SPANLIST_ELEMENT_MAX);
	item->added = wirebuf_get_u64(w);
	item->replaced = wirebuf_get_u64(w);
	item->kept = wirebuf_get_u64(w);
	item->deleted = wirebuf_get_u64(w);
	item->name_taken = wirebuf_get_u64(w);
	item->ended = wirebuf_get_u64(w);
}

void
key_add_request_put(struct wirebuf *w, const struct key_add_request *r)
{
	wirebuf_put_u8(w, r->key.number);
	wirebuf_put_bytes(w, r->key.key, sizeof(r->key.key));
	wirebuf_put_u8(w, r->dry_run);
}

void
key_add_request_get(struct wirebuf *w, struct key_add_request *r)
{
	r->key.number = wirebuf_get_range(w, 1, UINT8_MAX);
	wirebuf_get_copy(w, r->key.key, sizeof(r->key.key));
	r->dry_run = wirebuf_get_bool(w);
}

void
key_status_reply_put(struct wirebuf *w, const struct key_status_reply *r)
{
	wirebuf_put_str16(w, r->path);
	wirebuf_put_u8(w, r->is_credential);
	wirebuf_put_u8(w, r->is_under_way);
	wirebuf_put_str8(w, r->problem);
	wirebuf_put_u8(w, r->current);
	wirebuf_put_u8(w, r->count);
}

void
key_status_reply_get(struct wirebuf *w, struct key_status_reply *r)
{
	r->path = wirebuf_get_text16(w, PATH_SIZE_MAX);
	r->is_credential = wirebuf_get_bool(w);
	r->is_under_way = wirebuf_get_bool(w);
	r->problem = wirebuf_get_text8(w, PROBLEM_SIZE_MAX);
	r->current = wirebuf_get_u8(w);
	r->count = wirebuf_get_u8(w);
}

void
key_item_put(struct wirebuf *w, const struct key_item *item)
{
	wirebuf_put_u8(w, item->number);
	wirebuf_put_u64(w, item->rows);
}

void
key_item_get(struct wirebuf *w, struct key_item *item)
{
	item->number = wirebuf_get_u8(w);
	item->rows = wirebuf_get_u64(w);
}
