/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Tokens that are none, through the real libpam, module and agent: none is
 * accepted.  5,000 of them; with "long" 100,000.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/mutant.h"
#include "tests/pam/realagent.h"
#include "tests/pam/scene.h"

#define LIVE  8
#define SEED  20261128
#define OFTEN 50 /* that many to a transaction, then a good one */

static bool is_long;
static pid_t agent;
static char live[LIVE][TOKEN_TEXT_SIZE + 1];

static void
start(void)
{
	const struct passwd *me = getpwuid(geteuid());
	char config[256];

	snprintf(config, sizeof(config), "[service svc]\ncallers = %s\n",
	    me != NULL ? me->pw_name : "nobody");
	agent = realagent_start(config);
	login_service("svc", "auth required %s socket=%s agent_uid=%u\n",
	    MODULE, login_folder(), (unsigned)realagent_uid());
	for (int i = 0; i < LIVE; i++) {
		char name[16], text[256];
		const char *const arguments[] = { "create", name, "--user",
			"alice", "--quiet", NULL };

		snprintf(name, sizeof(name), "live%d", i);
		ck_assert_int_eq(
		    realagent_command(text, sizeof(text), arguments), 0);
		ck_assert_uint_eq(strlen(text), TOKEN_TEXT_SIZE);
		strcpy(live[i], text);
	}
}

static void
stop(void)
{
	realagent_stop(agent);
}

/* What our own idea of a checksum is worth. */
static void
knows_checks(const struct mutant *mutant)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	const char *const id = mutant->text + 4;
	const char *const secret = id + TOKEN_ID_SIZE + 1;
	struct token token;

	if (mutant->has_check && strspn(id, digits) == TOKEN_ID_SIZE &&
	    strspn(secret, digits) == TOKEN_TEXT_SIZE - 15 &&
	    mutant->text[2] == 'k' && *secret == '0')
		ck_assert_msg(
		    tokentext_parse(mutant->text, TOKEN_TEXT_SIZE, &token) == 0,
		    "%s", mutant->text);
}

START_TEST(none_is_accepted)
{
	const int count = is_long ? 100000 : 5000;
	unsigned checks = 0, ids = 0, refused = 0, others = 0;
	uint64_t seed = SEED;
	struct login login;

	for (int i = 0; i < count; i++) {
		struct mutant mutant;
		int code;

		if (i % OFTEN == 0)
			login_begin(&login, "svc", "alice");
		mutant_make(&mutant, &seed, live, LIVE);
		knows_checks(&mutant);
		code = login_authenticate(&login, mutant.text);
		ck_assert_msg(code != PAM_SUCCESS && code != PAM_IGNORE,
		    "number %d is accepted: %s", i, mutant.text);
		checks += mutant.has_check;
		ids += mutant.has_live_id;
		refused += code == PAM_AUTH_ERR;
		others += code != PAM_AUTH_ERR;
		journal_clear();
		if (i % OFTEN == OFTEN - 1) {
			ck_assert_int_eq(login_authenticate(
					     &login, live[(i / OFTEN) % LIVE]),
			    PAM_SUCCESS);
			login_end(&login);
		}
	}
	printf("mutants: %d, %u with a right checksum, %u with a live id: %u "
	       "refused, %u not answered in time, 0 accepted\n",
	    count, checks, ids, refused, others);
	ck_assert_uint_gt(checks, (unsigned)count * 7 / 10);
	ck_assert_uint_gt(ids, (unsigned)count * 4 / 10);
	ck_assert_uint_lt(others, (unsigned)count / 100);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_set_timeout(tcase, is_long ? 3600 : 300);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, none_is_accepted);
}

int
main(int argc, char **argv)
{
	is_long = argc > 1 && strcmp(argv[1], "long") == 0;
	return scene_run("mutants", add_tests);
}
