/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Projects, roles and grants as the agent keeps them: what each request
 * changes, what is refused and to whom, and who wins when two change at once.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/server/access.h"
#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "agent/server/op_role.h"
#include "common/adminmessage.h"
#include "common/auditmessage.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/rolemessage.h"
#include "tests/unit/op_scene.h"

static const struct caller agent_user = {
	.uid = 990, .login = "_apitoken", .role = ROLE_OWNER
};
/* An owner by a grant. */
static const struct caller olga = {
	.uid = 2000, .login = "olga", .role = ROLE_MEMBER
};
static const struct caller eve = {
	.uid = 3000, .login = "eve", .role = ROLE_NONE
};

/* An admin of project web, for the login name deploy. */
static const struct caller wanda = {
	.uid = 2001, .login = "wanda", .role = ROLE_MEMBER
};

static void
create_project(const char *name)
{
	project_create_put(request(OP_PROJECT_CREATE),
	    &(struct project_request) {
		.name = span_of(name), .description = span_of("first") });
}

static void
edit_project(const char *name, uint8_t fields, const char *text, bool locked)
{
	project_edit_put(
	    request(OP_PROJECT_EDIT), &(struct project_request) { span_of(name),
					  fields, span_of(text), locked });
}

static void
delete_project(const char *name, bool dry_run)
{
	project_delete_put(request(OP_PROJECT_DELETE),
	    &(struct project_delete_request) { span_of(name), dry_run });
}

static void
list_names(enum opcode opcode, const char *name, const char *after)
{
	names_request_put(request(opcode),
	    &(struct names_request) { span_of(name), span_of(after) });
}

static void
create_role(const char *name, const char *permissions)
{
	role_create_put(request(OP_ROLE_CREATE),
	    &(struct role_create_request) {
		span_of(name), list_of(permissions), span_of("made") });
}

static void
delete_role(const char *name, bool withdraw)
{
	role_delete_put(request(OP_ROLE_DELETE),
	    &(struct role_delete_request) { span_of(name), withdraw });
}

static void
grant_role(const char *role, const char *principal, const char *project,
    const char *login_as)
{
	role_grant_put(request(OP_ROLE_GRANT),
	    &(struct grant_request) { span_of(role), span_of(principal),
		span_of(project), list_of(login_as) });
}

static void
withdraw_role(const char *role, const char *principal, const char *project)
{
	role_withdraw_put(request(OP_ROLE_WITHDRAW),
	    &(struct grant_request) { .role = span_of(role),
		.principal = span_of(principal),
		.project = span_of(project) });
}

static void
create_token(const char *name, const char *project)
{
	const struct create_request token = {
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_FULL_ACCESS,
		    .name = span_of(name),
		    .projects = list_of(project),
		    .expires_at = TIME_NEVER,
		    .uses = USES_UNLIMITED },
	};

	create_request_put(request(OP_CREATE), &token);
}

static void
grant_to(const char *role, const char *principal)
{
	grant_role(role, principal, "", "");
	expect(&root, STATUS_OK, "");
}

static void
setup(void)
{
	scene_open("[agent]\ndefault_role = member\n"
		   "[service shop]\nproject = served\n");
	grant_to("owner", "olga");
}

/* The names in a list, "default web", of projects or of roles. */
static const char *
names_listed(enum opcode opcode)
{
	static char text[256];
	union {
		struct project_info project;
		struct role_info role;
	} any;

	text[0] = '\0';
	for (unsigned n = wirebuf_get_u16(&body); n > 0; n--) {
		struct span name;

		if (opcode == OP_PROJECT_LIST)
			project_info_get(&body, &any.project);
		else
			role_info_get(&body, &any.role);
		name = opcode == OP_PROJECT_LIST ? any.project.name
						 : any.role.name;
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "%s%.*s", text[0] == '\0' ? "" : " ", (int)name.size,
		    (const char *)name.data);
	}
	ck_assert(span_empty(wirebuf_get_str8(&body)));
	ck_assert_int_eq(wirebuf_done(&body), 0);
	return text;
}

/* The one project of a reply that is not a list. */
static void
project_of(struct project_info *info)
{
	project_info_get(&body, info);
	ck_assert_int_eq(wirebuf_done(&body), 0);
}

static int
row_of(enum database database, const char *key, struct row *row)
{
	int rv;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = store_get_authentic(fixture.reader, database, span_of(key), row);
	store_read_end(fixture.reader);
	return rv;
}

static bool
is_there(enum database database, const char *key)
{
	struct row row;

	return row_of(database, key, &row) == 0;
}

static unsigned
grants_of(const char *principal)
{
	struct grant_info info;
	unsigned count, left;

	list_names(OP_GRANT_LIST, principal, "");
	expect(&root, STATUS_OK, "");
	count = left = wirebuf_get_u16(&body);
	while (left-- > 0)
		grant_info_get(&body, &info);
	ck_assert(span_empty(wirebuf_get_str8(&body)));
	ck_assert_int_eq(wirebuf_done(&body), 0);
	return count;
}

static void
expect_audit(const char *action, const char *subject, const char *detail)
{
	struct audit_request audit = { .action = span_of(action),
		.limit = PAGE_MAX };
	struct audit_row row = { 0 };
	char text[AUDIT_DETAIL_MAX + 1];
	unsigned count;

	audit_request_put(request(OP_AUDIT), &audit);
	expect(&root, STATUS_OK, "");
	count = wirebuf_get_u16(&body);
	ck_assert_uint_gt(count, 0);
	while (count-- > 0)
		audit_row_get(&body, &row);
	ck_assert(row.is_sound);
	ck_assert(span_is(row.subject, subject));
	ck_assert_int_eq(span_text(row.detail, text, sizeof(text)), 0);
	ck_assert_msg(
	    strstr(text, detail) != NULL, "'%s' lacks '%s'", text, detail);
}

START_TEST(projects_live)
{
	struct project_info info;

	create_project("web");
	expect(&olga, STATUS_OK, "");
	project_of(&info);
	ck_assert(span_is(info.name, "web"));
	ck_assert(span_is(info.description, "first"));
	ck_assert(!info.locked);
	ck_assert_uint_eq(info.tokens, 0);
	ck_assert_uint_eq(info.created_at, NOW);
	ck_assert(span_is(info.created_by, "olga"));
	ck_assert_uint_eq(info.changed_at, 0);
	expect_audit("project.create", "web", "description=\"first\"");
	edit_project("web", PROJECT_FIELD_DESCRIPTION, "second", true);
	expect(&root, STATUS_OK, "");
	project_of(&info);
	ck_assert(span_is(info.description, "second"));
	ck_assert(!info.locked);
	ck_assert(span_is(info.changed_by, "root"));
	expect_audit(
	    "project.edit", "web", "description=\"first\" becomes=\"second\"");
	edit_project("web", PROJECT_FIELD_LOCKED, "other", true);
	expect(&root, STATUS_OK, "");
	project_of(&info);
	ck_assert(span_is(info.description, "second"));
	ck_assert(info.locked);
	expect_audit("project.lock", "web", "no->yes");
	/* What is so already is no change. */
	expect(&root, STATUS_OK, "");
	ck_assert(!changes);
	edit_project("web", PROJECT_FIELD_LOCKED, "", false);
	expect(&root, STATUS_OK, "");
	expect_audit("project.unlock", "web", "yes->no");
	delete_project("web", true);
	expect(&root, STATUS_OK, "");
	ck_assert(!changes);
	delete_project("web", false);
	expect(&root, STATUS_OK, "");
	expect_audit("project.delete", "web", "description=\"second\"");
	ck_assert(!is_there(DB_PROJECTS, "web"));
	ck_assert(is_there(DB_TOMBSTONES, "p:web"));
	create_project("web");
	expect(&root, STATUS_OK, "");
	ck_assert(is_there(DB_PROJECTS, "web"));
	ck_assert(is_there(DB_TOMBSTONES, "p:web"));
}
END_TEST

START_TEST(default_is_always_there)
{
	struct project_info info;

	list_names(OP_PROJECT_LIST, "", "");
	expect(&root, STATUS_OK, "");
	ck_assert_str_eq(names_listed(OP_PROJECT_LIST), "default");
	create_project("default");
	expect(&root, STATUS_CONFLICT, "there is a project default already");
	delete_project("default", false);
	expect(&root, STATUS_CONFLICT, "cannot be deleted");
	delete_project("default", true);
	expect(&root, STATUS_CONFLICT, "cannot be deleted");
	edit_project("default", PROJECT_FIELD_LOCKED, "", true);
	expect(&root, STATUS_OK, "");
	project_of(&info);
	ck_assert(info.locked);
	ck_assert_uint_eq(info.created_at, 0);
	create_project("api");
	expect(&root, STATUS_OK, "");
	list_names(OP_PROJECT_LIST, "", "");
	expect(&root, STATUS_OK, "");
	ck_assert_str_eq(names_listed(OP_PROJECT_LIST), "api default");
}
END_TEST

START_TEST(tokens_are_counted_and_hold_a_project)
{
	struct project_info info;

	create_project("web");
	expect(&root, STATUS_OK, "");
	create_token("a", "web");
	expect(&root, STATUS_OK, "");
	create_token("b", "web default");
	expect(&root, STATUS_OK, "");
	delete_project("web", true);
	expect(&root, STATUS_OK, "");
	project_of(&info);
	ck_assert_uint_eq(info.tokens, 2);
	delete_project("web", false);
	expect(&root, STATUS_CONFLICT, "project web has 2 tokens");
	ck_assert(is_there(DB_PROJECTS, "web"));
	/* Who may not see them is not told how many they are. */
	list_names(OP_PROJECT_LIST, "web", "");
	expect(&alice, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&body), 1);
	project_info_get(&body, &info);
	ck_assert(info.tokens == TOKENS_UNKNOWN);
}
END_TEST

START_TEST(tokens_need_their_projects)
{
	create_token("a", "web");
	expect(&alice, STATUS_NOT_FOUND,
	    "no project web: apitoken project create web");
	create_token("a", "default web");
	expect(&root, STATUS_NOT_FOUND, "no project web");
	create_token("a", "");
	expect(&alice, STATUS_OK, "");
	create_token("b", "default");
	expect(&alice, STATUS_OK, "");
}
END_TEST

START_TEST(a_served_project_stays)
{
	create_project("served");
	expect(&root, STATUS_OK, "");
	delete_project("served", false);
	expect(&root, STATUS_CONFLICT, "service shop of the configuration");
	delete_project("served", true);
	expect(&root, STATUS_CONFLICT, "apitokend.conf");
}
END_TEST

static const struct {
	uint32_t fields;
	bool frozen;
} fields[] = {
	{ FIELD_NAME, false },
	{ FIELD_DESCRIPTION, false },
	{ FIELD_EXPIRES, false },
	{ FIELD_NOT_BEFORE, false },
	{ FIELD_TYPE, true },
	{ FIELD_ALLOW, true },
	{ FIELD_FROM, true },
	{ FIELD_ENVIRONMENT, true },
	{ FIELD_USERS, true },
	{ FIELD_NAME | FIELD_FROM, true },
};

static void
edit_token(uint32_t which)
{
	const struct edit_request edit = {
		.selector = span_of("b"),
		.fields = which,
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_FULL_ACCESS,
		    .name = span_of("b"),
		    .users = list_of("bob"),
		    .expires_at = NOW + 9999,
		    .uses = 1 },
	};

	edit_request_put(request(OP_EDIT), &edit);
}

/* Of two projects one that is locked is enough; of the others none is. */
START_TEST(a_locked_project_freezes_scopes)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	create_token("b", "default web");
	expect(&root, STATUS_OK, "");
	edit_token(fields[_i].fields);
	expect(&root, STATUS_OK, "");
	edit_project("web", PROJECT_FIELD_LOCKED, "", true);
	expect(&root, STATUS_OK, "");
	edit_token(fields[_i].fields);
	if (fields[_i].frozen)
		expect(&root, STATUS_CONFLICT, "its project is locked");
	else
		expect(&root, STATUS_OK, "");
	edit_project("web", PROJECT_FIELD_LOCKED, "", false);
	expect(&root, STATUS_OK, "");
	edit_token(fields[_i].fields);
	expect(&root, STATUS_OK, "");
}
END_TEST

static void
regenerate(const char *users)
{
	regenerate_request_put(request(OP_REGENERATE),
	    &(struct regenerate_request) {
		.selector = span_of("b"), .users = list_of(users) });
}

START_TEST(a_locked_project_keeps_login_names)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	create_token("b", "web");
	expect(&root, STATUS_OK, "");
	edit_project("web", PROJECT_FIELD_LOCKED, "", true);
	expect(&root, STATUS_OK, "");
	regenerate("bob");
	expect(&root, STATUS_CONFLICT, "its project is locked");
	regenerate("");
	expect(&root, STATUS_OK, "");
}
END_TEST

START_TEST(roles_live)
{
	struct role_info info;

	create_role("ops", "token.read=all token.use=own");
	expect(&olga, STATUS_OK, "");
	role_info_get(&body, &info);
	ck_assert_int_eq(wirebuf_done(&body), 0);
	ck_assert(!info.builtin);
	ck_assert_uint_eq(info.permissions.count, 2);
	ck_assert(spanlist_has(&info.permissions, span_of("token.read=all")));
	expect_audit(
	    "role.create", "ops", "all=\"token.read\" own=\"token.use\"");
	create_role("ops", "token.read=own");
	expect(&root, STATUS_CONFLICT, "there is a role ops already");
	list_names(OP_ROLE_LIST, "", "");
	expect(&alice, STATUS_OK, "");
	ck_assert_str_eq(names_listed(OP_ROLE_LIST),
	    "none watch-only member admin owner ops");
	delete_role("ops", false);
	expect(&root, STATUS_OK, "");
	expect_audit("role.delete", "ops",
	    "grants-withdrawn=0 all=\"token.read\" own=\"token.use\"");
	ck_assert(!is_there(DB_ROLES, "ops"));
	ck_assert(is_there(DB_TOMBSTONES, "r:ops"));
	delete_role("ops", false);
	expect(&root, STATUS_NOT_FOUND, "there is no role ops");
	create_role("ops", "token.read=own");
	expect(&root, STATUS_OK, "");
	ck_assert(is_there(DB_ROLES, "ops"));
	ck_assert(is_there(DB_TOMBSTONES, "r:ops"));
}
END_TEST

START_TEST(grants_come_and_go)
{
	struct grant_info info;
	struct row row;
	uint32_t version;

	create_project("web");
	expect(&root, STATUS_OK, "");
	grant_role("admin", "alice", "web", "deploy");
	expect(&root, STATUS_OK, "");
	grant_info_get(&body, &info);
	ck_assert_int_eq(wirebuf_done(&body), 0);
	ck_assert(span_is(info.principal, "alice"));
	ck_assert(span_is(info.project, "web"));
	ck_assert(spanlist_has(&info.login_as, span_of("deploy")));
	ck_assert_uint_eq(info.granted_at, NOW);
	expect_audit("role.grant", "admin",
	    "principal=\"alice\" project=\"web\" login-as=\"deploy\"");
	/* Again is no change; with other names it replaces. */
	grant_role("admin", "alice", "web", "deploy");
	expect(&root, STATUS_OK, "");
	ck_assert(!changes);
	grant_role("admin", "alice", "web", "www");
	expect(&root, STATUS_OK, "");
	ck_assert(changes);
	expect_audit("role.grant", "admin", "login-as=\"www\" was=\"deploy\"");
	ck_assert_uint_eq(grants_of("alice"), 1);
	grant_role("admin", "alice", "", "");
	expect(&root, STATUS_OK, "");
	ck_assert_uint_eq(grants_of("alice"), 2);
	withdraw_role("admin", "alice", "web");
	expect(&root, STATUS_OK, "");
	expect_audit("role.withdraw", "admin", "project=\"web\"");
	withdraw_role("admin", "alice", "");
	expect(&root, STATUS_OK, "");
	ck_assert_uint_eq(grants_of("alice"), 0);
	/* The row stays, for its version. */
	ck_assert_int_eq(row_of(DB_GRANTS, "alice", &row), 0);
	version = row.version;
	withdraw_role("admin", "alice", "");
	expect(&root, STATUS_NOT_FOUND, "does not have role admin");
	grant_role("member", "alice", "", "");
	expect(&root, STATUS_OK, "");
	ck_assert_int_eq(row_of(DB_GRANTS, "alice", &row), 0);
	ck_assert_uint_eq(row.version, version + 1);
}
END_TEST

START_TEST(deleting_takes_grants_away)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	create_role("ops", "token.read=own");
	expect(&root, STATUS_OK, "");
	grant_role("ops", "alice", "web", "");
	expect(&root, STATUS_OK, "");
	grant_role("ops", "%10", "", "");
	expect(&root, STATUS_OK, "");
	grant_role("member", "%10", "web", "");
	expect(&root, STATUS_OK, "");
	delete_role("ops", false);
	expect(&root, STATUS_CONFLICT, "role ops is granted 2 times");
	delete_project("web", false);
	expect(&root, STATUS_OK, "");
	expect_audit("project.delete", "web", "grants-withdrawn=2");
	ck_assert_uint_eq(grants_of("alice"), 0);
	ck_assert_uint_eq(grants_of("%10"), 1);
	delete_role("ops", true);
	expect(&root, STATUS_OK, "");
	expect_audit("role.delete", "ops", "grants-withdrawn=1");
	ck_assert_uint_eq(grants_of("%10"), 0);
}
END_TEST

/* Whoever reaches nothing is told nothing. */
START_TEST(people_see_what_is_theirs)
{
	struct grant_info info;

	create_project("web");
	expect(&root, STATUS_OK, "");
	grant_role("member", "alice", "web", "");
	expect(&root, STATUS_OK, "");
	grant_role("admin", "bob", "", "");
	expect(&root, STATUS_OK, "");
	list_names(OP_GRANT_LIST, "", "");
	expect(&alice, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&body), 1);
	grant_info_get(&body, &info);
	ck_assert(span_is(info.principal, "alice"));
	list_names(OP_GRANT_LIST, "bob", "");
	expect(&alice, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&body), 0);
	list_names(OP_PROJECT_LIST, "", "");
	expect(&eve, STATUS_OK, "");
	ck_assert_str_eq(names_listed(OP_PROJECT_LIST), "");
	list_names(OP_PROJECT_LIST, "web", "");
	expect(&eve, STATUS_NOT_FOUND, "there is no such project");
	list_names(OP_PROJECT_LIST, "gone", "");
	expect(&root, STATUS_NOT_FOUND, "there is no such project");
	list_names(OP_ROLE_LIST, "", "");
	expect(&eve, STATUS_FORBIDDEN, "token.read");
	list_names(OP_ROLE_LIST, "gone", "");
	expect(&alice, STATUS_NOT_FOUND, "there is no role gone");
}
END_TEST

/* What is refused, and that it changed nothing. */

static void
bad_project_name(void)
{
	create_project("two words");
}
static void
no_project_name(void)
{
	create_project("");
}
static void
bad_description(void)
{
	edit_project("default", PROJECT_FIELD_DESCRIPTION, "a\033b", false);
}
static void
edit_missing(void)
{
	edit_project("gone", PROJECT_FIELD_LOCKED, "", true);
}
static void
edit_default(void)
{
	edit_project("default", PROJECT_FIELD_LOCKED, "", true);
}
static void
delete_missing(void)
{
	delete_project("gone", false);
}
static void
make_project(void)
{
	create_project("mine");
}
static void
make_builtin(void)
{
	create_role("owner", "token.read=own");
}
static void
make_odd_role(void)
{
	create_role("x", "token.fly=own");
}
static void
make_twice(void)
{
	create_role("x", "token.read=own token.read=all");
}
static void
make_more(void)
{
	create_role("x", "token.use=all");
}
static void
make_role(void)
{
	create_role("x", "token.read=own");
}
static void
delete_builtin(void)
{
	delete_role("member", true);
}
static void
delete_no_role(void)
{
	delete_role("gone", true);
}
static void
grant_missing(void)
{
	grant_role("gone", "bob", "", "");
}
static void
grant_nowhere(void)
{
	grant_role("member", "bob", "gone", "");
}
static void
grant_nobody(void)
{
	grant_role("member", "", "", "");
}
static void
grant_name(void)
{
	grant_role("member", "%wheel", "", "");
}
static void
grant_plain_names(void)
{
	grant_role("member", "bob", "", "www");
}
static void
grant_bad_names(void)
{
	grant_role("admin", "bob", "", "a\tb");
}
static void
grant_member(void)
{
	grant_role("member", "bob", "", "");
}
static void
grant_owner(void)
{
	grant_role("owner", "alice", "", "");
}
static void
withdraw_missing(void)
{
	withdraw_role("admin", "bob", "");
}
static void
withdraw_odd(void)
{
	withdraw_role("", "bob", "");
}

static const struct {
	void (*put)(void);
	const struct caller *caller;
	enum status status;
	const char *words;
} refusals[] = {
	{ bad_project_name, &root, STATUS_INVALID, "a project's name is" },
	{ no_project_name, &root, STATUS_INVALID, "a project's name is" },
	{ bad_description, &root, STATUS_INVALID, "printable" },
	{ edit_missing, &root, STATUS_NOT_FOUND, "project create gone" },
	{ edit_missing, &alice, STATUS_FORBIDDEN, "project.edit" },
	{ edit_default, &alice, STATUS_FORBIDDEN, "project.edit" },
	{ delete_missing, &root, STATUS_NOT_FOUND, "project create gone" },
	{ delete_missing, &alice, STATUS_FORBIDDEN, "project.delete" },
	{ make_project, &alice, STATUS_FORBIDDEN, "project.create" },
	{ make_builtin, &root, STATUS_CONFLICT, "built-in role" },
	{ make_odd_role, &root, STATUS_INVALID, "role show owner" },
	{ make_twice, &root, STATUS_INVALID, "given twice" },
	{ make_more, &root, STATUS_FORBIDDEN, "token.use=own" },
	{ make_role, &alice, STATUS_FORBIDDEN, "role.create" },
	{ delete_builtin, &root, STATUS_CONFLICT, "built-in role" },
	{ delete_no_role, &root, STATUS_NOT_FOUND, "no role gone" },
	{ delete_builtin, &alice, STATUS_FORBIDDEN, "role.delete" },
	{ grant_missing, &root, STATUS_NOT_FOUND, "no role gone" },
	{ grant_nowhere, &root, STATUS_NOT_FOUND, "no project gone" },
	{ grant_nobody, &root, STATUS_INVALID, "login name" },
	{ grant_name, &root, STATUS_INVALID, "its number" },
	{ grant_plain_names, &root, STATUS_INVALID, "token.login-as=project" },
	{ grant_bad_names, &root, STATUS_INVALID, "--login-as" },
	{ grant_member, &alice, STATUS_FORBIDDEN, "role.grant" },
	{ grant_owner, &alice, STATUS_FORBIDDEN, "role.grant" },
	{ grant_owner, &eve, STATUS_FORBIDDEN, "role.grant" },
	{ withdraw_missing, &root, STATUS_NOT_FOUND, "role admin" },
	{ withdraw_missing, &alice, STATUS_FORBIDDEN, "role.grant" },
	{ withdraw_odd, &root, STATUS_INVALID, "a role's name" },
};

START_TEST(refuses)
{
	refusals[_i].put();
	expect(refusals[_i].caller, refusals[_i].status, refusals[_i].words);
	ck_assert(!changes);
}
END_TEST

START_TEST(the_last_owner_stays)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	grant_to("owner", "olga");
	grant_to("admin", "bob");
	grant_role("owner", "carol", "web", "");
	expect(&root, STATUS_OK, "");
	withdraw_role("owner", "olga", "");
	expect(&olga, STATUS_CONFLICT, "the last grant of role owner");
	/* One for a project is another thing. */
	withdraw_role("owner", "carol", "web");
	expect(&olga, STATUS_OK, "");
	grant_to("owner", "%22000");
	withdraw_role("owner", "olga", "");
	expect(&olga, STATUS_OK, "");
	withdraw_role("owner", "%22000", "");
	expect(&olga, STATUS_CONFLICT, "the last grant of role owner");
	/* Those who are owners anyhow lock nobody out. */
	expect(&agent_user, STATUS_OK, "");
	grant_to("owner", "olga");
	withdraw_role("owner", "olga", "");
	expect(&root, STATUS_OK, "");
}
END_TEST

/* What an admin of one project may do with grants, and what not. */
static const struct {
	bool withdraw;
	const char *role, *principal, *project, *login_as;
	const char *why; /* NULL: it is done */
} grantings[] = {
	{ false, "member", "bob", "web", "", NULL },
	{ false, "watch-only", "%10", "web", "", NULL },
	{ false, "none", "bob", "web", "", NULL },
	{ false, "admin", "bob", "web", "", NULL },
	{ false, "admin", "bob", "web", "deploy", NULL },
	{ false, "admin", "bob", "web", "wanda", NULL },
	{ false, "ops", "bob", "web", "", NULL },
	{ false, "admin", "bob", "web", "deploy root", "login name root" },
	{ false, "owner", "bob", "web", "", "project.create=project" },
	{ false, "cook", "bob", "web", "", "key.read=project" },
	{ false, "admin", "bob", "api", "", "role.grant over project api" },
	{ false, "member", "bob", "", "", "role.grant over the organization" },
	{ false, "admin", "wanda", "", "", "role.grant over the organ" },
	{ false, "admin", "carol", "web", "deploy", "login name www" },
	{ true, "member", "dave", "web", "", NULL },
	{ true, "admin", "wanda", "web", "", NULL },
	{ true, "admin", "carol", "web", "", "login name www" },
	{ true, "owner", "dave", "web", "", "project.create=project" },
	{ true, "member", "dave", "api", "", "role.grant over project api" },
	{ true, "owner", "olga", "", "", "role.grant over the organization" },
};

static void
stage_wanda(void)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	create_project("api");
	expect(&root, STATUS_OK, "");
	create_role("ops", "token.read=all token.use=own");
	expect(&root, STATUS_OK, "");
	create_role("cook", "key.read=all");
	expect(&root, STATUS_OK, "");
	grant_role("admin", "wanda", "web", "deploy");
	expect(&root, STATUS_OK, "");
	grant_role("admin", "carol", "web", "www");
	expect(&root, STATUS_OK, "");
	grant_role("owner", "dave", "web", "");
	expect(&root, STATUS_OK, "");
	grant_role("member", "dave", "web", "");
	expect(&root, STATUS_OK, "");
	grant_role("member", "dave", "api", "");
	expect(&root, STATUS_OK, "");
}

START_TEST(admins_give_what_they_have)
{
	stage_wanda();
	if (grantings[_i].withdraw)
		withdraw_role(grantings[_i].role, grantings[_i].principal,
		    grantings[_i].project);
	else
		grant_role(grantings[_i].role, grantings[_i].principal,
		    grantings[_i].project, grantings[_i].login_as);
	if (grantings[_i].why == NULL)
		expect(&wanda, STATUS_OK, "");
	else
		expect(&wanda, STATUS_FORBIDDEN, grantings[_i].why);
	ck_assert(changes == (grantings[_i].why == NULL));
}
END_TEST

START_TEST(admins_keep_to_their_project)
{
	struct project_info info;
	struct grant_info grant;

	stage_wanda();
	edit_project("web", PROJECT_FIELD_LOCKED, "", true);
	expect(&wanda, STATUS_OK, "");
	edit_project("api", PROJECT_FIELD_LOCKED, "", true);
	expect(&wanda, STATUS_FORBIDDEN, "project.edit over project api");
	delete_project("web", false);
	expect(&wanda, STATUS_FORBIDDEN, "project.delete");
	create_project("new");
	expect(&wanda, STATUS_FORBIDDEN, "project.create");
	list_names(OP_PROJECT_LIST, "", "");
	expect(&wanda, STATUS_OK, "");
	for (unsigned n = wirebuf_get_u16(&body); n > 0; n--) {
		project_info_get(&body, &info);
		ck_assert((info.tokens == TOKENS_UNKNOWN) ==
			  !span_is(info.name, "web"));
	}
	list_names(OP_GRANT_LIST, "", "");
	expect(&wanda, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&body), 4);
	for (unsigned n = 4; n > 0; n--) {
		grant_info_get(&body, &grant);
		ck_assert(span_is(grant.project, "web"));
	}
}
END_TEST

/* Without a narrow role the default one counts again, which is more than who
 * withdraws it has. */
START_TEST(withdrawing_does_not_give)
{
	const struct caller guard = {
		.uid = 2002, .login = "guard", .role = ROLE_MEMBER
	};

	create_role("guard", "token.read=project role.grant=project");
	expect(&root, STATUS_OK, "");
	grant_to("guard", "guard");
	grant_to("watch-only", "mallory");
	grant_to("none", "mallory");
	withdraw_role("watch-only", "mallory", "");
	expect(&guard, STATUS_FORBIDDEN, "role member has token.create=own");
	withdraw_role("none", "mallory", "");
	expect(&guard, STATUS_FORBIDDEN, "role member has token.create=own");
	expect(&olga, STATUS_OK, "");
}
END_TEST

/* Two sets from one view of the store: the second one comes too late. */
static void
race(const struct caller *first, void (*put_first)(void),
    const struct caller *second, void (*put_second)(void))
{
	struct changeset *sets[2] = { NULL };
	int results[2];

	put_first();
	ck_assert_int_eq(ask_only(first, &sets[0]), STATUS_OK);
	put_second();
	ck_assert_int_eq(ask_only(second, &sets[1]), STATUS_OK);
	ck_assert_ptr_nonnull(sets[0]);
	ck_assert_ptr_nonnull(sets[1]);
	store_apply(fixture.agent.store, sets, 2, results);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], ERROR_STALE);
	changeset_free(sets[0]);
	changeset_free(sets[1]);
}

static void
put_token(void)
{
	create_token("a", "web");
}
static void
put_edit(void)
{
	edit_token(FIELD_FROM);
}
static void
put_users(void)
{
	regenerate("bob");
}
static void
put_lock(void)
{
	edit_project("web", PROJECT_FIELD_LOCKED, "", true);
}
static void
put_delete(void)
{
	delete_project("web", false);
}
static void
put_grant(void)
{
	grant_role("ops", "bob", "web", "");
}
static void
put_delete_role(void)
{
	delete_role("ops", true);
}
static void
put_carol(void)
{
	withdraw_role("owner", "carol", "");
}
static void
put_olga(void)
{
	withdraw_role("owner", "olga", "");
}
static void
put_project(void)
{
	create_project("new");
}

static const struct {
	void (*first)(void), (*second)(void);
	bool has_token;
} races[] = {
	{ put_token, put_delete, false },
	{ put_delete, put_token, false },
	{ put_lock, put_edit, true },
	{ put_lock, put_users, true },
	{ put_lock, put_lock, false },
	{ put_grant, put_delete, false },
	{ put_delete, put_grant, false },
	{ put_grant, put_delete_role, false },
	{ put_delete_role, put_grant, false },
	{ put_olga, put_carol, false },
	{ put_carol, put_olga, false },
	{ put_grant, put_grant, false },
	{ put_project, put_project, false },
};

START_TEST(who_comes_second_comes_too_late)
{
	create_project("web");
	expect(&root, STATUS_OK, "");
	create_role("ops", "token.read=own");
	expect(&root, STATUS_OK, "");
	grant_to("owner", "olga");
	grant_to("owner", "carol");
	if (races[_i].has_token) {
		create_token("b", "web");
		expect(&olga, STATUS_OK, "");
	}
	race(&olga, races[_i].first, &olga, races[_i].second);
}
END_TEST

/* More than one page, and no row twice or left out. */
START_TEST(lists_are_paged)
{
	char name[TOKEN_DESCRIPTION_MAX + 1], after[256] = "";
	unsigned seen = 0, pages = 0;
	struct project_info info;

	memset(name, 'x', sizeof(name));
	for (int i = 0; i < 300; i++) {
		char text[16];

		snprintf(text, sizeof(text), "p%03d", i);
		project_create_put(request(OP_PROJECT_CREATE),
		    &(struct project_request) { .name = span_of(text),
			.description = span_bytes(
			    name, TOKEN_DESCRIPTION_MAX) });
		expect(&root, STATUS_OK, "");
	}
	do {
		list_names(OP_PROJECT_LIST, "", after);
		expect(&root, STATUS_OK, "");
		for (unsigned n = wirebuf_get_u16(&body); n > 0; n--) {
			char text[16];

			project_info_get(&body, &info);
			snprintf(text, sizeof(text), "p%03d", (int)seen - 1);
			ck_assert(
			    span_is(info.name, seen == 0 ? "default" : text));
			seen++;
		}
		ck_assert_int_eq(
		    span_text(wirebuf_get_str8(&body), after, sizeof(after)),
		    0);
		ck_assert_int_eq(wirebuf_done(&body), 0);
		pages++;
	} while (after[0] != '\0');
	ck_assert_uint_eq(seen, 301);
	ck_assert_uint_gt(pages, 1);
}
END_TEST

START_TEST(a_full_row_takes_no_more)
{
	for (int i = 0; i <= GRANTROW_MAX; i++) {
		char project[16];

		snprintf(project, sizeof(project), "p%d", i);
		create_project(project);
		expect(&root, STATUS_OK, "");
		grant_role("member", "alice", project, "");
		if (i < GRANTROW_MAX)
			expect(&root, STATUS_OK, "");
		else
			expect(&root, STATUS_CONFLICT, "as many grants");
	}
	ck_assert_uint_eq(grants_of("alice"), GRANTROW_MAX);
}
END_TEST

static const enum opcode opcodes[] = { OP_PROJECT_CREATE, OP_PROJECT_LIST,
	OP_PROJECT_EDIT, OP_PROJECT_DELETE, OP_ROLE_CREATE, OP_ROLE_LIST,
	OP_ROLE_DELETE, OP_ROLE_GRANT, OP_ROLE_WITHDRAW, OP_GRANT_LIST };

START_TEST(what_is_no_request_is_malformed)
{
	request(opcodes[_i]);
	expect(&root, STATUS_MALFORMED, "malformed");
	wirebuf_put_bytes(request(opcodes[_i]), "\377\377\377\377", 4);
	expect(&root, STATUS_MALFORMED, "malformed");
}
END_TEST

/* Whoever has more grants than are looked at is told what they are worth as far
 * as it goes; groups count once, and a login name is no group. */
START_TEST(there_are_more_grants_than_are_looked_at)
{
	static struct grants found;
	const gid_t groups[] = { 5000, 5001, 5000 };
	char project[16];

	create_role("many", "token.read=project token.login-as=project");
	expect(&root, STATUS_OK, "");
	for (int i = 0; i < 60; i++) {
		(void)snprintf(project, sizeof(project), "p%d", i);
		create_project(project);
		expect(&root, STATUS_OK, "");
		grant_role("many", "manuel", project, "");
		expect(&root, STATUS_OK, "");
		grant_role("many", "%5000", project, "deploy");
		expect(&root, STATUS_OK, "");
		grant_role("many", "%5001", project, "deploy other");
		expect(&root, STATUS_OK, "");
	}
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(access_grants(fixture.reader, span_of("manuel"),
			     groups, COUNT(groups), &found),
	    0);
	ck_assert_uint_eq(found.count, GRANTS_MAX);
	ck_assert(found.incomplete);
	found.incomplete = false;
	ck_assert_int_eq(
	    access_grants(fixture.reader, span_of("%5001"), groups, 1, &found),
	    0);
	ck_assert_uint_eq(found.count, 60);
	ck_assert_int_eq(access_grants(fixture.reader, span_of(""), groups,
			     COUNT(groups), &found),
	    0);
	ck_assert_uint_eq(found.count, 120);
	ck_assert(!found.incomplete);
	store_read_end(fixture.reader);
}
END_TEST

/* As far as there is room for it. */
START_TEST(who_has_many_grants_is_told_some)
{
	static const struct caller manuel = {
		.uid = 2003, .login = "manuel", .role = ROLE_MEMBER
	};
	struct whoami_reply reply;
	char project[16];

	create_role("many",
	    "token.read=project token.create=project token.login-as=project");
	expect(&root, STATUS_OK, "");
	create_role("more", "token.revoke=project");
	expect(&root, STATUS_OK, "");
	for (int i = 0; i < 30; i++) {
		(void)snprintf(project, sizeof(project), "p%d", i);
		create_project(project);
		expect(&root, STATUS_OK, "");
		grant_role("many", "manuel", project, "deploy other");
		expect(&root, STATUS_OK, "");
		grant_role("more", "manuel", project, "");
		expect(&root, STATUS_OK, "");
	}
	request(OP_WHOAMI);
	expect(&manuel, STATUS_OK, "");
	whoami_reply_get(&body, &reply);
	ck_assert_int_eq(wirebuf_done(&body), 0);
	ck_assert_uint_gt(reply.role.size, 100);
	/* Each project once, with all that its grants permit. */
	ck_assert_uint_ge(reply.permissions.count, 90);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("named");

	if (crypto_init() < 0)
		return 1;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, scene_close);
	tcase_add_test(tcase, projects_live);
	tcase_add_test(tcase, there_are_more_grants_than_are_looked_at);
	tcase_add_test(tcase, who_has_many_grants_is_told_some);
	tcase_add_test(tcase, default_is_always_there);
	tcase_add_test(tcase, tokens_are_counted_and_hold_a_project);
	tcase_add_test(tcase, tokens_need_their_projects);
	tcase_add_test(tcase, a_served_project_stays);
	tcase_add_loop_test(
	    tcase, a_locked_project_freezes_scopes, 0, COUNT(fields));
	tcase_add_test(tcase, a_locked_project_keeps_login_names);
	tcase_add_test(tcase, roles_live);
	tcase_add_test(tcase, grants_come_and_go);
	tcase_add_test(tcase, deleting_takes_grants_away);
	tcase_add_test(tcase, people_see_what_is_theirs);
	tcase_add_loop_test(tcase, refuses, 0, COUNT(refusals));
	tcase_add_test(tcase, the_last_owner_stays);
	tcase_add_loop_test(
	    tcase, admins_give_what_they_have, 0, COUNT(grantings));
	tcase_add_test(tcase, admins_keep_to_their_project);
	tcase_add_test(tcase, withdrawing_does_not_give);
	tcase_add_loop_test(
	    tcase, who_comes_second_comes_too_late, 0, COUNT(races));
	tcase_add_test(tcase, lists_are_paged);
	tcase_add_test(tcase, a_full_row_takes_no_more);
	tcase_add_loop_test(
	    tcase, what_is_no_request_is_malformed, 0, COUNT(opcodes));
	return run_cases("op_named", &tcase, 1);
}
