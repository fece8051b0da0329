/* SPDX-License-Identifier: BSD-3-Clause */
/* Types, environments, and who may make and see which token. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/row.h"

static const struct {
	const char *options;
	bool svc, reports, production, staging, sudo;
} reaches[] = {
	{ "", true, true, true, true, false },
	{ "--type full-access", true, true, true, true, false },
	{ "--type read-only", false, true, false, false, false },
	{ "--type custom --allow svc", true, false, false, false, false },
	{ "--allow reports --allow staging", false, true, false, true, false },
	{ "--allow sudo", false, false, false, false, true },
	{ "--environment production", false, false, true, false, false },
	{ "--environment staging", false, false, false, true, false },
	{ "--environment staging --allow production", false, false, false,
	    false, false },
};

START_TEST(unleash_types_environments)
{
	char line[128];

	(void)snprintf(line, sizeof line, "create t --user alice --quiet %s",
	    reaches[_i].options);
	row_makes(line, row_token);
	ck_assert_int_eq(row_opens(row_token, "svc"), reaches[_i].svc);
	ck_assert_int_eq(
	    row_opens(row_token, "production"), reaches[_i].production);
	ck_assert_int_eq(row_opens(row_token, "staging"), reaches[_i].staging);
	ck_assert_int_eq(row_opens(row_token, "sudo"), reaches[_i].sudo);
	/* A service without an environment is none of production's. */
	ck_assert_int_eq(row_opens(row_token, "reports"), reaches[_i].reports);
}
END_TEST

START_TEST(unleash_types_are_shown)
{
	row_makes(
	    "create t --user alice --type read-only --environment production "
	    "--quiet",
	    row_token);
	row_done("show t -o jsonl");
	cli_holds(cli_out, "\"type\":\"read-only\"");
	cli_holds(cli_out, "\"environment\":\"production\"");
	row_done("list --type read-only");
	cli_holds(cli_out, " t ");
	row_done("list --type custom");
	row_lacks(" t ");
	row_fails("create u --type wild", 2, "read-only|full-access|custom");
	row_fails("create u --type custom", 2, "--allow");
	ck_assert_int_eq(
	    cli_run("explain t --user alice --service staging", ""), 10);
	cli_holds(cli_out, "environment no ");
}
END_TEST

START_TEST(unleash_a_permission_to_create)
{
	row_done("role create reader --permission token.read=all");
	row_done("role grant reader " MEMBER);
	row_member_fails("create x", 4, "token.create");
	row_member_fails("create x --management", 4, "permission");
	row_done("role withdraw reader " MEMBER);
	row_member_done("create x --quiet");
	row_member_fails("create y --management", 4, "management.create");
	row_member_fails("create y --user alice", 4, "token.login-as");
	row_member_fails("create y --owner alice", 4, "");
	row_done("role create maker --permission token.create=own "
		 "--permission management.create=project "
		 "--permission token.read=own");
	row_done("role grant maker " MEMBER);
	row_member_done("create y --management --role maker --quiet");
	/* And not for more than one may do. */
	row_member_fails("create z --management --role owner", 4, "");
}
END_TEST

/* Management tokens have permissions of their own. */
START_TEST(unleash_management_create_is_apart)
{
	row_done("role create maker --permission management.create=all "
		 "--permission management.read=all");
	row_done("role grant maker " MEMBER);
	row_member_fails("create x", 4, "token.create");
	row_member_done("create y --management --role maker --organization "
			"--quiet");
	row_done("role withdraw maker " MEMBER);
	row_done("role create reader --permission token.read=own");
	row_done("role grant reader " MEMBER);
	row_member_fails("create z --management", 4, "management.create");
}
END_TEST

START_TEST(unleash_management_read_is_apart)
{
	row_done("create hers --user alice --quiet");
	row_done(
	    "create boss --management --role owner --organization --quiet");
	row_done("role create manager --permission management.read=all");
	row_done("role grant manager " MEMBER);
	row_member_done("list");
	cli_holds(cli_out, " boss ");
	row_lacks(" hers ");
	row_member_done("show boss");
	/* What they may not read is not there for them. */
	row_member_fails("show hers", 3, "no token");
}
END_TEST

START_TEST(unleash_management_read_reaches_further)
{
	row_done("create hers --user alice --quiet");
	row_done("create boss --management --role owner --organization "
		 "--quiet");
	row_done("role create manager --permission token.read=own "
		 "--permission management.read=all");
	row_done("role grant manager " MEMBER);
	row_member_done("list");
	cli_holds(cli_out, " boss ");
	row_lacks(" hers ");
}
END_TEST

START_TEST(unleash_visibility_depends_on_kind_and_role)
{
	row_done("project create web");
	row_done("create his --user " MEMBER " --quiet");
	row_done("create hers --user alice --project web --quiet");
	row_done(
	    "create boss --management --role owner --organization --quiet");
	row_done(
	    "create chief --management --role admin --project web --quiet");
	row_member_done("list");
	cli_holds(cli_out, " his ");
	row_lacks(" hers ");
	row_lacks(" boss ");
	row_member_fails("show hers", 3, "no ");
	row_member_fails("revoke hers --yes", 3, "no ");
	row_member_fails("explain hers --user alice --service svc", 3, "no ");
	row_done("role create reader --permission token.read=all");
	row_done("role grant reader " MEMBER);
	row_member_done("list");
	cli_holds(cli_out, " his ");
	cli_holds(cli_out, " hers ");
	row_lacks(" boss ");
	row_lacks(" chief ");
	row_member_fails("show boss", 3, "no ");
	row_done("role create manager --permission token.read=all "
		 "--permission management.read=all");
	row_done("role withdraw reader " MEMBER);
	row_done("role grant manager " MEMBER);
	row_member_done("list");
	cli_holds(cli_out, " his ");
	cli_holds(cli_out, " boss ");
	cli_holds(cli_out, " chief ");
	cli_holds(cli_out, " hers ");
	row_done("role withdraw manager " MEMBER);
	row_done("role grant admin " MEMBER " --project web");
	row_member_done("list");
	cli_holds(cli_out, " hers ");
	cli_holds(cli_out, " chief ");
	row_lacks(" boss ");
}
END_TEST

START_TEST(unleash_token_form_and_copy)
{
	struct stat st;

	row_makes("create form --user alice --type custom --allow svc "
		  "--environment staging --project default --expires 30d "
		  "--description d --quiet",
	    row_token);
	row_done("create text --user alice");
	ck_assert_uint_eq(strlen(cli_out), TOKEN_TEXT_SIZE + 1);
	ck_assert_int_eq(strncmp(cli_out, "atk_", 4), 0);
	ck_assert_ptr_null(strstr(cli_err, "atk_"));
	row_done("create filed --user alice --output @");
	ck_assert_str_eq(cli_out, "");
	ck_assert_int_eq(stat(cli_file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	row_fails("create again --user alice --output @", 5, "exists");
	row_done("list");
	row_lacks(" again ");
	row_done("create json --user alice --json");
	cli_holds(cli_out, "\"token\": \"atk_");
	ck_assert_int_eq(unlink(cli_file), 0);
}
END_TEST

void
row_unleash(TCase *tcase)
{
	tcase_add_loop_test(
	    tcase, unleash_types_environments, 0, COUNT(reaches));
	tcase_add_test(tcase, unleash_types_are_shown);
	tcase_add_test(tcase, unleash_a_permission_to_create);
	tcase_add_test(tcase, unleash_management_create_is_apart);
	tcase_add_test(tcase, unleash_management_read_is_apart);
	tcase_add_test(tcase, unleash_management_read_reaches_further);
	tcase_add_test(tcase, unleash_visibility_depends_on_kind_and_role);
	tcase_add_test(tcase, unleash_token_form_and_copy);
}
