/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What time does to tokens and to the audit, by the real program against the
 * real agent: the first start, what is purged, a clock that steps back, an
 * audit whose end was cut off.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/tokentext.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"
#include "tests/unit/cli_run.h"

/* To automake: it takes root to be somebody else. */
#define SKIPPED 77

#define CONFIG                                                                 \
	"[agent]\ndefault_role = member\nself_service_min_uid = 1\n"           \
	"[service svc]\naccess = full\n"

static pid_t agent;
static char token[TOKEN_TEXT_SIZE + 1]; /* the last one made */

static void
start_with(const char *more)
{
	char config[512];

	(void)snprintf(config, sizeof config, "%s%s", CONFIG, more);
	agent = realagent_start(config);
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
}

static void
start(void)
{
	start_with("");
}

static void
stop(void)
{
	realagent_stop(agent);
}

/* A command that must be done; its answer is in cli_out. */
static void
done(const char *line)
{
	int status = cli_run(line, "");

	ck_assert_msg(status == 0, "%s: %d: %s", line, status, cli_err);
}

/* One that must fail, with a word of why. */
static void
fails(const char *line, int status, const char *why)
{
	int got = cli_run(line, "");

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
	cli_holds(cli_err, why);
}

/* The secret that a command wrote becomes `token`. */
static void
makes(const char *line)
{
	done(line);
	ck_assert_uint_eq(strcspn(cli_out, "\n"), TOKEN_TEXT_SIZE);
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	token[TOKEN_TEXT_SIZE] = '\0';
}

/* Whether the service would let alice in with it. */
static bool
opens(const char *text)
{
	int status = cli_run("verify --user alice --service svc --quiet", text);

	ck_assert(status == 0 || status == 10);
	return status == 0;
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
	ck_assert(opens(token));
	done("show full-access");
	cli_holds(cli_out, "state              active\n");
}
END_TEST

/* What was deleted is not made again. */
START_TEST(the_first_start_is_one)
{
	done("delete full-access read-only --yes");
	stop();
	start();
	done("list -o id");
	ck_assert_str_eq(cli_out, "");
}
END_TEST

static TCase *
first_case(void)
{
	TCase *tcase = tcase_create("first start");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, two_tokens_are_there_at_first);
	tcase_add_test(tcase, a_first_token_gets_secret_and_login_at_once);
	tcase_add_test(tcase, the_first_start_is_one);
	return tcase;
}

int
main(void)
{
	Suite *suite;
	SRunner *runner;
	int failed;

	if (geteuid() != 0)
		return SKIPPED;
	suite = suite_create("time");
	suite_add_tcase(suite, first_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
