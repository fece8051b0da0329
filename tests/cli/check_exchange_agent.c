/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Short-lived access by the real programs: what `exchange` and `refresh` give
 * logs in through the real libpam and module, and ends when it must.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/pam/realagent.h"
#include "tests/pam/scene.h"
#include "tests/unit/cli_run.h"

/* Somebody else, where root runs this. */
#define OTHER_UID 1

static pid_t agent;

/* What somebody has: the API token, and the last pair. */
static char token[TOKEN_TEXT_SIZE + 1];
static char access_text[TOKEN_TEXT_SIZE + 1], refresh_text[TOKEN_TEXT_SIZE + 1];

static void
start_with(const char *limits)
{
	const struct passwd *me = getpwuid(geteuid());
	char config[512], arguments[256];

	(void)snprintf(config, sizeof config,
	    "%s[agent]\ndefault_role = member\nself_service_min_uid = 1\n"
	    "[service svc]\ncallers = %s\n",
	    limits, me != NULL ? me->pw_name : "nobody");
	agent = realagent_start(config);
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("pair"));
	(void)snprintf(arguments, sizeof arguments, "socket=%s agent_uid=%u",
	    login_folder(), (unsigned)realagent_uid());
	login_service("svc", "auth required %s %s\naccount required %s %s\n",
	    MODULE, arguments, MODULE, arguments);
}

static void
start(void)
{
	start_with("");
}

static void
stop(void)
{
	cli_uid = (uid_t)-1;
	realagent_stop(agent);
}

/* A command that must be done; its answer is in cli_out. */
static void
done(const char *line, const char *in)
{
	int status = cli_run(line, in);

	ck_assert_msg(status == 0, "%s: %d: %s", line, status, cli_err);
}

static void
refused(const char *line, const char *in, int status, const char *why)
{
	int got = cli_run(line, in);

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
	ck_assert_str_eq(cli_out, "");
	cli_holds(cli_err, why);
	ck_assert_ptr_null(strstr(cli_err, token + 15));
}

static void
create(const char *options)
{
	char line[256];

	(void)snprintf(line, sizeof line,
	    "create laptop --quiet --user alice %s", options);
	done(line, "");
	(void)snprintf(token, sizeof token, "%.48s", cli_out);
}

/* A quiet command whose answer is a pair, which becomes the last one. */
static void
takes(const char *line, const char *in)
{
	done(line, in);
	ck_assert_uint_eq(strlen(cli_out), 2 * (TOKEN_TEXT_SIZE + 1));
	ck_assert_str_eq(cli_err, "");
	(void)snprintf(access_text, sizeof access_text, "%.48s", cli_out);
	(void)snprintf(refresh_text, sizeof refresh_text, "%.48s",
	    cli_out + TOKEN_TEXT_SIZE + 1);
	ck_assert_int_eq(strncmp(access_text, "ata_", 4), 0);
	ck_assert_int_eq(strncmp(refresh_text, "atr_", 4), 0);
}

/* Asks as a service would, which is no use of it. */
static bool
opens(const char *text)
{
	uid_t uid = cli_uid;
	int status;

	cli_uid = (uid_t)-1;
	status = cli_run("verify --user alice --service svc --quiet", text);
	cli_uid = uid;
	ck_assert(status == 0 || status == 10);
	return status == 0;
}

static bool
logs_in(const char *text)
{
	struct login login;
	int rv;

	login_begin(&login, "svc", "alice");
	rv = login_authenticate(&login, text);
	if (rv == PAM_SUCCESS)
		ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	else
		ck_assert_int_eq(rv, PAM_AUTH_ERR);
	login_end(&login);
	return rv == PAM_SUCCESS;
}

START_TEST(client_id_and_secret_buy_a_pair)
{
	char both[128];

	create("");
	(void)snprintf(both, sizeof both, "%.10s\n%s\n", token + 4, token);
	takes("exchange --quiet", both);
	ck_assert(opens(access_text));
	ck_assert(logs_in(access_text));
	ck_assert(!logs_in(refresh_text));
	takes("refresh --quiet", refresh_text);
	ck_assert(logs_in(access_text));
	(void)snprintf(both, sizeof both, "0000000000\n%s\n", token);
	refused("exchange", both, 10, "the client id is not that of the token");
	(void)snprintf(both, sizeof both, "\n%s\n", token);
	refused("exchange", both, 10, "client id");
	(void)snprintf(both, sizeof both, "%.10s\n%s\n\n", token + 4, token);
	refused("exchange", both, 10, "not a token");
	done("show laptop --json", "");
	cli_holds(cli_out, "\"last_used_service\": \"refresh\"");
}
END_TEST

START_TEST(answers_as_oauth_does)
{
	create("");
	done("exchange --json", token);
	cli_holds(cli_out, "{\n  \"access_token\": \"ata_");
	cli_holds(cli_out, "\",\n  \"token_type\": \"Bearer\",\n"
			   "  \"expires_in\": 900,\n  \"refresh_token\": "
			   "\"atr_");
	cli_holds(cli_err, "the access token works until 20");
	done("exchange -o jsonl --expires 1h", token);
	cli_holds(cli_out, "\",\"token_type\":\"Bearer\",\"expires_in\":3600,"
			   "\"refresh_token\":\"atr_");
	done("exchange", token);
	cli_holds(cli_out, "access token   ata_");
	cli_holds(cli_out, "\nrefresh token  atr_");
	ck_assert_ptr_null(strstr(cli_err, "atr_"));
}
END_TEST

/* What was written is given back as it is. */
START_TEST(takes_what_it_wrote)
{
	char json[1024];

	create("");
	done("exchange --json --quiet", token);
	for (int i = 0; i < 3; i++) {
		(void)snprintf(json, sizeof json, "%.1000s", cli_out);
		done(i < 2 ? "refresh -o jsonl --quiet" : "refresh --quiet",
		    json);
	}
	(void)snprintf(access_text, sizeof access_text, "%.48s", cli_out);
	ck_assert(opens(access_text));
}
END_TEST

static const char *const no_pairs[] = { "{", "{}", "{}{}", " {\"x\": 1}",
	"{\"refresh_token\": 1}", "{\"refresh_token\": null}",
	"{\"refresh_token\": \"a\", \"refresh_token\": \"a\"}",
	"{\"refresh_token\": [\"a\"]}", "{\"refresh_token\": \"a\\u0000\"}",
	"{\"refresh_token\": \""
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}" };

START_TEST(takes_no_other_object)
{
	create("");
	refused("refresh", no_pairs[_i], 10, "refresh_token, as exchange");
	refused("exchange", no_pairs[_i], 10, "not a token");
}
END_TEST

START_TEST(takes_no_other_text)
{
	create("");
	refused("refresh", "{\"refresh_token\": \"a\"}", 10, "not a token");
	refused("refresh", "", 10, "not a token");
}
END_TEST

START_TEST(writes_a_file_of_its_own)
{
	char text[512] = "";
	struct stat st;
	FILE *file;

	create("");
	done("exchange --output @", token);
	ck_assert_str_eq(cli_out, "");
	ck_assert_int_eq(stat(cli_file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	file = fopen(cli_file, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
	fclose(file);
	cli_holds(text, "\"access_token\": \"ata_");
	refused("exchange --output @", token, 5, "exists already");
	ck_assert_int_eq(unlink(cli_file), 0);
	/* A refusal leaves none. */
	done("disable laptop --yes", "");
	refused("exchange --output @", token, 10, "is disabled");
	ck_assert_int_eq(access(cli_file, F_OK), -1);
}
END_TEST

static const struct {
	const char *options, *line;
	int status;
	const char *why;
} refusals[] = {
	{ "", "exchange --expires 25h", 2, "24h" },
	{ "", "exchange --expires never", 2, "--expires" },
	{ "", "exchange --user bob", 4, "login name bob" },
	{ "", "exchange --allow sudo", 4, "does not open sudo" },
	{ "", "exchange --allow :x", 2, "SERVICE" },
	{ "", "exchange extra", 2, "unexpected" },
	{ "", "exchange -o csv", 2, "it takes table|json|jsonl" },
	{ "", "refresh", 10, "a refresh token (atr_...)" },
	{ "--uses 3", "exchange", 10, "limited number of uses" },
	{ "--not-before 2099-01-01", "exchange", 10, "has not begun" },
	{ "--type custom --allow other", "exchange --allow svc", 4,
	    "does not open svc" },
};

START_TEST(says_why_not)
{
	create(refusals[_i].options);
	refused(
	    refusals[_i].line, token, refusals[_i].status, refusals[_i].why);
}
END_TEST

START_TEST(narrows_only)
{
	create("--user bob --from 192.0.2.0/24");
	takes("exchange --quiet --user alice --allow svc --expires 1h", token);
	/* The login comes from 192.0.2.1, a question without an address no. */
	ck_assert(!opens(access_text));
	ck_assert(logs_in(access_text));
	ck_assert_int_eq(cli_run("verify --user bob --service svc "
				 "--from 192.0.2.1",
			     access_text),
	    10);
	ck_assert_int_eq(cli_run("verify --user alice --service other "
				 "--from 192.0.2.1",
			     access_text),
	    10);
	/* What its API token loses, it loses. */
	done("edit laptop --from 198.51.100.0/24", "");
	ck_assert(!logs_in(access_text));
	done("edit laptop --from 192.0.2.1", "");
	ck_assert(logs_in(access_text));
	done("edit laptop --user bob", "");
	ck_assert(!logs_in(access_text));
}
END_TEST

static const struct {
	const char *line;
	const char *why;
} ends[] = {
	{ "revoke laptop --yes", "is revoked" },
	{ "disable laptop --yes", "is disabled" },
	{ "regenerate laptop --yes --quiet", "another secret" },
	{ "delete laptop --yes", "" },
	{ "edit laptop --not-before 2099-01-01", "not begun" },
};

START_TEST(ends_with_its_token)
{
	create("");
	takes("exchange --quiet", token);
	ck_assert(logs_in(access_text));
	done(ends[_i].line, "");
	ck_assert(!opens(access_text));
	ck_assert(!logs_in(access_text));
	refused("refresh", refresh_text, 10, ends[_i].why);
}
END_TEST

START_TEST(lives_through_an_overlap)
{
	create("");
	takes("exchange --quiet", token);
	done("regenerate laptop --overlap 1h --yes --quiet", "");
	ck_assert(logs_in(access_text));
	takes("refresh --quiet", refresh_text);
	ck_assert(logs_in(access_text));
	done("regenerate laptop --yes --quiet", "");
	ck_assert(!logs_in(access_text));
}
END_TEST

/* Between two refreshes with one token: what came of the first. */
static char first[TOKEN_TEXT_SIZE + 1], given[2 * (TOKEN_TEXT_SIZE + 1) + 1];

static void
refresh_once(void)
{
	create("");
	takes("exchange --quiet", token);
	memcpy(first, refresh_text, sizeof first);
	takes("refresh --quiet", first);
	memcpy(given, cli_out, sizeof given);
	ck_assert(opens(access_text));
}

static void
family_ends(void)
{
	refused("refresh --quiet", first, 10, "was used before");
	ck_assert(!opens(access_text));
	refused("refresh --quiet", refresh_text, 10, "used twice");
	done("audit --action family.end -o jsonl", "");
	cli_holds(cli_out, "\"action\":\"family.end\"");
	done("audit --verify", "");
	takes("exchange --quiet", token);
	ck_assert(logs_in(access_text));
}

START_TEST(gives_a_lost_answer_again)
{
	refresh_once();
	takes("refresh --quiet", first);
	ck_assert_str_eq(cli_out, given);
	takes("refresh --quiet", first);
	ck_assert_str_eq(cli_out, given);
	ck_assert(logs_in(access_text));
}
END_TEST

/* The writer notes a use after the answer. */
static void
wait_for_use(void)
{
	char line[64];

	(void)snprintf(
	    line, sizeof line, "show %.10s -o jsonl", access_text + 4);
	for (int i = 0; i < 1000; i++) {
		done(line, "");
		if (strstr(cli_out, "\"use_count\":0") == NULL)
			return;
	}
	ck_abort_msg("the use is not noted");
}

/* The use may not be written yet: the writer's memory is asked as well. */
START_TEST(gives_no_used_answer_again)
{
	refresh_once();
	ck_assert(logs_in(access_text));
	wait_for_use();
	family_ends();
}
END_TEST

START_TEST(gives_nobody_elses_answer_again)
{
	int status;

	if (geteuid() != 0)
		return;
	refresh_once();
	cli_uid = OTHER_UID;
	status = cli_run("refresh --quiet", first);
	ck_assert_int_eq(status, 10);
	cli_holds(cli_err, "was used before");
	cli_uid = (uid_t)-1;
	ck_assert(!opens(access_text));
}
END_TEST

START_TEST(ends_a_family_for_an_old_token)
{
	refresh_once();
	for (int i = 0; i < 5; i++)
		takes("refresh --quiet", refresh_text);
	family_ends();
}
END_TEST

/* Anybody on the machine, whatever their role. */
START_TEST(holding_it_is_the_right)
{
	if (geteuid() != 0)
		return;
	create("");
	cli_uid = OTHER_UID;
	takes("exchange --quiet", token);
	takes("refresh --quiet", refresh_text);
	ck_assert(opens(access_text));
	token[20] = token[20] == 'a' ? 'b' : 'a';
	refused("exchange", token, 10, "not a token");
}
END_TEST

START_TEST(keeps_a_limit)
{
	char line[64];

	stop();
	start_with("[limits]\naccess_tokens = 2\nrefresh_lifetime = 1h\n");
	create("");
	takes("exchange --quiet", token);
	takes("exchange --quiet", token);
	refused("exchange", token, 5, "([limits] access_tokens)");
	takes("refresh --quiet", refresh_text);
	(void)snprintf(
	    line, sizeof line, "revoke %.10s --yes", access_text + 4);
	done(line, "");
	ck_assert(!opens(access_text));
	takes("exchange --quiet", token);
	done("list -o id --state active", "");
	ck_assert_uint_eq(strlen(cli_out), TOKEN_ID_SIZE + 1);
}
END_TEST

/* What was given before the agent ended is good after it. */
START_TEST(outlives_the_agent)
{
	refresh_once();
	realagent_kill(agent);
	start();
	ck_assert(logs_in(access_text));
	takes("refresh --quiet", refresh_text);
	ck_assert(logs_in(access_text));
}
END_TEST

START_TEST(is_explained)
{
	char line[128];

	create("");
	takes("exchange --quiet", token);
	(void)snprintf(line, sizeof line,
	    "explain %.10s --user alice --service svc", access_text + 4);
	done(line, "");
	cli_holds(cli_out, "parent");
	done("disable laptop --yes", "");
	ck_assert_int_eq(cli_run(line, ""), 10);
	cli_holds(cli_out, ": disabled)");
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, client_id_and_secret_buy_a_pair);
	tcase_add_test(tcase, answers_as_oauth_does);
	tcase_add_test(tcase, takes_what_it_wrote);
	tcase_add_loop_test(tcase, takes_no_other_object, 0, COUNT(no_pairs));
	tcase_add_test(tcase, takes_no_other_text);
	tcase_add_test(tcase, writes_a_file_of_its_own);
	tcase_add_loop_test(tcase, says_why_not, 0, COUNT(refusals));
	tcase_add_test(tcase, narrows_only);
	tcase_add_loop_test(tcase, ends_with_its_token, 0, COUNT(ends));
	tcase_add_test(tcase, lives_through_an_overlap);
	tcase_add_test(tcase, gives_a_lost_answer_again);
	tcase_add_test(tcase, gives_no_used_answer_again);
	tcase_add_test(tcase, gives_nobody_elses_answer_again);
	tcase_add_test(tcase, ends_a_family_for_an_old_token);
	tcase_add_test(tcase, holding_it_is_the_right);
	tcase_add_test(tcase, keeps_a_limit);
	tcase_add_test(tcase, outlives_the_agent);
	tcase_add_test(tcase, is_explained);
}

int
main(void)
{
	return scene_run("exchange and refresh", add);
}
