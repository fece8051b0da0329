/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a token by the real program against the real agent: what each
 * command does is asked of `verify` and `show`, and what is refused leaves
 * the list as it was.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"

static void
start(void)
{
	typing_start(TYPING_AGENT);
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("secret"));
}

/* Root creates a token of this name for this login. */
static void
create(const char *name, const char *login, const char *options)
{
	char line[256];

	(void)snprintf(line, sizeof line, "create %s --user %s --quiet %s",
	    name, login, options);
	makes(line);
}

/* What root sees of all tokens; the caller frees it. */
static char *
list_all(void)
{
	uid_t uid = cli_uid;

	cli_uid = (uid_t)-1;
	done("list -o jsonl");
	cli_uid = uid;
	return strdup(cli_out);
}

/* Is refused like this, and changes nothing that is listed. */
static void
refused(const char *line, int status, const char *why)
{
	char *before = list_all(), *after;
	int got = cli_run(line, "");

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
	ck_assert_str_eq(cli_out, "");
	cli_holds(cli_err, why);
	after = list_all();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}

START_TEST(token_lives_and_dies)
{
	char *before = list_all(), *after;

	create("laptop", "alice", "");
	ck_assert(lets_alice_in(token));
	done("list --owner alice");
	cli_holds(cli_out, " laptop alice full-access default active ");
	done("show laptop --json");
	cli_holds(cli_out, "\"users\": [\n    \"alice\"\n  ]");
	cli_holds(cli_out, "\"created_by\": \"root\"");
	done("revoke laptop --yes --reason lost --json");
	cli_holds(cli_out, "\"state\":\"revoked\"");
	cli_holds(cli_out, "\"reason\":\"lost\"");
	ck_assert(!lets_alice_in(token));
	done("show laptop");
	cli_holds(cli_out, "state              revoked\n");
	done("delete laptop --yes");
	ck_assert(!lets_alice_in(token));
	ck_assert_int_eq(cli_run("show laptop", ""), 3);
	after = list_all();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

static const struct {
	const char *options, *shown;
} edits[] = {
	{ "--name desktop", "\"name\": \"desktop\"" },
	{ "--description backups", "\"description\": \"backups\"" },
	{ "--description ''", "\"description\": null" },
	{ "--type read-only", "\"type\": \"read-only\"" },
	{ "--type custom --allow svc", "\"allow\": [\n    \"svc\"\n  ]" },
	{ "--expires 2099-01-31", "\"expires_at\": \"2099-01-31T00:00:00Z\"" },
	{ "--expires never", "\n  \"expires_at\": null" },
	{ "--not-before 2098-01-31", "\"not_before\": \"2098-01-31T00:" },
	{ "--not-before ''", "\"not_before\": null" },
	{ "--from 192.0.2.0/24", "\"from\": [\n    \"192.0.2.0/24\"\n  ]" },
	{ "--from ''", "\"from\": []" },
	{ "--environment test", "\"environment\": \"test\"" },
	{ "--environment ''", "\"environment\": null" },
	{ "--user bob --user carol",
	    "\"users\": [\n    \"bob\",\n    \"carol\"\n  ]" },
};

/* It is then what the answer says, and was not before. */
START_TEST(edits_each_field)
{
	char line[128], *before, *answer;
	size_t size;

	create("laptop", "alice",
	    "--description web --expires 2099-12-31 --from 198.51.100.1 "
	    "--not-before 2099-01-01 --environment live");
	before = list_all();
	(void)snprintf(line, sizeof line, "edit laptop %s --json --dry-run",
	    edits[_i].options);
	done(line);
	cli_holds(cli_out, edits[_i].shown);
	free(before);
	done("show laptop --json");
	ck_assert_ptr_null(strstr(cli_out, edits[_i].shown));
	size = strlen(line) - strlen(" --dry-run");
	line[size] = '\0';
	done(line);
	cli_holds(cli_out, edits[_i].shown);
	answer = strdup(cli_out);
	(void)snprintf(line, sizeof line, "show %.10s --json", token + 4);
	done(line);
	ck_assert_str_eq(cli_out, answer);
	free(answer);
}
END_TEST

/* What is edited holds from then on. */
START_TEST(edits_hold)
{
	create("laptop", "alice", "");
	done("edit laptop --user bob");
	ck_assert(!lets_alice_in(token));
	done("edit laptop --user alice --user bob");
	ck_assert(lets_alice_in(token));
	done("edit laptop --not-before 2099-01-01");
	ck_assert(!lets_alice_in(token));
	done("edit laptop --not-before ''");
	ck_assert(lets_alice_in(token));
	done("edit laptop --allow other");
	ck_assert(!lets_alice_in(token));
	done("edit laptop --allow svc --expires 7d");
	cli_holds(cli_err, "it will expire 2");
	ck_assert(lets_alice_in(token));
}
END_TEST

START_TEST(roles_and_uses_are_kept)
{
	create("once", "alice", "--uses 1 --role ops --role web");
	done("show once --json");
	cli_holds(cli_out, "\"uses_left\": 1");
	cli_holds(cli_out, "\"roles\": [\n    \"ops\",\n    \"web\"\n  ]");
	/* Asking whether it is good spends nothing. */
	ck_assert(lets_alice_in(token));
	ck_assert(lets_alice_in(token));
}
END_TEST

START_TEST(rests_and_returns)
{
	create("laptop", "alice", "");
	done("disable laptop --yes");
	ck_assert(!lets_alice_in(token));
	done("enable laptop --dry-run");
	ck_assert(!lets_alice_in(token));
	done("enable laptop --json");
	cli_holds(cli_out, "\"state\":\"active\"");
	ck_assert(lets_alice_in(token));
	done("enable laptop");
	done("disable laptop --yes -o csv");
	cli_holds(cli_out, ",disabled,");
	done("disable laptop --yes");
	ck_assert(!lets_alice_in(token));
}
END_TEST

START_TEST(regenerates_at_once)
{
	char old[sizeof token];

	create("laptop", "alice", "");
	memcpy(old, token, sizeof old);
	makes("regenerate laptop --yes");
	cli_holds(cli_err, "the old secret stops at once");
	ck_assert_ptr_null(strstr(cli_err, token));
	ck_assert_mem_eq(old, token, strlen("atk_0123456789_"));
	ck_assert_str_ne(old, token);
	ck_assert(lets_alice_in(token));
	ck_assert(!lets_alice_in(old));
}
END_TEST

START_TEST(regenerates_with_overlap)
{
	char first[sizeof token], second[sizeof token];

	create("laptop", "alice", "");
	memcpy(first, token, sizeof first);
	makes("regenerate laptop --yes --overlap 24h");
	cli_holds(cli_err, "the old secret works until 2");
	ck_assert(lets_alice_in(token));
	ck_assert(lets_alice_in(first));
	memcpy(second, token, sizeof second);
	makes("regenerate laptop --yes --overlap 1h");
	ck_assert(!lets_alice_in(first));
	ck_assert(lets_alice_in(second));
	makes("regenerate laptop --yes --user bob");
	ck_assert(!lets_alice_in(second));
	ck_assert(!lets_alice_in(token));
	done("edit laptop --user alice");
	ck_assert(lets_alice_in(token));
	done("disable laptop --yes");
	makes("regenerate laptop --yes");
	cli_holds(cli_err, "it is disabled still");
	ck_assert(!lets_alice_in(token));
}
END_TEST

START_TEST(regenerates_into_a_file)
{
	char line[64];
	FILE *file;

	create("laptop", "alice", "");
	done("regenerate laptop --yes --output @ --json");
	ck_assert_ptr_null(strstr(cli_out, "\"token\""));
	file = fopen(cli_file, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
	(void)fclose(file);
	ck_assert(lets_alice_in(line));
	ck_assert(!lets_alice_in(token));
	refused("regenerate laptop --yes --output @", 5, "exists already");
	ck_assert(lets_alice_in(line));
}
END_TEST

static const struct {
	const char *line;
	int status;
	const char *why;
} refusals[] = {
	{ "create laptop --user alice", 5, "has a token of that name" },
	{ "create new --user alice --expires 2020-01-01", 2, "later date" },
	{ "create new --user alice --type custom", 2, "--allow SERVICE" },
	{ "edit laptop --name tablet", 5, "has a token of that name already" },
	{ "edit laptop --name ''", 2, "" },
	{ "edit laptop --from nowhere", 2, "--from is an address" },
	{ "edit laptop --type custom", 2, "--allow SERVICE" },
	{ "edit laptop --type read-only --allow svc", 2, "no --allow" },
	{ "edit laptop --environment a/b", 2, "" },
	{ "edit gone --name x", 5, "" },
	{ "edit missing --name x", 3, "no token has 'missing'" },
	{ "edit old --description x", 5, "revoked" },
	{ "enable old", 5, "revoked" },
	{ "disable old --yes", 5, "revoked" },
	{ "disable laptop missing --yes", 3, "no token has 'missing'" },
	{ "disable laptop", 2, "--yes is needed" },
	{ "regenerate old --yes", 5, "revoked" },
	{ "regenerate laptop", 2, "--yes is needed" },
	{ "regenerate laptop --yes --overlap 99y", 2, "at most" },
	{ "regenerate missing --yes --output @", 3, "no token has 'missing'" },
	{ "revoke laptop gone --yes", 5, "may mean any of 2 tokens" },
	{ "delete gone --yes", 5, "may mean any of 2 tokens" },
	{ "regenerate gone --yes", 5, "may mean any of 2 tokens" },
	{ "show gone", 5, "name one by its id" },
};

/* Two tokens are called gone, one of each owner. */
START_TEST(refuses)
{
	char both[2][TOKEN_ID_SIZE + 1] = { { 0 } };

	create("gone", "bob", "");
	memcpy(both[0], token + 4, TOKEN_ID_SIZE);
	create("gone", "alice", "");
	memcpy(both[1], token + 4, TOKEN_ID_SIZE);
	create("old", "alice", "");
	done("revoke old --yes");
	create("tablet", "alice", "");
	create("laptop", "alice", "");
	refused(refusals[_i].line, refusals[_i].status, refusals[_i].why);
	ck_assert_ptr_null(strstr(cli_err, "atk_"));
	ck_assert_int_eq(access(cli_file, F_OK), -1);
	ck_assert(lets_alice_in(token));
	if (strstr(refusals[_i].line, "gone") != NULL) {
		ck_assert_int_eq(cli_run(refusals[_i].line, ""), 5);
		cli_holds(cli_err, both[0]);
		cli_holds(cli_err, both[1]);
	}
}
END_TEST

/* What a member tries on what is not theirs, or more than theirs. */
static const struct {
	const char *line;
	int status;
} trespasses[] = {
	{ "edit laptop --name x", 3 },
	{ "regenerate laptop --yes", 3 },
	{ "disable laptop --yes", 3 },
	{ "revoke laptop --yes", 3 },
	{ "delete laptop --yes", 3 },
	{ "create x --user alice", 4 },
	{ "create x --owner alice", 4 },
	{ "create x --allow sudo", 4 },
	{ "edit strong --expires never", 4 },
	{ "edit strong --from ''", 4 },
	{ "edit mine --user alice", 4 },
	{ "edit mine --type custom --allow sudo", 4 },
	{ "regenerate strong --yes", 4 },
	{ "regenerate mine --user root --yes", 4 },
	{ "enable stopped", 4 },
	{ "edit stopped --description mine", 4 },
	{ "regenerate stopped --yes", 4 },
	{ "audit --verify", 4 },
};

static void
become_member(void)
{
	cli_uid = MEMBER_UID;
	ck_assert_int_eq(cli_run("whoami", ""), 0);
	cli_holds(cli_out, "login: " MEMBER "\n");
	cli_holds(cli_out, "role: member\n");
}

START_TEST(members_keep_to_their_own)
{
	create("laptop", "alice", "");
	create("mine", MEMBER, "");
	create("strong", MEMBER, "--allow sudo --expires 1d --from 192.0.2.1");
	create("stopped", MEMBER, "");
	done("disable stopped --yes");
	become_member();
	refused(trespasses[_i].line, trespasses[_i].status, "");
	ck_assert_int_eq(access(cli_file, F_OK), -1);
}
END_TEST

START_TEST(members_have_their_own)
{
	become_member();
	makes("create mine --quiet");
	done("edit mine --description x --expires 1d");
	done("disable mine --yes");
	done("enable mine");
	makes("regenerate mine --yes --quiet");
	done("audit -o jsonl");
	cli_holds(cli_out, "\"actor\":\"" MEMBER "\"");
	cli_uid = (uid_t)-1;
	done("disable mine --yes");
	cli_uid = MEMBER_UID;
	refused("enable mine", 4, "was disabled by root");
}
END_TEST

static const char *const acts[] = { "create", "update", "disable", "enable",
	"regenerate", "revoke", "delete" };

/* Each act once, with who did it, in the order of the acts. */
START_TEST(audit_tells)
{
	char line[128], *at;

	create("laptop", "alice", "");
	done("edit laptop --expires never");
	done("disable laptop --yes");
	done("enable laptop");
	makes("regenerate laptop --yes --quiet");
	done("revoke laptop --yes");
	done("delete laptop --yes");
	(void)snprintf(
	    line, sizeof line, "audit --token %.10s -o jsonl", token + 4);
	done(line);
	at = cli_out;
	for (int i = 0; i < COUNT(acts); i++) {
		(void)snprintf(line, sizeof line,
		    "\"actor\":\"root\",\"action\":\"token.%s\",\"subject\":"
		    "\"%.10s\"",
		    acts[i], token + 4);
		at = strstr(at, line);
		ck_assert_msg(at != NULL, "no %s in %s", line, cli_out);
	}
	ck_assert_ptr_null(strstr(cli_out, token));
	done("audit --action token.enable -o csv");
	cli_holds(cli_out, ",token.enable,");
	ck_assert_ptr_null(strstr(cli_out, "token.disable"));
	done("audit --actor nobody --quiet");
	ck_assert_str_eq(cli_out, "");
	done("audit --until 1h --quiet");
	ck_assert_str_eq(cli_out, "");
	done("audit --verify");
	cli_holds(cli_out, " entries are sound\n");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("life");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, token_lives_and_dies);
	tcase_add_loop_test(tcase, edits_each_field, 0, COUNT(edits));
	tcase_add_test(tcase, edits_hold);
	tcase_add_test(tcase, roles_and_uses_are_kept);
	tcase_add_test(tcase, rests_and_returns);
	tcase_add_test(tcase, regenerates_at_once);
	tcase_add_test(tcase, regenerates_with_overlap);
	tcase_add_test(tcase, regenerates_into_a_file);
	tcase_add_loop_test(tcase, refuses, 0, COUNT(refusals));
	tcase_add_test(tcase, audit_tells);
	tcase_add_loop_test(
	    tcase, members_keep_to_their_own, 0, COUNT(trespasses));
	tcase_add_test(tcase, members_have_their_own);
	return cli_cases("apitoken and apitokend", &tcase, 1);
}
