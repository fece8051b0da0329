/* SPDX-License-Identifier: BSD-3-Clause */
/* Organization or project, previews of expiry, bulk delete, closed agents. */
#include <stdio.h>
#include <string.h>

#include "tests/cli/row.h"

START_TEST(royaltyport_organization_or_one_project)
{
	row_done("project create web");
	row_makes("create all --user alice --organization --quiet", row_token);
	row_makes("create one --user alice --project web --quiet", row_other);
	ck_assert(row_opens(row_token, "svc"));
	ck_assert(row_opens(row_token, "web"));
	ck_assert(!row_opens(row_other, "svc"));
	ck_assert(row_opens(row_other, "web"));
	row_done("show all -o jsonl");
	cli_holds(cli_out, "\"projects\":null");
	row_done("show one -o jsonl");
	cli_holds(cli_out, "\"projects\":[\"web\"]");
	row_fails("create x --organization --project web", 2, "--organization");
	row_done("list --project web");
	row_lacks(" all ");
}
END_TEST

START_TEST(royaltyport_expiry_with_a_preview)
{
	time_t now = time(NULL);
	char line[128];

	(void)snprintf(line, sizeof line,
	    "create key --user alice --expires %s --dry-run",
	    row_durations[_i].word);
	row_done(line);
	if (row_durations[_i].days == 0)
		cli_holds(cli_out, "expires_at         never\n");
	else
		ck_assert(row_says_days(cli_out, now, row_durations[_i].days));
	row_fails("show key", 3, "no ");
	row_done("audit --actor root -o jsonl");
	ck_assert_str_eq(cli_out, "");
	/* And it is said before one that is made. */
	line[strlen(line) - strlen("--dry-run")] = '\0';
	row_done(line);
	ck_assert_ptr_nonnull(strstr(cli_err, "expire"));
	if (row_durations[_i].days != 0)
		ck_assert(row_says_days(cli_err, now, row_durations[_i].days));
	row_fails("create x --expires 0d", 2, "--expires");
	row_fails("create x --expires 2001-01-01", 2, "");
}
END_TEST

START_TEST(royaltyport_created_expires_scope_last_active)
{
	time_t now = time(NULL);

	row_done("project create web");
	row_makes("create key --user alice --project web --project default "
		  "--expires 30d --quiet",
	    row_token);
	ck_assert(row_logs_in(row_token));
	row_await("show key -o jsonl", "\"use_count\":1");
	row_done("list --owner alice");
	cli_holds(cli_out, "PROJECT");
	cli_holds(cli_out, "CREATED");
	cli_holds(cli_out, "EXPIRES");
	cli_holds(cli_out, "LAST-USED");
	cli_holds(cli_out, "web");
	row_lacks(" never\n");
	ck_assert(row_says_days(cli_out, now, 0));
	ck_assert(row_says_days(cli_out, now, 30));
	row_done("list --expiring 31d");
	cli_holds(cli_out, " key ");
	row_done("list --expiring 29d");
	row_lacks(" key ");
	row_done("list --from-address 192.0.2.0/24");
	cli_holds(cli_out, " key ");
}
END_TEST

START_TEST(royaltyport_bulk_delete)
{
	row_makes("create a --user alice --quiet", row_token);
	row_makes("create b --user alice --quiet", row_other);
	row_done("create c --user bob --quiet");
	row_fails("delete --matching", 2, "filter");
	row_fails("delete --matching --owner alice", 2, "2 tokens");
	cli_holds(cli_err, "--yes is needed");
	row_done("delete --matching --owner alice --dry-run");
	cli_holds(cli_out, " a\n");
	cli_holds(cli_out, " b\n");
	ck_assert(row_opens(row_token, "svc"));
	row_answers(
	    "delete --matching --owner alice", "2 tokens", "n\n", 1, "not");
	ck_assert(row_opens(row_token, "svc"));
	row_member_done("delete --matching --owner alice --yes --json");
	cli_holds(cli_out, "\"matched\": 0");
	ck_assert(row_opens(row_token, "svc"));
	row_done("delete --matching --owner alice --yes --json");
	cli_holds(cli_out, "\"matched\": 2");
	cli_holds(cli_out, "\"changed\": 2");
	ck_assert(!row_opens(row_token, "svc"));
	ck_assert(!row_opens(row_other, "svc"));
	row_done("list -o csv");
	row_lacks(",alice,");
	cli_holds(cli_out, ",c,");
	row_done("audit --action token.delete -o jsonl");
	cli_holds(cli_out, "\\\"a\\\"");
	cli_holds(cli_out, "\\\"b\\\"");
}
END_TEST

START_TEST(royaltyport_delete_several)
{
	row_done("create a --user alice --quiet");
	row_done("create b --user alice --quiet");
	row_fails("delete a b gone --yes", 3, "no token");
	row_done("show a");
	row_done("delete a b --yes");
	row_fails("show a", 3, "no ");
	row_fails("show b", 3, "no ");
}
END_TEST

static const char *const for_owners_only[] = { "create x",
	"create x --organization", "create x --management", "project create x",
	("role grant member " MEMBER), "export", "key status", "audit" };

START_TEST(royaltyport_admins_and_owners_only)
{
	row_done("project create web");
	row_makes("create his --owner " MEMBER " --user " MEMBER
		  " --project web --quiet",
	    row_token);
	row_member_done("whoami --json");
	cli_holds(cli_out, "\"role\": \"none\"");
	cli_holds(cli_out, "\"permissions\": []");
	row_member_fails(for_owners_only[_i], 4, "permission");
	row_member_fails("show his", 4, "token.read");
	row_member_fails("list", 4, "token.read");
	row_ends(MEMBER_UID, "import --yes",
	    "{\"name\":\"x\",\"owner\":\"" MEMBER "\"}\n", 4, "store.restore");
	row_done("role grant admin " MEMBER " --project web");
	row_member_done("create mine --project web --quiet");
	ck_assert(row_opens_for(MEMBER, row_token, "web"));
	row_member_done("list");
	cli_holds(cli_out, " his ");
	cli_holds(cli_out, " mine ");
	row_member_fails("create x --organization", 4, "");
	row_member_fails("create x --project default", 4, "");
	row_member_done("delete his --yes");
	row_done("role grant owner " OTHER);
	row_ends(OTHER_UID, "create x --organization --quiet", "", 0, NULL);
	row_ends(OTHER_UID, "project create more", "", 0, NULL);
	row_ends(OTHER_UID, "delete mine --yes", "", 0, NULL);
}
END_TEST

void
row_royaltyport(TCase *tcase)
{
	tcase_add_test(tcase, royaltyport_organization_or_one_project);
	tcase_add_loop_test(
	    tcase, royaltyport_expiry_with_a_preview, 0, ROW_DURATIONS);
	tcase_add_test(tcase, royaltyport_created_expires_scope_last_active);
	tcase_add_test(tcase, royaltyport_bulk_delete);
	tcase_add_test(tcase, royaltyport_delete_several);
}

void
row_royaltyport_closed(TCase *tcase)
{
	tcase_add_loop_test(tcase, royaltyport_admins_and_owners_only, 0,
	    COUNT(for_owners_only));
}
