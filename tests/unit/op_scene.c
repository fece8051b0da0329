/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/op_scene.h"

#include <string.h>

#include "agent/server/access.h"
#include "agent/store/walk.h"

struct fixture fixture;
uint64_t now;
struct wirebuf packet;
struct wirebuf body;
char message[1024];
bool changes;

const struct caller root = { .uid = 0, .login = "root", .role = ROLE_OWNER };
const struct caller alice = {
	.uid = UID_ALICE, .login = "alice", .role = ROLE_MEMBER
};
const struct caller bob = {
	.uid = UID_BOB, .login = "bob", .role = ROLE_MEMBER
};

static uint8_t request_bytes[PROTO_MESSAGE_MAX];

void
scene_open(const char *config)
{
	fixture_open(&fixture, config);
	now = NOW;
}

void
scene_drop(void)
{
	fixture_close(&fixture);
	list_reset();
}

void
scene_close(void)
{
	char why[256] = "";

	ck_assert_msg(
	    walk_store(fixture.agent.store, why, sizeof(why)) == 0, "%s", why);
	scene_drop();
}

struct wirebuf *
request(enum opcode opcode)
{
	wirebuf_write(&packet, request_bytes, sizeof(request_bytes));
	request_begin(&packet, opcode);
	return &packet;
}

/* One that is denied may note that the token's time is over, or end all that
 * came of a refresh token that comes twice. */
static bool
is_exchange(void)
{
	return request_bytes[1] == OP_EXCHANGE ||
	       request_bytes[1] == OP_REFRESH;
}

enum status
ask_only(const struct caller *caller, struct changeset **set)
{
	static uint8_t reply_bytes[PROTO_MESSAGE_MAX];
	static struct grants grants;
	struct caller granted = *caller;
	struct operation op = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.caller = &granted,
		.now = now };
	const gid_t group = GID_OF(caller->uid);
	struct message_header header;
	size_t size = 0;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(access_grants(fixture.reader, span_of(caller->login),
			     &group, 1, &grants),
	    0);
	granted.grants = &grants;
	dispatch(&op, span_bytes(request_bytes, wirebuf_size(&packet)),
	    reply_bytes, &size);
	store_read_end(fixture.reader);
	wirebuf_read(&body, reply_bytes, size);
	message_header_get(&body, &header);
	span_text(wirebuf_get_str16(&body), message, sizeof(message));
	ck_assert(header.status == STATUS_OK || op.set == NULL ||
		  (header.status == STATUS_DENIED && is_exchange()));
	*set = op.set;
	return (enum status)header.status;
}

enum status
send_request(const struct caller *caller)
{
	struct changeset *set;
	enum status status = ask_only(caller, &set);

	changes = set != NULL;
	if (set != NULL)
		fixture_apply(&fixture, set);
	return status;
}

void
expect(const struct caller *caller, enum status status, const char *words)
{
	enum status is = send_request(caller);

	ck_assert_msg(is == status, "status %x: %s", (unsigned)is, message);
	ck_assert_msg(strstr(message, words) != NULL, "\"%s\" lacks \"%s\"",
	    message, words);
}

void
read_end(void)
{
	ck_assert_int_eq(wirebuf_done(&body), 0);
}

uint64_t
count_rows(enum database database)
{
	uint64_t count;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	count = store_count(fixture.reader, database);
	store_read_end(fixture.reader);
	return count;
}

bool
load(const char *id, struct record *record, uint32_t *version)
{
	static uint8_t copy[RECORD_SIZE_MAX];
	struct row row;
	int rv;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = store_get_authentic(fixture.reader, DB_TOKENS, span_of(id), &row);
	if (rv == 0)
		memcpy(copy, row.body.data, row.body.size);
	store_read_end(fixture.reader);
	if (rv < 0)
		return false;
	if (version != NULL)
		*version = row.version;
	ck_assert_int_eq(
	    record_decode(span_bytes(copy, row.body.size), record), 0);
	return true;
}

void
expect_audited(const char *actor, const char *action, const char *words)
{
	struct store_cursor *cursor;
	struct audit_entry entry;
	uint8_t previous[CRYPTO_MAC_SIZE];
	char detail[AUDIT_DETAIL_MAX + 1];
	uint8_t key[8];
	struct row row;

	audit_key(count_rows(DB_AUDIT), key);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(
	    store_cursor_open(fixture.reader, DB_AUDIT, &cursor), 0);
	ck_assert_int_eq(store_cursor_seek(cursor, span_bytes(key, 8),
			     (struct span) { NULL, 0 }),
	    0);
	ck_assert_int_eq(store_cursor_row(cursor, &row), 0);
	ck_assert_int_eq(audit_decode(row.body, &entry, previous), 0);
	ck_assert(span_is(entry.actor, actor));
	ck_assert(span_is(entry.action, action));
	ck_assert(span_is(entry.subject, ID_1));
	ck_assert_int_eq(span_text(entry.detail, detail, sizeof(detail)), 0);
	ck_assert_msg(strstr(detail, words) != NULL, "\"%s\" lacks \"%s\"",
	    detail, words);
	store_cursor_close(cursor);
	store_read_end(fixture.reader);
}
