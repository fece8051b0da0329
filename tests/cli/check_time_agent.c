/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What time does to tokens and to the audit, by the real program against the
 * real agent: the first start, what is purged, an audit whose end was cut off.
 * (A clock that steps: check_clock_agent.)
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/anchor.h"
#include "tests/cli/forger.h"
#include "tests/cli/typing.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/exposition.h"

#define CONFIG                                                                 \
	"[agent]\ndefault_role = member\nself_service_min_uid = 1\n"           \
	"[service svc]\naccess = full\n"

static void
start_with(const char *more)
{
	char config[512];

	(void)snprintf(config, sizeof config, "%s%s", CONFIG, more);
	typing_start(config);
}

static void
start(void)
{
	start_with("");
}

START_TEST(two_tokens_are_there_at_first)
{
	done("list --json");
	cli_holds(cli_out, "\"name\":\"full-access\"");
	cli_holds(cli_out, "\"name\":\"read-only\"");
	done("show full-access --json");
	cli_holds(cli_out, "\"state\": \"pending\"");
	cli_holds(cli_out, "\"owner\": \"nobody\"");
	cli_holds(cli_out, "\"created_by\": \"apitokend\"");
	cli_holds(cli_out, "\"users\": []");
	cli_holds(cli_out, "\"expires_at\": null");
	done("show read-only --json");
	cli_holds(cli_out, "\"type\": \"read-only\"");
	done("audit -o csv");
	cli_holds(cli_out, ",apitokend,token.create,");
}
END_TEST

START_TEST(a_first_token_gets_secret_and_login_at_once)
{
	fails("regenerate full-access --yes", 2, "--user LOGIN");
	makes("regenerate full-access --user alice --yes --quiet");
	ck_assert(lets_alice_in(token));
	done("show full-access");
	cli_holds(cli_out, "state              active\n");
}
END_TEST

/* What was deleted is not made again. */
START_TEST(the_first_start_is_one)
{
	done("delete full-access read-only --yes");
	typing_stop();
	start();
	done("list -o id");
	ck_assert_str_eq(cli_out, "");
}
END_TEST

/* The audit: what was kept of it, and how many entries it had then. */
static char anchor[ANCHOR_TEXT_SIZE];
static unsigned entries;

#define ENTRIES_MORE 3 /* after the anchor */

/* Some entries, an anchor that is kept elsewhere, some entries more. */
static void
fill_audit(void)
{
	start();
	for (int i = 0; i < 5; i++)
		done("edit full-access --expires never --quiet");
	done("audit --anchor");
	entries = (unsigned)strtoul(cli_out, NULL, 10);
	ck_assert_uint_eq(entries, 7);
	ck_assert_uint_eq(
	    strcspn(cli_out, "\n"), strlen("7:") + 2 * ANCHOR_MAC_SIZE);
	(void)snprintf(
	    anchor, sizeof anchor, "%.*s", (int)sizeof anchor - 1, cli_out);
	anchor[strcspn(anchor, "\n")] = '\0';
	for (int i = 0; i < ENTRIES_MORE; i++)
		done("edit read-only --expires never --quiet");
}

static int
verify_audit(const char *kept)
{
	char line[128];

	(void)snprintf(line, sizeof line, "audit --verify --anchor %s", kept);
	return cli_run(line, "");
}

START_TEST(an_audit_is_as_it_was)
{
	char other[ANCHOR_TEXT_SIZE];

	ck_assert_int_eq(verify_audit(anchor), 0);
	cli_holds(cli_out, "10 entries are sound\n");
	typing_stop();
	start();
	ck_assert_int_eq(verify_audit(anchor), 0);
	/* That of another entry, or of another audit. */
	memcpy(other, anchor, sizeof other);
	other[0] = '6';
	ck_assert_int_eq(verify_audit(other), 1);
	cli_holds(cli_err, "entry 6 is not the one of the anchor");
	memcpy(other, anchor, sizeof other);
	other[5] = other[5] == '0' ? '1' : '0';
	ck_assert_int_eq(verify_audit(other), 1);
	ck_assert_int_eq(verify_audit("7"), 2);
	fails("audit --anchor --json --actor root", 2, "no filter");
	done("audit --anchor --json");
	cli_holds(cli_out, "\"number\": 10");
}
END_TEST

static const struct {
	unsigned stay, others;
	int plain; /* what --verify alone says */
	const char *why;
} rewritings[] = {
	/* a tail cut off after the anchor cannot be told by it */
	{ 7, 0, 0, NULL },
	{ 6, 0, 0, "entry 7 is missing" },
	{ 2, 0, 0, "entry 3 is missing" },
	{ 6, 1, 0, "entry 7 is not the one of the anchor" },
	{ 6, 4, 0, "entry 7 is not the one of the anchor" },
	/* removed, inserted or edited in the middle, all after it made anew */
	{ 3, 6, 0, "entry 7 is not the one of the anchor" },
	{ 3, 7, 0, "entry 7 is not the one of the anchor" },
	{ 3, 8, 0, "entry 7 is not the one of the anchor" },
	{ 1, 9, 0, "entry 7 is not the one of the anchor" },
};

START_TEST(another_chain_is_told_by_its_anchor)
{
	int status = rewritings[_i].why == NULL ? 0 : 1;

	typing_stop();
	forger_rewrite(rewritings[_i].stay, rewritings[_i].others);
	start();
	done("audit --verify");
	ck_assert_int_eq(verify_audit(anchor), status);
	cli_holds(cli_err, rewritings[_i].why);
}
END_TEST

static const struct {
	enum forgery forgery;
	uint64_t first, second;
	const char *why;
} forgeries[] = {
	{ FORGE_EDIT, 1, 2, "entry 1 is not what was written" },
	{ FORGE_EDIT, 5, 6, "entry 5 is not what was written" },
	{ FORGE_SWAP, 4, 5, "entry 4 is not what was written" },
	{ FORGE_SWAP, 2, 9, "entry 2 is not what was written" },
	{ FORGE_REPLACE, 3, 4, "entry 3 is not what was written" },
};

START_TEST(a_chain_is_told_by_itself)
{
	typing_stop();
	forger_touch(
	    forgeries[_i].forgery, forgeries[_i].first, forgeries[_i].second);
	start();
	fails("audit --verify", 1, forgeries[_i].why);
	ck_assert_int_eq(verify_audit(anchor), 1);
	cli_holds(cli_err, forgeries[_i].why);
}
END_TEST

START_TEST(the_log_has_the_anchors)
{
	char line[ANCHOR_TEXT_SIZE + 32];

	done("audit --anchor");
	(void)snprintf(line, sizeof line, "audit anchor %.*s",
	    (int)strcspn(cli_out, "\n"), cli_out);
	ck_assert_int_eq(realagent_logged("audit anchor 2:", 1), 1);
	ck_assert_int_eq(realagent_logged(line, 0), 0);
	typing_stop();
	ck_assert_int_eq(realagent_logged(line, 1), 1);
	start();
	done("status");
	ck_assert_int_eq(realagent_logged(line, 2), 2);
}
END_TEST

/* The first thing that an agent does, and again every ten minutes. */
static bool
is_purged(const char *name)
{
	char line[64];
	int status;

	typing_stop();
	start_with("[limits]\nretention = 1s\n");
	done("status");
	(void)snprintf(line, sizeof line, "show %s", name);
	/* The writer has it by now, or will in a moment. */
	for (int i = 0; i < 10; i++) {
		status = cli_run(line, "");
		if (status != 0)
			break;
	}
	ck_assert(status == 0 || status == 3);
	return status == 3;
}

START_TEST(what_ended_is_purged)
{
	char line[64];

	makes("create gone --user alice --quiet");
	done("create rests --user alice --quiet --expires 1s");
	done("disable rests --yes");
	done("create lives --user alice --quiet --expires 1h");
	done("revoke gone --yes");
	for (int i = 0; i < 100 && !is_purged("gone"); i++)
		continue;
	fails("show gone", 3, "no token");
	ck_assert(!lets_alice_in(token));
	done("show rests");
	done("show lives");
	done("show full-access");
	done("audit --action token.purge -o csv");
	(void)snprintf(line, sizeof line, "tokens=1 ids=%.10s", token + 4);
	cli_holds(cli_out, line);
	cli_holds(cli_out, ",apitokend,token.purge,");
	done("audit --verify");
	/* Its name is free again. */
	done("create gone --user alice --quiet");
}
END_TEST

START_TEST(people_make_so_many_tokens)
{
	typing_stop();
	start_with("[limits]\ntokens_per_owner = 2\n");
	cli_uid = MEMBER_UID;
	done("create one --quiet");
	done("create two --quiet");
	fails("create three", 4, "2 is as many as there may be");
	cli_holds(cli_err, "[limits] tokens_per_owner");
	cli_uid = (uid_t)-1;
	done("create three --user " MEMBER " --quiet");
	cli_uid = MEMBER_UID;
	done("delete one two three --yes");
	done("create one --quiet");
	cli_uid = (uid_t)-1;
}
END_TEST

static int64_t
metric(const char *name)
{
	done("status --prometheus");
	exposition_check(cli_out);
	return exposition_value(cli_out, name);
}

#define RESULT(word) "apitoken_verifications_total{result=\"" word "\"}"
#define ROWS(word)   "apitoken_rows{database=\"" word "\"}"

START_TEST(monitoring_reads_the_state)
{
	ck_assert_int_eq(metric("apitoken_sealed"), 0);
	ck_assert_int_eq(metric(ROWS("tokens")), 2);
	ck_assert_int_eq(metric("apitoken_audit_sequence"), 2);
	ck_assert_int_eq(metric(RESULT("accepted")), 0);
	makes("create laptop --user alice --quiet");
	ck_assert(logs_in());
	ck_assert(logs_in());
	done("revoke laptop --yes");
	ck_assert(!logs_in());
	ck_assert_int_eq(metric(RESULT("accepted")), 2);
	ck_assert_int_eq(metric(RESULT("refused")), 1);
	ck_assert_int_eq(metric(RESULT("undecided")), 0);
	ck_assert_int_eq(metric(ROWS("tokens")), 3);
	ck_assert_int_eq(metric("apitoken_audit_sequence"), 4);
	ck_assert_int_eq(metric("apitoken_key_number"), 1);
	ck_assert_int_eq(metric("apitoken_lost_log_lines_total"), 0);
	ck_assert_int_eq(metric("apitoken_lost_attempts_total"), 0);
	ck_assert_int_ge(metric("apitoken_uptime_seconds"), 0);
	ck_assert_int_ge(metric("apitoken_last_commit_age_seconds"), 0);
	ck_assert_int_gt(metric("apitoken_store_used_bytes"), 0);
	ck_assert_int_eq(metric("apitoken_store_map_bytes"), INT64_C(64) << 30);
	cli_uid = MEMBER_UID;
	ck_assert_int_eq(metric(ROWS("tokens")), 3);
	cli_uid = (uid_t)-1;
}
END_TEST

static TCase *
limits_case(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, what_ended_is_purged);
	tcase_add_test(tcase, people_make_so_many_tokens);
	tcase_add_test(tcase, monitoring_reads_the_state);
	return tcase;
}

static TCase *
audit_case(void)
{
	TCase *tcase = tcase_create("audit");

	tcase_add_checked_fixture(tcase, fill_audit, typing_stop);
	tcase_add_test(tcase, an_audit_is_as_it_was);
	tcase_add_loop_test(
	    tcase, another_chain_is_told_by_its_anchor, 0, COUNT(rewritings));
	tcase_add_loop_test(
	    tcase, a_chain_is_told_by_itself, 0, COUNT(forgeries));
	tcase_add_test(tcase, the_log_has_the_anchors);
	return tcase;
}

static TCase *
first_case(void)
{
	TCase *tcase = tcase_create("first start");

	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, two_tokens_are_there_at_first);
	tcase_add_test(tcase, a_first_token_gets_secret_and_login_at_once);
	tcase_add_test(tcase, the_first_start_is_one);
	return tcase;
}

int
main(void)
{
	TCase *const cases[] = { first_case(), audit_case(), limits_case() };

	return cli_cases("time", cases, COUNT(cases));
}
