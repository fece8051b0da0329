/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/adminmessage.h"

#include <string.h>

#include "common/error.h"

void
admin_reply_put(
    struct wirebuf *w, uint8_t opcode, const struct admin_reply *reply)
{
	reply_begin(w, opcode, reply->status);
	wirebuf_put_str16(w, reply->message);
}

/* Those that only the CLI gets. */
static bool
is_admin_status(uint8_t status)
{
	static const uint8_t statuses[] = { STATUS_INVALID, STATUS_NOT_FOUND,
		STATUS_FORBIDDEN, STATUS_CONFLICT, STATUS_FAILED };

	return memchr(statuses, status, sizeof(statuses)) != NULL;
}

int
admin_reply_get(
    struct wirebuf *w, enum opcode opcode, struct admin_reply *reply)
{
	struct message_header header;
	struct span message;

	message_header_get(w, &header);
	if (w->failed)
		return ERROR_MALFORMED;
	if (header.version != PROTO_VERSION)
		return ERROR_VERSION;
	message = wirebuf_get_text16(w, UINT16_MAX);
	if (w->failed || header.opcode != ((unsigned)opcode | PROTO_REPLY) ||
	    !(answer_has_status(header.status) ||
		is_admin_status(header.status)))
		return ERROR_MALFORMED;
	reply->status = (enum status)header.status;
	reply->message = message;
	return 0;
}

void
whoami_reply_put(struct wirebuf *w, const struct whoami_reply *r)
{
	wirebuf_put_u32(w, r->uid);
	wirebuf_put_str8(w, r->login);
	wirebuf_put_str8(w, r->role);
	wirebuf_put_list(w, &r->permissions);
}

void
whoami_reply_get(struct wirebuf *w, struct whoami_reply *r)
{
	r->uid = wirebuf_get_u32(w);
	r->login = wirebuf_get_text8(w, LOGIN_MAX);
	r->role = wirebuf_get_text8(w, UINT8_MAX);
	r->permissions = wirebuf_get_texts(w, UINT8_MAX, UINT8_MAX);
}

void
status_item_put(struct wirebuf *w, const struct status_item *item)
{
	wirebuf_put_str8(w, item->name);
	wirebuf_put_u8(w, item->is_number);
	wirebuf_put_u64(w, item->number);
	wirebuf_put_str16(w, item->text);
}

void
status_item_get(struct wirebuf *w, struct status_item *item)
{
	item->name = wirebuf_get_text8(w, UINT8_MAX);
	item->is_number = wirebuf_get_bool(w);
	item->number = wirebuf_get_u64(w);
	item->text = wirebuf_get_text16(w, UINT16_MAX);
}
