/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/cli/typing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/pam/login.h"
#include "tests/pam/realagent.h"

pid_t agent;
char token[TOKEN_TEXT_SIZE + 1];

void
typing_start(const char *config)
{
	agent = realagent_start(config);
	ck_assert_int_eq(chmod(login_folder(), 0755), 0);
	(void)setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
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
