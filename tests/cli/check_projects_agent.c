/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Projects, roles and grants by the real program against the real agent: what
 * tokens and people may do then is asked of the commands that they use.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

/* What lives under this uid, and in a group of that name, everywhere. */

static void
start(void)
{
	typing_start(TYPING_AGENT "[service web]\nproject = web\n"
				  "access = full\n");
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("secret"));
}

/* The same by the member. */
static void
member_done(const char *line)
{
	cli_uid = MEMBER_UID;
	done(line);
	cli_uid = (uid_t)-1;
}

static void
member_fails(const char *line, int status, const char *why)
{
	cli_uid = MEMBER_UID;
	fails(line, status, why);
	cli_uid = (uid_t)-1;
}

START_TEST(project_create_list_show_edit_lock_delete)
{
	done("project create shop --description things --json");
	cli_holds(cli_out, "\"name\": \"shop\"");
	cli_holds(cli_out, "\"description\": \"things\"");
	cli_holds(cli_out, "\"locked\": false");
	cli_holds(cli_out, "\"tokens\": 0");
	cli_holds(cli_out, "\"created_by\": \"root\"");
	done("project list");
	cli_holds(cli_out, "NAME    DESCRIPTION LOCKED TOKENS CREATED");
	cli_holds(cli_out, "default -           no     2      -");
	cli_holds(cli_out, "shop    things      no     0      2");
	done("project list -o id");
	ck_assert_str_eq(cli_out, "default\nshop\n");
	done("project list -o csv");
	cli_holds(cli_out, "name,description,locked,tokens,created_at,");
	done("project edit shop --description '' -o jsonl");
	cli_holds(cli_out, "\"description\":null");
	done("project lock shop --json");
	cli_holds(cli_out, "\"locked\": true");
	done("project show shop");
	cli_holds(cli_out, "locked             yes\n");
	done("project unlock shop --json");
	cli_holds(cli_out, "\"locked\": false");
	done("project delete shop --yes");
	cli_holds(cli_err, "deleted project shop");
	fails("project show shop", 3, "there is no such project");
	done("audit --action project.delete");
	cli_holds(cli_out, " shop ");
}
END_TEST

START_TEST(tokens_belong_to_projects_that_are_there)
{
	fails("create a --user alice --project web --quiet", 3,
	    "there is no project web: apitoken project create web makes it");
	done("project create web");
	done("create a --user alice --project web --quiet");
	cli_out[strcspn(cli_out, "\n")] = '\0';
	ck_assert_int_eq(
	    cli_run("verify --user alice --service web --quiet", cli_out), 0);
	done("project show web --json");
	cli_holds(cli_out, "\"tokens\": 1");
}
END_TEST

START_TEST(a_project_with_tokens_goes_with_them)
{
	char line[64];

	done("project create shop");
	for (int i = 0; i < 12; i++) {
		(void)snprintf(line, sizeof line,
		    "create t%d --user alice --project shop --quiet", i);
		done(line);
	}
	done("create both --user alice --project shop --project default "
	     "--quiet");
	done("create kept --user alice --quiet");
	fails("project delete shop --yes", 5, "project shop has 13 tokens");
	fails("project delete shop --with-tokens", 2, "--yes is needed");
	done("list --project shop -o id");
	ck_assert_uint_eq(strlen(cli_out), 13 * (TOKEN_ID_SIZE + 1));
	done("project delete shop --with-tokens --yes");
	cli_holds(cli_err, "deleted 13 tokens");
	done("list");
	cli_holds(cli_out, " kept ");
	ck_assert_ptr_null(strstr(cli_out, " both "));
	fails("project show shop", 3, "there is no such project");
	done("audit --verify");
}
END_TEST

/* What tokens may be used for is fixed; what is said of them, and that they
 * end, is not. */
START_TEST(a_locked_project_freezes_its_tokens)
{
	static const char *const frozen[] = { "edit a --user bob",
		"edit a --type read-only", "edit a --type custom --allow svc",
		"edit a --from 192.0.2.1", "edit a --environment test",
		"regenerate a --user bob --yes" };
	static const char *const free_still[] = {
		"edit a --description mine --name b", "edit b --expires 7d",
		"disable b --yes", "enable b", "regenerate b --yes --quiet",
		"revoke b --yes"
	};

	done("project create shop");
	done("create a --user alice --project shop --quiet");
	done("project lock shop");
	for (int i = 0; i < COUNT(frozen); i++)
		fails(frozen[i], 5, "its project is locked");
	for (int i = 0; i < COUNT(free_still); i++)
		done(free_still[i]);
	done("create new --user alice --project shop --quiet");
	fails("edit new --user bob", 5, "its project is locked");
	done("project unlock shop");
	done("edit new --user bob");
}
END_TEST

START_TEST(role_create_list_show_delete)
{
	done("role list");
	cli_holds(cli_out, "owner      yes ");
	done("role list -o id");
	ck_assert_str_eq(cli_out, "none\nwatch-only\nmember\nadmin\nowner\n");
	done("role create ops --permission token.read=project "
	     "--permission token.revoke=project --description night --json");
	cli_holds(cli_out, "\"builtin\": false");
	cli_holds(cli_out, "\"description\": \"night\"");
	cli_holds(cli_out, "\"permissions\": [\n    \"token.read=project\",\n"
			   "    \"token.revoke=project\"\n  ]");
	done("role show member");
	cli_holds(cli_out, "permissions        token.read=own,token.create=");
	done("role delete ops --yes");
	cli_holds(cli_err, "deleted role ops");
	fails("role show ops", 3, "there is no role ops");
}
END_TEST

START_TEST(role_grant_withdraw)
{
	done("project create shop");
	done("create hers --user alice --project shop --quiet");
	member_fails("show hers", 3, "no token has 'hers'");
	done("role grant admin " MEMBER " --project shop --login-as bob,carol "
	     "--json");
	cli_holds(cli_out, "\"principal\": \"" MEMBER "\"");
	cli_holds(cli_out, "\"kind\": \"user\"");
	cli_holds(cli_out, "\"project\": \"shop\"");
	cli_holds(cli_out, "\"login_as\": [\n    \"bob\",\n    \"carol\"\n  ]");
	member_done("show hers");
	member_done("create his --user bob --project shop --quiet");
	member_fails("create x --user alice --project shop", 4, "");
	member_done("role grants");
	cli_holds(cli_out, MEMBER "    admin shop    bob,carol ");
	member_done("role grant admin bin --project shop --login-as bob");
	member_fails("role grant admin bin --login-as bob", 4, "role.grant");
	done("role withdraw admin " MEMBER " --project shop");
	member_fails("show hers", 3, "no token has 'hers'");
	member_fails("role withdraw admin bin --project shop", 4, "role.grant");
	fails("role withdraw admin " MEMBER " --project shop", 3,
	    MEMBER " does not have role admin for project shop");
	done("role grants " MEMBER " -o jsonl");
	ck_assert_str_eq(cli_out, "");
	done("audit --action role.withdraw -o jsonl");
	cli_holds(cli_out, "principal=\\\"" MEMBER "\\\"");
}
END_TEST

/* A group is kept by its number and shown by its name. */
START_TEST(groups_have_roles)
{
	done("create hers --user alice --quiet");
	done("role grant watch-only %" MEMBER);
	cli_holds(cli_out, "principal          %" MEMBER "\n");
	cli_holds(cli_out, "kind               group\n");
	member_done("show hers");
	member_fails("create x", 4, "token.create");
	done("audit --action role.grant -o jsonl");
	cli_holds(cli_out, "principal=\\\"%1\\\"");
	done("role withdraw watch-only %1");
	member_done("create x --quiet");
	done("role grant member %4000000000 --json");
	cli_holds(cli_out, "\"principal\": \"%4000000000\"");
	cli_holds(cli_out, "\"project\": null");
}
END_TEST

START_TEST(deleting_withdraws)
{
	done("project create shop");
	done("role create ops --permission token.read=project");
	done("role grant ops " MEMBER);
	done("role grant ops %" MEMBER " --project shop");
	fails("role delete ops --yes", 5, "role ops is granted 2 times");
	done("project delete shop --yes");
	fails("role delete ops --yes", 5, "role ops is granted 1 time (");
	fails("role delete ops --withdraw", 2, "--yes is needed");
	done("role delete ops --withdraw --yes");
	cli_holds(cli_err, "withdrew 1 grant\ndeleted role ops\n");
	done("role grants");
	cli_holds(cli_err, "no grants");
}
END_TEST

/* A store that is opened again has them, and is sound. */
START_TEST(they_outlive_the_agent)
{
	done("project create shop");
	done("project lock shop");
	done("role create ops --permission token.read=project");
	done("role grant ops " MEMBER " --project shop");
	realagent_kill(agent);
	start();
	done("project show shop");
	cli_holds(cli_out, "locked             yes\n");
	done("role grants");
	cli_holds(cli_out, " ops  shop ");
	done("audit --verify");
}
END_TEST

static const struct {
	const char *line;
	int status;
	const char *why;
} refusals[] = {
	{ "project", 2, "usage: apitoken [OPTION]... project COMMAND" },
	{ "project frob", 2, "create|list|show|edit|lock|unlock|delete" },
	{ "role frob", 2, "create|list|show|delete|grant|withdraw|grants" },
	{ "project create", 2, "NAME is missing" },
	{ "project create a b", 2, "unexpected 'b'" },
	{ "project create a/b", 2, "a project's name is a word" },
	{ "project create default", 5, "already" },
	{ "project edit default", 2, "give --description" },
	{ "project edit default --name x", 2, "unknown option '--name'" },
	{ "project lock gone", 3, "apitoken project create gone" },
	{ "project delete default --yes", 5, "cannot be deleted" },
	{ "project delete default", 2, "--yes is needed" },
	{ "project delete default --yes --json", 2, "does not answer as" },
	{ "role create x", 2, "--permission PERMISSION=REACH is missing" },
	{ "role create x --permission token.fly=own", 2, "token.create=own" },
	{ "role create x --permission token.use=all", 4, "token.use=own" },
	{ "role create owner --permission token.read=own", 5, "built-in" },
	{ "role delete owner --yes", 5, "built-in" },
	{ "role grant member", 2, "ROLE USER|%GROUP is missing" },
	{ "role grant gone root", 3, "there is no role gone" },
	{ "role grant member no-such-user", 3, "there is no user" },
	{ "role grant member %no-such-group", 3, "there is no group" },
	{ "role grant member %4294967295", 3, "there is no group" },
	{ "role grant member root --project gone", 3, "no project gone" },
	{ "role grant member root --project ''", 2, "--project is empty" },
	{ "role grant member root --login-as bob", 2, "token.login-as=" },
	{ "role grant admin root --login-as bob,,carol", 2, "--login-as is" },
	{ "role withdraw member no-such-user", 3, "does not have role" },
	{ "role grants %no-such-group", 3, "there is no group" },
};

START_TEST(refuses)
{
	fails(refusals[_i].line, refusals[_i].status, refusals[_i].why);
	ck_assert_str_eq(cli_out, "");
	done("audit -o jsonl --actor root");
	ck_assert_str_eq(cli_out, "");
}
END_TEST

/* What a member may not, whose list of projects has no numbers. */
static const char *const trespasses[] = { "project create x",
	"project edit default --description x", "project lock default",
	"project delete shop --yes", "project delete shop --with-tokens --yes",
	"role create x --permission token.read=own",
	"role delete ops --withdraw --yes", "role grant member " MEMBER,
	"role grant owner " MEMBER, "role withdraw ops bin" };

START_TEST(members_keep_to_their_own)
{
	done("project create shop");
	done("role create ops --permission token.read=project");
	done("role grant ops bin");
	member_fails(trespasses[_i], 4, "permission");
	member_done("project list -o csv");
	cli_holds(cli_out, "default,,no,,");
	member_done("role grants -o csv");
	ck_assert_ptr_null(strstr(cli_out, "bin"));
	done("role grants -o csv");
	cli_holds(cli_out, "bin,user,ops,,");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("commands");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, project_create_list_show_edit_lock_delete);
	tcase_add_test(tcase, tokens_belong_to_projects_that_are_there);
	tcase_add_test(tcase, a_project_with_tokens_goes_with_them);
	tcase_add_test(tcase, a_locked_project_freezes_its_tokens);
	tcase_add_test(tcase, role_create_list_show_delete);
	tcase_add_test(tcase, role_grant_withdraw);
	tcase_add_test(tcase, groups_have_roles);
	tcase_add_test(tcase, deleting_withdraws);
	tcase_add_test(tcase, they_outlive_the_agent);
	tcase_add_loop_test(tcase, refuses, 0, COUNT(refusals));
	tcase_add_loop_test(
	    tcase, members_keep_to_their_own, 0, COUNT(trespasses));
	return cli_cases("projects, roles, grants", &tcase, 1);
}
