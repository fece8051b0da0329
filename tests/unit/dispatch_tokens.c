/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens are created, found, revoked and deleted. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/changemessage.h"
#include "common/duration.h"
#include "common/verifymessage.h"
#include "tests/unit/dispatch_scene.h"

#define ID_1 "abcd000001"
#define ID_2 "abcd000002"
#define ID_3 "abce000003"
#define ID_4 "zzzz000004"

static struct create_request creation;

static void
setup(void)
{
	scene_setup();
	creation = (struct create_request) {
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_FULL_ACCESS,
		    .name = span_of("laptop"),
		    .expires_at = EXPIRES_DEFAULT,
		    .uses = USES_UNLIMITED },
	};
}

/* What came of a creation. */
static struct token_info created;
static bool existed;
static char secret[TOKEN_TEXT_SIZE + 1];

static void
create(const struct caller *caller)
{
	struct spanlist texts;
	struct span text;
	size_t at = 0;

	create_request_put(request(OP_CREATE), &creation);
	expect_status(caller, STATUS_OK, "");
	read_info(&created);
	existed = wirebuf_get_bool(&reply.body);
	texts = wirebuf_get_list(&reply.body);
	read_end();
	secret[0] = '\0';
	if (texts.count > 0) {
		ck_assert_uint_eq(texts.count, 1);
		ck_assert(spanlist_next(&texts, &at, &text));
		ck_assert_int_eq(span_text(text, secret, sizeof(secret)), 0);
	}
}

static enum status
verify_as(const char *text, const char *login)
{
	verify_request_put(request(OP_VERIFY),
	    &(struct verify_request) { .token = span_of(text),
		.login = span_of(login),
		.service = span_of("sshd") });
	return send_request(&nobody);
}

START_TEST(a_token_is_created_and_good)
{
	struct token_info info;
	char id[TOKEN_ID_SIZE + 1];

	create(&alice);
	ck_assert(reply.changes);
	ck_assert(!existed);
	ck_assert(span_is(created.spec.owner, "alice"));
	ck_assert_uint_eq(created.created_at, NOW);
	ck_assert_int_eq(span_text(created.id, id, sizeof(id)), 0);
	ck_assert(strncmp(secret + 4, id, TOKEN_ID_SIZE) == 0);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	ck_assert_int_eq(verify_as(secret, "alice"), STATUS_OK);
	ck_assert_int_eq(show(&alice, id), STATUS_OK);
	read_info(&info);
	read_end();
	ck_assert(span_is(info.spec.name, "laptop"));
	ck_assert_int_eq(info.state, STATE_ACTIVE);
}
END_TEST

START_TEST(a_name_is_one_token_of_its_owner)
{
	create(&alice);
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_CONFLICT, "alice|already|another name");
	ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	create(&bob);
	ck_assert(reply.changes);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 2);
	creation.spec.name = span_of("laptop2");
	create(&alice);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 3);
}
END_TEST

START_TEST(if_absent_is_no_conflict)
{
	char id[TOKEN_ID_SIZE + 1];

	creation.if_absent = true;
	create(&alice);
	ck_assert(!existed);
	ck_assert_str_ne(secret, "");
	ck_assert_int_eq(span_text(created.id, id, sizeof(id)), 0);
	create(&alice);
	ck_assert(existed);
	ck_assert(!reply.changes);
	ck_assert(span_is(created.id, id));
	/* It is there, but its secret was told once. */
	ck_assert_str_eq(secret, "");
	ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
}
END_TEST

START_TEST(a_dry_run_changes_nothing)
{
	creation.dry_run = true;
	creation.spec.expires_at = NOW + 60;
	create(&alice);
	ck_assert(!reply.changes);
	ck_assert(!existed);
	ck_assert_str_eq(secret, "");
	ck_assert(span_is(created.id, "0000000000"));
	ck_assert_uint_eq(created.spec.expires_at, NOW + 60);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 0);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
	creation.dry_run = false;
	create(&alice);
	creation.dry_run = true;
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_CONFLICT, "already");
}
END_TEST

START_TEST(a_refused_creation_changes_nothing)
{
	creation.spec.owner = span_of("bob");
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_FORBIDDEN, "alice|token.create");
	creation.spec.owner = span_of("");
	creation.spec.name = span_of("a\nb");
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_INVALID, "control");
	creation.spec.name = span_of("sudoer");
	creation.spec.type = TYPE_CUSTOM;
	creation.spec.allow = list_of("sshd sudo");
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_FORBIDDEN, "sudo|elevated");
	ck_assert_uint_eq(count_rows(DB_TOKENS), 0);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
	create(&root);
	ck_assert(span_is(created.spec.owner, "root"));
}
END_TEST

static void
create_named(const struct caller *caller, const char *name)
{
	creation.spec.name = span_of(name);
	create(caller);
}

/* Root makes as many as it likes, for anybody; others get no more of them. */
START_TEST(people_have_so_many_tokens)
{
	fixture.config->tokens_per_owner = 3;
	create_named(&alice, "one");
	create_named(&alice, "two");
	create_named(&alice, "three");
	for (int dry = 0; dry < 2; dry++) {
		creation.dry_run = dry;
		creation.spec.name = span_of("four");
		create_request_put(request(OP_CREATE), &creation);
		expect_status(&alice, STATUS_FORBIDDEN,
		    "alice has 3 tokens|3 is as many|tokens_per_owner|delete");
	}
	creation.dry_run = false;
	creation.if_absent = true;
	create_named(&alice, "two");
	ck_assert(existed);
	creation.if_absent = false;
	create_named(&bob, "one");
	creation.spec.owner = span_of("alice");
	create_named(&root, "four");
	creation.spec.owner = span_of("");
	/* One that is revoked is one still; a deleted one is not. */
	ck_assert_int_eq(
	    change(&alice, OP_REVOKE, "one two", false), STATUS_OK);
	creation.spec.name = span_of("five");
	create_request_put(request(OP_CREATE), &creation);
	expect_status(&alice, STATUS_FORBIDDEN, "alice has 4 tokens");
	ck_assert_int_eq(
	    change(&alice, OP_DELETE, "one two", false), STATUS_OK);
	create_named(&alice, "five");
	fixture.config->tokens_per_owner = 0;
	create_named(&alice, "six");
	ck_assert_uint_eq(count_rows(DB_TOKENS), 5);
}
END_TEST

/* Selectors. */

static void
place_four(void)
{
	static struct placed placed;

	place(&placed, ID_1, "alice", "one", NOW - 40);
	place(&placed, ID_2, "alice", "two", NOW - 30);
	place(&placed, ID_3, "bob", "one", NOW - 20);
	/* A name that looks like the beginning of an id. */
	place(&placed, ID_4, "bob", "abcd", NOW - 10);
}

static const struct {
	const struct caller *caller;
	const char *selector;
	enum status status;
	const char *found; /* its id, or words of the message */
} selectors[] = {
	{ &root, ID_1, STATUS_OK, ID_1 },
	{ &root, "two", STATUS_OK, ID_2 },
	{ &root, "one", STATUS_CONFLICT, "2 tokens|" ID_1 "|" ID_3 },
	{ &root, "abcd", STATUS_OK, ID_4 },
	{ &root, "abcd0", STATUS_CONFLICT, "2 tokens|" ID_1 "|" ID_2 },
	{ &root, "abce", STATUS_OK, ID_3 },
	{ &root, "abcd000002", STATUS_OK, ID_2 },
	{ &root, "abcd00000", STATUS_CONFLICT, ID_1 "|" ID_2 },
	{ &root, "abc", STATUS_NOT_FOUND, "at least 4" },
	{ &root, "", STATUS_NOT_FOUND, "no token has" },
	{ &root, "abcd0000011", STATUS_NOT_FOUND, "no token has" },
	{ &root, "ABCD000001", STATUS_NOT_FOUND, "no token has" },
	{ &root, "thre", STATUS_NOT_FOUND, "no token has" },
	{ &root, "tw", STATUS_NOT_FOUND, "at least 4" },
	{ &root, "One", STATUS_NOT_FOUND, "at least 4" },
	{ &root, "alice", STATUS_NOT_FOUND, "no token has" },
	{ &alice, ID_1, STATUS_OK, ID_1 },
	{ &alice, "one", STATUS_OK, ID_1 },
	{ &alice, "abcd", STATUS_CONFLICT, "2 tokens|" ID_1 "|" ID_2 },
	{ &alice, "abcd000002", STATUS_OK, ID_2 },
	/* what others have cannot be told from what is not */
	{ &alice, ID_3, STATUS_NOT_FOUND, "no token has" },
	{ &alice, "abce", STATUS_NOT_FOUND, "no token has" },
	{ &alice, "zzzz", STATUS_NOT_FOUND, "no token has" },
	{ &bob, "abcd", STATUS_OK, ID_4 },
	{ &bob, "abcd0", STATUS_NOT_FOUND, "no token has" },
	{ &bob, "one", STATUS_OK, ID_3 },
	{ &bob, "two", STATUS_NOT_FOUND, "at least 4" },
	{ &admin, "abcd", STATUS_NOT_FOUND, "no token has" },
	{ &watcher, ID_1, STATUS_NOT_FOUND, "no token has" },
};

START_TEST(a_selector_finds_what_the_caller_may_read)
{
	struct token_info info;

	place_four();
	wirebuf_put_str8(request(OP_SHOW), span_of(selectors[_i].selector));
	if (selectors[_i].status != STATUS_OK) {
		expect_status(selectors[_i].caller, selectors[_i].status,
		    selectors[_i].found);
		return;
	}
	expect_status(selectors[_i].caller, STATUS_OK, "");
	read_info(&info);
	ck_assert(span_is(info.id, selectors[_i].found));
}
END_TEST

START_TEST(many_candidates_are_not_all_listed)
{
	struct placed placed;

	for (int i = 0; i < 15; i++) {
		char id[TOKEN_ID_SIZE + 1];

		snprintf(id, sizeof(id), "many0000%02d", i);
		place(&placed, id, "alice", id, NOW);
	}
	wirebuf_put_str8(request(OP_SHOW), span_of("many"));
	expect_status(&alice, STATUS_CONFLICT, "15 tokens|many000009| ...");
	ck_assert_ptr_null(strstr(reply.message, "many000010"));
}
END_TEST

/* Revoking and deleting. */

/* How many changed; the tokens in ids, all of them in this state. */
static unsigned
changed(enum token_state state, char *ids)
{
	unsigned count;
	unsigned total;

	ids[0] = '\0';
	count = wirebuf_get_u16(&reply.body);
	total = wirebuf_get_u16(&reply.body);
	while (total-- > 0) {
		struct token_info info;
		char id[TOKEN_ID_SIZE + 1];

		read_info(&info);
		ck_assert_int_eq(info.state, state);
		ck_assert_int_eq(span_text(info.id, id, sizeof(id)), 0);
		strcat(strcat(ids, id), " ");
	}
	read_end();
	return count;
}

START_TEST(a_revocation_is_for_good)
{
	struct token_info info;
	char ids[64];

	place_four();
	ck_assert_int_eq(change(&alice, OP_REVOKE, "one", false), STATUS_OK);
	ck_assert_uint_eq(changed(STATE_REVOKED, ids), 1);
	ck_assert_str_eq(ids, ID_1 " ");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	ck_assert_int_eq(show(&alice, "one"), STATUS_OK);
	read_info(&info);
	ck_assert_int_eq(info.state, STATE_REVOKED);
	ck_assert_uint_eq(info.changed_at, NOW);
	ck_assert(span_is(info.changed_by, "alice"));
	ck_assert(span_is(info.reason, "lost"));
	/* Once more is no change. */
	ck_assert_int_eq(change(&alice, OP_REVOKE, "one", false), STATUS_OK);
	ck_assert(!reply.changes);
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), 0);
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), 1);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
}
END_TEST

START_TEST(a_revoked_token_is_not_good)
{
	create(&alice);
	ck_assert_int_eq(verify_as(secret, "alice"), STATUS_OK);
	change(&alice, OP_REVOKE, "laptop", false);
	ck_assert_int_eq(verify_as(secret, "alice"), STATUS_DENIED);
	/* Who holds the secret may know why. */
	ck_assert_uint_eq(wirebuf_get_list(&reply.body).count, 1);
}
END_TEST

/* All or none, each once. */
START_TEST(several_are_changed_together)
{
	char ids[128];

	place_four();
	ck_assert_int_eq(change(&root, OP_REVOKE, ID_1 " two nothing", false),
	    STATUS_NOT_FOUND);
	ck_assert_int_eq(
	    change(&alice, OP_REVOKE, ID_1 " " ID_3, false), STATUS_NOT_FOUND);
	ck_assert_int_eq(
	    change(&root, OP_REVOKE, ID_1 " one", false), STATUS_CONFLICT);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
	ck_assert_int_eq(
	    change(&root, OP_REVOKE, ID_1 " two " ID_1 " abcd000001", false),
	    STATUS_OK);
	ck_assert_uint_eq(changed(STATE_REVOKED, ids), 2);
	ck_assert_str_eq(ids, ID_1 " " ID_2 " ");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 2);
}
END_TEST

START_TEST(a_dry_run_of_a_change_changes_nothing)
{
	static const enum opcode dry[] = { OP_REVOKE, OP_DELETE };
	char ids[64];

	place_four();
	ck_assert_int_eq(change(&alice, dry[_i], "one two", true), STATUS_OK);
	ck_assert(!reply.changes);
	ck_assert_uint_eq(changed(STATE_ACTIVE, ids), 0);
	ck_assert_str_eq(ids, ID_1 " " ID_2 " ");
	ck_assert_uint_eq(count_rows(DB_TOKENS), 4);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
	/* And is refused as the change would be. */
	ck_assert_int_eq(change(&alice, dry[_i], ID_3, true), STATUS_NOT_FOUND);
	ck_assert_int_eq(
	    change(&watcher, dry[_i], ID_3, true), STATUS_FORBIDDEN);
}
END_TEST

START_TEST(a_change_of_nothing_is_malformed)
{
	ck_assert_int_eq(change(&root, OP_REVOKE, "", false), STATUS_MALFORMED);
	ck_assert_int_eq(change(&root, OP_DELETE, "", false), STATUS_MALFORMED);
}
END_TEST

START_TEST(a_deleted_token_is_gone)
{
	char ids[64];

	place_four();
	ck_assert_int_eq(change(&alice, OP_DELETE, "one", false), STATUS_OK);
	ck_assert_uint_eq(changed(STATE_ACTIVE, ids), 1);
	ck_assert_str_eq(ids, ID_1 " ");
	ck_assert_int_eq(show(&alice, ID_1), STATUS_NOT_FOUND);
	ck_assert_int_eq(
	    change(&alice, OP_DELETE, ID_1, false), STATUS_NOT_FOUND);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 3);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_AGE), 3);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_OWNER), 3);
	ck_assert_uint_eq(count_rows(DB_TOKEN_NAMES), 3);
	ck_assert_uint_eq(count_rows(DB_TOMBSTONES), 1);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	/* Its name is free again. */
	creation.spec.name = span_of("one");
	create(&alice);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 4);
}
END_TEST

START_TEST(others_tokens_are_for_owners_only)
{
	static const struct caller *const others[] = { &bob, &admin };

	place_four();
	ck_assert_int_eq(
	    change(others[_i], OP_REVOKE, ID_1, false), STATUS_NOT_FOUND);
	ck_assert_int_eq(
	    change(others[_i], OP_DELETE, ID_1, false), STATUS_NOT_FOUND);
	ck_assert_int_eq(change(&root, OP_REVOKE, ID_1, false), STATUS_OK);
	ck_assert_int_eq(change(&root, OP_DELETE, ID_3, false), STATUS_OK);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 2);
}
END_TEST

START_TEST(a_stale_change_is_not_applied)
{
	struct operation op = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.caller = &root,
		.now = NOW };
	static uint8_t bytes[PROTO_MESSAGE_MAX];
	const struct change_request both = { .selectors = list_of(ID_1) };
	struct changeset *set;
	size_t size;
	int result;

	place_four();
	delete_request_put(request(OP_DELETE), &both);
	store_read_begin(fixture.reader);
	dispatch(&op, request_bytes(), bytes, &size);
	store_read_end(fixture.reader);
	set = op.set;
	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(change(&root, OP_REVOKE, ID_1, false), STATUS_OK);
	store_apply(fixture.agent.store, &set, 1, &result);
	ck_assert_int_lt(result, 0);
	changeset_free(set);
	ck_assert_int_eq(show(&root, ID_1), STATUS_OK);
}
END_TEST

TCase *
dispatch_tokens_case(void)
{
	TCase *tcase = tcase_create("tokens");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, scene_teardown);
	tcase_add_test(tcase, a_token_is_created_and_good);
	tcase_add_test(tcase, a_name_is_one_token_of_its_owner);
	tcase_add_test(tcase, if_absent_is_no_conflict);
	tcase_add_test(tcase, a_dry_run_changes_nothing);
	tcase_add_test(tcase, a_refused_creation_changes_nothing);
	tcase_add_test(tcase, people_have_so_many_tokens);
	tcase_add_loop_test(tcase, a_selector_finds_what_the_caller_may_read, 0,
	    COUNT(selectors));
	tcase_add_test(tcase, many_candidates_are_not_all_listed);
	tcase_add_test(tcase, a_revocation_is_for_good);
	tcase_add_test(tcase, a_revoked_token_is_not_good);
	tcase_add_test(tcase, several_are_changed_together);
	tcase_add_loop_test(tcase, a_dry_run_of_a_change_changes_nothing, 0, 2);
	tcase_add_test(tcase, a_change_of_nothing_is_malformed);
	tcase_add_test(tcase, a_deleted_token_is_gone);
	tcase_add_loop_test(tcase, others_tokens_are_for_owners_only, 0, 2);
	tcase_add_test(tcase, a_stale_change_is_not_applied);
	return tcase;
}
