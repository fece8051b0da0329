/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens in projects, with roles; client id and secret; fixed scopes. */
#include <stdio.h>
#include <string.h>

#include "tests/cli/row.h"

START_TEST(streamkap_token_in_a_project_with_roles)
{
	static const char *const shown[] = { "\"name\":\"pipe\"",
		"\"description\":\"moves-things\"", "\"kind\":\"api\"",
		"\"owner\":\"alice\"", "\"users\":[\"alice\"]",
		"\"projects\":[\"web\",\"default\"]",
		"\"roles\":[\"deployer\"]", "\"state\":\"active\"", NULL };

	row_fails(
	    "create pipe --user alice --project web", 3, "no project web");
	row_done("project create web");
	row_makes("create pipe --user alice --project web --project default "
		  "--role deployer --description moves-things --quiet",
	    row_token);
	ck_assert_int_eq(strncmp(row_token, "atk_", 4), 0);
	row_done("show pipe -o jsonl");
	row_holds(shown);
	row_done("list --project web");
	cli_holds(cli_out, " pipe ");
	ck_assert(row_opens(row_token, "web"));
	ck_assert(row_opens(row_token, "deploy"));
	row_makes("create plain --user alice --quiet", row_other);
	ck_assert(!row_opens(row_other, "web"));
	cli_holds(cli_out, "project");
	ck_assert(!row_opens(row_other, "deploy"));
	cli_holds(cli_out, "role");
	row_done("list --project web");
	row_lacks(" plain ");
	row_done("audit --action token.create -o csv");
	cli_holds(cli_out, ",root,token.create,");
	/* A role takes the right to make tokens for others. */
	row_member_fails("create x --role deployer", 4, "token.create");
}
END_TEST

START_TEST(streamkap_create_view_delete)
{
	row_makes(
	    "create pipe --user alice --description d --quiet", row_token);
	row_member_fails("delete pipe --yes", 3, "no ");
	row_fails("delete pipe", 2, "--yes is needed");
	ck_assert(row_opens(row_token, "svc"));
	row_done("delete pipe --yes");
	ck_assert(!row_opens(row_token, "svc"));
	row_fails("show pipe", 3, "no ");
	row_fails("delete pipe --yes", 3, "no ");
	row_done("list --state all");
	row_lacks(" pipe ");
	row_done("audit --action token.delete -o csv");
	cli_holds(cli_out, ",root,token.delete,");
	cli_holds(cli_out, "pipe");
}
END_TEST

static const char *const views[] = { "show pipe", "show pipe --json",
	"show pipe -o csv", "list", "list --json", "list -o csv", "audit",
	"audit --json", "export", "export --with-verifiers",
	"explain pipe --user alice --service svc",
	"edit pipe --description x --json",
	"create pipe --owner alice --if-absent --json" };

START_TEST(streamkap_secret_shown_once)
{
	row_makes("create pipe --user alice --quiet", row_token);
	row_done(views[_i]);
	row_lacks(row_token);
	row_lacks(row_token + 4 + 10 + 1);
	row_lacks("\"token\"");
	ck_assert_ptr_null(strstr(cli_err, row_token + 4 + 10 + 1));
}
END_TEST

START_TEST(streamkap_client_id_and_secret)
{
	static const char *const oauth[] = { "{\"access_token\":\"ata_",
		"\"token_type\":\"Bearer\"", "\"expires_in\":900",
		"\"refresh_token\":\"atr_", NULL };
	char line[64];
	char both[128], next[TOKEN_TEXT_SIZE + 1];

	row_makes("create client --user alice --quiet", row_other);
	(void)snprintf(
	    both, sizeof both, "%.10s\n%s\n", row_other + 4, row_other);
	row_ends(ROOT_UID, "exchange -o jsonl", both, 0, NULL);
	row_holds(oauth);
	row_takes("exchange --quiet", both, next);
	ck_assert(row_logs_in(row_token));
	ck_assert(!row_logs_in(next));
	(void)memcpy(both, "0000000000", 10);
	row_ends(ROOT_UID, "exchange", both, 10, "client id");
	(void)snprintf(both, sizeof both, "%s", next);
	row_takes("refresh --quiet", both, next);
	ck_assert(row_logs_in(row_token));
	(void)snprintf(line, sizeof line, "show %.10s -o jsonl", row_token + 4);
	row_await(line, "\"use_count\":2");
	/* Now that the second is in use, the first ends all of them. */
	row_ends(ROOT_UID, "refresh --quiet", both, 10, "");
	ck_assert(!row_logs_in(row_token));
	row_ends(ROOT_UID, "refresh --quiet", next, 10, "");
	ck_assert(row_logs_in(row_other));
	row_done("audit --token client -o csv");
	cli_holds(cli_out, ",token.exchange,");
	cli_holds(cli_out, ",token.refresh,");
	cli_holds(cli_out, ",family.end,");
	row_done("revoke client --yes");
	row_ends(ROOT_UID, "exchange", row_other, 10, "revoked");
}
END_TEST

START_TEST(streamkap_project_never_changes)
{
	char line[256];

	row_done("project create web");
	row_makes("create pipe --user alice --project web --quiet", row_token);
	row_fails(
	    "edit pipe --project default", 2, "unknown option '--project'");
	row_fails("edit pipe --organization", 2, "unknown option");
	row_fails(
	    "regenerate pipe --project default --yes", 2, "unknown option");
	/* Nor as moving data; only projects are in this line. */
	(void)snprintf(line, sizeof line,
	    "{\"id\":\"%.10s\",\"name\":\"pipe\",\"owner\":\"alice\","
	    "\"users\":[\"alice\"],\"projects\":[\"default\"]}\n",
	    row_token + 4);
	ck_assert_int_ne(cli_run("import --exact --yes", line), 0);
	cli_holds(cli_err, "projects");
	row_done("show pipe -o jsonl");
	cli_holds(cli_out, "\"projects\":[\"web\"]");
	ck_assert(row_opens(row_token, "web"));
	ck_assert(!row_opens(row_token, "svc"));
}
END_TEST

static const char *const scopes[] = { "edit pipe --type read-only",
	"edit pipe --allow svc", "edit pipe --user bob",
	"edit pipe --from 192.0.2.0/24", "edit pipe --environment staging",
	"regenerate pipe --user bob --yes" };

START_TEST(streamkap_project_lock_for_the_rest)
{
	row_done("project create web");
	row_makes(
	    "create pipe --user alice --project web --role deployer --quiet",
	    row_token);
	row_fails("edit pipe --role x", 2, "unknown option '--role'");
	row_member_fails("project lock web", 4, "permission");
	row_done("project lock web");
	row_fails(scopes[_i], 5, "locked");
	row_done("show pipe -o jsonl");
	cli_holds(cli_out, "\"type\":\"full-access\",\"allow\":[]");
	cli_holds(cli_out, "\"users\":[\"alice\"]");
	cli_holds(cli_out, "\"from\":[]");
	ck_assert(row_opens(row_token, "web"));
	row_done("edit pipe --name tube --description x --expires 7d");
	row_done("audit --action project.lock -o csv");
	cli_holds(cli_out, ",root,project.lock,web,");
	row_done("project unlock web");
	row_done("edit tube --user bob");
}
END_TEST

void
row_streamkap(TCase *tcase)
{
	tcase_add_test(tcase, streamkap_token_in_a_project_with_roles);
	tcase_add_test(tcase, streamkap_create_view_delete);
	tcase_add_loop_test(
	    tcase, streamkap_secret_shown_once, 0, COUNT(views));
	tcase_add_test(tcase, streamkap_client_id_and_secret);
	tcase_add_test(tcase, streamkap_project_never_changes);
	tcase_add_loop_test(
	    tcase, streamkap_project_lock_for_the_rest, 0, COUNT(scopes));
}
