/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * countverify COUNT: answers so many times, in this process, the two questions
 * of a login as the serve thread does, for others to count what that takes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/answer.h"
#include "common/message.h"
#include "tests/unit/agent_fixture.h"

static long count;
static struct fixture fixture;
static char text[TOKEN_TEXT_SIZE + 1];

static void
ask(const struct question *question, uint8_t reply[PROTO_ANSWER_SIZE])
{
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.now = NOW };
	uint8_t packet[PROTO_QUESTION_MAX];
	struct attempt attempt;
	struct wirebuf w;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, question);
	changeset_free(answer_question(
	    &asker, span_bytes(packet, wirebuf_size(&w)), reply, &attempt));
	if (reply[2] != STATUS_OK)
		ck_abort_msg("status %d", reply[2]);
}

static void
log_in(void)
{
	struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(text),
		.login = span_of("alice"),
		.service = span_of("sshd"),
		.rhost = span_of("192.0.2.7"),
		.tty = span_of("ssh") };
	uint8_t authenticated[PROTO_ANSWER_SIZE], reply[PROTO_ANSWER_SIZE];

	ask(&question, authenticated);
	question.opcode = OP_ACCOUNT;
	question.ticket = span_bytes(
	    authenticated + PROTO_HEADER_SIZE, PROTO_TICKET_SIZE);
	ask(&question, reply);
}

START_TEST(logins)
{
	struct record record;
	struct token token;

	fixture_open(&fixture, "");
	good_token(&record, &token);
	fixture_add(&fixture, &token, &record);
	tokentext_format(&token, text);
	for (long i = 0; i < count; i++)
		log_in();
	fixture_close(&fixture);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("logins");
	Suite *suite = suite_create("countverify");
	SRunner *runner = srunner_create(suite);
	int failed;

	count = argc > 1 ? strtol(argv[1], NULL, 10) : 1;
	if (crypto_init() != 0)
		return 2;
	tcase_add_test(tcase, logins);
	suite_add_tcase(suite, tcase);
	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
