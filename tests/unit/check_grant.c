/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/model/grant.h"
#include "tests/unit/model_fixture.h"

/*
 * The matrix of ARCHITECTURE.md, "Owners, projects, roles", written again, in
 * words: owner, admin, member, watch-only.  token.login-as of an admin reaches
 * the names in a grant, of which there are none yet: their projects', that
 * is, like all reach over a project without a grant, their own; a member's is
 * the own name.
 */
static const struct {
	const char *word;
	const char *reach[4];
} matrix[] = {
	{ "token.read", { "all", "project", "own", "project" } },
	{ "token.create", { "all", "project", "own", "none" } },
	{ "token.update", { "all", "project", "own", "none" } },
	{ "token.regenerate", { "all", "project", "own", "none" } },
	{ "token.disable", { "all", "project", "own", "none" } },
	{ "token.revoke", { "all", "project", "own", "none" } },
	{ "token.delete", { "all", "project", "own", "none" } },
	{ "token.login-as", { "all", "project", "own", "none" } },
	{ "token.use", { "own", "own", "own", "none" } },
	{ "management.create", { "all", "project", "none", "none" } },
	{ "management.read", { "all", "project", "none", "none" } },
	{ "audit.read", { "all", "project", "own", "none" } },
	{ "session.read", { "all", "project", "own", "none" } },
	{ "session.end", { "all", "project", "own", "none" } },
	{ "project.create", { "all", "none", "none", "none" } },
	{ "project.edit", { "all", "project", "none", "none" } },
	{ "project.delete", { "all", "none", "none", "none" } },
	{ "role.create", { "all", "none", "none", "none" } },
	{ "role.delete", { "all", "none", "none", "none" } },
	{ "role.grant", { "all", "project", "none", "none" } },
	{ "key.read", { "all", "none", "none", "none" } },
	{ "key.rotate", { "all", "none", "none", "none" } },
	{ "store.export", { "all", "none", "none", "none" } },
	{ "store.restore", { "all", "none", "none", "none" } },
};

static const char *const roles[] = { "owner", "admin", "member", "watch-only" };

START_TEST(the_matrix_is_the_documented_one)
{
	enum permission permission = (enum permission)_i;

	ck_assert_int_eq(PERMISSION_COUNT, COUNT(matrix));
	ck_assert_str_eq(permission_word(permission), matrix[_i].word);
	for (size_t i = 0; i < COUNT(roles); i++) {
		enum role role = role_of(span_of(roles[i]));

		ck_assert_str_eq(reach_word(grant_reach(role, permission)),
		    matrix[_i].reach[i]);
	}
	ck_assert_int_eq(grant_reach(ROLE_NONE, permission), REACH_NONE);
}
END_TEST

START_TEST(what_is_not_there_reaches_nothing)
{
	for (int role = 0; role < 300; role++)
		ck_assert_int_eq(
		    grant_reach((enum role)role, PERMISSION_NONE), REACH_NONE);
	for (int i = 0; i < PERMISSION_COUNT; i++)
		for (int role = ROLE_COUNT; role < 300; role++)
			ck_assert_int_eq(
			    grant_reach((enum role)role, (enum permission)i),
			    REACH_NONE);
	ck_assert_str_eq(permission_word(PERMISSION_NONE), "");
	ck_assert_str_eq(role_word(ROLE_COUNT), "none");
}
END_TEST

START_TEST(role_words_go_both_ways)
{
	static const char *const others[] = { "", "Owner", "own", "owners",
		"root", "watch_only", "member " };

	for (int role = ROLE_NONE; role < ROLE_COUNT; role++)
		ck_assert_int_eq(
		    role_of(span_of(role_word((enum role)role))), role);
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_int_eq(role_of(span_of(others[i])), ROLE_COUNT);
}
END_TEST

START_TEST(permission_words_go_both_ways)
{
	ck_assert_int_eq(permission_of(span_of(matrix[_i].word)), _i);
	ck_assert_int_eq(permission_of(span_of("token")), PERMISSION_COUNT);
	ck_assert_int_eq(permission_of(span_of("")), PERMISSION_COUNT);
	for (int r = REACH_NONE; r <= REACH_ALL; r++)
		ck_assert_int_eq(
		    reach_of(span_of(reach_word((enum reach)r))), r);
	ck_assert_int_eq(reach_of(span_of("everything")), -1);
	ck_assert_int_eq(reach_of(span_of("")), -1);
}
END_TEST

/* A grant of a built-in role, and what it lets alice do. */
static const struct {
	enum role role;
	const char *project;
	const char *login_as;
	const char *for_project; /* asked about; "": the organization */
	bool counts;
	const char *reach; /* of token.create */
	const char *login;
	bool speaks;
} grants[] = {
	{ ROLE_OWNER, "", "", "web", true, "all", "root", true },
	{ ROLE_OWNER, "", "", "", true, "all", "root", true },
	/* over a project nobody has more than that project */
	{ ROLE_OWNER, "web", "", "web", true, "project", "root", false },
	{ ROLE_OWNER, "web", "root", "web", true, "project", "root", true },
	{ ROLE_ADMIN, "web", "deploy", "web", true, "project", "deploy", true },
	{ ROLE_ADMIN, "web", "deploy", "web", true, "project", "alice", true },
	{ ROLE_ADMIN, "web", "deploy", "web", true, "project", "root", false },
	{ ROLE_ADMIN, "web", "deploy", "db", false, "project", "deploy", true },
	{ ROLE_ADMIN, "web", "deploy", "", false, "project", "deploy", true },
	{ ROLE_ADMIN, "", "deploy", "db", true, "project", "deploy", true },
	{ ROLE_MEMBER, "web", "", "web", true, "own", "alice", true },
	/* names go with reach beyond one's own only */
	{ ROLE_MEMBER, "web", "deploy", "web", true, "own", "deploy", false },
	{ ROLE_WATCH_ONLY, "web", "alice", "web", true, "none", "alice",
	    false },
	{ ROLE_NONE, "", "", "web", true, "none", "alice", false },
};

START_TEST(a_grant_says_where_and_for_whom)
{
	struct grant grant = { .project = span_of(grants[_i].project),
		.login_as = list_of(grants[_i].login_as) };

	permissions_of_role(grants[_i].role, &grant.permissions);
	ck_assert(grant_is_for(&grant, span_of(grants[_i].for_project)) ==
		  grants[_i].counts);
	ck_assert_str_eq(
	    reach_word(grant_permits(&grant, TOKEN_CREATE)), grants[_i].reach);
	ck_assert(grant_speaks_for(&grant, span_of("alice"),
		      span_of(grants[_i].login)) == grants[_i].speaks);
	ck_assert_int_eq(grant_permits(&grant, PERMISSION_NONE), REACH_NONE);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("grant");

	tcase_add_loop_test(
	    tcase, the_matrix_is_the_documented_one, 0, COUNT(matrix));
	tcase_add_test(tcase, what_is_not_there_reaches_nothing);
	tcase_add_test(tcase, role_words_go_both_ways);
	tcase_add_loop_test(
	    tcase, permission_words_go_both_ways, 0, COUNT(matrix));
	tcase_add_loop_test(
	    tcase, a_grant_says_where_and_for_whom, 0, COUNT(grants));
	return run_cases("grant", &tcase, 1);
}
