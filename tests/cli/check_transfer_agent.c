/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Export and import by the real program against the real agent, and against a
 * second one with a store and a key of its own.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/typing.h"
#include "tests/pam/login.h"

#define FILE_SIZE 262144

#define VERIFIER                                                               \
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""
#define SECRETS "\"secrets\":[{\"number\":1,\"verifier\":" VERIFIER "}]"
#define LINE(rest)                                                             \
	"{\"id\":\"0000000001\",\"name\":\"a\",\"owner\":\"alice\"," rest "}"  \
	"\n"
#define EMPTY	      "{\"apitoken\":1}\n{\"end\":0}\n"
#define PROJECT(rest) "{\"record\":\"project\"," rest "}\n"
#define ROLE(rest)    "{\"record\":\"role\"," rest "}\n"
#define GRANT(rest)                                                            \
	"{\"record\":\"grant\",\"principal\":\"" MEMBER "\"," rest "}\n"
#define PENDING "{\"name\":\"later\",\"owner\":\"alice\"}\n"

static char kept[CLI_OUTPUT_SIZE]; /* an export */

/* Those that the tokens of these tests are of. */
static const char *const projects[] = { "b", "web", "p0", "p1", "p2" };

static void
begin(void)
{
	typing_start(TYPING_AGENT);
	/* A new store may begin with tokens of its own. */
	ck_assert_int_eq(cli_run("import --exact --yes", EMPTY), 0);
	for (int i = 0; i < COUNT(projects); i++) {
		char line[64];

		(void)snprintf(
		    line, sizeof line, "project create %s", projects[i]);
		ck_assert_int_eq(cli_run(line, ""), 0);
	}
}

static void
start(void)
{
	begin();
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("out"));
}

/* Another agent: neither store nor key are those of the one before. */
static void
move_on(void)
{
	typing_stop();
	ck_assert_int_eq(unlink(login_path("store/data.mdb")), 0);
	ck_assert_int_eq(unlink(login_path("store/data.mdb-lock")), 0);
	ck_assert_int_eq(unlink(login_path("master.key")), 0);
	begin();
}

static void
run(const char *line, const char *in, int status)
{
	int got = cli_run(line, in);

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
}

/* What there is, without the line that has the time of the export. */
static void
keep(const char *line)
{
	done(line);
	ck_assert(strncmp(cli_out, "{\"apitoken\":1,", 14) == 0);
	(void)snprintf(kept, sizeof kept, "%s", cli_out);
}

/* Without the first line, and without projects, which each agent here makes for
 * itself. */
static const char *
records(const char *text)
{
	static const char project[] = "{\"record\":\"project\"";
	const char *line = strchr(text, '\n') + 1;

	while (strncmp(line, project, strlen(project)) == 0)
		line = strchr(line, '\n') + 1;
	return line;
}

/* An import is refused like this and changes nothing. */
static void
refused(const char *line, const char *in, int status, const char *why)
{
	static char before[CLI_OUTPUT_SIZE];

	done("export --with-verifiers");
	(void)snprintf(before, sizeof before, "%s", records(cli_out));
	run(line, in, status);
	cli_holds(cli_err, why);
	ck_assert_str_eq(cli_out, "");
	done("export --with-verifiers");
	ck_assert_str_eq(records(cli_out), before);
}

static void
write_token(void)
{
	FILE *file = fopen(cli_file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(fchmod(fileno(file), 0600), 0);
	fputs(token, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* Each kind of token and each field; what has a secret works there. */
START_TEST(moves_all_of_it)
{
	char plain[sizeof token], old[sizeof token], rested[sizeof token];
	char turned[sizeof token];
	static const char used[] = LINE(
	    "\"expires_at\":\"2021-01-01T00:00:00Z\","
	    "\"last_used_at\":\"2020-06-01T12:00:00+02:00\","
	    "\"last_used_service\":\"sshd\",\"use_count\":5," SECRETS) PENDING;

	makes("create plain --user alice --quiet");
	memcpy(plain, token, sizeof plain);
	makes(
	    "create full --user alice --owner bob --description f\xc3\xbcr "
	    "--type custom --allow svc:x --organization "
	    "--role ops --environment test --expires 2099-01-31 "
	    "--not-before 2020-01-31 --from 192.0.2.0/24 --from 2001:db8::/32 "
	    "--uses 7 --quiet");
	makes(
	    "create rested --user alice --project default --project b --quiet");
	memcpy(rested, token, sizeof rested);
	done("disable rested --yes");
	makes("create ended --user alice --quiet");
	done("revoke ended --yes --reason lost");
	makes("create turned --user alice --quiet");
	memcpy(old, token, sizeof old);
	makes("regenerate turned --overlap 24h --yes --quiet");
	memcpy(turned, token, sizeof turned);
	makes("create boss --owner alice --management --role member --quiet");
	write_token();
	done("whoami --token-file @");
	run("import", used, 0);
	cli_holds(cli_out, "2 made, 0 changed, 0 unchanged, 0 deleted, 0 bad");
	keep("export --with-verifiers");
	cli_holds(kept, "\"state\":\"expired\"");
	cli_holds(kept, "\"state\":\"pending\"");
	cli_holds(kept, "\"last_used_at\":\"2020-06-01T10:00:00Z\"");
	cli_holds(kept, "\n{\"end\":13}\n");
	move_on();
	ck_assert(!lets_alice_in(plain));
	run("whoami --token-file @", "", 10);
	run("import", kept, 0);
	done("whoami --token-file @");
	cli_holds(cli_out, "login: alice");
	ck_assert(lets_alice_in(plain));
	ck_assert(lets_alice_in(old));
	ck_assert(lets_alice_in(turned));
	ck_assert(!lets_alice_in(rested));
	done("enable rested");
	ck_assert(lets_alice_in(rested));
	done("disable rested --yes");
	done("show rested --json");
	cli_holds(cli_out, "\"created_by\": \"root\"");
	done("audit --action token.import -o csv");
	cli_holds(cli_out, "name=\"\"turned\"\"");
	done("audit --verify");
}
END_TEST

/* The second export is the first one, and to import it does nothing. */
START_TEST(comes_back_the_same)
{
	makes("create plain --user alice --uses 3 --quiet");
	makes("create turned --user alice --organization --quiet");
	makes("regenerate turned --overlap 24h --yes --quiet");
	done("disable plain --yes");
	keep("export --with-verifiers");
	move_on();
	run("import", kept, 0);
	done("export --with-verifiers");
	ck_assert_str_eq(records(cli_out), records(kept));
	run("import --exact --yes --json", kept, 0);
	cli_holds(cli_out, "\"unchanged\": 7");
	done("list -o jsonl");
	(void)snprintf(kept, sizeof kept, "%s", cli_out);
	run("import --exact --yes", kept, 0);
	cli_holds(cli_out, "0 made, 0 changed, 2 unchanged, 0 deleted, 0 bad");
	done("export --with-verifiers");
	cli_holds(cli_out, "\"number\":2");
}
END_TEST

START_TEST(without_verifiers_is_pending)
{
	makes("create plain --user alice --quiet");
	keep("export");
	ck_assert_ptr_null(strstr(kept, "secrets"));
	ck_assert_ptr_null(strstr(kept, "verifier\""));
	move_on();
	run("import @", "", 3);
	run("import - --dry-run", kept, 0);
	cli_holds(cli_err, "1 of the tokens to be made comes without secrets: "
			   "pending until `apitoken regenerate`");
	run("import --quiet --dry-run", kept, 0);
	ck_assert_str_eq(cli_err, "");
	run("import -", kept, 0);
	cli_holds(cli_err, "without secrets");
	run("import -", kept, 0);
	ck_assert_str_eq(cli_err, "");
	ck_assert(!lets_alice_in(token));
	done("list --state pending -o id");
	ck_assert_int_eq(strncmp(cli_out, token + 4, TOKEN_ID_SIZE), 0);
	makes("regenerate plain --yes --quiet");
	ck_assert(lets_alice_in(token));
}
END_TEST

START_TEST(exports_what_is_asked)
{
	struct stat status;

	makes("create mine --user alice --project web --quiet");
	makes("create other --user bob --quiet");
	done("export --owner bob");
	ck_assert_ptr_null(strstr(cli_out, "\"mine\""));
	cli_holds(cli_out, "{\"end\":1}");
	done("export --project web");
	cli_holds(cli_out, "\"mine\"");
	ck_assert_ptr_null(strstr(cli_out, "\"other\""));
	ck_assert_int_eq(cli_run("audit --action store.export --quiet", ""), 0);
	ck_assert_str_eq(cli_out, "");
	done("export --with-verifiers --output @");
	ck_assert_str_eq(cli_out, "");
	ck_assert_int_eq(stat(cli_file, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	run("export --output @", "", 5);
	cli_holds(cli_err, "exists already");
	done("import @ --dry-run");
	cli_holds(cli_out, "would be: 0 made, 0 changed, 7 unchanged");
	done("audit --action store.export -o csv");
	cli_holds(cli_out, "verifiers=yes");
}
END_TEST

/* Field by field, what no line may hold; between two that are good. */
static const struct {
	const char *line, *why;
} damages[] = {
	{ "{", "no JSON object" },
	{ "[]", "no JSON object" },
	{ "\"x\"", "no JSON object" },
	{ "{}", "name: it is missing" },
	{ "\x01\xff\xfe", "no JSON object" },
	{ "{\"name\":\"a\"}", "owner: it is missing" },
	{ "{\"owner\":\"alice\"}", "name: it is missing" },
	{ LINE("\"name\":\"b\""), "has a name twice" },
	{ LINE("\"color\":1"), "color: there is no such field" },
	{ LINE("\"record\":\"token2\""), "record: it takes token" },
	{ "{\"name\":7,\"owner\":\"alice\"}", "name: it takes a text" },
	{ "{\"name\":\"a\\u0007\",\"owner\":\"alice\"}", "name: " },
	{ "{\"name\":\"a\",\"owner\":\"a b\"}", "owner: " },
	{ "{\"name\":\"a\",\"owner\":\"alice\",\"id\":\"short\"}",
	    "id: it takes the 10" },
	{ "{\"name\":\"a\",\"owner\":\"alice\",\"id\":\"000000000-\"}",
	    "id: it takes the 10" },
	{ LINE("\"description\":[]"), "description: it takes a text" },
	{ LINE("\"description\":\"\\u001b\""), "description: " },
	{ LINE("\"kind\":\"access\""), "kind: access and refresh" },
	{ LINE("\"kind\":\"refresh\""), "kind: access and refresh" },
	{ LINE("\"kind\":\"key\""), "kind: it takes api" },
	{ LINE("\"users\":\"alice\""), "users: it takes an array" },
	{ LINE("\"users\":[1]"), "users: it takes an array" },
	{ LINE("\"users\":[\"\"]"), "users: " },
	{ LINE("\"users\":[]," SECRETS), "users: a token with a secret" },
	{ LINE("\"type\":\"all\""), "type: it takes read-only" },
	{ LINE("\"type\":\"custom\""), "type: a custom token" },
	{ LINE("\"type\":\"read-only\",\"allow\":[\"svc\"]"), "type: " },
	{ LINE("\"allow\":[\"a b\"]"), "allow: " },
	{ LINE("\"projects\":[]"), "projects: a token belongs" },
	{ LINE("\"projects\":[\"a/b\"]"), "projects: " },
	{ LINE("\"projects\":[\"none\"]"), "projects: " },
	{ LINE("\"projects\":[\"a\",\"a\"]"), "projects: " },
	{ LINE("\"roles\":[\"-x\"]"), "roles: " },
	{ LINE("\"environment\":\"a b\""), "environment: " },
	{ LINE("\"state\":\"good\""), "state: it takes active" },
	{ LINE("\"state\":\"pending\"," SECRETS), "state: a pending token" },
	{ LINE("\"created_at\":\"never\""), "created_at: it takes a date" },
	{ LINE("\"created_at\":0"), "created_at: it takes a date" },
	{ LINE("\"created_by\":\"a\\n\""), "created_by" },
	{ LINE("\"expires_at\":\"90d\""), "expires_at: it takes a date" },
	{ LINE("\"expires_at\":\"2027-02-30T00:00:00Z\""), "expires_at: " },
	{ LINE("\"not_before\":\"99999-01-01\""), "not_before: " },
	{ LINE("\"from\":[\"nowhere\"]"), "from: " },
	{ LINE("\"from\":[\"192.0.2.1/24\"]"), "from: " },
	{ LINE("\"uses_left\":-1"), "uses_left: it takes a whole number" },
	{ LINE("\"uses_left\":4294967295"), "uses_left: it takes a whole" },
	{ LINE("\"uses_left\":1.5"), "uses_left: it takes a whole number" },
	{ LINE("\"last_used_at\":true"), "last_used_at: it takes a date" },
	{ LINE("\"last_used_service\":\"\\u0001\""), "last_used_service" },
	{ LINE("\"last_used_from\":1"), "last_used_from: it takes a text" },
	{ LINE("\"use_count\":\"1\""), "use_count: it takes a whole number" },
	{ LINE("\"changed_at\":\"x\""), "changed_at: it takes a date" },
	{ LINE("\"changed_by\":{}"), "changed_by: it takes a text" },
	{ LINE("\"reason\":\"\\u009b\""), "reason" },
	{ LINE("\"secrets\":{}"), "secrets: it takes an array" },
	{ LINE("\"secrets\":[1]"), "secrets: each is an object" },
	{ LINE("\"secrets\":[{\"number\":1}]"), "secrets: verifier: it takes" },
	{ LINE("\"secrets\":[{\"number\":1,\"verifier\":\"0G\"}]"),
	    "secrets: verifier: it takes 64 hexadecimal" },
	{ LINE("\"secrets\":[{\"number\":0,\"verifier\":" VERIFIER "}]"),
	    "secrets: number: it takes 1 to 255" },
	{ LINE("\"secrets\":[{\"number\":256,\"verifier\":" VERIFIER "}]"),
	    "secrets: number: " },
	{ LINE("\"secrets\":[{\"number\":1,\"secret\":" VERIFIER "}]"),
	    "secrets: secret: there is no such field" },
	{ LINE("\"secrets\":[{\"number\":1,\"verifier\":" VERIFIER
	       ",\"expires_at\":\"2099-01-01\"}]"),
	    "secrets: the newest one has no end" },
	{ LINE("\"secrets\":[{\"number\":1,\"verifier\":" VERIFIER
	       "},{\"number\":2,\"verifier\":" VERIFIER "}]"),
	    "secrets: the newer one comes first" },
	{ "{\"name\":\"first\",\"owner\":\"alice\"}",
	    "owner and name: line 1 has the same" },
	{ "{\"id\":\"0000000009\",\"name\":\"x\",\"owner\":\"alice\"}",
	    "id: line 1 has the same" },
	{ LINE("\"lapsed\":1"), "lapsed: it takes true" },
	{ "{\"record\":\"project\"}", "name: it is missing: each project" },
	{ PROJECT("\"name\":\"a b\""), "name: " },
	{ PROJECT("\"name\":\"x\",\"locked\":1"), "locked: it takes true" },
	{ PROJECT("\"name\":\"x\",\"owner\":\"a\""), "owner: there is no" },
	{ PROJECT("\"name\":\"x\",\"description\":\"\\u001b\""),
	    "description: " },
	{ PROJECT("\"name\":\"x\",\"created_at\":1"), "created_at: it takes" },
	{ PROJECT("\"name\":\"web\",\"locked\":true"),
	    "locked: project web is here and differs" },
	{ ROLE("\"name\":\"x\""), "permissions: it is missing" },
	{ ROLE("\"permissions\":[]"), "name: it is missing: each role" },
	{ ROLE("\"name\":\"x\",\"permissions\":[\"fly=all\"]"),
	    "permissions: " },
	{ ROLE("\"name\":\"x\",\"permissions\":[\"token.read=all\","
	       "\"token.read=own\"]"),
	    "permissions: " },
	{ ROLE("\"name\":\"owner\",\"permissions\":[]"),
	    "name: owner is a built-in role" },
	{ "{\"record\":\"grant\",\"role\":\"admin\"}",
	    "principal: it is missing" },
	{ "{\"record\":\"grant\",\"role\":\"admin\",\"principal\":\"%no!\"}",
	    "principal: there is no such group" },
	{ "{\"record\":\"grant\",\"role\":\"admin\",\"principal\":\"a b\"}",
	    "principal: " },
	{ GRANT("\"project\":null"), "role: it is missing" },
	{ GRANT("\"role\":\"lost\""), "there is no role lost" },
	{ GRANT("\"role\":\"admin\",\"project\":\"none\""),
	    "there is no project none" },
	{ GRANT("\"role\":\"admin\",\"project\":\"\""),
	    "project: it takes a project" },
	{ GRANT("\"role\":\"member\",\"login_as\":[\"alice\"]"),
	    "goes with a role" },
	{ GRANT("\"role\":\"admin\",\"login_as\":[\"a b\"]"), "login_as: " },
	{ "{\"end\":7}", "end: it is the number of records, 1" },
	{ "{\"apitoken\":1}", "apitoken: this is how an export begins" },
};

START_TEST(refuses_damaged_lines)
{
	static const char first[] = "{\"id\":\"0000000009\",\"name\":\"first\","
				    "\"owner\":\"alice\"}\n",
			  last[] = "{\"name\":\"last\",\"owner\":\"alice\"}\n";
	bool is_end = strstr(damages[_i].line, "\"end\"") != NULL;
	char text[2048];

	(void)snprintf(text, sizeof text, "%s%.*s\n%s", first,
	    (int)strcspn(damages[_i].line, "\n"), damages[_i].line,
	    is_end ? "" : last);
	refused("import", text, 1, "line 2: ");
	run("import", text, 1);
	cli_holds(cli_err, damages[_i].why);
	cli_holds(cli_err, "nothing was changed");
	run("import --skip-bad", text, 7);
	cli_holds(cli_out, is_end ? "1 made" : "2 made");
	cli_holds(cli_err, "line 2: ");
	done("list -o id");
	cli_holds(cli_out, "0000000009\n");
}
END_TEST

START_TEST(refuses_damaged_files)
{
	static char text[2 * FILE_SIZE];
	char *end;

	makes("create a --user alice --quiet");
	makes("create b --user alice --quiet");
	keep("export --with-verifiers");
	move_on();
	end = strstr(kept, "{\"end\"");
	*end = '\0';
	refused("import", kept, 1, "it was cut short");
	refused("import --exact --yes", kept, 1, "it was cut short");
	end[-20] = '\0';
	refused("import", kept, 1, "line 8: it is no JSON object");
	memset(text, 'x', sizeof text - 2);
	memcpy(text, "{\"name\":\"", 9);
	text[sizeof text - 2] = '\n';
	refused("import", text, 1, "line 1: it has more than");
	refused("import --exact --yes", "", 1, "would delete all");
	refused("import", "{\"apitoken\":2}\n", 1, "format 1 only");
	refused("import /nonexistent", "", 3, "No such file");
	run("import --exact --yes", "{\"apitoken\":1}\n{\"end\":0}\n", 0);
}
END_TEST

/* Configuration management: the file, no more and no less. */
START_TEST(makes_it_exact)
{
	static const char both[] =
	    "{\"name\":\"one\",\"owner\":\"alice\"}\n"
	    "{\"name\":\"two\",\"owner\":\"alice\",\"roles\":[\"ops\"],"
	    "\"state\":\"active\"}\n",
			  other[] =
			      "{\"name\":\"one\",\"owner\":\"alice\","
			      "\"description\":\"d\",\"from\":[\"192.0.2.1\"],"
			      "\"users\":[\"alice\",\"bob\"],\"roles\":[\"x\"],"
			      "\"type\":\"custom\",\"allow\":[\"svc\"],"
			      "\"environment\":\"e\",\"expires_at\":\"2099-01-"
			      "01T00:00:00Z\"}\n";

	makes("create stray --user alice --quiet");
	run("import --exact", both, 2);
	cli_holds(cli_err, "--yes is needed");
	run("import --exact --dry-run", both, 0);
	cli_holds(cli_out, "2 made, 0 changed, 0 unchanged, 1 deleted, 0 bad");
	cli_holds(cli_err, "--exact deletes 1 token that standard input lacks");
	ck_assert(lets_alice_in(token));
	run("import --exact --yes", both, 0);
	cli_holds(cli_out, "2 made, 0 changed, 0 unchanged, 1 deleted, 0 bad");
	ck_assert(!lets_alice_in(token));
	run("import --exact --yes", both, 0);
	cli_holds(cli_out, "0 made, 0 changed, 2 unchanged, 0 deleted, 0 bad");
	makes("regenerate one --yes --quiet");
	ck_assert(lets_alice_in(token));
	run("import --exact --yes", both, 0);
	cli_holds(cli_out, "0 made, 0 changed, 2 unchanged, 0 deleted, 0 bad");
	ck_assert(lets_alice_in(token));
	run("import", other, 1);
	cli_holds(cli_err, "description,type,allow,users,roles,environment,"
			   "from,expires_at: token ");
	run("import --exact --yes", other, 0);
	cli_holds(cli_out, "0 made, 1 changed, 0 unchanged, 1 deleted, 0 bad");
	run("import --exact --yes", other, 0);
	cli_holds(cli_out, "0 made, 0 changed, 1 unchanged, 0 deleted, 0 bad");
	done("audit --action token.import -o csv");
	cli_holds(cli_out, "changed=");
	done("audit --action token.delete -o csv");
	cli_holds(cli_out, "not in the import");
	done("audit --verify");
}
END_TEST

START_TEST(leaves_the_scope_of_a_locked_project)
{
	run("import", LINE("\"projects\":[\"web\"]"), 0);
	done("project lock web --yes");
	refused("import --exact --yes",
	    LINE("\"projects\":[\"web\"],\"roles\":[\"x\"]"), 1,
	    "roles: its project is locked");
	run("import --exact --yes",
	    LINE("\"projects\":[\"web\"],\"description\":\"x\""), 0);
	cli_holds(cli_out, "1 changed");
}
END_TEST

/* A name goes from one token to another only if the one is to go. */
START_TEST(hands_a_name_over)
{
	char line[256];

	makes("create a --user alice --quiet");
	refused("import", LINE("\"users\":[\"alice\"]"), 1,
	    "name: the owner has a token of that name already");
	(void)snprintf(line, sizeof line,
	    LINE("\"users\":[]") "{\"id\":\"%.10s\",\"name\":\"a\",\"owner\":"
				 "\"bob\"}\n",
	    token + 4);
	refused("import --exact --yes", line, 1, "owner: ");
	(void)snprintf(line, sizeof line,
	    LINE("\"users\":[]") "{\"id\":\"%.10s\",\"name\":\"b\",\"owner\":"
				 "\"alice\"}\n",
	    token + 4);
	refused("import --exact --yes", line, 1, "which stays");
	run("import --exact --yes", LINE("\"users\":[]"), 0);
	cli_holds(cli_out, "1 made, 0 changed, 0 unchanged, 1 deleted, 0 bad");
	done("list -o id");
	ck_assert_str_eq(cli_out, "0000000001\n");
}
END_TEST

/* A token that never had a secret is in nobody's way. */
START_TEST(waiting_ones_make_way)
{
	run("import", PENDING, 0);
	run("import",
	    "{\"id\":\"0000000002\",\"name\":\"later\",\"owner\":\"alice\"}\n",
	    0);
	cli_holds(cli_out, "1 made, 0 changed, 0 unchanged, 1 deleted, 0 bad");
	done("list -o id");
	ck_assert_str_eq(cli_out, "0000000002\n");
	makes("regenerate later --yes --quiet");
	refused("import",
	    "{\"id\":\"0000000003\",\"name\":\"later\",\"owner\":\"alice\"}\n",
	    1, "name: the owner has a token of that name already");
	ck_assert(lets_alice_in(token));
}
END_TEST

/* A line that cannot be read deletes nothing. */
START_TEST(keeps_what_a_bad_line_may_mean)
{
	makes("create a --user alice --quiet");
	run("import --exact --yes --skip-bad",
	    "{\"name\":\"b\",\"owner\":\"alice\"}\n{\"name\":\"a\"\n", 7);
	cli_holds(cli_out, "1 made, 0 changed, 0 unchanged, 0 deleted, 1 bad");
	ck_assert(lets_alice_in(token));
}
END_TEST

/* What is done to the token after the export, and what its import says. */
static const struct {
	const char *act, *why;
} ends[] = {
	{ "revoke a --yes", "state: it is revoked here" },
	{ "disable a --yes", "state: it is disabled here" },
	{ "delete a --yes", "id: the token was deleted here on 2" },
	{ "regenerate a --yes --quiet", "secrets: a newer one was made here" },
	{ "regenerate a --yes --overlap 1h --quiet",
	    "secrets: a newer one was made here" },
};

START_TEST(revives_nothing)
{
	bool was_good;

	makes("create a --user alice --quiet");
	keep("export --with-verifiers");
	done(ends[_i].act);
	was_good = lets_alice_in(token);
	refused("import", kept, 1, "line 7: ");
	refused("import --exact --yes", kept, 1, ends[_i].why);
	run("import --exact --yes --skip-bad", kept, 7);
	ck_assert(lets_alice_in(token) == was_good);
}
END_TEST

/* Uses that were spent stay spent, and an overlap is not made longer. */
START_TEST(revives_no_part)
{
	char *at;

	run("import", LINE("\"uses_left\":2," SECRETS), 0);
	run("import --exact --yes", LINE("\"uses_left\":9," SECRETS), 0);
	cli_holds(cli_out, "1 unchanged");
	run("import --exact --yes", LINE(SECRETS), 0);
	cli_holds(cli_out, "1 unchanged");
	run("import --exact --yes", LINE("\"uses_left\":1," SECRETS), 0);
	cli_holds(cli_out, "1 changed");
	done("show a --json");
	cli_holds(cli_out, "\"uses_left\": 1");
	refused("import --exact --yes",
	    LINE(
		"\"secrets\":[{\"number\":1,\"verifier\":\"ff112233445566778899"
		"aabbccddeeff00112233445566778899aabbccddeeff\"}]"),
	    1, "secrets: one with that number is there and is another");
	done("delete a --yes");
	makes("create b --user alice --quiet");
	makes("regenerate b --overlap 1h --yes --quiet");
	keep("export --with-verifiers");
	at = strstr(kept, "\"number\":1,\"expires_at\":\"20");
	ck_assert_ptr_nonnull(at);
	memcpy(at + strlen("\"number\":1,\"expires_at\":\""), "2099", 4);
	refused("import --exact --yes", kept, 1,
	    "secrets: one of them ends sooner here");
}
END_TEST

/* A newer secret from elsewhere replaces the one that is here, for good. */
START_TEST(takes_newer_secrets)
{
	static char newer[CLI_OUTPUT_SIZE];
	char old[sizeof token];

	makes("create a --user alice --quiet");
	memcpy(old, token, sizeof old);
	keep("export --with-verifiers");
	makes("regenerate a --yes --quiet");
	done("export --with-verifiers");
	memcpy(newer, cli_out, sizeof newer);
	move_on();
	run("import", kept, 0);
	ck_assert(lets_alice_in(old));
	run("import --exact --yes", newer, 0);
	cli_holds(cli_out, "1 changed");
	ck_assert(lets_alice_in(token));
	ck_assert(!lets_alice_in(old));
	refused("import --exact --yes", kept, 1, "a newer one was made here");
}
END_TEST

START_TEST(takes_the_right)
{
	makes("create a --user alice --quiet");
	keep("export");
	cli_uid = MEMBER_UID;
	run("export", "", 4);
	cli_holds(cli_err, "lacks the permission store.export");
	ck_assert_str_eq(cli_out, "");
	run("import --skip-bad", kept, 4);
	cli_holds(cli_err, "lacks the permission store.restore");
	run("import --exact --yes", kept, 4);
	cli_uid = (uid_t)-1;
	run("export --output @ --socket /nonexistent", "", 6);
	ck_assert_int_eq(access(cli_file, F_OK), -1);
}
END_TEST

/* Makes a role of its own, and a grant of it for a project of its own. */
static void
make_named(void)
{
	done("project create shop --description sales");
	done("project lock b");
	done(
	    "role create ops --description o --permission token.create=project "
	    "--permission token.read=project --permission token.use=own "
	    "--permission token.login-as=project");
	done("role grant ops " MEMBER " --project shop --login-as alice");
	done("role grant ops %" MEMBER " --project web --login-as alice,bob");
	done("role grant watch-only bin");
	done("role withdraw watch-only bin");
}

static bool
member_makes(const char *line)
{
	int status;

	cli_uid = MEMBER_UID;
	status = cli_run(line, "");
	cli_uid = (uid_t)-1;
	if (status == 0)
		memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	return status == 0;
}

/* What rests on a grant works there, as long as that is not withdrawn. */
START_TEST(moves_projects_roles_and_grants)
{
	static const char make[] = "create mine --user alice --quiet";

	make_named();
	done("role grant ops " MEMBER " --project default --login-as alice");
	done("create stays --user alice --project shop --quiet");
	keep("export --with-verifiers");
	cli_holds(kept, "{\"record\":\"project\",\"name\":\"shop\","
			"\"description\":\"sales\",\"locked\":false,");
	cli_holds(kept, "\"principal\":\"%" MEMBER "\",\"role\":\"ops\","
			"\"project\":\"web\",\"login_as\":[\"alice\",\"bob\"]");
	ck_assert_ptr_null(strstr(kept, "watch-only"));
	move_on();
	done("project lock b");
	ck_assert(!member_makes(make));
	run("import --dry-run", kept, 0);
	cli_holds(cli_out, "would be: 6 made, 0 changed, 5 unchanged");
	run("project show shop", "", 3);
	run("import", kept, 0);
	cli_holds(cli_out, "6 made, 0 changed, 5 unchanged, 0 deleted, 0 bad");
	ck_assert(member_makes(make));
	ck_assert(lets_alice_in(token));
	done("role withdraw ops " MEMBER " --project default");
	ck_assert(!lets_alice_in(token));
	run("import", kept, 0);
	cli_holds(cli_out, "1 made, 0 changed, 10 unchanged");
	ck_assert(lets_alice_in(token));
	run("import --exact --yes", kept, 0);
	cli_holds(cli_out, "0 made, 0 changed, 11 unchanged, 1 deleted");
	done("export --with-verifiers");
	cli_holds(cli_out, "{\"end\":11}");
	done("audit -o csv");
	cli_holds(cli_out, "project.create");
	cli_holds(cli_out, "role.create");
	cli_holds(cli_out, "role.grant");
	done("audit --verify");
	done("export --project shop");
	ck_assert_ptr_null(strstr(cli_out, "\"record\""));
}
END_TEST

/* Differences are conflicts, or changes; what lacks a line goes. */
START_TEST(makes_named_exact)
{
	static const char file[] = PROJECT("\"name\":\"shop\",\"locked\":true")
	    ROLE("\"name\":\"ops\",\"permissions\":[\"token.read=own\","
		 "\"token.login-as=project\"]")
		GRANT("\"role\":\"ops\",\"project\":\"shop\","
		      "\"login_as\":[\"bob\"]") GRANT("\"role\":\"member\"");

	make_named();
	done("role create spare --permission token.read=own");
	done("role grant spare " MEMBER);
	makes("create stays --user alice --quiet");
	refused("import", file, 1, "line 1: description,locked: project shop");
	run("import", file, 1);
	cli_holds(cli_err, "line 2: permissions,description: role ops");
	cli_holds(cli_err, "line 3: login_as: the grant of role ops");
	run("import --exact --dry-run", file, 0);
	cli_holds(cli_out, "1 made, 3 changed, 0 unchanged, 8 deleted, 0 bad");
	run("import --exact --yes", file, 0);
	cli_holds(cli_out, "1 made, 3 changed, 0 unchanged, 8 deleted, 0 bad");
	run("import --exact --yes", file, 0);
	cli_holds(cli_out, "0 made, 0 changed, 4 unchanged, 0 deleted, 0 bad");
	ck_assert(lets_alice_in(token));
	done("project show default");
	done("role list -o id");
	ck_assert_ptr_null(strstr(cli_out, "spare"));
	done("role grants --json");
	ck_assert_ptr_null(strstr(cli_out, "spare"));
	done("audit -o csv");
	cli_holds(cli_out, "role.edit");
	cli_holds(cli_out, "role.withdraw");
	cli_holds(cli_out, "role.delete");
	cli_holds(cli_out, "project.lock");
	cli_holds(cli_out, "project.delete");
	run("import --exact --yes", PROJECT("\"name\":\"shop\""), 0);
	done("project show shop");
	cli_holds(cli_out, "yes");
	done("role grants");
	cli_holds(cli_out, "shop");
	done("audit --verify");
}
END_TEST

/* What others need stays, and says by how many. */
START_TEST(keeps_what_is_needed)
{
	make_named();
	makes("create one --user alice --project web --quiet");
	makes("create two --user alice --project web --quiet");
	refused("import --exact --yes", PROJECT("\"name\":\"shop\""), 1,
	    "project web, which it lacks, has 2 tokens that stay");
	run("import --exact --yes --skip-bad", PROJECT("\"name\":\"shop\""), 7);
	cli_holds(cli_out, "0 made, 1 changed, 0 unchanged, 4 deleted, 1 bad");
	done("project show web");
	refused("import --exact --yes",
	    ROLE("\"name\":\"x\",\"permissions\":[]"), 1,
	    "role ops, which it lacks, has 2 grants that stay");
	refused("import --exact --yes",
	    ROLE("\"name\":\"x\",\"permissions\":[]") GRANT("\"role\":\"ops\""),
	    1, "role ops, which it lacks, has 1 grant that stays");
	refused("import --exact --yes",
	    PROJECT("\"name\":\"shop\"") LINE("\"projects\":[\"web\"]"), 1,
	    "project web, which it lacks, has 1 token that stays");
	run("import --exact --yes",
	    PROJECT("\"name\":\"shop\"") LINE("\"projects\":[\"shop\"]"), 0);
	cli_holds(cli_out, "1 made, 0 changed, 1 unchanged, 3 deleted, 0 bad");
}
END_TEST

/* A line may rely on those before it, and on no later ones. */
START_TEST(takes_lines_in_order)
{
	static const char use[] = LINE("\"projects\":[\"new\"]"),
			  grant[] = GRANT(
			      "\"role\":\"fresh\",\"project\":\"new\""),
			  project[] = PROJECT("\"name\":\"new\""),
			  role[] = ROLE("\"name\":\"fresh\","
					"\"permissions\":[\"token.read=own\"]");
	char text[2048];

	(void)snprintf(text, sizeof text, "%s%s", use, project);
	refused("import", text, 1, "line 1: projects: there is no project new");
	(void)snprintf(text, sizeof text, "%s%s%s", grant, project, role);
	refused("import", text, 1, "line 1: there is no role fresh");
	(void)snprintf(
	    text, sizeof text, "%s%s%s%s", role, project, grant, use);
	run("import --dry-run", text, 0);
	cli_holds(cli_out, "would be: 4 made");
	run("import", text, 0);
	cli_holds(cli_out, "4 made");
	run("import", text, 0);
	cli_holds(cli_out, "4 unchanged");
	(void)snprintf(text, sizeof text, "%s%s", project, project);
	refused("import", text, 1, "name: line 1 has the same");
}
END_TEST

/* A name that was deleted comes back only if that is meant. */
START_TEST(revives_no_names)
{
	make_named();
	keep("export");
	done("project delete shop --yes");
	refused("import", kept, 1, "name: the project was deleted here on 2");
	done("role delete ops --withdraw --yes");
	refused("import", kept, 1, "name: the role was deleted here on 2");
	run("import --exact --yes", kept, 0);
	cli_holds(cli_out, "4 made");
	done("project delete shop --yes");
	done("project create shop --description sales");
	run("import", kept, 0);
	cli_holds(cli_out, "1 made");
}
END_TEST

/* It takes what the ordinary operations take. */
START_TEST(grants_no_more_than_one_has)
{
	done("role create mover --permission store.restore=all --permission "
	     "store.export=all --permission role.grant=all");
	done("role grant mover " MEMBER);
	cli_uid = MEMBER_UID;
	run("import", GRANT("\"role\":\"owner\""), 1);
	cli_holds(cli_err, "line 1: ");
	run("import", PROJECT("\"name\":\"new\""), 1);
	cli_holds(cli_err, "lacks the permission project.create");
	run("import", ROLE("\"name\":\"new\",\"permissions\":[]"), 1);
	cli_holds(cli_err, "lacks the permission role.create");
	run("import --exact --yes", PROJECT("\"name\":\"web\""), 1);
	cli_holds(cli_err, "lacks the permission project.delete");
	run("import", GRANT("\"role\":\"mover\",\"project\":\"web\""), 0);
	cli_uid = (uid_t)-1;
	done("role grants");
	ck_assert_ptr_null(strstr(cli_out, "owner"));
}
END_TEST

/* Nor by a role whose grants say more than its importer may. */
START_TEST(wakes_no_names)
{
	static const char less[] = ROLE("\"name\":\"ops\",\"permissions\":[]"),
			  more[] = ROLE("\"name\":\"ops\",\"permissions\":"
					"[\"token.login-as=project\"]");

	run("import", more, 0);
	done("role grant ops bin --login-as alice");
	run("import --exact --yes", less, 0);
	done("role create mover --permission store.restore=all --permission "
	     "store.export=all --permission role.create=all --permission "
	     "role.delete=all --permission role.grant=all --permission "
	     "token.login-as=project");
	run("import --exact --yes",
	    ROLE("\"name\":\"mover\",\"permissions\":[\"store.restore=all\","
		 "\"store.export=all\",\"role.create=all\","
		 "\"role.delete=all\",\"role.grant=all\","
		 "\"token.login-as=project\"]") ROLE("\"name\":\"ops\","
						     "\"permissions\":[]"),
	    0);
	done("role grant mover " MEMBER);
	cli_uid = MEMBER_UID;
	run("import --exact --yes --dry-run", more, 1);
	cli_holds(cli_err, "for the login name alice");
	cli_uid = (uid_t)-1;
}
END_TEST

/* What was refused as expired stays so, wherever it goes. */
/* It never changes: without it a line is of the second that it comes in. */
#define BORN "\"created_at\":\"2026-01-01T00:00:00Z\","

START_TEST(keeps_what_lapsed)
{
	static const char line[] = LINE(
	    BORN "\"lapsed\":true,\"expires_at\":"
		 "\"2099-01-01T00:00:00Z\"," SECRETS),
			  later[] = LINE(
			      BORN "\"expires_at\":"
				   "\"2199-01-01T00:00:00Z\"," SECRETS);

	run("import", line, 0);
	done("list --state expired -o id");
	ck_assert_str_eq(cli_out, "0000000001\n");
	keep("export --with-verifiers");
	cli_holds(kept, "\"lapsed\":true");
	move_on();
	run("import",
	    LINE(BORN "\"expires_at\":\"2099-01-01T00:00:00Z\"," SECRETS), 0);
	refused("import", kept, 1, "lapsed: token");
	run("import --exact --yes", kept, 0);
	cli_holds(cli_out, "1 changed");
	run("import --exact --yes", later, 0);
	done("export");
	cli_holds(cli_out, "\"lapsed\":true");
	cli_holds(cli_out, "2199");
	done("edit 0000000001 --expires 2098-01-01");
	done("export");
	ck_assert_ptr_null(strstr(cli_out, "lapsed"));
}
END_TEST

#define NEW_PROJECTS 1200

/* More projects than a message holds, and tokens of sixty at a time. */
START_TEST(relies_on_thousands)
{
	static char text[1 << 20];
	size_t at = 0;

	for (int i = 0; i < NEW_PROJECTS; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		    PROJECT("\"name\":\"new%d\",\"description\":\"%0100d\""), i,
		    i);
	for (int i = 0; i < 600; i++) {
		at += (size_t)snprintf(text + at, sizeof text - at,
		    "{\"name\":\"t%d\",\"owner\":\"alice\",\"projects\":[", i);
		for (int n = 0; n < 60; n++)
			at += (size_t)snprintf(text + at, sizeof text - at,
			    "%s\"new%d\"", n == 0 ? "" : ",",
			    (i * 60 + n) % NEW_PROJECTS);
		at += (size_t)snprintf(text + at, sizeof text - at, "]}\n");
	}
	for (int i = 0; i < 150; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		    "{\"record\":\"grant\",\"principal\":\"u%d\",\"role\":"
		    "\"admin\",\"project\":\"new%d\"}\n",
		    i / 50, i);
	run("import", text, 0);
	cli_holds(cli_out, "1950 made, 0 changed, 0 unchanged");
	done("export --output @");
	done("import --exact --yes @");
	cli_holds(cli_out, "0 made, 0 changed, 1955 unchanged, 0 deleted");
	done("audit --verify");
}
END_TEST

#define MANY 5000

/* The short form of tests/bulk.sh: more than any message or page holds. */
START_TEST(moves_thousands)
{
	static char text[MANY * 128];
	size_t at = 0;

	for (int i = 0; i < MANY; i++)
		at += (size_t)snprintf(text + at, sizeof text - at,
		    "{\"id\":\"%010d\",\"name\":\"t%d\",\"owner\":\"u%d\","
		    "\"projects\":[\"p%d\"]}\n",
		    i, i, i % 10, i % 3);
	run("import", text, 0);
	cli_holds(cli_out, "5000 made, 0 changed, 0 unchanged, 0 deleted");
	done("export --output @");
	done("import --exact --yes @");
	cli_holds(cli_out, "0 made, 0 changed, 5005 unchanged, 0 deleted");
	text[at / 2] = '\0';
	*(strrchr(text, '\n') + 1) = '\0';
	run("import --exact --yes --json", text, 0);
	cli_holds(cli_out, "\"made\": 0");
	ck_assert_ptr_null(strstr(cli_out, "\"deleted\": 0"));
	run("import --exact --yes", text, 0);
	cli_holds(cli_out, " 0 deleted, 0 bad");
	done("audit --verify");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("transfer");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, moves_all_of_it);
	tcase_add_test(tcase, comes_back_the_same);
	tcase_add_test(tcase, without_verifiers_is_pending);
	tcase_add_test(tcase, exports_what_is_asked);
	tcase_add_loop_test(tcase, refuses_damaged_lines, 0, COUNT(damages));
	tcase_add_test(tcase, refuses_damaged_files);
	tcase_add_test(tcase, makes_it_exact);
	tcase_add_test(tcase, leaves_the_scope_of_a_locked_project);
	tcase_add_test(tcase, hands_a_name_over);
	tcase_add_test(tcase, waiting_ones_make_way);
	tcase_add_test(tcase, keeps_what_a_bad_line_may_mean);
	tcase_add_loop_test(tcase, revives_nothing, 0, COUNT(ends));
	tcase_add_test(tcase, revives_no_part);
	tcase_add_test(tcase, takes_newer_secrets);
	tcase_add_test(tcase, takes_the_right);
	tcase_add_test(tcase, moves_thousands);
	tcase_add_test(tcase, moves_projects_roles_and_grants);
	tcase_add_test(tcase, makes_named_exact);
	tcase_add_test(tcase, keeps_what_is_needed);
	tcase_add_test(tcase, takes_lines_in_order);
	tcase_add_test(tcase, revives_no_names);
	tcase_add_test(tcase, grants_no_more_than_one_has);
	tcase_add_test(tcase, wakes_no_names);
	tcase_add_test(tcase, keeps_what_lapsed);
	tcase_add_test(tcase, relies_on_thousands);
	return cli_cases("export and import", &tcase, 1);
}
