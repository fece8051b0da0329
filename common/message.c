/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/message.h"

#include <string.h>

#include "common/error.h"

/* Rows of characters, not pointers: a table that needs no relocation. */
struct word {
	char text[16];
};

static const struct word type_words[] = {
	[TYPE_READ_ONLY] = { "read-only" },
	[TYPE_FULL_ACCESS] = { "full-access" },
	[TYPE_CUSTOM] = { "custom" },
};

static const struct word state_words[] = {
	[STATE_ACTIVE] = { "active" },
	[STATE_PENDING] = { "pending" },
	[STATE_DISABLED] = { "disabled" },
	[STATE_REVOKED] = { "revoked" },
	[STATE_EXPIRED] = { "expired" },
};

static const struct word kind_words[] = {
	[TOKEN_API] = { "api" },
	[TOKEN_ACCESS] = { "access" },
	[TOKEN_REFRESH] = { "refresh" },
	[TOKEN_MANAGEMENT] = { "management" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The states of a filter: a bit for each. */
#define STATES_ALL ((2U << STATE_EXPIRED) - 2U)

static const uint8_t answer_statuses[] = { STATUS_OK, STATUS_DENIED,
	STATUS_UNAVAILABLE, STATUS_REFUSED, STATUS_MALFORMED, STATUS_VERSION };

static const uint8_t admin_statuses[] = { STATUS_INVALID, STATUS_NOT_FOUND,
	STATUS_FORBIDDEN, STATUS_CONFLICT, STATUS_FAILED };

static const char *
word_of(const struct word *words, size_t count, size_t number)
{
	return number > 0 && number < count ? words[number].text : NULL;
}

static size_t
number_of(const struct word *words, size_t count, struct span word)
{
	for (size_t i = 1; i < count; i++)
		if (span_is(word, words[i].text))
			return i;
	return 0;
}

const char *
token_type_word(enum token_type type)
{
	return word_of(type_words, COUNT(type_words), type);
}

const char *
token_state_word(enum token_state state)
{
	return word_of(state_words, COUNT(state_words), state);
}

const char *
token_kind_word(enum token_kind kind)
{
	return word_of(kind_words, COUNT(kind_words), kind);
}

enum token_type
token_type_of(struct span word)
{
	return (enum token_type)number_of(type_words, COUNT(type_words), word);
}

enum token_state
token_state_of(struct span word)
{
	return (enum token_state)number_of(
	    state_words, COUNT(state_words), word);
}

/* Fails w for a text over max bytes or one that holds a NUL. */
static struct span
get_text(struct wirebuf *w, struct span s, size_t max)
{
	if (s.size <= max &&
	    (s.size == 0 || memchr(s.data, '\0', s.size) == NULL))
		return s;
	wirebuf_fail(w);
	return span_bytes(NULL, 0);
}

static struct span
get_text8(struct wirebuf *w, size_t max)
{
	return get_text(w, wirebuf_get_str8(w), max);
}

static struct span
get_text16(struct wirebuf *w, size_t max)
{
	return get_text(w, wirebuf_get_str16(w), max);
}

/* At most count texts of at most max bytes. */
static struct spanlist
get_texts(struct wirebuf *w, size_t count, size_t max)
{
	const struct spanlist list = wirebuf_get_list(w);
	struct span element;
	size_t at = 0;

	if (list.count > count)
		wirebuf_fail(w);
	while (spanlist_next(&list, &at, &element))
		get_text(w, element, max);
	return list;
}

static struct span
get_id(struct wirebuf *w)
{
	const struct span id = wirebuf_get_bytes(w, TOKEN_ID_SIZE);

	if (!tokentext_is_base62((const char *)id.data, id.size))
		wirebuf_fail(w);
	return id;
}

static struct span
get_token(struct wirebuf *w)
{
	return get_text(
	    w, wirebuf_get_bytes(w, TOKEN_TEXT_SIZE), TOKEN_TEXT_SIZE);
}

/* A field whose size is fixed and therefore not written. */
static void
put_fixed(struct wirebuf *w, struct span s, size_t size)
{
	if (s.size != size)
		wirebuf_fail(w);
	else
		wirebuf_put_bytes(w, s.data, s.size);
}

void
token_spec_put(struct wirebuf *w, const struct token_spec *spec)
{
	wirebuf_put_u8(w, (uint8_t)spec->kind);
	wirebuf_put_u8(w, (uint8_t)spec->type);
	wirebuf_put_u8(w, spec->organization);
	wirebuf_put_str8(w, spec->name);
	wirebuf_put_str8(w, spec->owner);
	wirebuf_put_str8(w, spec->environment);
	wirebuf_put_str16(w, spec->description);
	wirebuf_put_list(w, &spec->users);
	wirebuf_put_list(w, &spec->allow);
	wirebuf_put_list(w, &spec->projects);
	wirebuf_put_list(w, &spec->roles);
	wirebuf_put_list(w, &spec->from);
	wirebuf_put_u64(w, spec->expires_at);
	wirebuf_put_u64(w, spec->not_before);
	wirebuf_put_u32(w, spec->uses);
}

void
token_spec_get(struct wirebuf *w, struct token_spec *spec)
{
	spec->kind = (enum token_kind)wirebuf_get_range(
	    w, TOKEN_API, TOKEN_MANAGEMENT);
	spec->type = (enum token_type)wirebuf_get_range(
	    w, TYPE_READ_ONLY, TYPE_CUSTOM);
	spec->organization = wirebuf_get_bool(w);
	spec->name = get_text8(w, TOKEN_NAME_MAX);
	spec->owner = get_text8(w, LOGIN_MAX);
	spec->environment = get_text8(w, WORD_MAX);
	spec->description = get_text16(w, TOKEN_DESCRIPTION_MAX);
	spec->users = get_texts(w, LIST_MAX, LOGIN_MAX);
	spec->allow = get_texts(w, LIST_MAX, SERVICE_MAX + 1 + WORD_MAX);
	spec->projects = get_texts(w, LIST_MAX, WORD_MAX);
	spec->roles = get_texts(w, LIST_MAX, WORD_MAX);
	spec->from = get_texts(w, LIST_MAX, RHOST_MAX);
	spec->expires_at = wirebuf_get_u64(w);
	spec->not_before = wirebuf_get_u64(w);
	spec->uses = wirebuf_get_u32(w);
}

void
token_info_put(struct wirebuf *w, const struct token_info *info)
{
	put_fixed(w, info->id, TOKEN_ID_SIZE);
	token_spec_put(w, &info->spec);
	wirebuf_put_u8(w, (uint8_t)info->state);
	wirebuf_put_u64(w, info->created_at);
	wirebuf_put_str8(w, info->created_by);
	wirebuf_put_u64(w, info->changed_at);
	wirebuf_put_str8(w, info->changed_by);
	wirebuf_put_str8(w, info->reason);
	wirebuf_put_u64(w, info->last_used_at);
	wirebuf_put_str8(w, info->last_used_service);
	wirebuf_put_str8(w, info->last_used_from);
	wirebuf_put_u64(w, info->use_count);
}

void
token_info_get(struct wirebuf *w, struct token_info *info)
{
	info->id = get_id(w);
	token_spec_get(w, &info->spec);
	info->state = (enum token_state)wirebuf_get_range(
	    w, STATE_ACTIVE, STATE_EXPIRED);
	info->created_at = wirebuf_get_u64(w);
	info->created_by = get_text8(w, LOGIN_MAX);
	info->changed_at = wirebuf_get_u64(w);
	info->changed_by = get_text8(w, LOGIN_MAX);
	info->reason = get_text8(w, REASON_MAX);
	info->last_used_at = wirebuf_get_u64(w);
	info->last_used_service = get_text8(w, SERVICE_MAX);
	info->last_used_from = get_text8(w, RHOST_MAX);
	info->use_count = wirebuf_get_u64(w);
}

static void
header_put(struct wirebuf *w, unsigned opcode, unsigned status)
{
	wirebuf_put_u8(w, PROTO_VERSION);
	wirebuf_put_u8(w, (uint8_t)opcode);
	wirebuf_put_u8(w, (uint8_t)status);
	wirebuf_put_u8(w, 0);
}

void
request_begin(struct wirebuf *w, enum opcode opcode)
{
	header_put(w, opcode, 0);
}

void
reply_begin(struct wirebuf *w, uint8_t opcode, enum status status)
{
	header_put(w, opcode | PROTO_REPLY, status);
}

void
message_header_get(struct wirebuf *w, struct message_header *header)
{
	header->version = wirebuf_get_u8(w);
	header->opcode = wirebuf_get_u8(w);
	header->status = wirebuf_get_u8(w);
	wirebuf_get_range(w, 0, 0);
}

void
question_put(struct wirebuf *w, const struct question *question)
{
	const bool first = question->opcode == OP_AUTHENTICATE;

	request_begin(w, question->opcode);
	if (first)
		put_fixed(w, question->token, TOKEN_TEXT_SIZE);
	else
		put_fixed(w, question->ticket, PROTO_TICKET_SIZE);
	wirebuf_put_str8(w, question->login);
	wirebuf_put_str8(w, question->service);
	wirebuf_put_str8(w, question->rhost);
	if (first) {
		wirebuf_put_str8(w, question->tty);
		wirebuf_put_str8(w, question->ruser);
	}
}

int
question_get(struct wirebuf *w, struct question *question)
{
	struct message_header header;
	struct question q = { 0 };

	message_header_get(w, &header);
	if (w->failed)
		return ERROR_MALFORMED;
	if (header.version != PROTO_VERSION)
		return ERROR_VERSION;
	if (header.status != 0)
		return ERROR_MALFORMED;
	if (header.opcode == OP_AUTHENTICATE)
		q.token = get_token(w);
	else if (header.opcode == OP_ACCOUNT)
		q.ticket = wirebuf_get_bytes(w, PROTO_TICKET_SIZE);
	else
		return ERROR_MALFORMED;
	q.opcode = (enum opcode)header.opcode;
	q.login = get_text8(w, LOGIN_MAX);
	q.service = get_text8(w, SERVICE_MAX);
	q.rhost = get_text8(w, RHOST_MAX);
	if (q.opcode == OP_AUTHENTICATE) {
		q.tty = get_text8(w, UINT8_MAX);
		q.ruser = get_text8(w, UINT8_MAX);
	}
	if (wirebuf_done(w) != 0)
		return ERROR_MALFORMED;
	*question = q;
	return 0;
}

static bool
is_among(uint8_t status, const uint8_t *statuses, size_t count)
{
	return memchr(statuses, status, count) != NULL;
}

static bool
has_ticket(enum opcode opcode, enum status status)
{
	return opcode == OP_AUTHENTICATE && status == STATUS_OK;
}

void
answer_put(struct wirebuf *w, enum opcode opcode, const struct answer *answer)
{
	static const uint8_t none[PROTO_TICKET_SIZE];

	reply_begin(w, (uint8_t)opcode, answer->status);
	wirebuf_put_bytes(w,
	    has_ticket(opcode, answer->status) ? answer->ticket : none,
	    PROTO_TICKET_SIZE);
}

int
answer_get(struct wirebuf *w, enum opcode opcode, struct answer *answer)
{
	struct message_header header;
	struct span ticket;
	uint8_t bits = 0;

	message_header_get(w, &header);
	ticket = wirebuf_get_bytes(w, PROTO_TICKET_SIZE);
	if (wirebuf_done(w) != 0 || header.version != PROTO_VERSION ||
	    header.opcode != ((unsigned)opcode | PROTO_REPLY) ||
	    !is_among(header.status, answer_statuses, COUNT(answer_statuses)))
		return ERROR_MALFORMED;
	for (size_t i = 0; i < ticket.size; i++)
		bits |= ticket.data[i];
	if (bits != 0 && !has_ticket(opcode, (enum status)header.status))
		return ERROR_MALFORMED;
	answer->status = (enum status)header.status;
	memcpy(answer->ticket, ticket.data, PROTO_TICKET_SIZE);
	return 0;
}

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
}

static void
filter_get(struct wirebuf *w, struct token_filter *filter)
{
	filter->owner = get_text8(w, LOGIN_MAX);
	filter->project = get_text8(w, WORD_MAX);
	filter->service = get_text8(w, SERVICE_MAX);
	filter->type = wirebuf_get_range(w, 0, TYPE_CUSTOM);
	filter->states = wirebuf_get_u8(w);
	if ((filter->states & ~STATES_ALL) != 0)
		wirebuf_fail(w);
}

void
list_request_put(struct wirebuf *w, const struct list_request *r)
{
	filter_put(w, &r->filter);
	wirebuf_put_str8(w, r->after);
	wirebuf_put_u16(w, r->limit);
}

void
list_request_get(struct wirebuf *w, struct list_request *r)
{
	filter_get(w, &r->filter);
	r->after = get_text8(w, TOKEN_ID_SIZE);
	if (!span_empty(r->after) &&
	    (r->after.size != TOKEN_ID_SIZE ||
		!tokentext_is_base62(
		    (const char *)r->after.data, r->after.size)))
		wirebuf_fail(w);
	r->limit = wirebuf_get_u16(w);
	if (r->limit < 1 || r->limit > PAGE_MAX)
		wirebuf_fail(w);
}

void
revoke_request_put(struct wirebuf *w, const struct change_request *r)
{
	wirebuf_put_list(w, &r->selectors);
	wirebuf_put_str8(w, r->reason);
	wirebuf_put_u8(w, r->dry_run);
}

void
revoke_request_get(struct wirebuf *w, struct change_request *r)
{
	r->selectors = get_texts(w, SELECTORS_MAX, UINT8_MAX);
	r->reason = get_text8(w, REASON_MAX);
	r->dry_run = wirebuf_get_bool(w);
}

void
delete_request_put(struct wirebuf *w, const struct change_request *r)
{
	wirebuf_put_list(w, &r->selectors);
	wirebuf_put_u8(w, r->dry_run);
}

void
delete_request_get(struct wirebuf *w, struct change_request *r)
{
	r->selectors = get_texts(w, SELECTORS_MAX, UINT8_MAX);
	r->reason = span_bytes(NULL, 0);
	r->dry_run = wirebuf_get_bool(w);
}

void
verify_request_put(struct wirebuf *w, const struct verify_request *r)
{
	put_fixed(w, r->token, TOKEN_TEXT_SIZE);
	wirebuf_put_str8(w, r->login);
	wirebuf_put_str8(w, r->service);
	wirebuf_put_str8(w, r->rhost);
}

void
verify_request_get(struct wirebuf *w, struct verify_request *r)
{
	r->token = get_token(w);
	r->login = get_text8(w, LOGIN_MAX);
	r->service = get_text8(w, SERVICE_MAX);
	r->rhost = get_text8(w, RHOST_MAX);
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
	r->selector = get_text8(w, UINT8_MAX);
	r->login = get_text8(w, LOGIN_MAX);
	r->service = get_text8(w, SERVICE_MAX);
	r->rhost = get_text8(w, RHOST_MAX);
}

void
admin_reply_put(
    struct wirebuf *w, uint8_t opcode, const struct admin_reply *reply)
{
	reply_begin(w, opcode, reply->status);
	wirebuf_put_str16(w, reply->message);
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
	message = get_text16(w, UINT16_MAX);
	if (w->failed || header.opcode != ((unsigned)opcode | PROTO_REPLY) ||
	    !(is_among(
		  header.status, answer_statuses, COUNT(answer_statuses)) ||
		is_among(header.status, admin_statuses, COUNT(admin_statuses))))
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
	r->login = get_text8(w, LOGIN_MAX);
	r->role = get_text8(w, WORD_MAX);
	r->permissions = get_texts(w, UINT8_MAX, UINT8_MAX);
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
	item->name = get_text8(w, UINT8_MAX);
	item->is_number = wirebuf_get_bool(w);
	item->number = wirebuf_get_u64(w);
	item->text = get_text16(w, UINT16_MAX);
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
	condition->name = get_text8(w, UINT8_MAX);
	condition->holds = wirebuf_get_bool(w);
	condition->detail = get_text16(w, UINT16_MAX);
}
