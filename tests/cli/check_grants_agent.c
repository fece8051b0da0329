/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What grants and management tokens let people do, and what of it is left when
 * they are taken away: by the real program, as two uids, against the real
 * agent.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"

/* What lives under this uid, and in a group of that name, everywhere. */

static void
start_with(const char *role)
{
	char config[256];

	(void)snprintf(config, sizeof config,
	    "[agent]\ndefault_role = %s\nself_service_min_uid = 1\n"
	    "[service svc]\naccess = full\n"
	    "[service web]\nproject = web\n"
	    "[service opweb]\nproject = web\nelevated = yes\n",
	    role);
	typing_start(config);
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("atm"));
	/* It may be there from the start before. */
	(void)cli_run("project create web", "");
}

static void
start(void)
{
	start_with("member");
}

/* Who types from here on. */
static void
be_member(void)
{
	cli_uid = MEMBER_UID;
}

static void
be_root(void)
{
	cli_uid = (uid_t)-1;
}

/* The management token in @ becomes one with these options, made by root. */
static void
management(const char *options)
{
	char line[256];
	FILE *file;

	(void)unlink(cli_file);
	(void)snprintf(line, sizeof line,
	    "create manager --management %s --quiet", options);
	makes(line);
	file = fopen(cli_file, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\n", token);
	ck_assert_int_eq(fclose(file), 0);
}

/* Whether the last token lets that login into that service. */
static void
opens(const char *login, const char *service, bool expected)
{
	char line[128];
	int status;

	(void)snprintf(
	    line, sizeof line, "verify --user %s --service %s", login, service);
	status = cli_run(line, token);
	ck_assert_msg(
	    status == (expected ? 0 : 10), "%s: %d: %s", line, status, cli_out);
}

START_TEST(a_grant_taken_away_ends_what_was_made_with_it)
{
	done("role grant admin " MEMBER " --project web --login-as deploy");
	be_member();
	makes("create d --user deploy --owner deploy --project web "
	      "--allow web --allow opweb --quiet");
	be_root();
	opens("deploy", "web", true);
	opens("deploy", "opweb", true);
	done("role withdraw admin " MEMBER " --project web");
	opens("deploy", "web", false);
	opens("deploy", "opweb", false);
}
END_TEST

START_TEST(a_grant_given_again_opens_it_again)
{
	done("role grant admin " MEMBER " --project web --login-as deploy");
	be_member();
	makes("create d --user deploy --project web --quiet");
	be_root();
	done("role withdraw admin " MEMBER " --project web");
	fails("explain d --user deploy --service web", 10, "");
	cli_holds(cli_out, "a grant was taken away or made smaller");
	opens("deploy", "web", false);
	done("role grant admin " MEMBER " --project web --login-as www");
	opens("deploy", "web", false);
	done("role withdraw admin " MEMBER " --project web");
	done("role grant admin " MEMBER " --project web --login-as deploy,www");
	opens("deploy", "web", true);
}
END_TEST

/* A custom role counts as it is now. */
START_TEST(a_role_that_is_no_more_opens_nothing)
{
	done("role create maker --permission token.create=project "
	     "--permission token.login-as=project --permission token.use=own");
	done("role grant maker " MEMBER " --project web --login-as deploy");
	be_member();
	makes("create d --user deploy --project web --quiet");
	fails("delete d --yes", 3, "");
	be_root();
	opens("deploy", "web", true);
	fails("role delete maker --yes", 5, "");
	opens("deploy", "web", true);
	done("role delete maker --withdraw --yes");
	opens("deploy", "web", false);
}
END_TEST

/* What root made stays what it is. */
START_TEST(what_root_made_rests_on_nothing)
{
	makes("create r --owner " MEMBER " --user " MEMBER
	      " --project web --quiet");
	opens(MEMBER, "web", true);
	done("role grant admin " MEMBER " --project web");
	done("role withdraw admin " MEMBER " --project web");
	opens(MEMBER, "web", true);
}
END_TEST

START_TEST(watch_only_neither_makes_nor_uses)
{
	be_member();
	makes("create mine --quiet");
	opens(MEMBER, "svc", true);
	be_root();
	done("role grant watch-only " MEMBER);
	be_member();
	fails("create other --quiet", 4, "token.create");
	fails("revoke mine --yes", 4, "token.revoke");
	done("show mine");
	opens(MEMBER, "svc", false);
	cli_holds(cli_out, "owner");
	be_root();
	done("role withdraw watch-only " MEMBER);
	opens(MEMBER, "svc", true);
}
END_TEST

/* A project admin sees their project's tokens and no others. */
START_TEST(an_admin_sees_a_project)
{
	makes("create inside --user alice --project web --quiet");
	makes("create outside --user alice --quiet");
	makes("create everywhere --user alice --organization --quiet");
	be_member();
	makes("create mine --quiet");
	done("list -o csv");
	ck_assert_ptr_null(strstr(cli_out, "inside"));
	be_root();
	done("role grant admin " MEMBER " --project web");
	be_member();
	done("list -o csv");
	cli_holds(cli_out, "inside");
	cli_holds(cli_out, "mine");
	ck_assert_ptr_null(strstr(cli_out, "outside"));
	ck_assert_ptr_null(strstr(cli_out, "everywhere"));
	fails("show outside", 3, "");
	fails("revoke everywhere --yes", 3, "");
	fails(
	    "create o --organization --owner alice --quiet", 4, "token.create");
	done("disable inside --yes");
	done("audit --action token.create -o csv");
	cli_holds(cli_out, "inside");
	ck_assert_ptr_null(strstr(cli_out, "outside"));
	done("whoami");
	cli_holds(cli_out, "token.revoke=project:web");
}
END_TEST

/* Nobody gives what they have not. */
static const struct {
	const char *line;
	int status;
	const char *why;
} beyond[] = {
	{ "create x --user root --project web", 4, "token.login-as" },
	{ "create x --user deploy --project default", 4, "token.login-as" },
	{ "create x --user deploy --organization", 4, "token.login-as" },
	{ "create x --owner alice --project default", 4, "token.create" },
	{ "create m --management --role owner --project web", 4, "owner" },
	{ "create m --management --role admin --project default", 4,
	    "management.create" },
	{ "create m --management --role admin --organization", 4,
	    "management.create" },
	{ "create m --management --role admin --project web --user root", 4,
	    "token.login-as" },
	{ "create m --management --role admin --project web --owner root", 4,
	    "of their own" },
	{ "create m --management --project web", 2, "--role" },
	{ "create m --management --role nosuch --project web", 3, "nosuch" },
	{ "role grant owner games --project web", 4, "" },
	{ "role grant admin " MEMBER, 4, "" },
	{ "role grant admin games --project default", 4, "" },
	{ "role grant admin games --project web --login-as root", 4, "root" },
	{ "project delete web --yes", 4, "project.delete" },
	{ "role create x --permission token.read=own", 4, "role.create" },
	{ "key rotate", 4, "" },
	{ "export", 4, "store.export" },
	{ "edit outside --expires never", 3, "" },
};

START_TEST(nobody_goes_beyond_their_grants)
{
	makes("create outside --user alice --quiet");
	done("role grant admin " MEMBER " --project web --login-as deploy");
	be_member();
	fails(beyond[_i].line, beyond[_i].status, beyond[_i].why);
}
END_TEST

/* With default_role = none nobody has anything without a grant. */
START_TEST(nobody_is_anything_without_a_grant)
{
	typing_stop();
	start_with("none");
	be_member();
	fails("create mine --quiet", 4, "token.create");
	fails("list", 4, "token.read");
	be_root();
	done("role grant member %" MEMBER " --project web");
	be_member();
	makes("create mine --project web --quiet");
	opens(MEMBER, "web", true);
	opens(MEMBER, "svc", false);
	fails("create other --quiet", 4, "token.create");
	be_root();
	done("role withdraw member %" MEMBER " --project web");
	opens(MEMBER, "web", false);
}
END_TEST

/* A management token of root's: its roles, in its project, for its names. */
START_TEST(a_management_token_does_what_its_roles_do)
{
	makes("create outside --user alice --quiet");
	management("--role admin --project web --user deploy");
	be_member();
	done("whoami --token-file @");
	cli_holds(cli_out, "login: root\n");
	cli_holds(cli_out, "token.create=project:web");
	ck_assert_ptr_null(strstr(cli_out, "key.rotate"));
	makes("create d --owner deploy --user deploy --project web --quiet "
	      "--token-file @");
	opens("deploy", "web", true);
	fails("create r --user root --project web --token-file @", 4,
	    "token.login-as");
	fails("create r --user deploy --token-file @", 4, "token.");
	fails("show outside --token-file @", 3, "");
	fails("create m --management --role member --project web "
	      "--token-file @",
	    4, "management");
	fails("export --token-file @", 4, "store.export");
	fails("key rotate --token-file @", 4, "");
	be_root();
	fails("show outside --token-file @", 3, "");
	done("audit --action token.create -o csv");
	cli_holds(cli_out, "by-token=");
	cli_holds(cli_out, "by-uid=1 ");
	done("show manager");
	cli_holds(cli_out, "admin");
}
END_TEST

/* It is no password, and no service's. */
START_TEST(a_management_token_is_never_a_password)
{
	management("--role admin --organization --user alice");
	opens("alice", "svc", false);
	opens("root", "svc", false);
	ck_assert_int_eq(cli_run("exchange", token), 10);
	makes("create a --user alice --quiet");
	ck_assert_int_eq(cli_run("list --token-file @", ""), 0);
}
END_TEST

static const char *const ends[] = { "revoke manager --yes",
	"disable manager --yes", "delete manager --yes",
	"regenerate manager --yes --quiet" };

START_TEST(an_ended_management_token_does_nothing)
{
	management("--role admin --project web --user deploy");
	done("list --token-file @");
	done(ends[_i]);
	fails("list --token-file @", 10, "is not good");
	ck_assert_str_eq(cli_out, "");
	fails("create x --user deploy --project web --token-file @", 10,
	    "is not good");
}
END_TEST

/* No more than its owner, at that moment. */
START_TEST(a_management_token_is_no_more_than_its_owner)
{
	done("role grant admin " MEMBER " --project web --login-as deploy");
	management("--role admin --project web --user deploy --user root "
		   "--owner " MEMBER);
	done("list --token-file @");
	fails("create r --user root --project web --token-file @", 4,
	    "token.login-as");
	makes("create d --user deploy --project web --quiet --token-file @");
	done("role withdraw admin " MEMBER " --project web");
	fails(
	    "create d --user deploy --project web --token-file @", 4, "token.");
	done("role grant watch-only " MEMBER " --project web");
	done("list --token-file @");
	fails("create d --user deploy --project web --token-file @", 4,
	    "token.create");
}
END_TEST

START_TEST(what_is_no_management_token_is_refused)
{
	FILE *file = fopen(cli_file, "w");

	ck_assert_ptr_nonnull(file);
	makes("create a --user root --quiet");
	fprintf(file, "%s\n", token);
	ck_assert_int_eq(fclose(file), 0);
	fails("list --token-file @", 10, "no management token");
	file = fopen(cli_file, "w");
	ck_assert_ptr_nonnull(file);
	fputs("hello\n", file);
	ck_assert_int_eq(fclose(file), 0);
	fails("list --token-file @", 2, "holds no management token");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("grants");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, a_grant_taken_away_ends_what_was_made_with_it);
	tcase_add_test(tcase, a_grant_given_again_opens_it_again);
	tcase_add_test(tcase, a_role_that_is_no_more_opens_nothing);
	tcase_add_test(tcase, what_root_made_rests_on_nothing);
	tcase_add_test(tcase, watch_only_neither_makes_nor_uses);
	tcase_add_test(tcase, an_admin_sees_a_project);
	tcase_add_loop_test(
	    tcase, nobody_goes_beyond_their_grants, 0, COUNT(beyond));
	tcase_add_test(tcase, nobody_is_anything_without_a_grant);
	tcase_add_test(tcase, a_management_token_does_what_its_roles_do);
	tcase_add_test(tcase, a_management_token_is_never_a_password);
	tcase_add_loop_test(
	    tcase, an_ended_management_token_does_nothing, 0, COUNT(ends));
	tcase_add_test(tcase, a_management_token_is_no_more_than_its_owner);
	tcase_add_test(tcase, what_is_no_management_token_is_refused);
	return cli_cases("grants", &tcase, 1);
}
