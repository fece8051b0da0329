/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/adminmessage.h"
#include "common/auditmessage.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/exchangemessage.h"
#include "common/listmessage.h"
#include "common/servicemessage.h"
#include "common/sessionmessage.h"
#include "common/storemessage.h"
#include "common/verifymessage.h"
#include "tests/unit/dispatch_scene.h"

struct fixture fixture;
struct reply reply;
bool is_sealed;
uint64_t scene_now;

const struct caller root = { .uid = 0, .login = "root", .role = ROLE_OWNER };
const struct caller alice = {
	.uid = UID_ALICE, .login = "alice", .role = ROLE_MEMBER
};
const struct caller bob = {
	.uid = UID_BOB, .login = "bob", .role = ROLE_MEMBER
};
/* Of a project that has no tokens here. */
static struct grants elsewhere[2] = {
	{ .count = 1,
	    .items = { { .principal = { (const uint8_t *)"carol", 5 },
		.project = { (const uint8_t *)"elsewhere", 9 } } } },
	{ .count = 1,
	    .items = { { .principal = { (const uint8_t *)"dave", 4 },
		.project = { (const uint8_t *)"elsewhere", 9 } } } },
};
const struct caller admin = { .uid = 1002,
	.login = "carol",
	.role = ROLE_MEMBER,
	.grants = &elsewhere[0] };
const struct caller watcher = {
	.uid = 1003, .login = "dave", .role = ROLE_NONE, .grants = &elsewhere[1]
};
const struct caller nobody = { .uid = 999, .login = "eve", .role = ROLE_NONE };

void
scene_setup(void)
{
	permissions_of_role(ROLE_ADMIN, &elsewhere[0].items[0].permissions);
	permissions_of_role(
	    ROLE_WATCH_ONLY, &elsewhere[1].items[0].permissions);
	fixture_open(&fixture, "[service web]\nrole = operator\n"
			       "[service plain]\naccess = read\n");
	is_sealed = false;
	scene_now = NOW;
}

void
scene_teardown(void)
{
	fixture_close(&fixture);
}

static uint8_t packet_bytes[PROTO_MESSAGE_MAX];
static struct wirebuf packet;

struct wirebuf *
request(enum opcode opcode)
{
	wirebuf_write(&packet, packet_bytes, sizeof(packet_bytes));
	request_begin(&packet, opcode);
	return &packet;
}

struct span
request_bytes(void)
{
	ck_assert_uint_gt(wirebuf_size(&packet), 0);
	return span_bytes(packet_bytes, wirebuf_size(&packet));
}

/* Every reply has its form, and one that refuses has nothing to commit. */
static void
read_reply(const uint8_t *bytes, size_t size, const struct operation *op)
{
	struct message_header header;

	wirebuf_read(&reply.body, bytes, size);
	message_header_get(&reply.body, &header);
	ck_assert(!reply.body.failed);
	ck_assert_uint_eq(header.version, PROTO_VERSION);
	ck_assert_uint_ne(header.opcode & PROTO_REPLY, 0);
	reply.status = (enum status)header.status;
	ck_assert_int_eq(span_text(wirebuf_get_str16(&reply.body),
			     reply.message, sizeof(reply.message)),
	    0);
	reply.changes = op->set != NULL;
	if (reply.status == STATUS_OK)
		return;
	ck_assert_ptr_null(op->set);
	if (reply.status == STATUS_DENIED)
		return;
	ck_assert_str_ne(reply.message, "");
	ck_assert_int_eq(wirebuf_done(&reply.body), 0);
}

enum status
send_bytes(const struct caller *caller, struct span bytes)
{
	static uint8_t reply_bytes[PROTO_MESSAGE_MAX];
	struct operation op = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = is_sealed ? NULL : fixture.reader,
		.caller = caller,
		.now = scene_now };
	uint8_t *exact = malloc(bytes.size > 0 ? bytes.size : 1);
	int file = memfd_create("file", MFD_CLOEXEC);
	size_t size = 0;

	op.descriptor = &file;
	if (bytes.size > 0)
		memcpy(exact, bytes.data, bytes.size);
	memset(reply_bytes, 0xa5, sizeof(reply_bytes));
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	dispatch(&op, span_bytes(exact, bytes.size), reply_bytes, &size);
	store_read_end(fixture.reader);
	free(exact);
	if (file >= 0)
		close(file);
	errand_free(op.errand);
	ck_assert_uint_ge(size, PROTO_HEADER_SIZE);
	read_reply(reply_bytes, size, &op);
	if (op.set != NULL)
		fixture_apply(&fixture, op.set);
	return reply.status;
}

enum status
send_request(const struct caller *caller)
{
	return send_bytes(caller, request_bytes());
}

void
expect_status(
    const struct caller *caller, enum status status, const char *words)
{
	char copy[256];
	char *rest = NULL;

	send_request(caller);
	ck_assert_msg(reply.status == status, "status %x: %s",
	    (unsigned)reply.status, reply.message);
	strcpy(copy, words);
	for (char *word = strtok_r(copy, "|", &rest); word != NULL;
	     word = strtok_r(NULL, "|", &rest))
		ck_assert_msg(strstr(reply.message, word) != NULL,
		    "\"%s\" lacks \"%s\"", reply.message, word);
}

void
place(struct placed *placed, const char *id, const char *owner,
    const char *name, uint64_t created_at)
{
	struct record *record = &placed->record;

	good_token(record, &placed->token);
	memcpy(placed->token.id, id, TOKEN_ID_SIZE + 1);
	set_secret(record, 0, &placed->token);
	record->spec.owner = span_of(owner);
	record->spec.users = list_of(owner);
	record->spec.name = span_of(name);
	record->created_at = created_at;
	record->created_by = span_of(owner);
	fixture_add(&fixture, &placed->token, record);
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

enum status
show(const struct caller *caller, const char *selector)
{
	wirebuf_put_str8(request(OP_SHOW), span_of(selector));
	return send_request(caller);
}

enum status
change(const struct caller *caller, enum opcode opcode, const char *selectors,
    bool dry_run)
{
	const struct change_request body = { .selectors = list_of(selectors),
		.reason = span_of("lost"),
		.dry_run = dry_run };

	if (opcode == OP_REVOKE)
		revoke_request_put(request(opcode), &body);
	else
		delete_request_put(request(opcode), &body);
	return send_request(caller);
}

void
read_info(struct token_info *info)
{
	token_info_get(&reply.body, info);
	ck_assert(!reply.body.failed);
}

void
read_end(void)
{
	ck_assert_int_eq(wirebuf_done(&reply.body), 0);
}

/* A request of each opcode that there is, about alice's token "0000000001". */

static void
put_create(struct wirebuf *w)
{
	create_request_put(
	    w, &(struct create_request) { .spec = { .kind = TOKEN_API,
					      .type = TYPE_FULL_ACCESS,
					      .name = span_of("new"),
					      .expires_at = EXPIRES_DEFAULT,
					      .uses = USES_UNLIMITED } });
}

static void
put_selector(struct wirebuf *w)
{
	wirebuf_put_str8(w, span_of("0000000001"));
}

static void
put_list(struct wirebuf *w)
{
	list_request_put(w, &(struct list_request) { .limit = 10 });
}

static void
put_revoke(struct wirebuf *w)
{
	revoke_request_put(
	    w, &(struct change_request) { .selectors = list_of("0000000001"),
		   .reason = span_of("lost") });
}

static void
put_change(struct wirebuf *w)
{
	delete_request_put(
	    w, &(struct change_request) { .selectors = list_of("0000000001") });
}

static void
put_edit(struct wirebuf *w)
{
	edit_request_put(
	    w, &(struct edit_request) { .selector = span_of("0000000001"),
		   .fields = FIELD_DESCRIPTION,
		   .spec = { .kind = TOKEN_API,
		       .type = TYPE_FULL_ACCESS,
		       .description = span_of("other"),
		       .uses = USES_UNLIMITED } });
}

static void
put_regenerate(struct wirebuf *w)
{
	regenerate_request_put(w,
	    &(struct regenerate_request) { .selector = span_of("0000000001") });
}

static void
put_audit(struct wirebuf *w)
{
	audit_request_put(w, &(struct audit_request) { .limit = 10 });
}

static void
put_anchor(struct wirebuf *w)
{
	wirebuf_put_u64(w, 0);
}

static void
put_verify(struct wirebuf *w)
{
	static const char text[] =
	    "atk_0123456789_0000000000000000000000000000SsWdB";

	verify_request_put(w, &(struct verify_request) { .token = span_of(text),
				  .login = span_of("alice"),
				  .service = span_of("sshd") });
}

static void
put_exchange(struct wirebuf *w)
{
	static const char text[] =
	    "atk_0123456789_0000000000000000000000000000SsWdB";

	exchange_request_put(
	    w, &(struct exchange_request) { .token = span_of(text) });
}

static void
put_refresh(struct wirebuf *w)
{
	refresh_request_put(
	    w, span_of("atk_0123456789_0000000000000000000000000000SsWdB"));
}

static void
put_leaked(struct wirebuf *w)
{
	leaked_request_put(
	    w, &(struct leaked_request) {
		   .tokens = list_of("atk_0123456789_"
				     "0000000000000000000000000000SsWdB") });
}

static void
put_explain(struct wirebuf *w)
{
	explain_request_put(
	    w, &(struct explain_request) { .selector = span_of("0000000001"),
		   .login = span_of("alice"),
		   .service = span_of("sshd") });
}

static void
put_bool(struct wirebuf *w)
{
	wirebuf_put_u8(w, true);
}

static void
put_key_add(struct wirebuf *w)
{
	key_add_request_put(w, &(struct key_add_request) { .key.number = 2 });
}

static void
put_service(struct wirebuf *w)
{
	service_request_put(w, span_of("SSHD"));
}

static void
put_session_list(struct wirebuf *w)
{
	session_list_request_put(
	    w, &(struct session_list_request) { .limit = 1 });
}

static void
put_session_end(struct wirebuf *w)
{
	session_end_request_put(w,
	    &(struct session_end_request) { .token = span_of("0000000001") });
}

/* Letters: y if somebody of that role may ask for it at all: owner, admin,
 * member, watch-only, none. */
static const struct {
	enum opcode opcode;
	void (*put)(struct wirebuf *w);
	const char *roles;
	const char *permission;
	bool needs_store;
} opcodes[] = {
	{ OP_WHOAMI, NULL, "yyyyy", "", false },
	{ OP_STATUS, NULL, "yyyyy", "", false },
	{ OP_CREATE, put_create, "yyynn", "token.create", true },
	{ OP_SHOW, put_selector, "yyyyn", "token.read", true },
	{ OP_LIST, put_list, "yyyyn", "token.read", true },
	{ OP_REVOKE, put_revoke, "yyynn", "token.revoke", true },
	{ OP_DELETE, put_change, "yyynn", "token.delete", true },
	{ OP_VERIFY, put_verify, "yyyyy", "", true },
	{ OP_EXPLAIN, put_explain, "yyyyn", "token.read", true },
	{ OP_DISABLE, put_change, "yyynn", "token.disable", true },
	{ OP_ENABLE, put_change, "yyynn", "token.disable", true },
	{ OP_EDIT, put_edit, "yyynn", "token.update", true },
	{ OP_REGENERATE, put_regenerate, "yyynn", "token.regenerate", true },
	{ OP_EXCHANGE, put_exchange, "yyyyy", "", true },
	{ OP_REFRESH, put_refresh, "yyyyy", "", true },
	{ OP_AUDIT, put_audit, "yyynn", "audit.read", true },
	{ OP_LEAKED, put_leaked, "yyyyy", "", true },
	{ OP_ANCHOR, put_anchor, "ynnnn", "audit.read", true },
	{ OP_BACKUP, NULL, "ynnnn", "store.export", true },
	{ OP_RESTORE, put_bool, "ynnnn", "store.restore", true },
	{ OP_KEY_ADD, put_key_add, "ynnnn", "key.rotate", true },
	{ OP_KEY_STATUS, NULL, "ynnnn", "key.read", true },
	{ OP_SERVICE, put_service, "yyyyn", "token.read", false },
	{ OP_SESSION_LIST, put_session_list, "yyynn", "session.read", true },
	{ OP_SESSION_END, put_session_end, "yyynn", "session.end", true },
};

static const enum role roles[] = { ROLE_OWNER, ROLE_ADMIN, ROLE_MEMBER,
	ROLE_WATCH_ONLY, ROLE_NONE };

static void
put_opcode(size_t i)
{
	struct wirebuf *w = request(opcodes[i].opcode);

	if (opcodes[i].put != NULL)
		opcodes[i].put(w);
}

/* Asked of the token that is given, which here is none.  Whoever shows leaked
 * ones is told how many were real. */
static bool
is_proof(size_t i)
{
	return opcodes[i].needs_store && opcodes[i].permission[0] == '\0' &&
	       opcodes[i].opcode != OP_LEAKED;
}

START_TEST(a_role_may_ask_for_what_it_permits)
{
	struct placed placed;

	for (size_t i = 0; i < COUNT(roles); i++) {
		struct caller caller = alice;

		scene_teardown();
		scene_setup();
		place(&placed, "0000000001", "alice", "laptop", NOW);
		caller.role = roles[i];
		put_opcode((size_t)_i);
		send_request(&caller);
		if (opcodes[_i].roles[i] == 'y') {
			/* Alice is not root, whatever her role. */
			ck_assert_msg(reply.status == STATUS_OK ||
					  is_proof((size_t)_i) ||
					  opcodes[_i].opcode == OP_KEY_ADD,
			    "%s: %s", role_word(caller.role), reply.message);
			continue;
		}
		ck_assert_int_eq(reply.status, STATUS_FORBIDDEN);
		ck_assert_ptr_nonnull(
		    strstr(reply.message, opcodes[_i].permission));
		ck_assert_ptr_nonnull(
		    strstr(reply.message, role_word(caller.role)));
	}
}
END_TEST

START_TEST(a_sealed_store_takes_no_request)
{
	is_sealed = true;
	strcpy(fixture.agent.sealed, "a page is damaged");
	put_opcode((size_t)_i);
	if (!opcodes[_i].needs_store) {
		expect_status(&root, STATUS_OK, "");
		return;
	}
	expect_status(&root, STATUS_UNAVAILABLE, "sealed|a page is damaged");
	/* Who may not ask is not told why there is no answer. */
	if (opcodes[_i].permission[0] != '\0')
		expect_status(
		    &nobody, STATUS_FORBIDDEN, opcodes[_i].permission);
}
END_TEST

/* Shorter, or longer by a byte: never half a request. */
START_TEST(every_other_size_is_malformed)
{
	uint8_t bytes[PROTO_MESSAGE_MAX];
	struct placed placed;
	struct span whole;

	place(&placed, "0000000001", "alice", "laptop", NOW);
	put_opcode((size_t)_i);
	whole = request_bytes();
	memcpy(bytes, whole.data, whole.size);
	bytes[whole.size] = 0;
	for (size_t cut = 0; cut <= whole.size + 1; cut++)
		if (cut != whole.size)
			ck_assert_msg(
			    send_bytes(&root, span_bytes(bytes, cut)) ==
				STATUS_MALFORMED,
			    "%zu of %zu bytes: %x", cut, whole.size,
			    (unsigned)reply.status);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
	expect_status(
	    &root, is_proof((size_t)_i) ? STATUS_DENIED : STATUS_OK, "");
}
END_TEST

/* Names fold as they do at a login; a service without a row has defaults. */
START_TEST(a_service_is_told_as_it_is)
{
	struct service_reply row;

	put_service(request(OP_SERVICE));
	expect_status(&alice, STATUS_OK, "");
	service_reply_get(&reply.body, &row);
	ck_assert_int_eq(wirebuf_done(&reply.body), 0);
	ck_assert(span_is(row.name, "sshd"));
	ck_assert(span_is(row.project, "default"));
	ck_assert(span_is(row.access, "full"));
	ck_assert(!row.elevated);
	service_request_put(request(OP_SERVICE), span_of("su-l"));
	expect_status(&alice, STATUS_OK, "");
	service_reply_get(&reply.body, &row);
	ck_assert(row.elevated);
	ck_assert(!row.listed);
	service_request_put(request(OP_SERVICE), span_of("no-such-service"));
	expect_status(&alice, STATUS_OK, "");
	service_reply_get(&reply.body, &row);
	ck_assert(span_is(row.sessions, "none"));
	service_request_put(request(OP_SERVICE), span_of(""));
	expect_status(&alice, STATUS_INVALID, "at most 64 bytes");
}
END_TEST

/* Two would wait for one another's disk, and make a mess of a restore. */
START_TEST(only_one_errand_at_a_time)
{
	fixture.agent.has_errand = true;
	request(OP_BACKUP);
	expect_status(&root, STATUS_CONFLICT, "is under way");
	put_bool(request(OP_RESTORE));
	expect_status(&root, STATUS_CONFLICT, "is under way");
}
END_TEST

static bool
is_opcode(unsigned value)
{
	for (size_t i = 0; i < COUNT(opcodes); i++)
		if (opcodes[i].opcode == (enum opcode)value)
			return true;
	return false;
}

START_TEST(other_opcodes_are_malformed)
{
	uint8_t bytes[PROTO_HEADER_SIZE] = { PROTO_VERSION };

	for (unsigned value = 0; value < 256; value++) {
		bytes[1] = (uint8_t)value;
		send_bytes(&root, span_bytes(bytes, sizeof(bytes)));
		if (!is_opcode(value))
			ck_assert_int_eq(reply.status, STATUS_MALFORMED);
	}
}
END_TEST

START_TEST(a_header_is_what_it_must_be)
{
	uint8_t bytes[PROTO_HEADER_SIZE] = { PROTO_VERSION, OP_WHOAMI };
	const struct span whole = { bytes, sizeof(bytes) };

	for (unsigned value = 0; value < 256; value++) {
		bytes[0] = (uint8_t)value;
		ck_assert_int_eq(send_bytes(&root, whole),
		    value == PROTO_VERSION ? STATUS_OK : STATUS_VERSION);
		bytes[0] = PROTO_VERSION;
		for (size_t i = 2; i < PROTO_HEADER_SIZE; i++) {
			bytes[i] = (uint8_t)value;
			ck_assert_int_eq(send_bytes(&root, whole),
			    value == 0 ? STATUS_OK : STATUS_MALFORMED);
			bytes[i] = 0;
		}
	}
	bytes[0] = PROTO_VERSION + 1;
	send_bytes(&root, whole);
	ck_assert_ptr_nonnull(strstr(reply.message, "restart apitokend"));
}
END_TEST

/* Whatever comes, a reply goes; run it with sanitizers. */
START_TEST(noise_is_survived)
{
	struct placed placed;

	place(&placed, "0000000001", "alice", "laptop", NOW);
	for (int i = 0; i < 20000; i++) {
		struct span whole;

		put_opcode((size_t)i % COUNT(opcodes));
		whole = request_bytes();
		for (unsigned j = 0; j < 1 + pseudo_below(3); j++)
			packet_bytes[4 + pseudo_below((uint32_t)whole.size)] =
			    (uint8_t)pseudo_random();
		send_bytes(&bob, whole);
		ck_assert_int_ne(reply.status, STATUS_FAILED);
	}
	ck_assert_int_eq(show(&root, "0000000001"), STATUS_OK);
}
END_TEST

START_TEST(a_failed_commit_is_told)
{
	static uint8_t bytes[PROTO_MESSAGE_MAX];
	const struct operation op = { 0 };
	size_t size = 0;

	dispatch_failed(OP_CREATE, ERROR_FULL, bytes, &size);
	read_reply(bytes, size, &op);
	ck_assert_int_eq(reply.status, STATUS_FAILED);
	ck_assert_uint_eq(bytes[1], OP_CREATE | PROTO_REPLY);
	ck_assert_ptr_nonnull(strstr(reply.message, "nothing was changed"));
	ck_assert_ptr_nonnull(strstr(reply.message, error_text(ERROR_FULL)));
}
END_TEST

START_TEST(everybody_learns_who_they_are)
{
	struct whoami_reply who;

	request(OP_WHOAMI);
	expect_status(&alice, STATUS_OK, "");
	whoami_reply_get(&reply.body, &who);
	read_end();
	ck_assert_uint_eq(who.uid, UID_ALICE);
	ck_assert(span_is(who.login, "alice"));
	ck_assert(span_is(who.role, "member"));
	ck_assert(spanlist_has(&who.permissions, span_of("token.create=own")));
	ck_assert(
	    !spanlist_has(&who.permissions, span_of("management.create=none")));
	expect_status(&root, STATUS_OK, "");
	whoami_reply_get(&reply.body, &who);
	ck_assert_uint_eq(who.permissions.count, PERMISSION_COUNT);
	ck_assert(spanlist_has(&who.permissions, span_of("token.create=all")));
	expect_status(&nobody, STATUS_OK, "");
	whoami_reply_get(&reply.body, &who);
	ck_assert_uint_eq(who.permissions.count, 0);
}
END_TEST

/* A row of that name, and one only. */
static uint64_t
status_number(const char *name)
{
	struct status_item item;
	unsigned count, found = 0;
	uint64_t number = 0;

	request(OP_STATUS);
	expect_status(&alice, STATUS_OK, "");
	for (count = wirebuf_get_u8(&reply.body); count > 0; count--) {
		status_item_get(&reply.body, &item);
		if (!span_is(item.name, name) || !item.is_number)
			continue;
		number = item.number;
		found++;
	}
	read_end();
	ck_assert_msg(found == 1, "%u rows of %s", found, name);
	return number;
}

START_TEST(the_state_is_told)
{
	struct placed placed;
	struct status_item item;

	place(&placed, "0000000001", "alice", "laptop", NOW);
	request(OP_STATUS);
	expect_status(&nobody, STATUS_OK, "");
	wirebuf_get_u8(&reply.body);
	status_item_get(&reply.body, &item);
	ck_assert(span_is(item.name, "state"));
	ck_assert(span_is(item.text, "serving"));
	is_sealed = true;
	expect_status(&nobody, STATUS_OK, "");
	wirebuf_get_u8(&reply.body);
	status_item_get(&reply.body, &item);
	ck_assert(span_is(item.text, "sealed"));
	is_sealed = false;
	ck_assert_uint_gt(status_number("key"), 0);
}
END_TEST

/* What lists leave out is not counted either. */
START_TEST(each_number_is_told_once)
{
	uint64_t before = status_number("tokens");
	struct placed placed;
	struct record access;
	struct token token;

	place(&placed, "0000000001", "alice", "laptop", NOW);
	good_token(&access, &token);
	memcpy(token.id, "0000000002", TOKEN_ID_SIZE + 1);
	token.kind = TOKEN_ACCESS;
	set_secret(&access, 0, &token);
	access.spec.kind = TOKEN_ACCESS;
	access.lineage.parent = span_of("0000000001");
	access.lineage.partner = span_of("0000000003");
	fixture_add(&fixture, &token, &access);
	ck_assert_uint_eq(
	    count_rows(DB_TOKENS), count_rows(DB_TOKENS_BY_AGE) + 1);
	ck_assert_uint_eq(status_number("tokens"), before + 1);
	(void)status_number("audit_entries");
	(void)status_number("tombstones");
}
END_TEST

static TCase *
protocol_case(void)
{
	TCase *tcase = tcase_create("protocol");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, scene_setup, scene_teardown);
	tcase_add_loop_test(
	    tcase, a_role_may_ask_for_what_it_permits, 0, COUNT(opcodes));
	tcase_add_loop_test(
	    tcase, a_sealed_store_takes_no_request, 0, COUNT(opcodes));
	tcase_add_loop_test(
	    tcase, every_other_size_is_malformed, 0, COUNT(opcodes));
	tcase_add_test(tcase, only_one_errand_at_a_time);
	tcase_add_test(tcase, a_service_is_told_as_it_is);
	tcase_add_test(tcase, other_opcodes_are_malformed);
	tcase_add_test(tcase, a_header_is_what_it_must_be);
	tcase_add_test(tcase, noise_is_survived);
	tcase_add_test(tcase, a_failed_commit_is_told);
	tcase_add_test(tcase, everybody_learns_who_they_are);
	tcase_add_test(tcase, the_state_is_told);
	tcase_add_test(tcase, each_number_is_told_once);
	return tcase;
}

int
main(void)
{
	TCase *cases[5];

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	cases[0] = protocol_case();
	cases[1] = dispatch_tokens_case();
	cases[2] = dispatch_list_case();
	cases[3] = dispatch_bulk_case();
	cases[4] = dispatch_transfer_case();
	return run_cases("dispatch", cases, COUNT(cases));
}
