/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/ask.h"

#include <check.h>
#include <stdlib.h>

#include "common/error.h"
#include "tests/unit/cli_agent.h"

static const struct {
	enum status status;
	enum outcome outcome;
} statuses[] = {
	{ STATUS_OK, OUTCOME_DONE },
	{ STATUS_DENIED, OUTCOME_REFUSED },
	{ STATUS_UNAVAILABLE, OUTCOME_FAILED },
	{ STATUS_REFUSED, OUTCOME_NOT_PERMITTED },
	{ STATUS_MALFORMED, OUTCOME_FAILED },
	{ STATUS_VERSION, OUTCOME_FAILED },
	{ STATUS_INVALID, OUTCOME_USAGE },
	{ STATUS_NOT_FOUND, OUTCOME_NOT_FOUND },
	{ STATUS_FORBIDDEN, OUTCOME_NOT_PERMITTED },
	{ STATUS_CONFLICT, OUTCOME_CONFLICT },
	{ STATUS_FAILED, OUTCOME_FAILED },
};

/* Every byte: what is no status is a failure, and only one is success. */
START_TEST(statuses_have_exit_codes)
{
	for (int byte = 0; byte < 256; byte++) {
		enum outcome expected = OUTCOME_FAILED;

		for (size_t i = 0; i < sizeof statuses / sizeof statuses[0];
		     i++)
			if ((int)statuses[i].status == byte)
				expected = statuses[i].outcome;
		ck_assert_int_eq(
		    ask_outcome_of_status((enum status)byte), expected);
	}
}
END_TEST

START_TEST(errors_have_exit_codes)
{
	static const enum error unreachable[] = { ERROR_UNREACHABLE,
		ERROR_UNTRUSTED, ERROR_TIMEOUT, ERROR_CLOSED, ERROR_SYSTEM };

	for (int error = ERROR_NONE; error >= ERROR_SEALED; error--) {
		enum outcome expected = error == ERROR_NONE ? OUTCOME_DONE
							    : OUTCOME_FAILED;

		for (size_t i = 0;
		     i < sizeof unreachable / sizeof unreachable[0]; i++)
			if ((int)unreachable[i] == error)
				expected = OUTCOME_UNREACHABLE;
		ck_assert_int_eq(ask_outcome_of_error(error), expected);
	}
	ck_assert_int_eq(ask_outcome_of_error(1), OUTCOME_FAILED);
}
END_TEST

START_TEST(socket_is_chosen)
{
	struct globals globals = { 0 };
	struct ask ask;

	(void)unsetenv("APITOKEN_SOCKET");
	ck_assert_int_eq(ask_init(&ask, &globals), OUTCOME_DONE);
	ck_assert_str_eq(ask.client.path, APITOKEN_RUNDIR "/admin.sock");
	ck_assert_uint_eq(ask.client.listener_uid, 0);
	ask_fini(&ask);

	(void)setenv("APITOKEN_SOCKET", "", 1);
	ck_assert_int_eq(ask_init(&ask, &globals), OUTCOME_DONE);
	ck_assert_uint_eq(ask.client.listener_uid, 0);
	ask_fini(&ask);

	(void)setenv("APITOKEN_SOCKET", "/e", 1);
	ck_assert_int_eq(ask_init(&ask, &globals), OUTCOME_DONE);
	ck_assert_str_eq(ask.client.path, "/e");
	ck_assert_uint_eq(ask.client.listener_uid, CLIENT_ANY_UID);
	ask_fini(&ask);

	globals.socket = "/o";
	ck_assert_int_eq(ask_init(&ask, &globals), OUTCOME_DONE);
	ck_assert_str_eq(ask.client.path, "/o");
	ck_assert_uint_eq(ask.client.listener_uid, CLIENT_ANY_UID);
	ask_fini(&ask);
	ask_fini(&ask);
}
END_TEST

/* Asks the agent to show something. */
static enum outcome
show(struct ask *ask, struct cli_agent *agent, const char *name)
{
	static struct globals globals;

	globals.socket = agent->path;
	ck_assert_int_eq(ask_init(ask, &globals), OUTCOME_DONE);
	ask_begin(ask, OP_SHOW);
	wirebuf_put_str8(&ask->request, span_of(name));
	return ask_send(ask);
}

START_TEST(asks_and_answers)
{
	struct cli_agent agent = { 0 };
	struct token_info info;
	struct ask ask;

	cli_agent_start(&agent);
	ck_assert_int_eq(show(&ask, &agent, "backup"), OUTCOME_DONE);
	token_info_get(&ask.reply, &info);
	ck_assert_int_eq(ask_done(&ask), OUTCOME_DONE);
	ck_assert(span_is(info.spec.name, "backup"));
	ask_fini(&ask);

	ck_assert_int_eq(show(&ask, &agent, "missing"), OUTCOME_NOT_FOUND);
	ask_fini(&ask);

	ck_assert_int_eq(show(&ask, &agent, "garbage"), OUTCOME_DONE);
	token_info_get(&ask.reply, &info);
	ck_assert_int_eq(ask_done(&ask), OUTCOME_FAILED);
	ask_fini(&ask);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 3);

	ck_assert_int_eq(show(&ask, &agent, "backup"), OUTCOME_UNREACHABLE);
	ask_fini(&ask);
}
END_TEST

/* What does not fit is not sent. */
START_TEST(too_long_is_usage)
{
	static char name[300];
	struct cli_agent agent = { 0 };
	struct ask ask;

	cli_agent_start(&agent);
	for (size_t i = 0; i + 1 < sizeof name; i++)
		name[i] = 'x';
	ck_assert_int_eq(show(&ask, &agent, name), OUTCOME_USAGE);
	ask_fini(&ask);
	cli_agent_stop(&agent);
	ck_assert_uint_eq(agent.requests, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/ask");
	TCase *tcase = tcase_create("ask");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, statuses_have_exit_codes);
	tcase_add_test(tcase, errors_have_exit_codes);
	tcase_add_test(tcase, socket_is_chosen);
	tcase_add_test(tcase, asks_and_answers);
	tcase_add_test(tcase, too_long_is_usage);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
