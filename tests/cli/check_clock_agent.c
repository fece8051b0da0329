/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A clock that steps, by the real program against the real agent, whose clock is
 * this test's: what was refused as expired stays so, and nobody else is harmed.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cli/typing.h"
#include "tests/faults/faulty.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

#define SKIPPED 77 /* to automake */

#define HOUR 3600
#define YEAR (INT64_C(365) * 24 * HOUR)

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

/* Of the agent alone; what it counts its waits with goes on. */
static void
set_clock(int64_t seconds)
{
	faulty_control()->clock_step = seconds;
}

static void
start(void)
{
	typing_go_on(faulty_start(TYPING_AGENT));
}

START_TEST(a_clock_that_steps_back_brings_nothing_back)
{
	makes("create laptop --user alice --expires 1h --quiet");
	ck_assert(logs_in());
	set_clock(2 * HOUR);
	ck_assert(!logs_in());
	set_clock(0);
	ck_assert(!logs_in());
	/* The writer has it by now, or will in a moment. */
	for (int i = 0; i < 100; i++) {
		done("show laptop");
		if (strstr(cli_out, "state              expired\n") != NULL)
			break;
	}
	cli_holds(cli_out, "state              expired\n");
	ck_assert(!logs_in());
	typing_stop();
	start();
	ck_assert(!logs_in());
	ck_assert(!lets_alice_in(token));
	done("list --state expired -o csv");
	cli_holds(cli_out, ",laptop,");
	done("edit laptop --description x");
	ck_assert(!logs_in());
	done("edit laptop --expires 2h");
	ck_assert(logs_in());
}
END_TEST

/* Nor a management token, which is shown elsewhere. */
START_TEST(a_management_token_stays_expired_too)
{
	FILE *file;

	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("atm"));
	makes("create manager --management --role owner --organization "
	      "--expires 1h --quiet");
	file = fopen(cli_file, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%s\n", token);
	ck_assert_int_eq(fclose(file), 0);
	done("whoami --token-file @");
	set_clock(2 * HOUR);
	fails("whoami --token-file @", 10, "is not good");
	set_clock(0);
	fails("whoami --token-file @", 10, "is not good");
	typing_stop();
	start();
	fails("whoami --token-file @", 10, "is not good");
	done("edit manager --expires 2h");
	done("whoami --token-file @");
}
END_TEST

/* Whoever did not come meanwhile is not refused for the clock's sake. */
START_TEST(a_clock_that_was_wrong_harms_nobody_else)
{
	makes("create laptop --user alice --expires 1h --quiet");
	set_clock(20 * YEAR);
	done("show laptop");
	cli_holds(cli_out, "state              expired\n");
	set_clock(0);
	ck_assert(logs_in());
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("clock");

	/* A sanitizer's runtime must be the first library of all. */
	if (IS_SANITIZED)
		return SKIPPED;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, typing_stop);
	tcase_add_test(tcase, a_clock_that_steps_back_brings_nothing_back);
	tcase_add_test(tcase, a_management_token_stays_expired_too);
	tcase_add_test(tcase, a_clock_that_was_wrong_harms_nobody_else);
	return cli_cases("clock", &tcase, 1);
}
