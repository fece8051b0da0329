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

static const struct {
	enum role role;
	const char *owner; /* of the token that alice asks about */
	bool covers;
} tokens[] = {
	{ ROLE_OWNER, "alice", true },
	{ ROLE_OWNER, "bob", true },
	{ ROLE_OWNER, "", true },
	/* without grants for projects */
	{ ROLE_ADMIN, "alice", true },
	{ ROLE_ADMIN, "bob", false },
	{ ROLE_MEMBER, "alice", true },
	{ ROLE_MEMBER, "bob", false },
	{ ROLE_MEMBER, "alic", false },
	{ ROLE_MEMBER, "alicea", false },
	{ ROLE_MEMBER, "Alice", false },
	{ ROLE_MEMBER, "", false },
	{ ROLE_MEMBER, "root", false },
	{ ROLE_WATCH_ONLY, "alice", false },
	{ ROLE_NONE, "alice", false },
	{ ROLE_COUNT, "alice", false },
};

START_TEST(a_reach_covers_its_tokens)
{
	const struct caller caller = {
		.uid = 1000, .login = "alice", .role = tokens[_i].role
	};
	struct span owner = span_of(tokens[_i].owner);

	ck_assert(
	    grant_covers(&caller, TOKEN_REVOKE, owner) == tokens[_i].covers);
}
END_TEST

START_TEST(a_name_with_a_nul_is_another_name)
{
	const struct caller caller = { .login = "alice", .role = ROLE_MEMBER };

	ck_assert(!grant_covers(&caller, TOKEN_READ, span_bytes("alice\0", 6)));
	ck_assert(grant_covers(&caller, TOKEN_READ, span_of("alice")));
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
	tcase_add_loop_test(tcase, a_reach_covers_its_tokens, 0, COUNT(tokens));
	tcase_add_test(tcase, a_name_with_a_nul_is_another_name);
	return run_cases("grant", &tcase, 1);
}
