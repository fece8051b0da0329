/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records of an import as anybody may write them who can talk to the agent:
 * apitoken looks at each before, and the agent must not rely on it.  And what
 * an export, and whoever else reads them, makes of rows that are authentic
 * but say nothing.
 */
#include <string.h>

#include "common/auditmessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/listmessage.h"
#include "common/transfermessage.h"
#include "tests/unit/dispatch_scene.h"

#define BAD_TIME ((uint64_t)TIME_MAX + 1)
#define LONG                                                                   \
	"a-name-that-is-longer-than-any-name-may-be-and-still-goes-on-and-on"  \
	"-until-nobody-reads-it-any-more-and-then-some-more-of-it-to-be-sure"

/* They may restore a store, and nothing else. */
static struct grants to_restore = { .count = 1,
	.items = { { .principal = { (const uint8_t *)"rita", 4 } } } };
static const struct caller restorer = {
	.uid = 1004, .login = "rita", .role = ROLE_NONE, .grants = &to_restore
};

static void
setup(void)
{
	scene_setup();
	to_restore.items[0].permissions.reach[STORE_RESTORE] = REACH_ALL;
}

/* A record's body. */
static uint8_t body_bytes[4096];
static struct wirebuf body;

static struct wirebuf *
begin(void)
{
	wirebuf_write(&body, body_bytes, sizeof(body_bytes));
	return &body;
}

static struct import_result result;
static size_t at; /* the row of a table */

/* Imports it alone; what became of it, or 0 where the whole was refused. */
static enum import_outcome
send_record(const struct caller *caller, enum transfer_kind kind,
    const struct import_request *as)
{
	struct import_request whole = *as;
	struct transfer_record record = { .kind = (uint8_t)kind,
		.body = span_bytes(body_bytes, wirebuf_size(&body)) };
	struct wirebuf *w = request(OP_IMPORT);

	whole.count = 1;
	import_request_put(w, &whole);
	transfer_record_put(w, &record);
	result = (struct import_result) { 0 };
	if (send_request(caller) != STATUS_OK)
		return (enum import_outcome)0;
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), 1);
	import_result_get(&reply.body, &result);
	ck_assert_int_eq(wirebuf_done(&reply.body), 0);
	return result.outcome;
}

/* The same, with the outcome and words of the refusal: they begin it. */
static void
becomes(const struct caller *caller, enum transfer_kind kind, bool exact,
    enum import_outcome outcome, const char *words)
{
	const struct import_request as = { .exact = exact };
	enum import_outcome got = send_record(caller, kind, &as);

	ck_assert_msg(got == outcome, "%zu: outcome %d, \"%.*s\"%s", at,
	    (int)got, (int)result.message.size,
	    (const char *)result.message.data, reply.message);
	ck_assert_msg(span_starts_with(result.message, span_of(words)),
	    "%zu: \"%.*s\" does not begin with \"%s\"", at,
	    (int)result.message.size, (const char *)result.message.data, words);
	/* What is refused, and what is as it was, changes nothing. */
	ck_assert(reply.changes ==
		  (outcome == IMPORT_MADE || outcome == IMPORT_CHANGED ||
		      outcome == IMPORT_DELETED));
}

/* One after the other, on what those before it left. */

struct role_row {
	const char *name, *permissions, *description, *created_by;
	uint64_t created_at;
	bool exact, gone;
	const struct caller *caller; /* NULL: root */
	enum import_outcome outcome;
	const char *words;
};

#define OWN	 "token.create=own"
#define OWN_READ "token.read=own"

static const struct role_row roles[] = {
	{ "", OWN, "", "", 0, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ "a b", OWN, "", "", 0, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ LONG, OWN, "", "", 0, false, false, NULL, (enum import_outcome)0,
	    "" },
	{ "ops", OWN, "a\nb", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "description: " },
	{ "ops", OWN, "", "\x1b[2J", 1, false, false, NULL, IMPORT_REFUSED,
	    "created_by: " },
	{ "ops", OWN, "", "", BAD_TIME, false, false, NULL, IMPORT_REFUSED,
	    "created_at: " },
	{ "ops", "token.fly=own", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "permissions: " },
	{ "ops", "token.create=moon", "", "", 0, false, false, NULL,
	    IMPORT_REFUSED, "permissions: " },
	{ "ops", OWN, "", "", 0, false, false, &restorer, IMPORT_REFUSED, "" },
	{ "ops", OWN, "", "", 0, false, true, NULL, (enum import_outcome)0,
	    "" },
	{ "ops", OWN, "", "", 0, true, true, NULL, IMPORT_UNCHANGED, "" },
	{ "ops", OWN, "", "", 0, false, false, NULL, IMPORT_MADE, "" },
	{ "ops", OWN, "", "", 0, false, false, NULL, IMPORT_UNCHANGED, "" },
	{ "ops", OWN, "what", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "description: role ops is here" },
	{ "ops", OWN_READ, "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "permissions: role ops is here" },
	{ "ops", OWN_READ, "what", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "permissions,description: role ops is here" },
	{ "ops", OWN_READ, "what", "", 0, true, false, &restorer,
	    IMPORT_REFUSED, "" },
	{ "ops", OWN_READ, "what", "", 0, true, false, NULL, IMPORT_CHANGED,
	    "" },
	{ "ops", OWN_READ, "what", "", 0, true, false, NULL, IMPORT_UNCHANGED,
	    "" },
	{ "owner", OWN_READ, "", "", 0, true, false, NULL, IMPORT_REFUSED,
	    "name: owner is a built-in role" },
	{ "owner", OWN_READ, "", "", 0, true, true, NULL, IMPORT_REFUSED, "" },
	{ "ops", OWN, "", "", 0, true, true, &restorer, IMPORT_REFUSED, "" },
	{ "ops", OWN, "", "", 0, true, true, NULL, IMPORT_DELETED, "" },
	{ "ops", OWN, "", "", 0, true, true, NULL, IMPORT_UNCHANGED, "" },
	/* What was deleted here does not come back unless all is to be so. */
	{ "ops", OWN, "", "", 0, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ "ops", OWN, "", "then", NOW - 5, true, false, NULL, IMPORT_MADE, "" },
};

START_TEST(roles_are_looked_at)
{
	for (at = 0; at < COUNT(roles); at++) {
		const struct role_row *r = &roles[at];
		const struct role_info info = { .name = span_of(r->name),
			.permissions = list_of(r->permissions),
			.description = span_of(r->description),
			.created_at = r->created_at,
			.created_by = span_of(r->created_by) };

		role_info_put(begin(), &info);
		becomes(r->caller != NULL ? r->caller : &root,
		    r->gone ? TRANSFER_ROLE_GONE : TRANSFER_ROLE, r->exact,
		    r->outcome, r->words);
	}
}
END_TEST

struct project_row {
	const char *name, *description, *changed_by;
	uint64_t changed_at;
	int locked; /* -1: not told */
	bool exact, gone;
	const struct caller *caller;
	enum import_outcome outcome;
	const char *words;
};

static const struct project_row projects[] = {
	{ "", "", "", 0, -1, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ "a/b", "", "", 0, -1, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ "web", "a\nb", "", 0, -1, false, false, NULL, IMPORT_REFUSED,
	    "description: " },
	{ "web", "", "", 0, -1, false, false, &restorer, IMPORT_REFUSED, "" },
	{ "web", "", "", 0, -1, false, true, NULL, (enum import_outcome)0, "" },
	{ "web", "", "", 0, -1, true, true, NULL, IMPORT_UNCHANGED, "" },
	{ "web", "", "", 0, 1, false, false, NULL, IMPORT_MADE, "" },
	{ "web", "", "", 0, -1, false, false, NULL, IMPORT_UNCHANGED, "" },
	{ "web", "", "", 0, 1, false, false, NULL, IMPORT_UNCHANGED, "" },
	{ "web", "", "", 0, 0, false, false, NULL, IMPORT_REFUSED,
	    "locked: project web is here" },
	{ "web", "what", "", 0, 0, false, false, NULL, IMPORT_REFUSED,
	    "description,locked: project web is here" },
	{ "web", "what", "", 0, -1, true, false, &restorer, IMPORT_REFUSED,
	    "" },
	{ "web", "what", "", 0, 0, true, false, NULL, IMPORT_CHANGED, "" },
	{ "web", "", "", 0, 1, true, true, &restorer, IMPORT_REFUSED, "" },
	{ "web", "", "", 0, 1, true, true, NULL, IMPORT_DELETED, "" },
	{ "web", "", "", 0, 1, false, false, NULL, IMPORT_REFUSED, "name: " },
	{ "web", "", "", 0, 1, true, false, NULL, IMPORT_MADE, "" },
	/* Nobody has said anything of it. */
	{ "default", "all", "", 0, 1, false, false, NULL, IMPORT_CHANGED, "" },
	{ "default", "", "", 0, 1, false, false, NULL, IMPORT_REFUSED,
	    "description: project default is here" },
	{ "default", "", "", 0, 1, true, true, NULL, IMPORT_REFUSED, "" },
};

START_TEST(projects_are_looked_at)
{
	for (at = 0; at < COUNT(projects); at++) {
		const struct project_row *r = &projects[at];
		const struct transfer_project line = {
			.info = { .name = span_of(r->name),
			    .description = span_of(r->description),
			    .locked = r->locked == 1,
			    .changed_at = r->changed_at,
			    .changed_by = span_of(r->changed_by) },
			.tells_locked = r->locked >= 0
		};

		transfer_project_put(begin(), &line);
		becomes(r->caller != NULL ? r->caller : &root,
		    r->gone ? TRANSFER_PROJECT_GONE : TRANSFER_PROJECT,
		    r->exact, r->outcome, r->words);
	}
}
END_TEST

struct grant_row {
	const char *principal, *role, *project, *login_as, *granted_by;
	uint64_t granted_at;
	bool exact, gone;
	const struct caller *caller;
	enum import_outcome outcome;
	const char *words;
};

static const struct grant_row grants[] = {
	{ "", "admin", "", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "principal: " },
	{ "a b", "admin", "", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "principal: " },
	{ "%", "admin", "", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "principal: " },
	{ "carl", "", "", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "role: " },
	{ "carl", "no-such", "", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "there is no role no-such" },
	{ "carl", "admin", "a b", "", "", 0, false, false, NULL, IMPORT_REFUSED,
	    "project: " },
	{ "carl", "admin", "no-such", "", "", 0, false, false, NULL,
	    IMPORT_REFUSED, "there is no project no-such" },
	{ "carl", "admin", "", "\x01", "", 0, false, false, NULL,
	    IMPORT_REFUSED, "login_as: " },
	{ "carl", "admin", "", "", "a\nb", 1, false, false, NULL,
	    IMPORT_REFUSED, "granted_by: " },
	{ "carl", "admin", "", "", "", BAD_TIME, false, false, NULL,
	    IMPORT_REFUSED, "granted_at: " },
	{ "carl", "admin", "default", "deploy", "", 0, false, false, &restorer,
	    IMPORT_REFUSED, "" },
	{ "carl", "admin", "default", "", "", 0, false, true, NULL,
	    (enum import_outcome)0, "" },
	{ "carl", "admin", "default", "", "", 0, true, true, NULL,
	    IMPORT_UNCHANGED, "" },
	{ "carl", "admin", "default", "deploy", "", 0, false, false, NULL,
	    IMPORT_MADE, "" },
	{ "carl", "admin", "default", "deploy", "", 0, false, false, NULL,
	    IMPORT_UNCHANGED, "" },
	{ "carl", "admin", "default", "deploy other", "", 0, false, false, NULL,
	    IMPORT_REFUSED, "login_as: the grant of role admin" },
	{ "carl", "admin", "default", "other", "", 0, true, false, &restorer,
	    IMPORT_REFUSED, "" },
	{ "carl", "admin", "default", "other", "then", NOW - 9, true, false,
	    NULL, IMPORT_CHANGED, "" },
	{ "carl", "watch-only", "default", "", "", 0, true, true, NULL,
	    IMPORT_UNCHANGED, "" },
	{ "carl", "admin", "default", "", "", 0, true, true, &restorer,
	    IMPORT_REFUSED, "" },
	{ "carl", "admin", "default", "", "", 0, true, true, NULL,
	    IMPORT_DELETED, "" },
	{ "a b", "admin", "default", "", "", 0, true, true, NULL,
	    IMPORT_REFUSED, "principal: " },
};

START_TEST(grants_are_looked_at)
{
	for (at = 0; at < COUNT(grants); at++) {
		const struct grant_row *r = &grants[at];
		const struct grant_info info = { .principal = span_of(
						     r->principal),
			.role = span_of(r->role),
			.project = span_of(r->project),
			.login_as = list_of(r->login_as),
			.granted_at = r->granted_at,
			.granted_by = span_of(r->granted_by) };

		grant_info_put(begin(), &info);
		becomes(r->caller != NULL ? r->caller : &root,
		    r->gone ? TRANSFER_GRANT_GONE : TRANSFER_GRANT, r->exact,
		    r->outcome, r->words);
		list_reset();
	}
}
END_TEST

/* Records that are cut, have something behind them, or are of no kind. */
START_TEST(what_is_no_record_ends_it)
{
	for (int kind = 0; kind <= TRANSFER_GRANT_GONE + 1; kind++)
		for (int size = 0; size < 3; size++) {
			wirebuf_put_bytes(
			    begin(), "\xff\xff\xff", (size_t)size);
			becomes(&root, (enum transfer_kind)kind, true,
			    (enum import_outcome)0, "");
			ck_assert_int_eq(reply.status, STATUS_MALFORMED);
		}
	role_info_put(begin(), &(struct role_info) { .name = span_of("x") });
	wirebuf_put_u8(&body, 0);
	becomes(&root, TRANSFER_ROLE, false, (enum import_outcome)0, "");
	ck_assert_int_eq(reply.status, STATUS_MALFORMED);
	/* More were promised than came. */
	import_request_put(
	    request(OP_IMPORT), &(struct import_request) { .count = 1 });
	expect_status(&root, STATUS_MALFORMED, "");
}
END_TEST

/* Whoever may not restore imports nothing, whatever it is. */
START_TEST(not_everybody_imports)
{
	const struct import_request as = { 0 };

	role_info_put(begin(), &(struct role_info) { .name = span_of("mine"),
				   .permissions = list_of(OWN) });
	ck_assert_int_eq(
	    send_record(&alice, TRANSFER_ROLE, &as), (enum import_outcome)0);
	ck_assert_int_eq(reply.status, STATUS_FORBIDDEN);
	ck_assert_int_eq(
	    send_record(&nobody, TRANSFER_ROLE, &as), (enum import_outcome)0);
	ck_assert_int_eq(reply.status, STATUS_FORBIDDEN);
}
END_TEST

/* A row that has its MAC, and a body that is none. */
static void
put_noise(enum database database, const char *key)
{
	struct changeset *set = changeset_new();

	ck_assert_ptr_nonnull(set);
	changeset_put(
	    set, database, span_of(key), VERSION_ANY, span_of("\xff\xff"));
	fixture_apply(&fixture, set);
}

/* A whole page of an export; how many of its records were damaged. */
static uint32_t
export_page(const struct export_position *from, unsigned *count,
    struct export_position *to)
{
	const struct export_request asked = { .position = *from };
	struct transfer_record record;
	uint32_t damaged;

	export_request_put(request(OP_EXPORT), &asked);
	expect_status(&root, STATUS_OK, "");
	*count = wirebuf_get_u16(&reply.body);
	for (unsigned i = 0; i < *count; i++)
		transfer_record_get(&reply.body, &record);
	export_position_get(&reply.body, to);
	damaged = wirebuf_get_u32(&reply.body);
	ck_assert_int_eq(wirebuf_done(&reply.body), 0);
	return damaged;
}

static const struct {
	enum database database;
	const char *key;
	enum opcode list;
	uint8_t kind; /* of its records */
} damaged_rows[] = {
	{ DB_TOKENS, "0000000009", OP_LIST, TRANSFER_TOKEN },
	{ DB_PROJECTS, "noise", OP_PROJECT_LIST, TRANSFER_PROJECT },
	{ DB_ROLES, "noise", OP_ROLE_LIST, TRANSFER_ROLE },
	{ DB_GRANTS, "noise", OP_GRANT_LIST, TRANSFER_GRANT },
};

/* It is left out and counted; what else there is comes. */
START_TEST(damaged_rows_are_left_out)
{
	struct export_position start = { 0 }, end;
	static struct placed placed;
	unsigned before, after;

	place(&placed, "0000000001", "alice", "one", NOW - 5);
	ck_assert_uint_eq(export_page(&start, &before, &end), 0);
	ck_assert_uint_ge(before, 1);
	put_noise(damaged_rows[_i].database, damaged_rows[_i].key);
	ck_assert_uint_eq(export_page(&start, &after, &end), 1);
	ck_assert_uint_eq(after, before);
	ck_assert_uint_eq(end.kind, 0);
	if (damaged_rows[_i].list == OP_LIST)
		return;
	names_request_put(
	    request(damaged_rows[_i].list), &(struct names_request) { 0 });
	expect_status(&root, STATUS_OK, "");
	/* By its name it is no row that there is. */
	names_request_put(request(damaged_rows[_i].list),
	    &(struct names_request) { .name = span_of("noise") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
}
END_TEST

/* Nobody may build on such a row, or make it good. */
START_TEST(nothing_is_built_on_a_damaged_row)
{
	put_noise(DB_PROJECTS, "noise");
	put_noise(DB_ROLES, "noise");
	put_noise(DB_GRANTS, "noise");
	project_edit_put(request(OP_PROJECT_EDIT),
	    &(struct project_request) { .name = span_of("noise"),
		.fields = PROJECT_FIELD_DESCRIPTION,
		.description = span_of("x") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	project_create_put(request(OP_PROJECT_CREATE),
	    &(struct project_request) { .name = span_of("noise") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	role_create_put(request(OP_ROLE_CREATE),
	    &(struct role_create_request) {
		.name = span_of("noise"), .permissions = list_of(OWN) });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	role_grant_put(request(OP_ROLE_GRANT),
	    &(struct grant_request) {
		.role = span_of("noise"), .principal = span_of("carl") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	role_grant_put(request(OP_ROLE_GRANT),
	    &(struct grant_request) {
		.role = span_of("admin"), .principal = span_of("noise") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	role_withdraw_put(request(OP_ROLE_WITHDRAW),
	    &(struct grant_request) {
		.role = span_of("admin"), .principal = span_of("noise") });
	ck_assert_int_ne(send_request(&root), STATUS_OK);
	ck_assert(!reply.changes);
}
END_TEST

/* From any record on, whether it is there or not; from none of no kind. */
START_TEST(an_export_goes_on_from_anywhere)
{
	static struct placed placed;
	struct export_position from = { .kind = TRANSFER_TOKEN }, to;
	unsigned count;

	place(&placed, "0000000001", "alice", "one", NOW - 5);
	place(&placed, "0000000003", "alice", "three", NOW - 5);
	from.after = span_of("0000000001");
	(void)export_page(&from, &count, &to);
	ck_assert_uint_eq(count, 1);
	from.after = span_of("0000000002");
	(void)export_page(&from, &count, &to);
	ck_assert_uint_eq(count, 1);
	from.after = span_of("0000000003");
	(void)export_page(&from, &count, &to);
	ck_assert_uint_eq(count, 0);
	for (unsigned kind = 0; kind <= UINT8_MAX; kind++) {
		const struct export_request asked = {
			.position = { .kind = (uint8_t)kind,
			    .after = span_of("zzz") }
		};
		bool is_kind = kind == 0 || kind == TRANSFER_TOKEN ||
			       kind == TRANSFER_PROJECT ||
			       kind == TRANSFER_ROLE || kind == TRANSFER_GRANT;

		export_request_put(request(OP_EXPORT), &asked);
		ck_assert_int_eq(send_request(&root),
		    is_kind ? STATUS_OK : STATUS_MALFORMED);
	}
}
END_TEST

/* Behind the last one there is nothing, and built-in roles come first. */
START_TEST(a_list_ends)
{
	struct role_info info;

	role_create_put(request(OP_ROLE_CREATE),
	    &(struct role_create_request) {
		.name = span_of("ops"), .permissions = list_of(OWN) });
	expect_status(&root, STATUS_OK, "");
	names_request_put(request(OP_ROLE_LIST),
	    &(struct names_request) { .after = span_of("admin") });
	expect_status(&root, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), 1);
	role_info_get(&reply.body, &info);
	ck_assert(span_is(info.name, "ops"));
	audit_request_put(request(OP_AUDIT),
	    &(struct audit_request) { .after = UINT64_MAX, .limit = 10 });
	expect_status(&root, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), 0);
}
END_TEST

/* What is as it is asked to be is not changed. */
START_TEST(an_edit_may_change_nothing)
{
	const struct project_request same = { .name = span_of("web"),
		.fields = PROJECT_FIELDS_ALL,
		.description = span_of("what"),
		.locked = true };

	project_create_put(request(OP_PROJECT_CREATE), &same);
	expect_status(&root, STATUS_OK, "");
	project_edit_put(request(OP_PROJECT_EDIT), &same);
	expect_status(&root, STATUS_OK, "");
	ck_assert(reply.changes);
	project_edit_put(request(OP_PROJECT_EDIT), &same);
	expect_status(&root, STATUS_OK, "");
	ck_assert(!reply.changes);
}
END_TEST

static const struct {
	const char *after;
	enum status status;
} bad_positions[] = {
	{ "x", STATUS_MALFORMED },
	{ "000000000", STATUS_MALFORMED },
	{ "0000000001\x01", STATUS_MALFORMED },
	{ "0000000001@0000000000000000000000000000000000000000000000000001",
	    STATUS_MALFORMED },
	{ "0000000001@x", STATUS_NOT_FOUND },
	{ "0000000001@1x", STATUS_NOT_FOUND },
	{ "0000000001@ ", STATUS_NOT_FOUND },
	{ "0000000009", STATUS_NOT_FOUND },
};

START_TEST(a_list_goes_on_after_no_noise)
{
	static struct placed placed;
	const struct list_request asked = { .limit = 10,
		.after = span_of(bad_positions[_i].after) };

	place(&placed, "0000000001", "alice", "one", NOW - 5);
	list_request_put(request(OP_LIST), &asked);
	expect_status(&root, bad_positions[_i].status, "");
}
END_TEST

TCase *
dispatch_transfer_case(void)
{
	TCase *tcase = tcase_create("transfer");

	tcase_add_checked_fixture(tcase, setup, scene_teardown);
	tcase_add_test(tcase, roles_are_looked_at);
	tcase_add_test(tcase, projects_are_looked_at);
	tcase_add_test(tcase, grants_are_looked_at);
	tcase_add_test(tcase, what_is_no_record_ends_it);
	tcase_add_test(tcase, not_everybody_imports);
	tcase_add_loop_test(
	    tcase, damaged_rows_are_left_out, 0, COUNT(damaged_rows));
	tcase_add_test(tcase, nothing_is_built_on_a_damaged_row);
	tcase_add_test(tcase, an_export_goes_on_from_anywhere);
	tcase_add_test(tcase, a_list_ends);
	tcase_add_test(tcase, an_edit_may_change_nothing);
	tcase_add_loop_test(
	    tcase, a_list_goes_on_after_no_noise, 0, COUNT(bad_positions));
	return tcase;
}
