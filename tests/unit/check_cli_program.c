/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program itself, as a person or a script calls it, against an agent that
 * answers by rote: exit codes, what stands on standard output and what on
 * standard error, and that the secret is nowhere else.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/changemessage.h"
#include "common/duration.h"
#include "tests/unit/cli_agent.h"
#include "tests/unit/cli_run.h"

/* The MAC of an entry whose number ends in that byte. */
#define AC4 "c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4"
#define A00 "00000000000000000000000000000000"

static struct cli_agent agent;

static void
setup(void)
{
	agent = (struct cli_agent) { .tokens = 2500, .page = 300 };
	cli_agent_start(&agent);
	(void)snprintf(cli_file, sizeof cli_file, "%s.out", agent.path);
	(void)setenv("APITOKEN_SOCKET", agent.path, 1);
}

static void
teardown(void)
{
	(void)unlink(cli_file);
	cli_agent_stop(&agent);
}

#define LONG_65                                                                \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *line;
	int status;
	const char *out, *err; /* are in there; NULL: it is empty */
} rows[] = {
	/* The program */
	{ "", 2, NULL, "usage: apitoken" },
	{ "--help", 0, "  explain ", NULL },
	{ "--version", 0, "apitoken ", NULL },
	{ "list --version", 0, "apitoken ", NULL },
	{ "creat", 2, NULL, "did you mean 'create'?" },
	{ "shw x", 2, NULL, "did you mean 'show'?" },
	{ "project --help", 0, "  project lock ", NULL },
	{ "project -h", 0, "apitoken project COMMAND --help", NULL },
	{ "project --version", 0, "apitoken ", NULL },
	{ "project create --help", 0, "usage: apitoken project create NAME",
	    NULL },
	{ "project --json list --help", 0, "usage: apitoken project list",
	    NULL },
	{ "project create --frob", 2, NULL,
	    "unknown option '--frob'; see apitoken project create --help" },
	{ "project creat x", 2, NULL,
	    "unknown command 'project creat': project takes create|list|" },
	{ "role create x --permission", 2, NULL, "needs a value: PERMISSION" },
	{ "projec list", 2, NULL, "did you mean 'project'?" },
	{ "withdraw x y", 2, NULL, "unknown command 'withdraw'; see" },
	{ "frobnicate", 2, NULL, "unknown command 'frobnicate'; see" },
	{ "\033[2J", 2, NULL, "unknown command '\\x1b[2J'" },
	{ "--frob list", 2, NULL, "unknown option '--frob'; see apitoken" },
	{ "create x --frob", 2, NULL,
	    "unknown option '--frob'; see apitoken create --help" },
	{ "create x --frob=y", 2, NULL, "unknown option '--frob';" },
	{ "list --token-file /nonexistent", 2, NULL,
	    "--token-file '/nonexistent': No such file" },
	{ "list --token-file /dev/null", 2, NULL, "no management token" },
	{ "create x --uses 0", 2, NULL, "--uses" },
	{ "create x --uses 4294967295", 2, NULL, "1 to 4294967294" },
	{ "create --help", 0, "--allow SERVICE[:ACCESS] ...", NULL },
	{ "create --help --frob", 2, NULL, "--frob" },
	{ "--socket /nowhere/s status", 6, NULL, "/nowhere/s" },
	{ "status --socket /nowhere/s", 6, NULL, "is apitokend running?" },
	{ "-o xml list", 2, NULL, "table|json|jsonl|csv|id" },
	{ "whoami -o csv", 2, NULL, "it takes table|json|jsonl" },
	{ "whoami x", 2, NULL, "unexpected 'x'" },
	/* create */
	{ "create", 2, NULL, "NAME is missing" },
	{ "create ''", 2, NULL, "NAME is empty" },
	{ "create a b", 2, NULL, "unexpected 'b'" },
	{ "create " LONG_65, 2, NULL, "NAME takes at most 64 bytes" },
	{ "create x --project " LONG_65, 2, NULL,
	    "--project takes at most 64 bytes, and was given 65" },
	{ "create x --environment " LONG_65, 2, NULL,
	    "--environment takes at most 64 bytes" },
	{ "create x --role " LONG_65, 2, NULL,
	    "--role takes at most 64 bytes" },
	{ "create x --allow " LONG_65 LONG_65, 2, NULL,
	    "--allow takes at most 129 bytes" },
	{ "create x --description " LONG_65 LONG_65 LONG_65 LONG_65 LONG_65
		LONG_65 LONG_65 LONG_65,
	    2, NULL, "--description takes at most 512 bytes" },
	{ "create x --owner " LONG_65 LONG_65 LONG_65 LONG_65, 2, NULL,
	    "--owner takes at most 255 bytes" },
	{ "create x --expires 101y", 2, NULL, "at most 100y" },
	{ "edit x --name " LONG_65, 2, NULL, "--name takes at most 64 bytes" },
	{ "list --service " LONG_65, 2, NULL,
	    "--service takes at most 64 bytes" },
	{ "list --after laptop", 2, NULL, "it has 10 letters and digits" },
	{ "project create " LONG_65, 2, NULL, "NAME takes at most 64 bytes" },
	{ "show " LONG_65 LONG_65 LONG_65 LONG_65, 2, NULL,
	    "TOKEN takes at most 255 bytes" },
	{ "create x --expires never", 0, "atk_", "it never expires" },
	{ "create x", 0, "atk_", "it will expire 2026-01-01T00:00:00Z" },
	{ "create x", 0, "atk_", "sshpass -f FILE sftp alice@HOST" },
	{ "create x", 0, "atk_", "SSH_ASKPASS" },
	{ "create x", 0, "atk_", "--netrc-file" },
	{ "--quiet create x", 0, "atk_", NULL },
	{ "create x --json --quiet", 0, "\n  \"token\": \"atk_", NULL },
	{ "create x -o jsonl --quiet", 0, ",\"token\":\"atk_", NULL },
	{ "create x -o id", 2, NULL, "--output" },
	{ "create x -o csv", 2, NULL, "it takes" },
	{ "create x -o id --output @ --quiet", 0, AGENT_TOKEN_ID "\n", NULL },
	{ "create x --output @", 0, NULL, "sshpass -f /tmp/" },
	{ "create x --output /nowhere/f", 1, NULL, "nothing was created" },
	{ "create x --output ''", 2, NULL, "--output" },
	{ "create x --output /dev/null", 5, NULL, "exists already" },
	{ "create x --dry-run", 0, "expires_at         2026-01-01T00:00:00Z",
	    "nothing was made\n" },
	{ "create x --dry-run --quiet --json", 0, "\"id\": null", NULL },
	{ "create x --dry-run --output /dev/null", 5, NULL, "exists already" },
	{ "create taken --if-absent --output /dev/null", 0, NULL, "already" },
	{ "create x --if-absent --output /dev/null", 5, NULL,
	    "/dev/null exists already" },
	{ "regenerate missing --yes --output /dev/null", 5, NULL,
	    "exists already" },
	{ "create x --dry-run --json", 0, "\"id\": null",
	    "nothing was made\n" },
	{ "create taken", 5, NULL, "it is \\x1btaken" },
	{ "create taken --if-absent", 0, NULL, "nothing was created" },
	{ "create taken --if-absent --output @", 0, NULL, "already" },
	{ "create forbidden", 4, NULL, "not permitted" },
	{ "create gone", 6, NULL, "is not known" },
	{ "create gone --output @", 6, NULL, "its secret is lost" },
	{ "create liar", 1, NULL, "apitoken revoke z1z2z3z4z5" },
	{ "create liar --output @", 1, NULL, "secret is lost" },
	{ "create x --expires 2020-01-01", 2, NULL, "2020-01-01T00:00:00Z" },
	{ "create x --expires 0d", 2, NULL, "90d" },
	{ "create x --expires tomorrow", 2, NULL, "or never" },
	{ "create x --not-before soon", 2, NULL, "--not-before 'soon'" },
	{ "create x --expires 1d --not-before 2d", 2, NULL, "is not before" },
	{ "create x --type rw", 2, NULL, "read-only|full-access|custom" },
	{ "create x --organization --project y", 2, NULL, "exclude" },
	{ "create atk_x", 2, NULL, "secrets are never arguments" },
	/* list, show */
	{ "list --limit 2", 0, "0000000002 some", NULL },
	{ "list --limit 2 --after 0000000007", 0, "0000000009 some", NULL },
	{ "list --limit 0", 2, NULL, "--limit '0'" },
	{ "list --state gone", 2, NULL, "active|expired|disabled" },
	{ "list --after 0000002500", 0, NULL, "no tokens" },
	{ "list --after 0000002500 --json", 0, "[]\n", NULL },
	{ "list -o csv --limit 1", 0, "0000000001,some,for tests,api", NULL },
	{ "show x", 0, "expires_at         never", NULL },
	{ "show x --json", 0, "\"name\": \"x\"", NULL },
	{ "show", 2, NULL, "TOKEN is missing" },
	{ "show missing", 3, NULL, "no such token" },
	{ "show escape", 0, "red\\x1b[31m", NULL },
	{ "show escape", 0, "\\u{202e}eve", NULL },
	{ "show garbage", 1, NULL, "not what the protocol says" },
	{ "show atk_a1b2c3d4e5", 2, NULL, "secrets are never arguments" },
	/* revoke, delete */
	{ "revoke x", 2, NULL, "--yes is needed" },
	{ "delete x", 2, NULL, "--yes is needed" },
	{ "revoke --yes", 2, NULL, "TOKEN... is missing" },
	{ "revoke x --dry-run", 0, "would revoke x000000000", NULL },
	{ "delete x y --dry-run", 0, "would delete y000000000", NULL },
	{ "revoke x y --yes", 0, "revoked y000000000", NULL },
	{ "revoke x --yes --quiet", 0, NULL, NULL },
	{ "delete x --yes -o id", 0, "x000000000\n", NULL },
	{ "revoke x --yes --json", 0, "\"state\":\"revoked\"", NULL },
	{ "revoke x missing --yes", 3, NULL, "there is no missing" },
	{ "revoke x stubborn --yes", 7, NULL, "1 of 2 tokens" },
	{ "revoke stubborn --yes", 1, NULL, "0 of 1 tokens" },
	{ "revoke gone --yes", 6, NULL, "is not known" },
	{ "revoke --leaked --reason x", 2, NULL,
	    "--reason is not taken with --leaked: it is 'leaked'" },
	{ "revoke --leaked x", 2, NULL, "--leaked goes with --dry-run alone" },
	{ "revoke --help", 0, "on standard input; it does not ask", NULL },
	{ "revoke --help", 0, "answer yes to what a command asks", NULL },
	{ "revoke atk_x --yes", 2, NULL, "secrets are never arguments" },
	{ "delete x --reason y --yes", 2, NULL, "unknown option '--reason'" },
	/* disable, enable */
	{ "disable x", 2, NULL, "--yes is needed" },
	{ "disable x y --yes", 0, "disabled y000000000", NULL },
	{ "disable x --dry-run", 0, "would disable x000000000", NULL },
	{ "disable x --yes --json", 0, "\"state\":\"disabled\"", NULL },
	{ "disable x missing --yes", 3, NULL, "there is no missing" },
	{ "disable x --reason y --yes", 2, NULL, "unknown option '--reason'" },
	{ "enable x y", 0, "enabled y000000000", NULL },
	{ "enable x --dry-run", 0, "would enable x000000000", NULL },
	{ "enable x --json", 0, "\"state\":\"active\"", NULL },
	{ "enable gone", 6, NULL, "is not known" },
	{ "enable", 2, NULL, "TOKEN... is missing" },
	/* edit */
	{ "edit x", 2, NULL, "nothing is to be changed" },
	{ "edit x --dry-run", 2, NULL, "nothing is to be changed" },
	{ "edit --name y", 2, NULL, "TOKEN is missing" },
	{ "edit missing --name y", 3, NULL, "no such token" },
	{ "edit x --expires 2099-01-31", 0,
	    "expires_at         2099-01-31T00:00:00Z",
	    "it will expire 2099-01-31T00:00:00Z" },
	{ "edit x --expires never --quiet", 0, "expires_at         never",
	    NULL },
	{ "edit x --expires ''", 2, NULL, "or never" },
	{ "edit x --expires 2020-01-01", 2, NULL, "2020-01-01T00:00:00Z" },
	{ "edit x --not-before never", 2, NULL, "--not-before 'never'" },
	{ "edit x --from ''", 0, "from               anywhere", NULL },
	{ "edit x --from 10.0.0.0/8 --from ::/0", 0,
	    "from               10.0.0.0/8,::/0", NULL },
	{ "edit x --allow '' --json", 0, "\"allow\": []", NULL },
	{ "edit x --description ''", 0, "description        -", NULL },
	{ "edit x --user ''", 2, NULL, "--user is empty" },
	{ "edit x --type rw", 2, NULL, "read-only|full-access|custom" },
	{ "edit atk_x --name y", 2, NULL, "secrets are never arguments" },
	/* regenerate */
	{ "regenerate x", 2, NULL, "--yes is needed" },
	{ "regenerate x --yes", 0, "atk_", "the old secret stops at once" },
	{ "regenerate x --yes", 0, "atk_", "sshpass -f FILE sftp alice@HOST" },
	{ "regenerate x --yes --quiet --overlap 24h", 0, "atk_", NULL },
	{ "regenerate x --yes --overlap 24h", 0, "atk_",
	    "the old secret works until 2" },
	{ "regenerate x --yes --overlap soon", 2, NULL, "--overlap 'soon'" },
	{ "regenerate x --yes --overlap never", 2, NULL, "a duration" },
	{ "regenerate x --yes --json --quiet", 0, "\n  \"token\": \"atk_",
	    NULL },
	{ "regenerate x --yes -o id", 2, NULL, "--output" },
	{ "regenerate x --yes --output @ -o id --quiet", 0, AGENT_TOKEN_ID "\n",
	    NULL },
	{ "regenerate x --yes --output /dev/null", 5, NULL,
	    "nothing was regenerated" },
	{ "regenerate x --dry-run", 0, "state              active",
	    "the old secret stops at once" },
	{ "regenerate x --dry-run --user bob --quiet", 0,
	    "users              bob", NULL },
	{ "regenerate forbidden --yes --output @", 4, NULL, "not permitted" },
	{ "regenerate liar --yes --output @", 1, NULL,
	    "run apitoken regenerate z1z2z3z4z5" },
	{ "regenerate atk_x --yes", 2, NULL, "secrets are never arguments" },
	/* audit */
	{ "audit", 0, "SUBJECT", NULL },
	{ "audit", 0, "name=\\x5cx1b[2J yes", NULL },
	{ "audit -o jsonl", 0, "{\"number\":1,\"at\":\"2026-", NULL },
	{ "audit -o csv", 0, "number,at,actor,action,subject,detail,sound\n1,",
	    NULL },
	{ "audit -o id", 2, NULL, "it takes table|json|jsonl|csv" },
	{ "audit --since soon", 2, NULL, "--since 'soon'" },
	{ "audit --until never", 2, NULL, "--until 'never'" },
	{ "audit --token 0000000000", 0, AGENT_TOKEN_ID, NULL },
	{ "audit --token missing", 3, NULL, "by its id" },
	{ "audit --verify", 0, "2500 entries are sound\n", NULL },
	{ "audit --anchor", 0, "2500:c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4\n",
	    NULL },
	{ "audit --anchor --json", 0, "\"number\": 2500", NULL },
	{ "audit --anchor -o csv", 0, "2500:c4c4", NULL },
	{ "audit --verify --anchor 2500:" AC4, 0, "2500 entries are sound\n",
	    NULL },
	{ "audit --anchor=256:" A00 " --verify", 0, "2500 entries are sound\n",
	    NULL },
	{ "audit --verify --anchor 2499:" AC4, 1,
	    "2500 entries are chained, but not to the anchor\n",
	    "entry 2499 is not the one of the anchor" },
	{ "audit --verify --anchor 0:" AC4, 0, "2500 entries are sound\n",
	    NULL },
	{ "audit --verify --anchor 2501:" AC4, 1,
	    "2500 entries are chained, but not to the anchor\n",
	    "entry 2501 is missing" },
	{ "audit --verify --json --anchor 2502:" AC4, 1, "\"broken\": 2501",
	    "entry 2501 is missing" },
	{ "audit --verify --anchor", 2, NULL, "--anchor ''" },
	{ "audit --verify --anchor 2500", 2, NULL, "1234:9f86" },
	{ "audit --anchor 2500:" AC4, 2, NULL, "compared by --verify" },
	{ "audit --anchor --actor x", 2, NULL, "no filter" },
	{ "audit --verify --json", 0, "\"broken\": null", NULL },
	{ "audit --verify --actor x", 2, NULL, "no filter" },
	/* completion */
	{ "completion bash", 0, "complete -F _apitoken apitoken\n", NULL },
	{ "completion zsh", 0, "#compdef apitoken\n", NULL },
	{ "completion fish", 0, "complete -c apitoken -f\n", NULL },
	{ "completion sh", 2, NULL, "bash|zsh|fish" },
	{ "completion", 2, NULL, "bash|zsh|fish is missing" },
	/* explain, whoami */
	{ "explain x --user alice --service s", 0, "login     yes", NULL },
	{ "explain x --user bob --service s", 10, "login     no", NULL },
	{ "explain x --user bob --service s --json", 10, "\"holds\":false",
	    NULL },
	{ "explain x --user bob", 2, NULL, "--service NAME is missing" },
	{ "whoami", 0, "login: alice\nuid: 1000\nrole: -\n", NULL },
	{ "whoami --json", 0, "\"uid\": 1000", NULL },
	{ "status", 0, "state: ready\n", NULL },
	{ "status --json", 0, "\"tokens\": 7", NULL },
	{ "status --prometheus", 0, "apitoken_rows{database=\"tokens\"} 7\n",
	    NULL },
	{ "status --prometheus --json", 2, NULL, "not both" },
	{ "status --prometheus -o table", 2, NULL, "not both" },
	{ "status --json", 0, "\"durable\": true", NULL },
};

START_TEST(answers_rows)
{
	ck_assert_int_eq(cli_run(rows[_i].line, ""), rows[_i].status);
	cli_holds(cli_out, rows[_i].out);
	cli_holds(cli_err, rows[_i].err);
	ck_assert_ptr_null(strstr(cli_err, cli_agent_token()));
	ck_assert_ptr_null(strchr(cli_err, '\033'));
	/* What was refused left no file. */
	if (rows[_i].status != 0 || strstr(rows[_i].line, "if-absent"))
		ck_assert_int_eq(access(cli_file, F_OK), -1);
}
END_TEST

START_TEST(secret_is_all_of_standard_output)
{
	char expected[64];

	(void)snprintf(expected, sizeof expected, "%s\n", cli_agent_token());
	ck_assert_int_eq(cli_run("create x", ""), 0);
	ck_assert_str_eq(cli_out, expected);
}
END_TEST

START_TEST(secret_is_in_the_file_only)
{
	char expected[64], bytes[64] = "";
	struct stat status;
	int fd;

	(void)snprintf(expected, sizeof expected, "%s\n", cli_agent_token());
	ck_assert_int_eq(cli_run("create x --output @ --json", ""), 0);
	ck_assert_ptr_null(strstr(cli_out, cli_agent_token()));
	ck_assert_ptr_null(strstr(cli_out, "\"token\""));
	ck_assert_ptr_null(strstr(cli_err, cli_agent_token()));
	fd = open(cli_file, O_RDONLY);
	ck_assert_int_eq(fstat(fd, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0600);
	ck_assert_int_gt(read(fd, bytes, sizeof bytes - 1), 0);
	(void)close(fd);
	ck_assert_str_eq(bytes, expected);
	ck_assert_int_eq(cli_run("create x --output @", ""), 5);
	ck_assert_int_eq(access(cli_file, F_OK), 0);
}
END_TEST

/* Nobody is told or asked anything before a file that cannot be made. */
START_TEST(file_is_looked_at_first)
{
	ck_assert_int_eq(cli_run("create x --output /dev/null", ""), 5);
	ck_assert_ptr_null(strstr(cli_err, "expire"));
	ck_assert_int_eq(
	    cli_run("create x --if-absent --output /nowhere/f", ""), 1);
	ck_assert_ptr_null(strstr(cli_err, "expire"));
	cli_holds(cli_err, "/nowhere/f: No such file or directory");
	ck_assert_int_eq(cli_run("create forbidden", ""), 4);
	ck_assert_ptr_null(strstr(cli_err, "expire"));
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 2);
	ck_assert_uint_eq(agent.changes, 0);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

/* The second request asks for exactly the expiry that the first one showed. */
START_TEST(expiry_is_the_one_shown)
{
	ck_assert_int_eq(cli_run("create x", ""), 0);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.changes, 1);
	ck_assert_uint_eq(agent.requests, 2);
	ck_assert_uint_eq(agent.expires_at, UINT64_C(1767225600));
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

static const char *const changeless[] = { "create x --dry-run",
	"create taken --if-absent", "create taken", "create x -o id",
	"create x --output /nowhere/f", "create x --expires 2020-01-01",
	"create forbidden", "revoke x", "revoke x --dry-run", "revoke missing",
	"revoke x missing --yes", "delete x", "delete x --dry-run",
	"revoke atk_x --yes", "show x", "list", "status", "whoami", "disable x",
	"disable x --dry-run", "enable x --dry-run",
	"edit x --name y --dry-run", "edit x --user ''", "regenerate x",
	"regenerate x --dry-run", "regenerate x --yes --output /nowhere/f",
	"regenerate x --yes -o id", "audit", "audit --verify" };

START_TEST(refused_changes_nothing)
{
	(void)cli_run(changeless[_i], "");
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.changes, 0);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

START_TEST(changes_go_by_full_id)
{
	ck_assert_int_eq(cli_run("revoke backup --yes", ""), 0);
	cli_agent_stop(&agent);
	ck_assert_str_eq(agent.selector, "backup0000");
	ck_assert_uint_eq(agent.changes, 1);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

static const struct {
	const char *option;
	uint32_t fields;
} edits[] = {
	{ "--name y", FIELD_NAME },
	{ "--description ''", FIELD_DESCRIPTION },
	{ "--type custom", FIELD_TYPE },
	/* what is named, and nothing else */
	{ "--allow sshd", FIELD_ALLOW | FIELD_TYPE },
	{ "--allow ''", FIELD_ALLOW },
	{ "--expires never", FIELD_EXPIRES },
	{ "--not-before ''", FIELD_NOT_BEFORE },
	{ "--from ''", FIELD_FROM },
	{ "--environment ''", FIELD_ENVIRONMENT },
	{ "--user bob", FIELD_USERS },
	{ "--user bob --name y", FIELD_USERS | FIELD_NAME },
};

/* No field is sent that was not given, or meant. */
START_TEST(edits_what_is_given)
{
	char line[64];

	(void)snprintf(line, sizeof line, "edit x %s", edits[_i].option);
	ck_assert_int_eq(cli_run(line, ""), 0);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.fields, edits[_i].fields);
	ck_assert_uint_eq(agent.changes, 1);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

/* The token that was shown, for as long as was shown. */
START_TEST(regenerates_what_was_shown)
{
	ck_assert_int_eq(cli_run("regenerate x --yes --overlap 24h", ""), 0);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 2);
	ck_assert_uint_eq(agent.changes, 1);
	ck_assert_str_eq(agent.selector, AGENT_TOKEN_ID);
	ck_assert_uint_le(agent.overlap, 24 * 60 * 60);
	ck_assert_uint_ge(agent.overlap, 24 * 60 * 60 - 60);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

/* What is not as it was written, and what the chain says of it. */
static const struct {
	unsigned broken, gap;
	bool reads_own;
	int status;
	const char *out, *err;
} chains[] = {
	{ 0, 0, false, 0, "2500 entries are sound\n", NULL },
	{ 1, 0, false, 1, "0 entries are sound\n", "entry 1 is not what" },
	{ 700, 0, false, 1, "699 entries are sound\n", "entry 700 is not" },
	{ 2500, 0, false, 1, "2499 entries are sound\n", "entry 2500 is not" },
	{ 0, 1, false, 1, "0 entries are sound\n", "entry 1 is missing" },
	{ 0, 300, false, 1, "299 entries are sound\n", "entry 300 is missing" },
	{ 0, 301, false, 1, "300 entries are sound\n", "entry 301 is missing" },
	{ 302, 301, false, 1, "300 entries are sound\n",
	    "entry 301 is missing" },
	{ 0, 0, true, 4, NULL, "audit.read of all" },
};

START_TEST(verifies_the_chain)
{
	agent.broken = chains[_i].broken;
	agent.gap = chains[_i].gap;
	agent.reads_own = chains[_i].reads_own;
	ck_assert_int_eq(cli_run("audit --verify", ""), chains[_i].status);
	cli_holds(cli_out, chains[_i].out);
	cli_holds(cli_err, chains[_i].err);
}
END_TEST

/* A duration is before now; a name becomes the id that the agent knows. */
START_TEST(audit_is_filtered)
{
	uint64_t now = (uint64_t)time(NULL);

	ck_assert_int_eq(cli_run("audit --token x --since 1h", ""), 0);
	cli_agent_stop(&agent);
	ck_assert_str_eq(agent.selector, AGENT_TOKEN_ID);
	ck_assert_uint_ge(agent.since, now - 3600);
	ck_assert_uint_le(agent.since, now - 3600 + 60);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

/* Shells that are not installed are left out. */
static const char *const syntaxes[] = { "bash", "zsh", "fish" };

START_TEST(completion_is_a_script)
{
	char command[512];

	(void)snprintf(command, sizeof command,
	    "command -v %s >/dev/null || exit 0; %s completion %s >%s && "
	    "%s -n %s",
	    syntaxes[_i], APITOKEN_PROGRAM, syntaxes[_i], cli_file,
	    syntaxes[_i], cli_file);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* What bash offers for the last word of a line. */
static const struct {
	const char *words; /* the last one is completed */
	const char *offers, *not ;
} completions[] = {
	{ "cr", " create ", "--" },
	{ "''", " regenerate ", "--name" },
	{ "--so", " --socket ", "create" },
	{ "create --ty", " --type ", "--user" },
	{ "create --type ''", " read-only full-access custom ", "--" },
	{ "create --type = re", " read-only ", "custom" },
	{ "create --type =", " read-only full-access custom ", "=" },
	{ "--socket /x create --expires ''", " 1d 7d 30d 60d 90d never ",
	    "DATE" },
	{ "--socket = /x edit x --f", " --from --format ", "--if-absent" },
	{ "create --user roo", " root ", "--" },
	{ "create --output /etc/pass", " /etc/passwd ", "--" },
	{ "whoami -o ''", " table json jsonl ", "csv" },
	{ "list --format j", " json jsonl ", "csv" },
	{ "audit --v", " --verify --version ", "--yes" },
	{ "completion ''", " bash zsh fish ", "create" },
	{ "create --description ''", "  ", "-" },
	{ "frobnicate ''", "  ", "-" },
	{ "pro", " project ", "create" },
	{ "project ''", " create list show edit lock unlock delete --",
	    "NAME" },
	{ "project l", " list lock ", "-" },
	{ "project --y", " --yes ", "create" },
	{ "project --format ''", " table json ", "create" },
	{ "--socket /x project --json cr", " create ", "-" },
	{ "project create --d", " --description ", "--with" },
	{ "project delete --w", " --with-tokens ", "--withdraw" },
	{ "role delete --w", " --withdraw ", "--with-tokens" },
	{ "project list --format ''", " id ", "--" },
	{ "role grants x --form", " --format ", "create" },
	{ "project frob ''", "  ", "-" },
	{ "create project ''", " --user ", "lock" },
	{ "--token-file /x project l", " list lock ", "-" },
};

START_TEST(bash_completes)
{
	char command[512];
	FILE *stream;

	(void)snprintf(command, sizeof command,
	    "bash -c '. <(%s completion bash); COMP_WORDS=(apitoken \"$@\"); "
	    "COMP_CWORD=$#; _apitoken 2>/dev/null; "
	    "echo \" ${COMPREPLY[*]} \"' - %s",
	    APITOKEN_PROGRAM, completions[_i].words);
	stream = popen(command, "r");
	ck_assert_ptr_nonnull(stream);
	ck_assert_ptr_nonnull(fgets(cli_out, sizeof cli_out, stream));
	ck_assert_int_eq(pclose(stream), 0);
	cli_holds(cli_out, completions[_i].offers);
	ck_assert_ptr_null(strstr(cli_out, completions[_i].not ));
}
END_TEST

/* An argument with a token in it is neither sent nor shown. */
START_TEST(token_as_argument_is_refused)
{
	static const char *const lines[] = { "show %s", "revoke %s --yes", "%s",
		"create %s", "--frob=%s", "create x --description %s",
		"verify --user a --service %s" };
	char line[256];

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *hole = strstr(lines[i], "%s");

		(void)snprintf(line, sizeof line, "%.*s%s%s",
		    (int)(hole - lines[i]), lines[i], cli_agent_token(),
		    hole + 2);
		ck_assert_int_eq(cli_run(line, ""), 2);
		ck_assert_ptr_null(strstr(cli_err, "atk_"));
		cli_holds(cli_err, "secrets are never arguments");
	}
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 0);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

/* What is typed on a terminal, and whether it is a yes. */
static const struct {
	const char *typed;
	bool yes;
} typed[] = {
	{ "y\n", true }, { "Y\n", true }, { "yes\n", true }, { "n\n", false },
	{ "\n", false }, { "yep\n", false }, { " y\n", false },
	{ "\x04", false }, /* end of file */
};

START_TEST(terminal_is_asked)
{
	struct cli_terminal terminal;

	cli_sit(&terminal, "revoke x escape");
	cli_expect(&terminal,
	    "Revoke 2 tokens (x000000000 x, escape0000 red\\x1b[31m)? [y/N] ");
	cli_type(&terminal, typed[_i].typed);
	cli_expect(&terminal,
	    typed[_i].yes ? "revoked escape0000" : "nothing was revoked");
	ck_assert_int_eq(cli_leave(&terminal), typed[_i].yes ? 0 : 1);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.changes, typed[_i].yes ? 1 : 0);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

static const struct {
	const char *before, *after; /* the token between them */
	const char *options;
	int status;
	const char *out;
} verifies[] = {
	{ "", "", "--user alice", 0, "accepted\n" },
	{ "", "\n", "--user alice", 0, "accepted\n" },
	{ "secret-token:", "", "--user alice", 0, "accepted\n" },
	{ "", "", "--user alice --json", 0, "\"accepted\": true" },
	{ "", "", "--user alice --quiet", 0, NULL },
	{ "", "", "--user bob", 10, "refused: login, service\n" },
	{ "", "", "--user bob --json", 10, "\"accepted\": false" },
	{ "", "\n\n", "--user alice", 10, "refused\n" },
	{ " ", "", "--user alice", 10, "refused\n" },
	{ "x", "", "--user alice", 10, "refused\n" },
};

START_TEST(verifies_tokens)
{
	char line[128], in[128];

	(void)snprintf(line, sizeof line, "verify --service sshd %s",
	    verifies[_i].options);
	(void)snprintf(in, sizeof in, "%s%s%s", verifies[_i].before,
	    cli_agent_token(), verifies[_i].after);
	ck_assert_int_eq(cli_run(line, in), verifies[_i].status);
	cli_holds(cli_out, verifies[_i].out);
	ck_assert_ptr_null(strstr(cli_err, "atk_"));
	ck_assert_ptr_null(strstr(cli_out, "atk_"));
}
END_TEST

static const char *const passwords[] = { "", "\n", "x", "hunter2\n",
	"atk_a1b2c3d4e5_000000000000000000000000000000000",
	"atk_a1b2c3d4e5_FkxA2b5Fy0kdRlr3nuUcKFnFFGi3YJJL",
	"atk_a1b2c3d4e5_FkxA2b5Fy0kdRlr3nuUcKFnFFGi3YJJLHH", "\033[2J" };

/* What is no token is refused here; the agent never hears of it. */
START_TEST(passwords_stay_here)
{
	ck_assert_int_eq(
	    cli_run("verify --user alice --service sshd", passwords[_i]), 10);
	ck_assert_str_eq(cli_out, "refused\n");
	ck_assert_str_eq(cli_err, "apitoken: what was given is not a token\n");
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 0);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

START_TEST(sealed_is_loud)
{
	agent.sealed = true;
	ck_assert_int_eq(cli_run("status", ""), 0);
	cli_holds(cli_out, "state: sealed\n");
	cli_holds(cli_err, "SEALED");
	cli_holds(cli_err, "no key");
}
END_TEST

/* Pages of the agent and of the table: every token once. */
START_TEST(long_lists_are_whole)
{
	char command[320];

	(void)snprintf(command, sizeof command,
	    "%s list | wc -l | grep -qx 2501 && "
	    "%s list -o id | sort -u | wc -l | grep -qx 2500 && "
	    "%s list --limit 1234 -o jsonl | wc -l | grep -qx 1234 && "
	    "%s audit -o csv | sort -u | wc -l | grep -qx 2501",
	    APITOKEN_PROGRAM, APITOKEN_PROGRAM, APITOKEN_PROGRAM,
	    APITOKEN_PROGRAM);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

/* The agent takes 300 of a batch, and sometimes does not answer. */
static const struct {
	unsigned breaks;
	int status;
	const char *out, *err;
	unsigned changes;
} batches[] = {
	{ 0, 0, "revoked 2500 tokens\n", NULL, 9 },
	{ 1, 6, NULL, "2500 of 2500 tokens may not be revoked", 1 },
	{ 4, 7, "revoked 900 tokens\n",
	    "1600 of 2500 tokens may not be revoked", 4 },
	{ 9, 7, "revoked 2400 tokens\n",
	    "100 of 2500 tokens may not be revoked", 9 },
};

START_TEST(batches_are_counted)
{
	agent.breaks = batches[_i].breaks;
	ck_assert_int_eq(cli_run("revoke --matching --state all --yes", ""),
	    batches[_i].status);
	cli_holds(cli_out, batches[_i].out);
	cli_holds(cli_err, batches[_i].err);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.changes, batches[_i].changes);
	agent = (struct cli_agent) { 0 };
	cli_agent_start(&agent);
}
END_TEST

static const struct {
	const char *command; /* of a shell; %s is the program */
	int status;
} shells[] = {
	{ "%s list >/dev/full 2>/dev/null", 1 },
	{ "%s list --limit 1 >/dev/full 2>/dev/null", 1 },
	{ "%s list >&- 2>/dev/null", 1 },
	{ "%s create x >&- 2>/dev/null", 1 },
	{ "%s create x --quiet >/dev/full 2>/dev/null", 1 },
	{ "%s create x 2>&- >/dev/null", 0 },
	{ "%s whoami <&- >/dev/null", 0 },
	{ "%s verify --user a --service b <&- >/dev/null 2>&1", 1 },
	/* A reader that leaves early is no error, and nothing is said. */
	{ "(%s list 2>&1 1>&3 | grep .) 3>&1 | head -n 1 | grep -qx "
	  "'ID .*LAST-USED'",
	    0 },
};

START_TEST(standard_output_is_watched)
{
	const char *hole = strstr(shells[_i].command, "%s");
	char command[256];
	int status;

	(void)snprintf(command, sizeof command, "%.*s%s%s",
	    (int)(hole - shells[_i].command), shells[_i].command,
	    APITOKEN_PROGRAM, hole + 2);
	status = system(command);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), shells[_i].status);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/apitoken");
	TCase *tcase = tcase_create("program");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, answers_rows, 0, (int)(sizeof rows / sizeof rows[0]));
	tcase_add_test(tcase, secret_is_all_of_standard_output);
	tcase_add_test(tcase, secret_is_in_the_file_only);
	tcase_add_test(tcase, file_is_looked_at_first);
	tcase_add_test(tcase, expiry_is_the_one_shown);
	tcase_add_loop_test(tcase, refused_changes_nothing, 0,
	    (int)(sizeof changeless / sizeof changeless[0]));
	tcase_add_test(tcase, changes_go_by_full_id);
	tcase_add_loop_test(tcase, edits_what_is_given, 0,
	    (int)(sizeof edits / sizeof edits[0]));
	tcase_add_test(tcase, regenerates_what_was_shown);
	tcase_add_loop_test(tcase, verifies_the_chain, 0,
	    (int)(sizeof chains / sizeof chains[0]));
	tcase_add_test(tcase, audit_is_filtered);
	tcase_add_loop_test(tcase, completion_is_a_script, 0,
	    (int)(sizeof syntaxes / sizeof syntaxes[0]));
	tcase_add_loop_test(tcase, bash_completes, 0,
	    (int)(sizeof completions / sizeof completions[0]));
	tcase_add_loop_test(
	    tcase, terminal_is_asked, 0, (int)(sizeof typed / sizeof typed[0]));
	tcase_add_test(tcase, token_as_argument_is_refused);
	tcase_add_loop_test(tcase, verifies_tokens, 0,
	    (int)(sizeof verifies / sizeof verifies[0]));
	tcase_add_loop_test(tcase, passwords_stay_here, 0,
	    (int)(sizeof passwords / sizeof passwords[0]));
	tcase_add_test(tcase, sealed_is_loud);
	tcase_add_test(tcase, long_lists_are_whole);
	tcase_add_loop_test(tcase, batches_are_counted, 0,
	    (int)(sizeof batches / sizeof batches[0]));
	tcase_add_loop_test(tcase, standard_output_is_watched, 0,
	    (int)(sizeof shells / sizeof shells[0]));
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
