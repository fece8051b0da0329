/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/adminmessage.h"

#include <string.h>

#include "common/error.h"

/* The states of a filter: a bit for each. */
#define STATES_ALL ((2U << STATE_EXPIRED) - 2U)

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

/* "<id>" or "<id>@<seconds>"; the number is for whoever goes there. */
static bool
is_position(struct span s)
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
	if (!span_empty(r->after) && !is_position(r->after))
		wirebuf_fail(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit < 1 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
	r->order = wirebuf_get_range(w, ORDER_NEWEST, ORDER_ANY);
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

void
audit_request_put(struct wirebuf *w, const struct audit_request *r)
{
	wirebuf_put_str8(w, r->token);
	wirebuf_put_str8(w, r->actor);
	wirebuf_put_str8(w, r->action);
	wirebuf_put_u64(w, r->since);
	wirebuf_put_u64(w, r->until);
	wirebuf_put_u64(w, r->after);
	wirebuf_put_u16(w, r->limit);
}

void
audit_request_get(struct wirebuf *w, struct audit_request *r)
{
	r->token = wirebuf_get_text8(w, TOKEN_ID_SIZE);
	r->actor = wirebuf_get_text8(w, LOGIN_MAX);
	r->action = wirebuf_get_text8(w, WORD_MAX);
	r->since = wirebuf_get_u64(w);
	r->until = wirebuf_get_u64(w);
	r->after = wirebuf_get_u64(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit == 0 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
}

void
audit_row_put(struct wirebuf *w, const struct audit_row *row)
{
	wirebuf_put_u64(w, row->number);
	wirebuf_put_u64(w, row->at);
	wirebuf_put_u8(w, row->is_sound);
	wirebuf_put_str8(w, row->actor);
	wirebuf_put_str8(w, row->action);
	wirebuf_put_str8(w, row->subject);
	wirebuf_put_str16(w, row->detail);
}

void
audit_row_get(struct wirebuf *w, struct audit_row *row)
{
	row->number = wirebuf_get_u64(w);
	row->at = wirebuf_get_u64(w);
	row->is_sound = wirebuf_get_bool(w);
	row->actor = wirebuf_get_text8(w, LOGIN_MAX);
	row->action = wirebuf_get_text8(w, WORD_MAX);
	row->subject = wirebuf_get_text8(w, WORD_MAX);
	row->detail = wirebuf_get_text16(w, UINT16_MAX);
}

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
