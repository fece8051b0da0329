/* SPDX-License-Identifier: BSD-3-Clause */
/* Editing, regenerating, the first tokens, permissions, management tokens. */
#include <stdio.h>
#include <string.h>

#include "tests/cli/row.h"

START_TEST(strapi_name_description_created_last_used)
{
	static const char *const shown[] = { "\"name\":\"cms\"",
		"\"description\":\"words\"", "\"created_at\":\"20",
		"\"created_by\":\"root\"", "\"last_used_at\":null", NULL };

	row_done("create cms --user alice --description words --quiet");
	row_done("show cms -o jsonl");
	row_holds(shown);
	row_done("list -o jsonl --owner alice");
	row_holds(shown);
	row_fails("create ''", 2, "NAME is empty");
}
END_TEST

START_TEST(strapi_edit_name_description_type_duration)
{
	time_t now;

	row_makes("create cms --user alice --description a --quiet", row_token);
	ck_assert(row_opens(row_token, "svc"));
	row_done("edit cms --name site --description b --type read-only");
	row_done("show site -o jsonl");
	cli_holds(cli_out, "\"description\":\"b\"");
	cli_holds(cli_out, "\"type\":\"read-only\"");
	cli_holds(cli_out, "\"changed_by\":\"root\"");
	row_fails("show cms", 3, "no ");
	ck_assert(!row_opens(row_token, "svc"));
	ck_assert(row_opens(row_token, "reports"));
	now = time(NULL);
	row_done("edit site --expires 90d --dry-run --json");
	ck_assert(row_says_days(cli_out, now, 90));
	row_done("show site -o jsonl");
	cli_holds(cli_out, "\"expires_at\":null");
	row_done("edit site --expires 90d --type full-access");
	ck_assert(row_says_days(cli_out, now, 90));
	row_done("edit site --expires never --json");
	cli_holds(cli_out, "\"expires_at\": null");
	ck_assert(row_opens(row_token, "svc"));
	row_done("create taken --user alice --quiet");
	row_fails("edit site --name taken", 5, "already");
	row_fails("edit site --type wild", 2, "read-only|full-access|custom");
	row_fails("edit site", 2, "");
	row_member_fails("edit site --description x", 3, "no ");
	row_done("audit --action token.update --token site -o jsonl");
	cli_holds(cli_out, "\"action\":\"token.update\"");
	cli_holds(cli_out, "fields=name,description,type");
}
END_TEST

static const struct {
	const char *line, *before, *after;
} changes[] = {
	{ "edit cms --name site", "cms", "site" },
	{ "edit cms --description after", "before", "after" },
	{ "edit cms --type read-only", "full-access", "read-only" },
	{ "edit cms --expires 2099-01-01", "never", "2099-01-01T00:00:00Z" },
	{ "edit cms --user bob", "alice", "bob" },
	{ "edit cms --from 198.51.100.1", "192.0.2.0/24", "198.51.100.1" },
	{ "edit cms --environment staging", "production", "staging" },
};

/* What the act was, before and after. */
START_TEST(strapi_edit_is_in_the_audit)
{
	const char *rest;

	row_done("create cms --owner carol --user alice --description before "
		 "--from 192.0.2.0/24 --environment production --quiet");
	row_done(changes[_i].line);
	row_done("audit --action token.update -o jsonl");
	rest = strstr(cli_out, "fields=");
	ck_assert_ptr_nonnull(rest);
	cli_holds(cli_out, changes[_i].before);
	cli_holds(rest, changes[_i].after);
}
END_TEST

START_TEST(strapi_duration_7_30_90_unlimited)
{
	time_t now = time(NULL);
	char line[128];

	(void)snprintf(line, sizeof line,
	    "create cms --user alice --expires %s --json",
	    row_durations[_i].word);
	row_done(line);
	if (row_durations[_i].days == 0)
		cli_holds(cli_out, "\"expires_at\": null");
	else
		ck_assert(row_says_days(strstr(cli_out, "\"expires_at\""), now,
		    row_durations[_i].days));
}
END_TEST

START_TEST(strapi_custom_for_each_endpoint_and_action)
{
	row_makes(
	    "create cms --user alice --allow svc:full --allow reports:write "
	    "--quiet",
	    row_token);
	row_done("show cms -o jsonl");
	cli_holds(cli_out, "\"type\":\"custom\","
			   "\"allow\":[\"svc:full\",\"reports:write\"]");
	ck_assert(row_opens(row_token, "svc"));
	ck_assert(!row_opens(row_token, "reports"));
	cli_holds(cli_out, "service");
	row_done("edit cms --allow reports:read");
	ck_assert(!row_opens(row_token, "svc"));
	ck_assert(row_opens(row_token, "reports"));
	row_done("edit cms --allow reports");
	ck_assert(row_opens(row_token, "reports"));
	row_fails("create x --type read-only --allow svc", 2, "--allow");
}
END_TEST

START_TEST(strapi_regenerate_with_confirmation)
{
	row_makes("create cms --user alice --quiet", row_token);
	row_fails("regenerate cms", 2, "--yes is needed");
	ck_assert_str_eq(cli_out, "");
	row_answers("regenerate cms", "secret", "n\n", 1, "not");
	ck_assert(row_opens(row_token, "svc"));
	row_done("regenerate cms --dry-run");
	ck_assert(row_opens(row_token, "svc"));
	row_answers("regenerate cms", "secret", "y\n", 0, "atk_");
	ck_assert(!row_opens(row_token, "svc"));
	row_makes("regenerate cms --yes --quiet", row_other);
	ck_assert_int_eq(strncmp(row_token, row_other, 4 + 10 + 1), 0);
	ck_assert(row_opens(row_other, "svc"));
	row_done("show cms -o jsonl");
	cli_holds(cli_out, "\"secrets\":[{\"number\":3,");
	row_done("audit --action token.regenerate -o csv");
	cli_holds(cli_out, ",root,token.regenerate,");
}
END_TEST

START_TEST(strapi_regenerate_with_overlap)
{
	row_makes("create cms --user alice --quiet", row_token);
	row_done("regenerate cms --overlap 24h --yes --json");
	cli_holds(cli_out, "\"token\": \"atk_");
	(void)snprintf(row_other, sizeof row_other, "%.*s", TOKEN_TEXT_SIZE,
	    strstr(cli_out, "\"atk_") + 1);
	ck_assert(row_logs_in(row_token));
	ck_assert(row_opens(row_other, "svc"));
	row_done("show cms");
	/* Which of the two was used last. */
	cli_holds(cli_out, "2 never used");
	cli_holds(cli_out, "1 ");
	row_done("regenerate cms --yes --quiet");
	ck_assert(!row_opens(row_token, "svc"));
	ck_assert(!row_opens(row_other, "svc"));
}
END_TEST

START_TEST(strapi_delete)
{
	row_makes("create cms --user alice --quiet", row_token);
	row_answers("delete cms", "cms", "n\n", 1, "not");
	ck_assert(row_opens(row_token, "svc"));
	row_answers("delete cms", "cms", "y\n", 0, "deleted");
	ck_assert(!row_opens(row_token, "svc"));
	row_fails("show cms", 3, "no ");
	row_done("create cms --user alice --quiet");
}
END_TEST

START_TEST(strapi_two_first_tokens)
{
	static const char *const pending[] = { "\"state\":\"pending\"",
		"\"users\":[]", "\"created_by\":\"apitokend\"",
		"\"secrets\":[]", NULL };

	row_done("list -o csv");
	cli_holds(cli_out, ",full-access,");
	cli_holds(cli_out, ",read-only,");
	row_done("list --state pending -o id");
	ck_assert_uint_eq(strlen(cli_out), 2 * (TOKEN_ID_SIZE + 1));
	row_done("show full-access -o jsonl");
	row_holds(pending);
	row_done("show read-only -o jsonl");
	row_holds(pending);
	ck_assert_int_eq(
	    cli_run("explain read-only --user alice --service svc", ""), 10);
	row_fails("regenerate read-only --yes", 2, "--user LOGIN");
	row_member_fails(
	    "regenerate read-only --user " MEMBER " --yes", 3, "no ");
	row_makes("regenerate read-only --user alice --yes --quiet", row_token);
	row_makes(
	    "regenerate full-access --user alice --yes --quiet", row_other);
	ck_assert(row_opens(row_token, "reports"));
	ck_assert(!row_opens(row_token, "svc"));
	ck_assert(row_opens(row_other, "reports"));
	ck_assert(row_opens(row_other, "svc"));
	ck_assert(!row_opens(row_other, "sudo"));
	ck_assert(!row_opens_for("bob", row_other, "svc"));
	row_done("list --state pending -o id");
	ck_assert_str_eq(cli_out, "");
}
END_TEST

static const struct {
	const char *permission, *line;
} verbs[] = {
	{ "token.create", "create new --owner " MEMBER " --quiet" },
	{ "token.update", "edit hers --description x" },
	{ "token.disable", "disable hers --yes" },
	{ "token.revoke", "revoke hers --yes" },
	{ "token.delete", "delete hers --yes" },
};

/* Whoever has one of them and may read may do that one and no other. */
START_TEST(strapi_a_permission_for_each_verb)
{
	char line[256];

	(void)snprintf(line, sizeof line,
	    "role create one --permission token.read=all "
	    "--permission token.login-as=all --permission %s=all",
	    verbs[_i].permission);
	row_done("create hers --user alice --quiet");
	row_done("role create none-of-them --permission token.read=all "
		 "--permission token.login-as=all");
	row_done(line);
	row_done("role grant none-of-them " MEMBER);
	row_member_done("show hers");
	row_member_fails(verbs[_i].line, 4, verbs[_i].permission);
	row_done("role withdraw none-of-them " MEMBER);
	row_done("role grant one " MEMBER " --login-as alice");
	for (int i = 0; i < COUNT(verbs); i++)
		if (i != _i)
			row_member_fails(verbs[i].line, 4, verbs[i].permission);
	row_member_done(verbs[_i].line);
	row_done("role withdraw one " MEMBER);
	row_done("role create blind --permission token.create=own");
	row_done("role grant blind " MEMBER);
	row_member_fails("show hers", 4, "token.read");
	row_member_fails("list", 4, "token.read");
}
END_TEST

/* Another's secret in one's own hands is as much as a token made. */
START_TEST(strapi_regenerating_others_takes_both_permissions)
{
	row_done("create hers --user alice --quiet");
	row_done("role create renewer --permission token.read=all "
		 "--permission token.login-as=all "
		 "--permission token.regenerate=all");
	row_done("role grant renewer " MEMBER);
	row_member_fails("regenerate hers --yes --quiet", 4, "token.create");
	row_done("role create both --permission token.read=all "
		 "--permission token.login-as=all "
		 "--permission token.regenerate=all "
		 "--permission token.create=all");
	row_done("role grant both " MEMBER);
	row_member_done("regenerate hers --yes --quiet");
}
END_TEST

/* Whoever made it has its secret already. */
START_TEST(strapi_one_permission_regenerates_ones_own)
{
	row_member_done("create his --quiet");
	row_done("role create renewer --permission token.read=own "
		 "--permission token.regenerate=own");
	row_done("role grant renewer " MEMBER);
	row_member_fails("disable his --yes", 4, "token.disable");
	row_member_done("regenerate his --yes --quiet");
}
END_TEST

START_TEST(strapi_management_tokens_apart)
{
	char by[32];

	row_done("project create web");
	row_done("create hers --user alice --quiet");
	row_done("create webs --user alice --project web --quiet");
	row_makes("create boss --management --role admin --project web --quiet",
	    row_token);
	ck_assert_int_eq(strncmp(row_token, "atm_", 4), 0);
	row_done("show boss -o jsonl");
	cli_holds(cli_out, "\"kind\":\"management\"");
	cli_holds(cli_out, "\"roles\":[\"admin\"]");
	/* No service takes it, */
	ck_assert(!row_opens_for("root", row_token, "web"));
	ck_assert_int_eq(login_try("svc", "root", row_token), PAM_AUTH_ERR);
	row_ends(ROOT_UID, "exchange", row_token, 10, "");
	/* and no API token is one. */
	row_makes("create key --user root --organization --quiet", row_other);
	row_write_file(row_other);
	row_fails("list --token-file @", 10, "");
	row_done("list --kind management -o csv");
	cli_holds(cli_out, ",boss,");
	row_lacks(",hers,");
	row_done("list --kind api -o csv");
	row_lacks(",boss,");
	/* It acts in its project only, root's though it is. */
	row_write_file(row_token);
	row_done("list --token-file @");
	cli_holds(cli_out, " webs ");
	row_lacks(" hers ");
	row_fails("show hers --token-file @", 3, "no ");
	row_fails("delete hers --token-file @ --yes", 3, "no ");
	row_fails("project create x --token-file @", 4, "project.create");
	row_done("disable webs --token-file @ --yes");
	row_done("audit --action token.disable -o jsonl");
	cli_holds(cli_out, "\"actor\":\"root\"");
	(void)snprintf(by, sizeof by, "by-token=%.10s ", row_token + 4);
	cli_holds(cli_out, by);
	row_done("revoke boss --yes");
	row_fails("list --token-file @", 10, "");
}
END_TEST

START_TEST(strapi_management_tokens_do_what_both_may)
{
	row_makes("create boss --owner " MEMBER " --management --role owner "
		  "--organization --quiet",
	    row_token);
	row_done("create hers --user alice --quiet");
	row_done("create his --user " MEMBER " --quiet");
	row_write_file(row_token);
	row_done("list --token-file @");
	cli_holds(cli_out, " his ");
	row_lacks(" hers ");
	row_fails("project create x --token-file @", 4, "project.create");
	row_done("role grant watch-only " MEMBER);
	row_done("list --token-file @");
	cli_holds(cli_out, " hers ");
	row_fails("disable his --token-file @ --yes", 4, "token.disable");
	/* Not the caller's rights count but the token's. */
	row_ends(OTHER_UID, "list --token-file @", "", 0, NULL);
	cli_holds(cli_out, " hers ");
}
END_TEST

START_TEST(strapi_a_management_token_in_use_is_seen)
{
	row_makes(
	    "create boss --management --role owner --organization --quiet",
	    row_token);
	row_write_file(row_token);
	row_done("create made --user alice --token-file @ --quiet");
	row_await("show boss -o jsonl", "\"last_used_service\":\"admin\"");
	row_lacks("\"last_used_at\":null,\"last_used_service\"");
}
END_TEST

void
row_strapi(TCase *tcase)
{
	tcase_add_test(tcase, strapi_name_description_created_last_used);
	tcase_add_test(tcase, strapi_edit_name_description_type_duration);
	tcase_add_loop_test(
	    tcase, strapi_edit_is_in_the_audit, 0, COUNT(changes));
	tcase_add_loop_test(
	    tcase, strapi_duration_7_30_90_unlimited, 0, ROW_DURATIONS);
	tcase_add_test(tcase, strapi_custom_for_each_endpoint_and_action);
	tcase_add_test(tcase, strapi_regenerate_with_confirmation);
	tcase_add_test(tcase, strapi_regenerate_with_overlap);
	tcase_add_test(tcase, strapi_delete);
	tcase_add_test(tcase, strapi_two_first_tokens);
	tcase_add_loop_test(
	    tcase, strapi_a_permission_for_each_verb, 0, COUNT(verbs));
	tcase_add_test(
	    tcase, strapi_regenerating_others_takes_both_permissions);
	tcase_add_test(tcase, strapi_one_permission_regenerates_ones_own);
	tcase_add_test(tcase, strapi_management_tokens_apart);
	tcase_add_test(tcase, strapi_management_tokens_do_what_both_may);
	tcase_add_test(tcase, strapi_a_management_token_in_use_is_seen);
}
