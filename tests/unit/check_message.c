/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/adminmessage.h"
#include "common/changemessage.h"
#include "common/error.h"
#include "common/exchangemessage.h"
#include "common/listmessage.h"
#include "common/verifymessage.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A literal with whatever it holds, NULs too. */
#define BYTES(text)                                                            \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}
#define LIST(count, packed)                                                    \
	{                                                                      \
		BYTES(packed), (count)                                         \
	}

#define TOKEN_TEXT  "atk_0123456789_0000000000000000000000000000SsWdB"
#define OTHER_TEXT  "atk_0123456789_0000000000000000000000000000Ssabc"
#define TICKET_TEXT "a ticket is forty bytes that mean things"

#define SPEC_SAMPLE                                                            \
	{                                                                      \
		.kind = TOKEN_ACCESS, .type = TYPE_CUSTOM,                     \
		.organization = true, .name = BYTES("name"),                   \
		.owner = BYTES("owner"), .environment = BYTES("env"),          \
		.description = BYTES("describe"),                              \
		.users = LIST(2, "\4root\6deploy"),                            \
		.allow = LIST(1, "\7sshd:rw"), .projects = LIST(1, "\3web"),   \
		.roles = LIST(1, "\1r"), .from = LIST(1, "\3::1"),             \
		.expires_at = 1801396800, .not_before = 1801396799, .uses = 7  \
	}

static const struct token_spec spec_sample = SPEC_SAMPLE;

static const struct token_info info_sample = {
	.id = BYTES("0123456789"),
	.spec = SPEC_SAMPLE,
	.state = STATE_REVOKED,
	.created_at = 11,
	.created_by = BYTES("alice"),
	.changed_at = 12,
	.changed_by = BYTES("bob"),
	.reason = BYTES("lost"),
	.last_used_at = 13,
	.last_used_service = BYTES("sudo"),
	.last_used_from = BYTES("192.0.2.1"),
	.use_count = 14,
	.secret_count = 2,
	.secrets = { { 3, 0, 15 }, { 2, 16, 17 } },
};

static const struct question authenticate_sample = {
	.opcode = OP_AUTHENTICATE,
	.token = BYTES(TOKEN_TEXT),
	.login = BYTES("root"),
	.service = BYTES("sshd"),
	.rhost = BYTES("::1"),
	.tty = BYTES("ssh"),
	.ruser = BYTES("eve"),
};

static const struct question account_sample = {
	.opcode = OP_ACCOUNT,
	.ticket = BYTES(TICKET_TEXT),
	.login = BYTES("root"),
	.service = BYTES("sshd"),
	.rhost = BYTES("::1"),
};

static const struct question open_sample = {
	.opcode = OP_SESSION_OPEN,
	.ticket = BYTES(TICKET_TEXT),
	.login = BYTES("eve"),
	.service = BYTES("sudo"),
	.rhost = BYTES("::1"),
	.tty = BYTES("pts/1"),
	.user = BYTES("root"),
};

static const struct question close_sample = {
	.opcode = OP_SESSION_CLOSE,
	.ticket = BYTES(TICKET_TEXT),
	.login = BYTES("eve"),
	.service = BYTES("sudo"),
	.rhost = BYTES("::1"),
};

static const struct answer answer_sample = { STATUS_OK, TICKET_TEXT };

static const struct create_request create_sample = {
	.spec = SPEC_SAMPLE,
	.if_absent = true,
};

static const struct list_request list_sample = {
	.filter = { BYTES("owner"), BYTES("web"), BYTES("sshd"), TYPE_CUSTOM,
	    (1 << STATE_ACTIVE) | (1 << STATE_EXPIRED), TOKEN_MANAGEMENT, 18,
	    19, BYTES("::/0") },
	.after = BYTES("0123456789"),
	.limit = 3,
	.order = ORDER_OLDEST,
};

static const struct change_request change_sample = {
	.selectors = LIST(2, "\4abcd\1x"),
	.reason = BYTES("lost"),
	.dry_run = true,
	.keep_sessions = true,
};

static const struct change_request delete_sample = {
	.selectors = LIST(2, "\4abcd\1x"),
};

static const struct change_request brief_sample = {
	.selectors = LIST(2, "\0120123456789\0120123456ABC"),
	.brief = true,
};

static const struct batch_reply batch_sample = { 9, 5, 2, 1, 1,
	STATUS_FORBIDDEN, BYTES("not yours") };

static const struct leaked_request leaked_sample = {
	.tokens = LIST(2, "\60" TOKEN_TEXT "\60" OTHER_TEXT),
	.dry_run = true,
};

static const struct verify_request verify_sample = { BYTES(TOKEN_TEXT),
	BYTES("root"), BYTES("sshd"), BYTES("::1") };

static const struct explain_request explain_sample = { BYTES("abcd"),
	BYTES("root"), BYTES("sshd"), BYTES("::1") };

static const struct exchange_request exchange_sample = { BYTES(TOKEN_TEXT), 900,
	LIST(1, "\4root"), LIST(1, "\4sshd") };

static const struct pair_reply pair_sample = { BYTES(TOKEN_TEXT),
	BYTES(TOKEN_TEXT), 900, 3600 };

static const struct admin_reply reply_sample = { STATUS_CONFLICT,
	BYTES("there is one") };

static const struct whoami_reply whoami_sample = { 1000, BYTES("alice"),
	BYTES("member"), LIST(1, "\20token.create=own") };

static const struct status_item status_sample = { BYTES("tokens"), true, 5,
	BYTES("five") };

static const struct condition condition_sample = { BYTES("state"), true,
	BYTES("active") };

/* Each message as bytes to and from any struct. */
#define ADAPT(noun)                                                            \
	static void put_##noun(struct wirebuf *w, const void *message)         \
	{                                                                      \
		noun##_put(w, message);                                        \
	}                                                                      \
	static int get_##noun(struct wirebuf *w, void *message)                \
	{                                                                      \
		noun##_get(w, message);                                        \
		return wirebuf_done(w);                                        \
	}

ADAPT(token_spec)
ADAPT(token_info)
ADAPT(create_request)
ADAPT(list_request)
ADAPT(revoke_request)
ADAPT(delete_request)
ADAPT(batch_reply)
ADAPT(leaked_request)
ADAPT(verify_request)
ADAPT(explain_request)
ADAPT(exchange_request)
ADAPT(pair_reply)
ADAPT(whoami_reply)
ADAPT(status_item)
ADAPT(condition)

static void
put_question(struct wirebuf *w, const void *message)
{
	question_put(w, message);
}

static int
get_question(struct wirebuf *w, void *message)
{
	return question_get(w, message);
}

static void
put_answer(struct wirebuf *w, const void *message)
{
	answer_put(w, OP_AUTHENTICATE, message);
}

static int
get_answer(struct wirebuf *w, void *message)
{
	return answer_get(w, OP_AUTHENTICATE, message);
}

static void
put_reply(struct wirebuf *w, const void *message)
{
	admin_reply_put(w, OP_CREATE, message);
}

static int
get_reply(struct wirebuf *w, void *message)
{
	const int error = admin_reply_get(w, OP_CREATE, message);

	return error != 0 ? error : wirebuf_done(w);
}

union any {
	struct token_spec spec;
	struct token_info info;
	struct question question;
	struct answer answer;
	struct create_request create;
	struct list_request list;
	struct change_request change;
	struct batch_reply batch;
	struct leaked_request leaked;
	struct verify_request verify;
	struct explain_request explain;
	struct exchange_request exchange;
	struct pair_reply pair;
	struct admin_reply reply;
	struct whoami_reply whoami;
	struct status_item status;
	struct condition condition;
};

enum message {
	SPEC,
	INFO,
	AUTHENTICATE,
	ACCOUNT,
	SESSION_OPEN,
	SESSION_CLOSE,
	ANSWER,
	CREATE,
	LIST_TOKENS,
	REVOKE,
	DELETE,
	BRIEF,
	BATCH,
	LEAKED,
	VERIFY,
	EXPLAIN,
	EXCHANGE,
	PAIR,
	REPLY,
	WHOAMI,
	STATUS,
	CONDITION,
};

#define SPEC_BYTES                                                             \
	"\2\3\1\4name\5owner\3env\0\10describe"                                \
	"\2\0\14\4root\6deploy\1\0\10\7sshd:rw\1\0\4\3web\1\0\2\1r"            \
	"\1\0\4\3::1\0\0\0\0\x6b\x5f\x22\x40\0\0\0\0\x6b\x5f\x22\x3f"          \
	"\0\0\0\7"

/* The protocol's very bytes: a change of these is another version. */
static const struct row {
	const void *sample;
	size_t size;
	void (*put)(struct wirebuf *, const void *);
	int (*get)(struct wirebuf *, void *);
	struct span bytes;
} rows[] = {
	[SPEC] = { &spec_sample, sizeof(spec_sample), put_token_spec,
	    get_token_spec, BYTES(SPEC_BYTES) },
	[INFO] = { &info_sample, sizeof(info_sample), put_token_info,
	    get_token_info,
	    BYTES("0123456789" SPEC_BYTES "\4\0\0\0\0\0\0\0\13\5alice"
		  "\0\0\0\0\0\0\0\14\3bob\4lost\0\0\0\0\0\0\0\15\4sudo"
		  "\11"
		  "192.0.2.1\0\0\0\0\0\0\0\16\2"
		  "\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\17"
		  "\2\0\0\0\0\0\0\0\20\0\0\0\0\0\0\0\21") },
	[AUTHENTICATE] = { &authenticate_sample, sizeof(authenticate_sample),
	    put_question, get_question,
	    BYTES("\1\1\0\0" TOKEN_TEXT "\4root\4sshd\3::1\3ssh\3eve") },
	[ACCOUNT] = { &account_sample, sizeof(account_sample), put_question,
	    get_question, BYTES("\1\2\0\0" TICKET_TEXT "\4root\4sshd\3::1") },
	[SESSION_OPEN] = { &open_sample, sizeof(open_sample), put_question,
	    get_question,
	    BYTES("\1\3\0\0" TICKET_TEXT "\3eve\4sudo\3::1\5pts/1\4root") },
	[SESSION_CLOSE] = { &close_sample, sizeof(close_sample), put_question,
	    get_question, BYTES("\1\4\0\0" TICKET_TEXT "\3eve\4sudo\3::1") },
	[ANSWER] = { &answer_sample, sizeof(answer_sample), put_answer,
	    get_answer, BYTES("\1\x81\x5a\0" TICKET_TEXT) },
	[CREATE] = { &create_sample, sizeof(create_sample), put_create_request,
	    get_create_request, BYTES(SPEC_BYTES "\1\0") },
	[LIST_TOKENS] = { &list_sample, sizeof(list_sample), put_list_request,
	    get_list_request,
	    BYTES("\5owner\3web\4sshd\3\x22\4"
		  "\0\0\0\0\0\0\0\22\0\0\0\0\0\0\0\23\4::/0\12"
		  "0123456789\0\3\1") },
	[REVOKE] = { &change_sample, sizeof(change_sample), put_revoke_request,
	    get_revoke_request, BYTES("\0\2\0\7\4abcd\1x\4lost\1\0\1") },
	[DELETE] = { &delete_sample, sizeof(delete_sample), put_delete_request,
	    get_delete_request, BYTES("\0\2\0\7\4abcd\1x\0\0") },
	[BRIEF] = { &brief_sample, sizeof(brief_sample), put_delete_request,
	    get_delete_request,
	    BYTES("\0\2\0\26\0120123456789\0120123456ABC\0\1") },
	[BATCH] = { &batch_sample, sizeof(batch_sample), put_batch_reply,
	    get_batch_reply, BYTES("\0\11\0\5\0\2\0\1\0\1\x44\0\11not yours") },
	[LEAKED] = { &leaked_sample, sizeof(leaked_sample), put_leaked_request,
	    get_leaked_request,
	    BYTES("\0\2\0\142\60" TOKEN_TEXT "\60" OTHER_TEXT "\1") },
	[VERIFY] = { &verify_sample, sizeof(verify_sample), put_verify_request,
	    get_verify_request, BYTES(TOKEN_TEXT "\4root\4sshd\3::1") },
	[EXPLAIN] = { &explain_sample, sizeof(explain_sample),
	    put_explain_request, get_explain_request,
	    BYTES("\4abcd\4root\4sshd\3::1") },
	[EXCHANGE] = { &exchange_sample, sizeof(exchange_sample),
	    put_exchange_request, get_exchange_request,
	    BYTES(TOKEN_TEXT "\0\0\0\0\0\0\3\x84\1\0\5\4root\1\0\5\4sshd") },
	[PAIR] = { &pair_sample, sizeof(pair_sample), put_pair_reply,
	    get_pair_reply,
	    BYTES(
		TOKEN_TEXT TOKEN_TEXT "\0\0\0\0\0\0\3\x84\0\0\0\0\0\0\16\20") },
	[REPLY] = { &reply_sample, sizeof(reply_sample), put_reply, get_reply,
	    BYTES("\1\x92\x48\0\0\14there is one") },
	[WHOAMI] = { &whoami_sample, sizeof(whoami_sample), put_whoami_reply,
	    get_whoami_reply,
	    BYTES("\0\0\3\xe8\5alice\6member\1\0\21\20token.create=own") },
	[STATUS] = { &status_sample, sizeof(status_sample), put_status_item,
	    get_status_item, BYTES("\6tokens\1\0\0\0\0\0\0\0\5\0\4five") },
	[CONDITION] = { &condition_sample, sizeof(condition_sample),
	    put_condition, get_condition, BYTES("\5state\1\0\6active") },
};

static size_t
encode(const struct row *row, const void *message, uint8_t *out, size_t size)
{
	struct wirebuf w;

	wirebuf_write(&w, out, size);
	row->put(&w, message);
	return wirebuf_size(&w);
}

static int
decode(const struct row *row, const void *data, size_t size, void *message)
{
	struct wirebuf w;

	wirebuf_read(&w, data, size);
	return row->get(&w, message);
}

/* An untouched copy of a sample. */
static void
begin(enum message which, union any *any)
{
	memset(any, 0, sizeof(*any));
	memcpy(any, rows[which].sample, rows[which].size);
}

/* What the other end makes of a message, or of one that cannot be put. */
static int
deliver(enum message which, const union any *any)
{
	static uint8_t out[2 * PROTO_MESSAGE_MAX];
	const size_t size = encode(&rows[which], any, out, sizeof(out));
	union any other;

	return size == 0 ? ERROR_TOO_LONG
			 : decode(&rows[which], out, size, &other);
}

START_TEST(bytes_are_those_of_the_protocol)
{
	const struct row *row = &rows[_i];
	uint8_t out[1024];
	union any any;

	ck_assert_uint_eq(
	    encode(row, row->sample, out, sizeof(out)), row->bytes.size);
	ck_assert_mem_eq(out, row->bytes.data, row->bytes.size);
	memset(&any, 0, sizeof(any));
	ck_assert_int_eq(
	    decode(row, row->bytes.data, row->bytes.size, &any), 0);
	memset(out, 0, sizeof(out));
	ck_assert_uint_eq(encode(row, &any, out, sizeof(out)), row->bytes.size);
	ck_assert_mem_eq(out, row->bytes.data, row->bytes.size);
}
END_TEST

/* On the heap and of its exact size: a sanitizer sees one byte too many. */
START_TEST(every_truncation_is_malformed)
{
	const struct row *row = &rows[_i];

	for (size_t size = 0; size < row->bytes.size; size++) {
		uint8_t *in = malloc(size > 0 ? size : 1);
		union any any;

		ck_assert_ptr_nonnull(in);
		memcpy(in, row->bytes.data, size);
		ck_assert_msg(decode(row, in, size, &any) == ERROR_MALFORMED,
		    "%zu bytes were enough", size);
		free(in);
	}
}
END_TEST

START_TEST(every_smaller_room_fails)
{
	const struct row *row = &rows[_i];
	uint8_t out[1024];

	for (size_t size = 0; size < row->bytes.size; size++)
		ck_assert_uint_eq(encode(row, row->sample, out, size), 0);
}
END_TEST

START_TEST(trailing_bytes_are_malformed)
{
	const struct row *row = &rows[_i];
	uint8_t in[1024] = { 0 };
	union any any;

	memcpy(in, row->bytes.data, row->bytes.size);
	for (size_t more = 1; more <= 9; more++)
		ck_assert_int_eq(decode(row, in, row->bytes.size + more, &any),
		    ERROR_MALFORMED);
	ck_assert_int_eq(decode(row, in, sizeof(in), &any), ERROR_MALFORMED);
	ck_assert_int_eq(decode(row, NULL, 0, &any), ERROR_MALFORMED);
}
END_TEST

/*
 * Any byte changed to any other: what is still a message is written by our
 * own encoder the very same, so there is one text only for each meaning.
 */
START_TEST(every_message_is_canonical)
{
	const struct row *row = &rows[_i];
	uint8_t in[1024], out[1024];

	for (size_t at = 0; at < row->bytes.size; at++) {
		memcpy(in, row->bytes.data, row->bytes.size);
		for (unsigned v = 0; v <= UINT8_MAX; v++) {
			union any any;

			in[at] = (uint8_t)v;
			if (decode(row, in, row->bytes.size, &any) != 0)
				continue;
			ck_assert_msg(encode(row, &any, out, sizeof(out)) ==
					      row->bytes.size &&
					  memcmp(in, out, row->bytes.size) == 0,
			    "byte %zu as %u", at, v);
		}
	}
}
END_TEST

#define FIELD(which, type, field, max)                                         \
	{                                                                      \
		which, offsetof(type, field), max                              \
	}

/* Texts, and how long they may be. */
static const struct field {
	enum message which;
	size_t offset, max;
} texts[] = {
	FIELD(SPEC, struct token_spec, name, TOKEN_NAME_MAX),
	FIELD(SPEC, struct token_spec, owner, LOGIN_MAX),
	FIELD(SPEC, struct token_spec, environment, WORD_MAX),
	FIELD(SPEC, struct token_spec, description, TOKEN_DESCRIPTION_MAX),
	FIELD(INFO, struct token_info, spec.name, TOKEN_NAME_MAX),
	FIELD(INFO, struct token_info, created_by, LOGIN_MAX),
	FIELD(INFO, struct token_info, changed_by, LOGIN_MAX),
	FIELD(INFO, struct token_info, reason, REASON_MAX),
	FIELD(INFO, struct token_info, last_used_service, SERVICE_MAX),
	FIELD(INFO, struct token_info, last_used_from, RHOST_MAX),
	FIELD(AUTHENTICATE, struct question, login, LOGIN_MAX),
	FIELD(AUTHENTICATE, struct question, service, SERVICE_MAX),
	FIELD(AUTHENTICATE, struct question, rhost, RHOST_MAX),
	FIELD(AUTHENTICATE, struct question, tty, 255),
	FIELD(AUTHENTICATE, struct question, ruser, 255),
	FIELD(ACCOUNT, struct question, login, LOGIN_MAX),
	FIELD(ACCOUNT, struct question, service, SERVICE_MAX),
	FIELD(ACCOUNT, struct question, rhost, RHOST_MAX),
	FIELD(CREATE, struct create_request, spec.name, TOKEN_NAME_MAX),
	FIELD(LIST_TOKENS, struct list_request, filter.owner, LOGIN_MAX),
	FIELD(LIST_TOKENS, struct list_request, filter.project, WORD_MAX),
	FIELD(LIST_TOKENS, struct list_request, filter.service, SERVICE_MAX),
	FIELD(LIST_TOKENS, struct list_request, filter.from_address, RHOST_MAX),
	FIELD(REVOKE, struct change_request, reason, REASON_MAX),
	FIELD(BATCH, struct batch_reply, message, 65535),
	FIELD(VERIFY, struct verify_request, login, LOGIN_MAX),
	FIELD(VERIFY, struct verify_request, service, SERVICE_MAX),
	FIELD(VERIFY, struct verify_request, rhost, RHOST_MAX),
	FIELD(EXPLAIN, struct explain_request, selector, 255),
	FIELD(EXPLAIN, struct explain_request, login, LOGIN_MAX),
	FIELD(EXPLAIN, struct explain_request, service, SERVICE_MAX),
	FIELD(EXPLAIN, struct explain_request, rhost, RHOST_MAX),
	FIELD(REPLY, struct admin_reply, message, 65535),
	FIELD(WHOAMI, struct whoami_reply, login, LOGIN_MAX),
	FIELD(WHOAMI, struct whoami_reply, role, UINT8_MAX),
	FIELD(STATUS, struct status_item, name, 255),
	FIELD(STATUS, struct status_item, text, 65535),
	FIELD(CONDITION, struct condition, name, 255),
	FIELD(CONDITION, struct condition, detail, 65535),
};

static void
set_field(union any *any, const struct field *field, struct span s)
{
	memcpy((char *)any + field->offset, &s, sizeof(s));
}

START_TEST(texts_keep_their_limits)
{
	static char large[UINT16_MAX + 2];
	const struct field *field = &texts[_i];
	union any any;

	memset(large, 'x', sizeof(large));
	begin(field->which, &any);
	set_field(&any, field, span_bytes(large, field->max));
	ck_assert_int_eq(deliver(field->which, &any), 0);
	set_field(&any, field, span_bytes(NULL, 0));
	ck_assert_int_eq(deliver(field->which, &any), 0);
	set_field(&any, field, span_bytes(large, field->max + 1));
	ck_assert_int_ne(deliver(field->which, &any), 0);
}
END_TEST

START_TEST(texts_hold_no_nul)
{
	static const struct span bad[] = { BYTES("\0"), BYTES("root\0"),
		BYTES("ro\0ot"), BYTES("\0root") };
	const struct field *field = &texts[_i];
	union any any;

	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(field->which, &any);
		set_field(&any, field, bad[i]);
		ck_assert_int_eq(deliver(field->which, &any), ERROR_MALFORMED);
	}
}
END_TEST

/* Fields of one size, or of none where `max` is 0. */
static const struct field fixed[] = {
	FIELD(INFO, struct token_info, id, TOKEN_ID_SIZE),
	FIELD(AUTHENTICATE, struct question, token, TOKEN_TEXT_SIZE),
	FIELD(ACCOUNT, struct question, ticket, PROTO_TICKET_SIZE),
	FIELD(VERIFY, struct verify_request, token, TOKEN_TEXT_SIZE),
	FIELD(LIST_TOKENS, struct list_request, after, TOKEN_ID_SIZE),
	FIELD(EXCHANGE, struct exchange_request, token, TOKEN_TEXT_SIZE),
	FIELD(PAIR, struct pair_reply, access, TOKEN_TEXT_SIZE),
	FIELD(PAIR, struct pair_reply, refresh, TOKEN_TEXT_SIZE),
};

START_TEST(fixed_sizes_are_fixed)
{
	const struct field *field = &fixed[_i];
	char text[64];

	memset(text, 'x', sizeof(text));
	for (size_t size = 0; size <= sizeof(text); size++) {
		const bool good = size == field->max ||
				  (size == 0 && field->which == LIST_TOKENS);
		union any any;

		begin(field->which, &any);
		set_field(&any, field, span_bytes(text, size));
		ck_assert_int_eq(deliver(field->which, &any) == 0, good);
	}
}
END_TEST

START_TEST(ids_are_base62)
{
	static const enum message which[] = { INFO, LIST_TOKENS };

	for (size_t i = 0; i < COUNT(which); i++) {
		const struct field *field = i == 0 ? &fixed[0] : &fixed[4];
		union any any;

		begin(which[i], &any);
		set_field(&any, field, span_of("012345678_"));
		ck_assert_int_eq(deliver(which[i], &any), ERROR_MALFORMED);
		set_field(&any, field,
		    span_bytes("\0"
			       "123456789",
			10));
		ck_assert_int_eq(deliver(which[i], &any), ERROR_MALFORMED);
	}
}
END_TEST

START_TEST(token_holds_no_nul)
{
	union any any;

	begin(AUTHENTICATE, &any);
	any.question.token = span_bytes("atk_0123456789_000000000000000\0"
					"000000000000SsWdB",
	    TOKEN_TEXT_SIZE);
	ck_assert_int_eq(deliver(AUTHENTICATE, &any), ERROR_MALFORMED);
}
END_TEST

/* Lists: how many elements, and how long each. */
static const struct list_field {
	enum message which;
	size_t offset, count, max;
} lists[] = {
	{ SPEC, offsetof(struct token_spec, users), LIST_MAX, LOGIN_MAX },
	{ SPEC, offsetof(struct token_spec, allow), LIST_MAX, 129 },
	{ SPEC, offsetof(struct token_spec, projects), LIST_MAX, WORD_MAX },
	{ SPEC, offsetof(struct token_spec, roles), LIST_MAX, WORD_MAX },
	{ SPEC, offsetof(struct token_spec, from), LIST_MAX, 255 },
	{ INFO, offsetof(struct token_info, spec.users), LIST_MAX, LOGIN_MAX },
	{ REVOKE, offsetof(struct change_request, selectors), SELECTORS_MAX,
	    255 },
	{ DELETE, offsetof(struct change_request, selectors), SELECTORS_MAX,
	    255 },
	{ EXCHANGE, offsetof(struct exchange_request, users), LIST_MAX,
	    LOGIN_MAX },
	{ EXCHANGE, offsetof(struct exchange_request, allow), LIST_MAX, 129 },
	{ WHOAMI, offsetof(struct whoami_reply, permissions), 255, 255 },
};

/* Delivers a list of so many elements of so many bytes, one byte as given. */
static int
deliver_list(const struct list_field *field, size_t count, size_t size, char c)
{
	static uint8_t storage[UINT16_MAX + 1024];
	char element[255];
	struct spanlist list = { 0 };
	union any any;

	memset(element, 'x', sizeof(element));
	if (size > 0)
		element[size - 1] = c;
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
				     span_bytes(element, size)),
		    0);
	begin(field->which, &any);
	memcpy((char *)&any + field->offset, &list, sizeof(list));
	return deliver(field->which, &any);
}

START_TEST(lists_keep_their_limits)
{
	const struct list_field *field = &lists[_i];

	ck_assert_int_eq(deliver_list(field, 0, 0, 'x'), 0);
	ck_assert_int_eq(deliver_list(field, 1, field->max, 'x'), 0);
	ck_assert_int_eq(deliver_list(field, field->count, 3, 'x'), 0);
	ck_assert_int_ne(deliver_list(field, field->count + 1, 3, 'x'), 0);
	ck_assert_int_ne(deliver_list(field, 300, 3, 'x'), 0);
	ck_assert_int_eq(deliver_list(field, 2, 3, '\0'), ERROR_MALFORMED);
	if (field->max < SPANLIST_ELEMENT_MAX)
		ck_assert_int_eq(deliver_list(field, 1, field->max + 1, 'x'),
		    ERROR_MALFORMED);
}
END_TEST

/* Elements of a batch: so many, of so many bytes, the last one as given. */
static struct spanlist
numbered(unsigned count, size_t size, unsigned last)
{
	static uint8_t storage[UINT16_MAX];
	struct spanlist list = { 0 };
	char text[64];

	for (unsigned i = 1; i <= count; i++) {
		snprintf(text, sizeof(text), "%0*u", (int)size,
		    i < count ? i : last);
		ck_assert_int_eq(spanlist_add(&list, storage, sizeof(storage),
				     span_of(text)),
		    0);
	}
	return list;
}

static const struct {
	enum message which;
	size_t offset, size;
	unsigned most;
} batches[] = {
	{ BRIEF, offsetof(struct change_request, selectors), TOKEN_ID_SIZE,
	    BRIEF_MAX },
	{ LEAKED, offsetof(struct leaked_request, tokens), TOKEN_TEXT_SIZE,
	    LEAKED_MAX },
};

static int
deliver_numbered(int which, unsigned count, size_t size, unsigned last)
{
	struct spanlist list = numbered(count, size, last);
	union any any;

	begin(batches[which].which, &any);
	memcpy((char *)&any + batches[which].offset, &list, sizeof(list));
	return deliver(batches[which].which, &any);
}

START_TEST(batches_are_in_order_and_bounded)
{
	const size_t size = batches[_i].size;
	const unsigned most = batches[_i].most;

	ck_assert_int_eq(deliver_numbered(_i, most, size, most), 0);
	ck_assert_int_ne(deliver_numbered(_i, most + 1, size, most + 1), 0);
	ck_assert_int_eq(deliver_numbered(_i, 3, size, 3), 0);
	ck_assert_int_ne(deliver_numbered(_i, 3, size, 2), 0);
	ck_assert_int_ne(deliver_numbered(_i, 3, size, 1), 0);
	ck_assert_int_ne(deliver_numbered(_i, 3, size - 1, 3), 0);
	ck_assert_int_ne(deliver_numbered(_i, 1, size + 1, 1), 0);
}
END_TEST

/* Kinds, types, states, filters: which of all bytes are good. */
START_TEST(numbers_keep_their_range)
{
	for (unsigned v = 0; v <= UINT8_MAX; v++) {
		union any any;

		begin(SPEC, &any);
		any.spec.kind = (enum token_kind)v;
		ck_assert_int_eq(deliver(SPEC, &any) == 0, v >= 1 && v <= 4);
		begin(SPEC, &any);
		any.spec.type = (enum token_type)v;
		ck_assert_int_eq(deliver(SPEC, &any) == 0, v >= 1 && v <= 3);
		begin(INFO, &any);
		any.info.state = (enum token_state)v;
		ck_assert_int_eq(deliver(INFO, &any) == 0, v >= 1 && v <= 5);
		begin(LIST_TOKENS, &any);
		any.list.filter.kind = (uint8_t)v;
		ck_assert_int_eq(deliver(LIST_TOKENS, &any) == 0, v <= 4);
		begin(LIST_TOKENS, &any);
		any.list.order = (uint8_t)v;
		ck_assert_int_eq(deliver(LIST_TOKENS, &any) == 0, v <= 2);
		begin(LIST_TOKENS, &any);
		any.list.filter.type = (uint8_t)v;
		ck_assert_int_eq(deliver(LIST_TOKENS, &any) == 0, v <= 3);
		begin(LIST_TOKENS, &any);
		any.list.filter.states = (uint8_t)v;
		ck_assert_int_eq(
		    deliver(LIST_TOKENS, &any) == 0, (v & 0xc1) == 0);
	}
}
END_TEST

START_TEST(limit_keeps_its_range)
{
	for (unsigned v = 0; v <= UINT16_MAX; v++) {
		union any any;

		begin(LIST_TOKENS, &any);
		any.list.limit = (uint16_t)v;
		ck_assert_int_eq(
		    deliver(LIST_TOKENS, &any) == 0, v >= 1 && v <= PAGE_MAX);
	}
}
END_TEST

/* Of a header, each byte, all values; what the others are is right. */
START_TEST(question_header_is_strict)
{
	static const enum message which[] = { AUTHENTICATE, ACCOUNT };
	const struct row *row = &rows[which[_i]];

	for (size_t at = 0; at < PROTO_HEADER_SIZE; at++) {
		for (unsigned v = 0; v <= UINT8_MAX; v++) {
			/* These two are alike but for that. */
			const bool alike = at == 1 && which[_i] == ACCOUNT &&
					   v == OP_SESSION_CLOSE;
			const bool same = v == row->bytes.data[at] || alike;
			int error = at == 0 ? ERROR_VERSION : ERROR_MALFORMED;
			struct question question = { 0 };
			uint8_t in[256];

			memcpy(in, row->bytes.data, row->bytes.size);
			in[at] = (uint8_t)v;
			error = same ? 0 : error;
			ck_assert_int_eq(
			    decode(row, in, row->bytes.size, &question), error);
			ck_assert(same || question.login.data == NULL);
		}
	}
}
END_TEST

START_TEST(question_in_its_largest_form_fits)
{
	static char large[255];
	uint8_t out[PROTO_QUESTION_MAX];
	const struct span s = span_bytes(large, sizeof(large));
	struct question question = authenticate_sample;

	memset(large, 'x', sizeof(large));
	question.login = question.rhost = question.tty = question.ruser = s;
	question.service = span_bytes(large, SERVICE_MAX);
	ck_assert_uint_ne(
	    encode(&rows[AUTHENTICATE], &question, out, sizeof(out)), 0);
}
END_TEST

START_TEST(other_versions_are_told_apart)
{
	static const struct {
		const char *bytes;
		size_t size;
		int error;
	} headers[] = {
		{ "\2\1\0\0", 4, ERROR_VERSION },
		{ "\0\1\0\0", 4, ERROR_VERSION },
		{ "\377\377\377\0", 4, ERROR_VERSION },
		{ "\2\1\0\0and whatever", 16, ERROR_VERSION },
		{ "\2\1\0\1", 4, ERROR_MALFORMED },
		{ "\2\1\0", 3, ERROR_MALFORMED },
		{ "\2", 1, ERROR_MALFORMED },
		{ "", 0, ERROR_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(headers); i++) {
		struct wirebuf w;
		union any any;

		wirebuf_read(&w, headers[i].bytes, headers[i].size);
		ck_assert_int_eq(
		    question_get(&w, &any.question), headers[i].error);
		wirebuf_read(&w, headers[i].bytes, headers[i].size);
		ck_assert_int_eq(admin_reply_get(&w, OP_CREATE, &any.reply),
		    headers[i].error);
	}
}
END_TEST

static const uint8_t module_statuses[] = { STATUS_OK, STATUS_DENIED,
	STATUS_UNAVAILABLE, STATUS_REFUSED, STATUS_MALFORMED, STATUS_VERSION };
static const uint8_t other_statuses[] = { STATUS_INVALID, STATUS_NOT_FOUND,
	STATUS_FORBIDDEN, STATUS_CONFLICT, STATUS_FAILED };

static bool
is_among(unsigned status, const uint8_t *statuses, size_t count)
{
	return memchr(statuses, (int)status, count) != NULL;
}

/* Asks for an answer of these bytes, ticket all of one byte. */
static int
read_answer(enum opcode opcode, const uint8_t header[PROTO_HEADER_SIZE],
    uint8_t byte, struct answer *answer)
{
	uint8_t in[PROTO_ANSWER_SIZE];
	struct wirebuf w;

	memset(in, byte, sizeof(in));
	memcpy(in, header, PROTO_HEADER_SIZE);
	wirebuf_read(&w, in, sizeof(in));
	return answer_get(&w, opcode, answer);
}

START_TEST(answer_status_is_known)
{
	for (unsigned status = 0; status <= UINT8_MAX; status++) {
		const uint8_t header[] = { 1, 0x81, (uint8_t)status, 0 };
		const bool good = is_among(
		    status, module_statuses, sizeof(module_statuses));
		struct answer answer = { .status = (enum status)0 };

		ck_assert_int_eq(
		    read_answer(OP_AUTHENTICATE, header, 0, &answer),
		    good ? 0 : ERROR_MALFORMED);
		ck_assert_uint_eq(answer.status, good ? status : 0);
	}
}
END_TEST

START_TEST(answer_is_to_the_question)
{
	static const struct {
		enum opcode opcode;
		uint8_t header[PROTO_HEADER_SIZE];
		uint8_t ticket;
		int error;
	} answers[] = {
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_OK, 0 }, 7, 0 },
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_OK, 0 }, 0, 0 },
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_DENIED, 0 }, 0, 0 },
		{ OP_ACCOUNT, { 1, 0x82, STATUS_OK, 0 }, 0, 0 },
		{ OP_ACCOUNT, { 1, 0x82, STATUS_OK, 0 }, 7, ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_DENIED, 0 }, 7,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_UNAVAILABLE, 0 }, 1,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 1, 0x82, STATUS_OK, 0 }, 0,
		    ERROR_MALFORMED },
		{ OP_ACCOUNT, { 1, 0x81, STATUS_OK, 0 }, 0, ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 1, 0x01, STATUS_OK, 0 }, 0,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 2, 0x81, STATUS_OK, 0 }, 0,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 0, 0x81, STATUS_OK, 0 }, 0,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 1, 0x81, STATUS_OK, 1 }, 0,
		    ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 0, 0, 0, 0 }, 0, ERROR_MALFORMED },
		{ OP_AUTHENTICATE, { 255, 255, 255, 255 }, 255,
		    ERROR_MALFORMED },
	};

	for (size_t i = 0; i < COUNT(answers); i++) {
		struct answer answer = { .status = (enum status)0 };

		ck_assert_msg(
		    read_answer(answers[i].opcode, answers[i].header,
			answers[i].ticket, &answer) == answers[i].error,
		    "row %zu", i);
		ck_assert_int_eq(answer.status != 0, answers[i].error == 0);
	}
}
END_TEST

/* No flipped bit of any refusal lets anybody in. */
START_TEST(no_flipped_bit_is_ok)
{
	for (size_t i = 1; i < sizeof(module_statuses); i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			const unsigned status = module_statuses[i] ^
						(1U << bit);
			const uint8_t header[] = { 1, 0x81, (uint8_t)status,
				0 };
			struct answer answer = { .status = (enum status)0 };

			read_answer(OP_AUTHENTICATE, header, 0, &answer);
			ck_assert_uint_ne(answer.status, STATUS_OK);
		}
	}
}
END_TEST

/* A ticket that was left in the struct does not get out with a refusal. */
START_TEST(only_ok_carries_a_ticket)
{
	static const uint8_t none[PROTO_TICKET_SIZE];
	struct answer answer = answer_sample;
	uint8_t out[PROTO_ANSWER_SIZE + 1];
	struct wirebuf w;

	answer.status = STATUS_DENIED;
	wirebuf_write(&w, out, sizeof(out));
	answer_put(&w, OP_AUTHENTICATE, &answer);
	ck_assert_uint_eq(wirebuf_size(&w), PROTO_ANSWER_SIZE);
	ck_assert_mem_eq(out + PROTO_HEADER_SIZE, none, sizeof(none));
	answer.status = STATUS_OK;
	wirebuf_write(&w, out, sizeof(out));
	answer_put(&w, OP_ACCOUNT, &answer);
	ck_assert_uint_eq(wirebuf_size(&w), PROTO_ANSWER_SIZE);
	ck_assert_mem_eq(out + PROTO_HEADER_SIZE, none, sizeof(none));
}
END_TEST

START_TEST(admin_reply_is_to_the_request)
{
	for (unsigned v = 0; v <= UINT8_MAX; v++) {
		const uint8_t status[] = { 1, 0x92, (uint8_t)v, 0, 0, 0 };
		const uint8_t opcode[] = { 1, (uint8_t)v, STATUS_OK, 0, 0, 0 };
		const bool good = is_among(v, module_statuses,
				      sizeof(module_statuses)) ||
				  is_among(v, other_statuses,
				      sizeof(other_statuses));
		struct admin_reply reply = { .status = (enum status)0 };
		struct wirebuf w;

		wirebuf_read(&w, status, sizeof(status));
		ck_assert_int_eq(admin_reply_get(&w, OP_CREATE, &reply),
		    good ? 0 : ERROR_MALFORMED);
		ck_assert_uint_eq(reply.status, good ? v : 0);
		wirebuf_read(&w, opcode, sizeof(opcode));
		ck_assert_int_eq(admin_reply_get(&w, OP_CREATE, &reply),
		    v == 0x92 ? 0 : ERROR_MALFORMED);
	}
}
END_TEST

START_TEST(admin_reply_leaves_the_body)
{
	static const uint8_t in[] = { 1, 0x92, STATUS_OK, 0, 0, 0, 42 };
	struct admin_reply reply;
	struct wirebuf w;

	wirebuf_read(&w, in, sizeof(in));
	ck_assert_int_eq(admin_reply_get(&w, OP_CREATE, &reply), 0);
	ck_assert(span_empty(reply.message));
	ck_assert_uint_eq(wirebuf_get_u8(&w), 42);
	ck_assert_int_eq(wirebuf_done(&w), 0);
}
END_TEST

START_TEST(headers_begin_messages)
{
	uint8_t out[PROTO_HEADER_SIZE];
	struct wirebuf w;

	wirebuf_write(&w, out, sizeof(out));
	request_begin(&w, OP_EXPLAIN);
	ck_assert_uint_eq(wirebuf_size(&w), sizeof(out));
	ck_assert_mem_eq(out, "\1\x18\0\0", sizeof(out));
	wirebuf_write(&w, out, sizeof(out));
	reply_begin(&w, OP_EXPLAIN, STATUS_FORBIDDEN);
	ck_assert_uint_eq(wirebuf_size(&w), sizeof(out));
	ck_assert_mem_eq(out, "\1\x98\x44\0", sizeof(out));
	wirebuf_write(&w, out, sizeof(out));
	reply_begin(&w, 0xff, STATUS_MALFORMED);
	ck_assert_mem_eq(out, "\1\xff\x28\0", sizeof(out));
}
END_TEST

/* Nothing is sent for want of a form. */
START_TEST(question_of_no_opcode_has_no_bytes)
{
	const struct question question = { .opcode = (enum opcode)0x7f };
	uint8_t bytes[PROTO_QUESTION_MAX];
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof(bytes));
	question_put(&w, &question);
	ck_assert_uint_eq(wirebuf_size(&w), 0);
}
END_TEST

START_TEST(words_go_both_ways)
{
	static const char *const types[] = { NULL, "read-only", "full-access",
		"custom", NULL };
	static const char *const states[] = { NULL, "active", "pending",
		"disabled", "revoked", "expired", NULL };

	for (unsigned i = 0; i < COUNT(types); i++) {
		const char *word = token_type_word((enum token_type)i);

		ck_assert_pstr_eq(word, types[i]);
		if (word != NULL)
			ck_assert_uint_eq(token_type_of(span_of(word)), i);
	}
	for (unsigned i = 0; i < COUNT(states); i++) {
		const char *word = token_state_word((enum token_state)i);

		ck_assert_pstr_eq(word, states[i]);
		if (word != NULL)
			ck_assert_uint_eq(token_state_of(span_of(word)), i);
	}
}
END_TEST

START_TEST(other_words_are_none)
{
	static const char *const words[] = { "", "Active", "active ", "activ",
		"read", "read-onlyx", "all" };

	for (size_t i = 0; i < COUNT(words); i++) {
		ck_assert_uint_eq(token_type_of(span_of(words[i])), 0);
		ck_assert_uint_eq(token_state_of(span_of(words[i])), 0);
	}
	ck_assert_uint_eq(token_state_of(span_bytes("active\0", 7)), 0);
	ck_assert_str_eq(token_kind_word(TOKEN_API), "api");
	ck_assert_str_eq(token_kind_word(TOKEN_ACCESS), "access");
	ck_assert_str_eq(token_kind_word(TOKEN_REFRESH), "refresh");
	ck_assert_str_eq(token_kind_word(TOKEN_MANAGEMENT), "management");
	ck_assert_ptr_null(token_kind_word((enum token_kind)0));
	ck_assert_ptr_null(token_kind_word((enum token_kind)5));
	ck_assert_ptr_null(token_kind_word((enum token_kind)UINT32_MAX));
}
END_TEST

static TCase *
bytes_case(void)
{
	TCase *tcase = tcase_create("bytes");
	const int count = (int)COUNT(rows);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, bytes_are_those_of_the_protocol, 0, count);
	tcase_add_loop_test(tcase, every_truncation_is_malformed, 0, count);
	tcase_add_loop_test(tcase, every_smaller_room_fails, 0, count);
	tcase_add_loop_test(tcase, trailing_bytes_are_malformed, 0, count);
	tcase_add_loop_test(tcase, every_message_is_canonical, 0, count);
	return tcase;
}

static TCase *
limits_case(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(
	    tcase, texts_keep_their_limits, 0, (int)COUNT(texts));
	tcase_add_loop_test(tcase, texts_hold_no_nul, 0, (int)COUNT(texts));
	tcase_add_loop_test(tcase, fixed_sizes_are_fixed, 0, (int)COUNT(fixed));
	tcase_add_test(tcase, ids_are_base62);
	tcase_add_test(tcase, token_holds_no_nul);
	tcase_add_loop_test(
	    tcase, lists_keep_their_limits, 0, (int)COUNT(lists));
	tcase_add_loop_test(
	    tcase, batches_are_in_order_and_bounded, 0, COUNT(batches));
	tcase_add_test(tcase, numbers_keep_their_range);
	tcase_add_test(tcase, limit_keeps_its_range);
	return tcase;
}

static TCase *
meaning_case(void)
{
	TCase *tcase = tcase_create("meaning");

	tcase_add_loop_test(tcase, question_header_is_strict, 0, 2);
	tcase_add_test(tcase, question_in_its_largest_form_fits);
	tcase_add_test(tcase, other_versions_are_told_apart);
	tcase_add_test(tcase, answer_status_is_known);
	tcase_add_test(tcase, answer_is_to_the_question);
	tcase_add_test(tcase, no_flipped_bit_is_ok);
	tcase_add_test(tcase, only_ok_carries_a_ticket);
	tcase_add_test(tcase, admin_reply_is_to_the_request);
	tcase_add_test(tcase, admin_reply_leaves_the_body);
	tcase_add_test(tcase, headers_begin_messages);
	tcase_add_test(tcase, question_of_no_opcode_has_no_bytes);
	tcase_add_test(tcase, words_go_both_ways);
	tcase_add_test(tcase, other_words_are_none);
	return tcase;
}

int
main(void)
{
	Suite *suite = suite_create("message");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, bytes_case());
	suite_add_tcase(suite, limits_case());
	suite_add_tcase(suite, meaning_case());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
