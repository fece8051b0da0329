/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/cli/typing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/client.h"
#include "common/message.h"
#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

pid_t agent;
char token[TOKEN_TEXT_SIZE + 1];

void
typing_go_on(pid_t started)
{
	agent = started;
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
}

void
typing_start(const char *config)
{
	typing_go_on(realagent_start(config));
}

void
typing_stop(void)
{
	cli_uid = (uid_t)-1;
	realagent_stop(agent);
}

void
done(const char *line)
{
	int status = cli_run(line, "");

	ck_assert_msg(status == 0, "%s: %d: %s", line, status, cli_err);
}

void
fails(const char *line, int status, const char *why)
{
	int got = cli_run(line, "");

	ck_assert_msg(got == status, "%s: %d: %s", line, got, cli_err);
	cli_holds(cli_err, why);
}

void
makes(const char *line)
{
	done(line);
	ck_assert_uint_eq(strcspn(cli_out, "\n"), TOKEN_TEXT_SIZE);
	memcpy(token, cli_out, TOKEN_TEXT_SIZE);
	token[TOKEN_TEXT_SIZE] = '\0';
}

bool
lets_alice_in(const char *text)
{
	int status = cli_run("verify --user alice --service svc --quiet", text);

	ck_assert(status == 0 || status == 10);
	return status == 0;
}

bool
logs_in(void)
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(token),
		.login = span_of("alice"),
		.service = span_of("svc") };
	const struct client client = { .path = login_path("auth.sock"),
		.listener_uid = realagent_uid(),
		.timeout_ms = CLIENT_TIMEOUT_MAX };
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct answer answer;
	struct wirebuf w;
	size_t got = 0;

	wirebuf_write(&w, packet, sizeof packet);
	question_put(&w, &question);
	ck_assert_int_eq(
	    client_ask(&client, span_bytes(packet, wirebuf_size(&w)), reply,
		sizeof reply, &got),
	    0);
	wirebuf_read(&w, reply, got);
	ck_assert_int_eq(answer_get(&w, OP_AUTHENTICATE, &answer), 0);
	ck_assert(answer.status == STATUS_OK || answer.status == STATUS_DENIED);
	return answer.status == STATUS_OK;
}
