/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many tokens by the real program against the real agent: they are found,
 * put in order, changed at once, and revoked by whoever found their secrets.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/changemessage.h"
#include "common/client.h"
#include "common/duration.h"
#include "tests/cli/typing.h"
#include "tests/pam/login.h"

#define MAKERS 8 /* processes that create tokens */

/* A child's folder would be another one. */
static char auth_socket[128], admin_socket[128];

static void
start(void)
{
	typing_start(TYPING_AGENT);
	(void)snprintf(
	    auth_socket, sizeof auth_socket, "%s", login_path("auth.sock"));
	(void)snprintf(
	    admin_socket, sizeof admin_socket, "%s", login_path("admin.sock"));
	(void)setenv("APITOKEN_SOCKET", admin_socket, 1);
	/* The two of a first start are not what is looked for here. */
	ck_assert_int_eq(cli_run("delete full-access read-only --yes", ""), 0);
}

/* Root creates a token of this name for this login. */
static void
create(const char *name, const char *login, const char *options)
{
	char line[256];

	(void)snprintf(line, sizeof line, "create %s --user %s --quiet %s",
	    name, login, options);
	done(line);
	ck_assert_uint_eq(strcspn(cli_out, "\n"), TOKEN_TEXT_SIZE);
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	token[TOKEN_TEXT_SIZE] = '\0';
}

static struct span
exchange(const char *socket, struct wirebuf *w, uint8_t *bytes)
{
	const struct client client = { socket, CLIENT_ANY_UID, 10000 };
	size_t got = 0;

	ck_assert_uint_gt(wirebuf_size(w), 0);
	ck_assert_int_eq(client_ask(&client, span_bytes(w->out, w->at), bytes,
			     PROTO_MESSAGE_MAX, &got),
	    0);
	return span_bytes(bytes, got);
}

static unsigned long
uses_of(const char *text)
{
	char line[64];
	const char *at;

	(void)snprintf(line, sizeof line, "show %.10s -o jsonl", text + 4);
	done(line);
	at = strstr(cli_out, "\"use_count\":");
	ck_assert_ptr_nonnull(at);
	return strtoul(at + strlen("\"use_count\":"), NULL, 10);
}

/* Lets somebody in with it, as a PAM host does.  The answer goes out first,
 * then the use is noted: that is waited for. */
static void
use(const char *text, const char *login, const char *rhost)
{
	static uint8_t in[PROTO_MESSAGE_MAX], out[PROTO_QUESTION_MAX];
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(text),
		.login = span_of(login),
		.service = span_of("svc"),
		.rhost = span_of(rhost) };
	unsigned long before = uses_of(text);
	struct wirebuf w;
	struct span answer;

	wirebuf_write(&w, out, sizeof out);
	question_put(&w, &question);
	answer = exchange(auth_socket, &w, in);
	ck_assert_uint_eq(answer.size, PROTO_ANSWER_SIZE);
	ck_assert_uint_eq(answer.data[2], STATUS_OK);
	while (uses_of(text) == before)
		continue;
}

static void
create_one(unsigned number, const char *owner)
{
	static uint8_t in[PROTO_MESSAGE_MAX], out[PROTO_MESSAGE_MAX];
	char name[16];
	struct create_request request = {
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_FULL_ACCESS,
		    .owner = span_of(owner),
		    .expires_at = EXPIRES_DEFAULT,
		    .uses = USES_UNLIMITED },
	};
	struct wirebuf w;
	struct span answer;

	(void)snprintf(name, sizeof name, "many%05u", number);
	request.spec.name = span_of(name);
	wirebuf_write(&w, out, sizeof out);
	request_begin(&w, OP_CREATE);
	create_request_put(&w, &request);
	answer = exchange(admin_socket, &w, in);
	ck_assert_uint_gt(answer.size, 3);
	ck_assert_uint_eq(answer.data[2], STATUS_OK);
}

/* So many tokens; several at a time share a commit. */
static void
create_many(unsigned count, const char *owner)
{
	pid_t makers[MAKERS];
	int status;

	for (unsigned m = 0; m < MAKERS; m++) {
		makers[m] = fork();
		if (makers[m] != 0)
			continue;
		for (unsigned i = m; i < count; i += MAKERS)
			create_one(i, owner);
		_exit(0);
	}
	for (unsigned m = 0; m < MAKERS; m++) {
		ck_assert_int_eq(waitpid(makers[m], &status, 0), makers[m]);
		ck_assert_int_eq(status, 0);
	}
}

/* The names in an answer as JSON lines, with blanks between. */
static const char *
names_in(const char *lines)
{
	static char names[4096];
	const char *at = lines;

	names[0] = '\0';
	while ((at = strstr(at, "\"name\":\"")) != NULL) {
		at += strlen("\"name\":\"");
		ck_assert_uint_lt(strlen(names) + 80, sizeof names);
		strncat(names, at, strcspn(at, "\""));
		strcat(names, " ");
	}
	return names;
}

static void
finds(const char *line, const char *names)
{
	char whole[256];

	(void)snprintf(whole, sizeof whole, "%s -o jsonl", line);
	done(whole);
	ck_assert_msg(strcmp(names_in(cli_out), names) == 0,
	    "%s: '%s' instead of '%s'", line, names_in(cli_out), names);
}

/* How many tokens there are of this kind. */
static unsigned
count(const char *filters)
{
	char line[128];
	unsigned lines = 0;
	FILE *out;
	int c;

	(void)snprintf(line, sizeof line, "%s/apitoken list %s -o id",
	    BUILD_FOLDER, filters);
	out = popen(line, "r");
	ck_assert_ptr_nonnull(out);
	while ((c = fgetc(out)) != EOF)
		lines += c == '\n';
	ck_assert_int_eq(pclose(out), 0);
	return lines;
}

/* Six tokens of two owners, the last one the newest. */
static void
scene(void)
{
	create("anvil", "alice", "--expires 1d");
	use(token, "alice", "192.0.2.7");
	create("brush", "bob", "--expires 9d --type read-only");
	create("chalk", "alice", "");
	use(token, "alice", "2001:db8::5");
	create("drill", "bob", "--expires 3d --environment test");
	create("easel", "alice", "--allow sudo");
	done("revoke easel --yes");
	create("fork", MEMBER, "--expires 2d");
	done("disable fork --yes");
}

/* All of a second, so that the order of creation is not known. */
static const struct {
	const char *line, *names;
} searches[] = {
	{ "list --sort name", "anvil brush chalk drill easel fork " },
	{ "list --sort name --reverse", "fork easel drill chalk brush anvil " },
	{ "list --sort name --limit 2", "anvil brush " },
	{ "list --sort name --reverse --limit 2", "fork easel " },
	{ "list --sort expires --state active", "anvil drill brush chalk " },
	{ "list --sort expires --reverse --state active",
	    "chalk brush drill anvil " },
	{ "list --sort owner --owner alice --state revoked", "easel " },
	{ "list --expiring 9d", "anvil drill brush " },
	{ "list --expiring 4d", "anvil drill " },
	{ "list --expiring 1h", "" },
	{ "list --expiring 9d --owner bob", "drill brush " },
	{ "list --expiring 9d --sort name", "anvil brush drill " },
	{ "list --from-address 192.0.2.7", "anvil " },
	{ "list --from-address 192.0.2.0/24", "anvil " },
	{ "list --from-address 2001:db8::/32", "chalk " },
	{ "list --from-address ::/0 --sort name", "anvil chalk " },
	{ "list --from-address 192.0.2.8", "" },
	{ "list --sort name --kind api --type read-only", "brush " },
	{ "list --kind management", "" },
	{ "list --unused-for 1d", "" },
	{ "list --state disabled --sort id", "fork " },
	{ "list --state pending", "" },
	{ "list --owner carol", "" },
};

START_TEST(searches_find)
{
	scene();
	for (int i = 0; i < COUNT(searches); i++)
		finds(searches[i].line, searches[i].names);
}
END_TEST

/* A use counts at once, before it is written. */
START_TEST(uses_are_those_of_now)
{
	create("anvil", "alice", "");
	create("brush", "alice", "");
	for (int i = 0; i < 5; i++)
		use(token, "alice", "192.0.2.1");
	use(token, "alice", "192.0.2.99");
	finds("list --from-address 192.0.2.99", "brush ");
	finds("list --from-address 192.0.2.1", "");
	finds("list --sort last-used", "brush anvil ");
	finds("list --sort last-used --reverse", "anvil brush ");
	done("show brush --json");
	cli_holds(cli_out, "\"use_count\": 6");
	/* Nobody uses the other one, until it is a second old. */
	do
		done("list --unused-for 1s -o jsonl");
	while (cli_out[0] == '\0');
	cli_holds(cli_out, "anvil");
	use(token, "alice", "192.0.2.1");
	finds("list --unused-for 1s", "anvil ");
}
END_TEST

static const struct {
	const char *line, *why;
} wrong_searches[] = {
	{ "list --sort name --after 0123456789", "--sort created alone" },
	{ "list --expiring 7d --after 0123456789", "--sort created alone" },
	{ "list --sort size", "it takes created|" },
	{ "list --unused-for ever", "it takes a duration" },
	{ "list --expiring -1d", "it takes a duration" },
	{ "list --from-address example.com", "--from-address is an address" },
	{ "list --from-address 192.0.2.7/24", "without host bits" },
	{ "list --kind access", "it takes api|management" },
	{ "revoke --matching --yes", "needs a filter" },
	{ "revoke --matching laptop --owner bob --yes", "instead of tokens" },
	{ "revoke --owner bob --yes", "filters go with --matching" },
	{ "revoke laptop --state all --yes", "filters go with --matching" },
	{ "revoke --yes", "TOKEN... is missing" },
	{ "enable", "TOKEN... is missing" },
	{ "revoke --matching --owner bob", "1 token and there is no terminal" },
	{ "enable --matching --state all", "1 token and there is no terminal" },
	{ "revoke --leaked laptop", "goes with --dry-run alone" },
	{ "revoke --leaked --matching --owner bob", "--dry-run alone" },
	{ "revoke --leaked --owner bob", "--dry-run alone" },
	{ "revoke --leaked --reason x", "not taken with --leaked" },
	{ "delete --leaked", "unknown option" },
	{ "delete --matching --owner bob --yes -o id", "goes with --dry-run" },
	{ "disable --matching --owner bob --unused-for x --yes", "duration" },
};

/* And nothing happens. */
START_TEST(wrong_searches_are_refused)
{
	char before[4096];

	create("laptop", "bob", "");
	create("stopped", "alice", "");
	done("disable stopped --yes");
	done("list -o jsonl");
	ck_assert_uint_lt(strlen(cli_out), sizeof before);
	strcpy(before, cli_out);
	for (int i = 0; i < COUNT(wrong_searches); i++) {
		int status = cli_run(wrong_searches[i].line, "");

		ck_assert_msg(status == 2, "%s: %d: %s", wrong_searches[i].line,
		    status, cli_err);
		cli_holds(cli_err, wrong_searches[i].why);
		ck_assert_str_eq(cli_out, "");
	}
	done("list -o jsonl");
	ck_assert_str_eq(before, cli_out);
}
END_TEST

/* Pages by --after, one way and the other, are the whole. */
START_TEST(pages_make_the_whole)
{
	static char whole[CLI_OUTPUT_SIZE], pages[CLI_OUTPUT_SIZE];
	const char *order = _i == 0 ? "" : "--reverse";
	char line[128], after[32] = "";

	create_many(50, "alice");
	(void)snprintf(line, sizeof line, "list -o id %s", order);
	done(line);
	strcpy(whole, cli_out);
	ck_assert_uint_eq(strlen(whole), 50 * (TOKEN_ID_SIZE + 1));
	pages[0] = '\0';
	do {
		(void)snprintf(line, sizeof line, "list -o id %s --limit 7 %s",
		    order, after);
		done(line);
		strcat(pages, cli_out);
		if (cli_out[0] != '\0')
			(void)snprintf(after, sizeof after, "--after %.10s",
			    cli_out + strlen(cli_out) - TOKEN_ID_SIZE - 1);
	} while (cli_out[0] != '\0');
	ck_assert_str_eq(whole, pages);
}
END_TEST

static const char *const searches_of_all[] = { "list --state all",
	"list --reverse", "list --sort name", "list --expiring 9d",
	"list --from-address ::/0", "list --owner alice", "list --owner bob",
	"list --project default", "list --sort last-used --reverse" };

/* Neither by looking nor by changing. */
START_TEST(members_find_their_own)
{
	scene();
	cli_uid = MEMBER_UID;
	for (int i = 0; i < COUNT(searches_of_all); i++) {
		done(searches_of_all[i]);
		for (int j = 0; j < 5; j++)
			ck_assert_ptr_null(strstr(
			    cli_out, (const char *[]) { "anvil", "brush",
					 "chalk", "drill", "easel" }[j]));
	}
	finds("list --state all", "fork ");
	done("delete --matching --owner alice --yes");
	cli_holds(cli_out, "deleted 0 tokens");
	done("revoke --matching --state all --yes");
	cli_holds(cli_out, "revoked 1 token\n");
	done("delete --matching --state all --yes --json");
	cli_holds(cli_out, "\"changed\": 1");
	cli_uid = (uid_t)-1;
	finds("list --sort name", "anvil brush chalk drill easel ");
	finds("list --sort name --state active", "anvil brush chalk drill ");
}
END_TEST

static const char *const ambiguous[] = { "show gone", "edit gone --name x",
	"disable gone --yes", "enable gone", "revoke gone --yes",
	"delete gone --yes", "regenerate gone --yes", "audit --token gone",
	"explain gone --user alice --service svc" };

START_TEST(ambiguous_names_list_their_candidates)
{
	char both[2][TOKEN_ID_SIZE + 1] = { { 0 } }, before[4096];

	create("gone", "bob", "");
	memcpy(both[0], token + 4, TOKEN_ID_SIZE);
	create("gone", "alice", "");
	memcpy(both[1], token + 4, TOKEN_ID_SIZE);
	done("list -o jsonl");
	strcpy(before, cli_out);
	for (int i = 0; i < COUNT(ambiguous); i++) {
		int status = cli_run(ambiguous[i], "");

		ck_assert_msg(status == 5, "%s: %d", ambiguous[i], status);
		ck_assert_str_eq(cli_out, "");
		cli_holds(cli_err, both[0]);
		cli_holds(cli_err, both[1]);
	}
	done("list -o jsonl");
	ck_assert_str_eq(before, cli_out);
}
END_TEST

#define MANY 3050

START_TEST(three_thousand_tokens_are_changed_at_once)
{
	create_many(MANY, "alice");
	create("other", "bob", "");
	ck_assert_int_eq(cli_run("revoke --matching --owner alice", ""), 2);
	cli_holds(cli_err, "revoke would touch 3050 tokens and there is no");
	ck_assert_uint_eq(count("--state active"), MANY + 1);
	done("disable --matching --owner alice --dry-run --quiet -o id");
	ck_assert_uint_gt(strlen(cli_out), 30000);
	ck_assert_uint_eq(count("--state active"), MANY + 1);
	done("disable --matching --owner alice --yes --json");
	cli_holds(cli_out, "\"matched\": 3050");
	cli_holds(cli_out, "\"changed\": 3050");
	ck_assert_uint_eq(count("--state disabled"), MANY);
	done("enable --matching --owner alice --yes");
	ck_assert_str_eq(cli_out, "enabled 3050 tokens\n");
	done("revoke --matching --owner alice --yes --reason moved");
	ck_assert_str_eq(cli_out, "revoked 3050 tokens\n");
	ck_assert_str_eq(cli_err, "");
	ck_assert_uint_eq(count("--state revoked"), MANY);
	done("revoke --matching --owner alice --yes");
	ck_assert_str_eq(cli_out, "revoked 0 tokens\n");
	done("disable --matching --owner alice --yes -o csv");
	cli_holds(cli_out, "matched,changed,already,missing,refused\n0,0,");
	done("delete --matching --owner alice --state revoked --yes --quiet");
	ck_assert_str_eq(cli_out, "");
	finds("list", "other ");
	done("audit --verify");
}
END_TEST

static const struct {
	const char *typed;
	int status;
	const char *said;
} answers[] = {
	{ "n\n", 1, "nothing was revoked" },
	{ "\n", 1, "nothing was revoked" },
	{ "y\n", 0, "revoked 1100 of 1100" },
};

START_TEST(a_terminal_is_asked_with_the_number)
{
	struct cli_terminal terminal;
	bool yes = answers[_i].status == 0;

	create_many(1100, "alice");
	cli_sit(&terminal, "revoke --matching --owner alice");
	cli_expect(&terminal, ", ...)? [y/N] ");
	cli_holds(cli_err, "Revoke 1100 tokens (");
	cli_holds(cli_err, " many");
	ck_assert_uint_eq(count("--state active"), 1100);
	cli_type(&terminal, answers[_i].typed);
	cli_expect(&terminal, answers[_i].said);
	ck_assert_int_eq(cli_leave(&terminal), answers[_i].status);
	ck_assert_uint_eq(count("--state revoked"), yes ? 1100 : 0);
}
END_TEST

/* What its owner may not enable stays, and the rest does not wait for it. */
START_TEST(what_is_refused_is_counted)
{
	create("mine", MEMBER, "");
	create("yours", MEMBER, "");
	done("disable yours --yes");
	cli_uid = MEMBER_UID;
	ck_assert_int_eq(
	    cli_run("enable --matching --state disabled --yes", ""), 4);
	cli_holds(cli_err, "was disabled by root");
	cli_holds(cli_err, "1 of 1 tokens were not enabled");
	done("disable mine --yes");
	ck_assert_int_eq(
	    cli_run("enable --matching --state disabled --yes --json", ""), 7);
	cli_holds(cli_err, "1 of 2 tokens were not enabled");
	cli_holds(cli_out, "\"changed\": 1");
	cli_holds(cli_out, "\"refused\": 1");
	finds("list --state disabled", "yours ");
}
END_TEST

/* A log with the token, the first of whose bytes is at that place. */
static const char *
log_with(const char *text, size_t at)
{
	static char log[140000];

	memset(log, 'a', sizeof log - 1);
	for (size_t i = 63; i < sizeof log - 1; i += 64)
		log[i] = '\n';
	memcpy(log + at, text, strlen(text));
	return log;
}

/* Wherever the text is cut when it is read. */
START_TEST(leaked_tokens_are_found_wherever_they_are)
{
	create("lost", "alice", "");
	for (size_t at = 65536 - TOKEN_TEXT_SIZE - 1; at <= 65537; at++) {
		int status = cli_run(
		    "revoke --leaked --dry-run -o id", log_with(token, at));

		ck_assert_msg(status == 0, "%zu: %d", at, status);
		ck_assert_mem_eq(cli_out, token + 4, TOKEN_ID_SIZE);
	}
	finds("list --state active", "lost ");
}
END_TEST

/* Another text that is right but for its secret. */
static void
forge(const char *text, char forged[TOKEN_TEXT_SIZE + 1], bool other_id,
    enum token_kind kind)
{
	struct token parsed;

	ck_assert_int_eq(tokentext_parse(text, TOKEN_TEXT_SIZE, &parsed), 0);
	if (other_id)
		memcpy(parsed.id, "zzzzzzzzzz", TOKEN_ID_SIZE);
	else if (kind == parsed.kind)
		parsed.secret[19] ^= 1;
	parsed.kind = kind;
	tokentext_format(&parsed, forged);
}

START_TEST(holding_a_secret_is_the_right_to_revoke_it)
{
	char text[1024], first[sizeof token], forged[3][sizeof token];
	const char *search = "revoke --leaked";

	create("laptop", "alice", "");
	memcpy(first, token, sizeof first);
	create("phone", "bob", "");
	create("safe", "bob", "");
	forge(token, forged[0], false, TOKEN_API);
	forge(token, forged[1], true, TOKEN_API);
	forge(token, forged[2], false, TOKEN_MANAGEMENT);
	cli_uid = MEMBER_UID;
	(void)snprintf(
	    text, sizeof text, "%s%s,%s", forged[0], forged[1], forged[2]);
	ck_assert_int_eq(cli_run(search, text), 3);
	ck_assert_str_eq(cli_out, "");
	cli_holds(cli_err, "no token that this agent knows");
	ck_assert_int_eq(cli_run(search, ""), 3);
	/* Twice, in a URL, after a letter, and cut short. */
	(void)snprintf(text, sizeof text,
	    "https://x/?t=%s&u=%s\nx%sx secret-token:%s %.47s", first, first,
	    forged[0], first, token);
	ck_assert_int_eq(cli_run("revoke --leaked --json", text), 0);
	cli_holds(cli_out, "\"reason\":\"leaked\"");
	cli_holds(cli_out, "\"name\":\"laptop\"");
	ck_assert_ptr_null(strstr(cli_out, "bob"));
	ck_assert_int_eq(cli_run(search, text), 0);
	cli_holds(cli_out, "revoked already ");
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(strstr(cli_out, "atk_"));
		ck_assert_ptr_null(strstr(cli_err, "atk_"));
	}
	cli_uid = (uid_t)-1;
	finds("list --sort name --state active", "phone safe ");
	done("audit --action token.revoke -o jsonl");
	cli_holds(cli_out, "\"actor\":\"" MEMBER "\"");
	cli_holds(cli_out, "leaked");
	ck_assert_ptr_null(strstr(cli_out, "atk_"));
}
END_TEST

/* Either secret of an overlap is enough, and one that is over is not. */
START_TEST(old_secrets_are_leaked_too)
{
	char first[sizeof token], text[256];

	create("laptop", "alice", "");
	memcpy(first, token, sizeof first);
	done("regenerate laptop --yes --quiet --overlap 1h");
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	(void)snprintf(text, sizeof text, "%s\n%s\n", first, token);
	ck_assert_int_eq(cli_run("revoke --leaked --dry-run", text), 0);
	ck_assert_ptr_eq(strstr(cli_out, "would revoke"), cli_out);
	ck_assert_ptr_null(strstr(cli_out + 1, "would revoke"));
	done("regenerate laptop --yes --quiet");
	ck_assert_int_eq(cli_run("revoke --leaked", text), 3);
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	finds("list --state active", "laptop ");
}
END_TEST

/* More than one request, and more real ones than one answer holds. */
START_TEST(many_leaked_tokens_are_revoked)
{
	static char text[2500 * (TOKEN_TEXT_SIZE + 1)];
	char forged[TOKEN_TEXT_SIZE + 1], line[128];
	char description[TOKEN_DESCRIPTION_MAX / 2 + 1];
	size_t at = 0;

	memset(description, 'd', sizeof description - 1);
	description[sizeof description - 1] = '\0';
	for (int i = 0; i < 150; i++) {
		(void)snprintf(line, sizeof line, "leak%03d", i);
		create(line, "alice", "--description lost");
		at += (size_t)snprintf(
		    text + at, sizeof text - at, "%s\n", token);
		for (int j = 0; j < 14; j++) {
			struct token other;

			(void)tokentext_parse(token, TOKEN_TEXT_SIZE, &other);
			other.secret[0] = (uint8_t)(other.secret[0] + j + 1);
			tokentext_format(&other, forged);
			at += (size_t)snprintf(
			    text + at, sizeof text - at, "%s ", forged);
		}
	}
	ck_assert_int_eq(cli_run("revoke --leaked -o id", text), 0);
	ck_assert_uint_eq(strlen(cli_out), 150 * (TOKEN_ID_SIZE + 1));
	ck_assert_uint_eq(count("--state revoked"), 150);
}
END_TEST

/* During an overlap it is seen who still comes with the old secret. */
START_TEST(each_secret_has_its_last_use)
{
	char old[sizeof token], line[64];

	create("laptop", "alice", "");
	use(token, "alice", "192.0.2.1");
	memcpy(old, token, sizeof old);
	done("show laptop");
	cli_holds(cli_out, "secrets            1 last used 2");
	done("regenerate laptop --yes --overlap 1h");
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	cli_holds(cli_err, "secret 2 (the new one): never used");
	cli_holds(cli_err, "secret 1: last used 2");
	done("show laptop --json");
	cli_holds(cli_out, "\"number\": 2,\n      \"expires_at\": null,\n"
			   "      \"last_used_at\": null");
	cli_holds(cli_out, "\"number\": 1,\n      \"expires_at\": \"2");
	use(token, "alice", "192.0.2.1");
	use(old, "alice", "192.0.2.1");
	done("show laptop");
	cli_holds(cli_out, "secrets            2 last used 2");
	cli_holds(cli_out, "; 1 last used 2");
	cli_holds(cli_out, ", works until 2");
	/* A third one takes the first one's place. */
	done("regenerate laptop --yes --overlap 1h --quiet");
	done("show laptop");
	cli_holds(cli_out, "secrets            3 never used; 2 last used 2");
	(void)snprintf(line, sizeof line, "list -o csv --owner alice");
	done(line);
	cli_holds(cli_out, "3 never used; 2 last used");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("find");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, searches_find);
	tcase_add_test(tcase, uses_are_those_of_now);
	tcase_add_test(tcase, wrong_searches_are_refused);
	tcase_add_loop_test(tcase, pages_make_the_whole, 0, 2);
	tcase_add_test(tcase, members_find_their_own);
	tcase_add_test(tcase, ambiguous_names_list_their_candidates);
	tcase_add_test(tcase, three_thousand_tokens_are_changed_at_once);
	tcase_add_loop_test(
	    tcase, a_terminal_is_asked_with_the_number, 0, COUNT(answers));
	tcase_add_test(tcase, what_is_refused_is_counted);
	tcase_add_test(tcase, leaked_tokens_are_found_wherever_they_are);
	tcase_add_test(tcase, holding_a_secret_is_the_right_to_revoke_it);
	tcase_add_test(tcase, old_secrets_are_leaked_too);
	tcase_add_test(tcase, many_leaked_tokens_are_revoked);
	tcase_add_test(tcase, each_secret_has_its_last_use);
	return cli_cases("finding", &tcase, 1);
}
