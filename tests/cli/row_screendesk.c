/* SPDX-License-Identifier: BSD-3-Clause */
/* What a token is shown with, its end, watch-only, and the audit. */
#include <stdio.h>
#include <string.h>

#include "tests/cli/row.h"

START_TEST(screendesk_name_created_last_used)
{
	time_t now = time(NULL);

	row_makes("create desk --user alice --quiet", row_token);
	row_done("list");
	cli_holds(cli_out, "ID         NAME        OWNER  TYPE        PROJECT "
			   "STATE   CREATED              EXPIRES LAST-USED\n");
	cli_holds(cli_out, " desk ");
	ck_assert(row_says_days(cli_out, now, 0));
	cli_holds(cli_out, " never   never\n");
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"last_used_at\":null,\"last_used_service\":null,"
			   "\"last_used_from\":null,\"use_count\":0");
	now = time(NULL);
	ck_assert(row_logs_in(row_token));
	row_await("show desk -o jsonl", "\"use_count\":1");
	row_done("show desk");
	ck_assert(row_says_days(strstr(cli_out, "last_used_at"), now, 0));
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"last_used_service\":\"svc\","
			   "\"last_used_from\":\"192.0.2.1\","
			   "\"use_count\":1");
	row_done("list --sort last-used --limit 1");
	cli_holds(cli_out, " desk ");
	/* Asking and being refused are no use. */
	ck_assert(row_opens(row_token, "svc"));
	ck_assert_int_eq(login_try("svc", "bob", row_token), PAM_AUTH_ERR);
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"use_count\":1");
	row_fails("create desk --user alice", 5, "already");
}
END_TEST

START_TEST(screendesk_how_to_use_lines)
{
	static const char *const programs[] = { "ssh alice@", "sftp alice@",
		"curl --netrc-file ", "SSH_ASKPASS=" };

	row_done("create desk --user alice");
	for (int i = 0; i < COUNT(programs); i++)
		cli_holds(cli_err, programs[i]);
	cli_out[strcspn(cli_out, "\n")] = '\0';
	ck_assert_ptr_null(strstr(cli_err, cli_out));
	ck_assert_ptr_null(strstr(cli_err, cli_out + 4 + 10 + 1));
}
END_TEST

static const char *const ways_to_end[] = { "revoke desk --yes",
	"delete desk --yes", "disable desk --yes",
	"regenerate desk --yes --quiet",
	"revoke --matching --owner alice --yes" };

START_TEST(screendesk_revoke_ends_access_at_once)
{
	char next[TOKEN_TEXT_SIZE + 1];

	row_makes("create desk --user alice --quiet", row_other);
	row_takes("exchange --quiet", row_other, next);
	ck_assert(row_logs_in(row_other));
	ck_assert(row_logs_in(row_token));
	row_done(ways_to_end[_i]);
	ck_assert(!row_logs_in(row_other));
	ck_assert(!row_logs_in(row_token));
	row_ends(ROOT_UID, "refresh", next, 10, "");
}
END_TEST

START_TEST(screendesk_what_is_revoked_stays_visible)
{
	row_makes("create desk --user alice --quiet", row_token);
	row_fails("revoke desk", 2, "--yes is needed");
	ck_assert(row_opens(row_token, "svc"));
	row_done("revoke desk --reason lost --yes");
	ck_assert(!row_opens(row_token, "svc"));
	cli_holds(cli_out, "revoked");
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"state\":\"revoked\"");
	cli_holds(cli_out, "\"reason\":\"lost\"");
	row_done("list --state revoked");
	cli_holds(cli_out, " desk ");
	row_done("list --state active");
	row_lacks(" desk ");
	ck_assert_int_ne(cli_run("enable desk", ""), 0);
	ck_assert_int_ne(cli_run("regenerate desk --yes", ""), 0);
	ck_assert_int_ne(cli_run("edit desk --expires never", ""), 0);
	ck_assert(!row_opens(row_token, "svc"));
}
END_TEST

START_TEST(screendesk_leaked_is_revoked_by_its_holder)
{
	char text[128];

	row_makes("create desk --user alice --quiet", row_token);
	(void)snprintf(text, sizeof text, "password=%s;\n", row_token);
	row_ends(MEMBER_UID, "revoke --leaked", text, 0, NULL);
	row_lacks(row_token + 15);
	ck_assert(!row_opens(row_token, "svc"));
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"reason\":\"leaked\"");
	row_ends(MEMBER_UID, "revoke --leaked", "password=x\n", 3, "");
}
END_TEST

START_TEST(screendesk_no_expiry_unless_set)
{
	time_t now;

	row_done("create desk --user alice --dry-run --json");
	cli_holds(cli_out, "\"expires_at\": null");
	row_done("create desk --user alice --json");
	cli_holds(cli_out, "\"expires_at\": null");
	typing_stop();
	row_start(ROW_AGENT("member") "[limits]\ndefault_expires = 7d\n"
				      "max_expires = 30d\n");
	row_done("show desk -o jsonl");
	cli_holds(cli_out, "\"expires_at\":null");
	now = time(NULL);
	row_done("create limited --user alice --json");
	ck_assert(row_says_days(cli_out, now, 7));
	ck_assert_int_ne(
	    cli_run("create long --user alice --expires 31d", ""), 0);
	cli_holds(cli_err, "max_expires");
	ck_assert_int_ne(
	    cli_run("create long --user alice --expires never", ""), 0);
	cli_holds(cli_err, "max_expires");
}
END_TEST

static const char *const watch_only_may_not[] = { "create x",
	"create x --user alice", "create x --management",
	"create x --organization", "edit mine --description x",
	"regenerate mine --yes", "disable mine --yes", "revoke mine --yes",
	"delete mine --yes", "edit hers --description x", "revoke hers --yes",
	"delete hers --yes", "project create x",
	("role grant member " MEMBER) };

START_TEST(screendesk_watch_only_cannot_create)
{
	row_done("create hers --user alice --quiet");
	row_member_done("create mine --quiet");
	row_done("role grant watch-only " MEMBER);
	row_member_fails(watch_only_may_not[_i], 4, "permission");
	row_member_done("list");
	cli_holds(cli_out, " hers ");
	row_member_done("show mine -o jsonl");
	cli_holds(cli_out, "\"state\":\"active\"");
	cli_holds(cli_out, "\"description\":null");
	row_member_done("whoami --json");
	cli_holds(cli_out, "\"role\": \"watch-only\"");
}
END_TEST

START_TEST(screendesk_watch_only_cannot_use)
{
	char next[TOKEN_TEXT_SIZE + 1];

	row_ends(MEMBER_UID, "create mine --quiet", "", 0, NULL);
	row_keep(row_other);
	row_takes("exchange --quiet", row_other, next);
	ck_assert(row_opens_for(MEMBER, row_other, "svc"));
	row_done("role grant watch-only " MEMBER);
	ck_assert(!row_opens_for(MEMBER, row_other, "svc"));
	cli_holds(cli_out, "owner");
	ck_assert(!row_opens_for(MEMBER, row_token, "svc"));
	ck_assert_int_eq(
	    cli_run("explain mine --user " MEMBER " --service svc", ""), 10);
	cli_holds(cli_out, "owner       no ");
	row_done("role withdraw watch-only " MEMBER);
	ck_assert(row_opens_for(MEMBER, row_other, "svc"));
}
END_TEST

/* What comes of a token that is of no use would be of none either. */
START_TEST(screendesk_watch_only_cannot_exchange)
{
	char next[TOKEN_TEXT_SIZE + 1];

	row_ends(MEMBER_UID, "create mine --quiet", "", 0, NULL);
	row_keep(row_other);
	row_takes("exchange --quiet", row_other, next);
	row_done("role grant watch-only " MEMBER);
	row_ends(ROOT_UID, "exchange", row_other, 10, "");
	row_ends(ROOT_UID, "refresh", next, 10, "");
}
END_TEST

START_TEST(screendesk_watch_only_is_told_its_role)
{
	row_done("role grant watch-only " MEMBER);
	row_member_fails("create x", 4, "token.create");
	ck_assert_ptr_null(strstr(cli_err, "role: member"));
}
END_TEST

START_TEST(screendesk_creation_and_revocation_in_the_audit)
{
	static const char *const entries[] = { "\"actor\":\"" MEMBER
					       "\",\"action\":\"token.create\"",
		"\"actor\":\"root\",\"action\":\"token.revoke\"",
		"name=\\\"mine\\\"", "reason=\\\"lost\\\"", "\"sound\":true",
		NULL };

	row_member_done("create mine --quiet");
	row_done("revoke mine --reason lost --yes");
	row_done("audit --token mine -o jsonl");
	row_holds(entries);
	row_lacks("\"sound\":false");
	/* What was refused is no act. */
	row_member_fails("create mine2 --user alice", 4, "");
	row_done("audit -o jsonl");
	row_lacks("mine2");
	row_done("audit --verify");
	row_member_done("audit -o jsonl");
	cli_holds(cli_out, "token.create");
	row_lacks("token.revoke");
	row_done("audit --actor " MEMBER " --action token.create -o csv");
	cli_holds(cli_out, "," MEMBER ",token.create,");
	row_done("audit --actor " OTHER " -o jsonl");
	ck_assert_str_eq(cli_out, "");
}
END_TEST

void
row_screendesk(TCase *tcase)
{
	tcase_add_test(tcase, screendesk_name_created_last_used);
	tcase_add_test(tcase, screendesk_how_to_use_lines);
	tcase_add_loop_test(tcase, screendesk_revoke_ends_access_at_once, 0,
	    COUNT(ways_to_end));
	tcase_add_test(tcase, screendesk_what_is_revoked_stays_visible);
	tcase_add_test(tcase, screendesk_leaked_is_revoked_by_its_holder);
	tcase_add_test(tcase, screendesk_no_expiry_unless_set);
	tcase_add_loop_test(tcase, screendesk_watch_only_cannot_create, 0,
	    COUNT(watch_only_may_not));
	tcase_add_test(tcase, screendesk_watch_only_cannot_use);
	tcase_add_test(tcase, screendesk_watch_only_cannot_exchange);
	tcase_add_test(tcase, screendesk_watch_only_is_told_its_role);
	tcase_add_test(tcase, screendesk_creation_and_revocation_in_the_audit);
}
