/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/cli/row.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/pam/realagent.h"

char row_token[TOKEN_TEXT_SIZE + 1], row_other[TOKEN_TEXT_SIZE + 1];

const struct row_duration row_durations[ROW_DURATIONS] = { { "1d", 1 },
	{ "7d", 7 }, { "30d", 30 }, { "60d", 60 }, { "90d", 90 },
	{ "never", 0 } };

void
row_start(const char *config)
{
	char arguments[256];

	typing_start(config);
	(void)snprintf(cli_file, sizeof cli_file, "%s", login_path("file"));
	(void)snprintf(arguments, sizeof arguments, "socket=%s agent_uid=%u",
	    login_folder(), (unsigned)realagent_uid());
	login_service("svc", "auth required %s %s\naccount required %s %s\n",
	    MODULE, arguments, MODULE, arguments);
}

/* A command by somebody; its answer is in cli_out. */
void
row_ends(
    uid_t uid, const char *line, const char *in, int status, const char *why)
{
	int got;

	cli_uid = uid;
	got = cli_run(line, in);
	cli_uid = (uid_t)-1;
	ck_assert_msg(
	    got == status, "%s: %d: %s%s", line, got, cli_err, cli_out);
	if (status != 0)
		cli_holds(cli_err, why);
}

void
row_done(const char *line)
{
	row_ends((uid_t)-1, line, "", 0, NULL);
}

void
row_await(const char *line, const char *text)
{
	const struct timespec nap = { .tv_nsec = 20000000 };

	for (int i = 0; i < 250; i++) {
		row_done(line);
		if (strstr(cli_out, text) != NULL)
			return;
		(void)nanosleep(&nap, NULL);
	}
	cli_holds(cli_out, text);
}

void
row_fails(const char *line, int status, const char *why)
{
	row_ends((uid_t)-1, line, "", status, why);
}

void
row_member_done(const char *line)
{
	row_ends(MEMBER_UID, line, "", 0, NULL);
}

void
row_member_fails(const char *line, int status, const char *why)
{
	row_ends(MEMBER_UID, line, "", status, why);
}

/* The answer has these, up to NULL. */
void
row_holds(const char *const *parts)
{
	for (; *parts != NULL; parts++)
		cli_holds(cli_out, *parts);
}

void
row_lacks(const char *part)
{
	ck_assert_msg(
	    strstr(cli_out, part) == NULL, "'%s' in '%.2000s'", part, cli_out);
}

/* Keeps the secret that is all that a command with --quiet wrote. */
void
row_keep(char text[TOKEN_TEXT_SIZE + 1])
{
	ck_assert_uint_eq(strlen(cli_out), TOKEN_TEXT_SIZE + 1);
	ck_assert_str_eq(cli_err, "");
	(void)snprintf(
	    text, TOKEN_TEXT_SIZE + 1, "%.*s", TOKEN_TEXT_SIZE, cli_out);
}

void
row_makes(const char *line, char text[TOKEN_TEXT_SIZE + 1])
{
	row_done(line);
	row_keep(text);
}

/* Whether that service would let somebody in with it. */
bool
row_opens_for(const char *login, const char *text, const char *service)
{
	char line[128];
	int status;

	(void)snprintf(
	    line, sizeof line, "verify --user %s --service %s", login, service);
	status = cli_run(line, text);
	ck_assert(status == 0 || status == 10);
	cli_holds(cli_out, status == 0 ? "accepted\n" : "refused");
	return status == 0;
}

bool
row_opens(const char *text, const char *service)
{
	return row_opens_for("alice", text, service);
}

/* A use, as verify is none. */
bool
row_logs_in(const char *text)
{
	int rv = login_try("svc", "alice", text);

	ck_assert(rv == PAM_SUCCESS || rv == PAM_AUTH_ERR);
	return rv == PAM_SUCCESS;
}

/* The file @ is what MEMBER could read too. */
void
row_write_file(const char *text)
{
	FILE *file = fopen(cli_file, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
}

/* Runs it on a terminal, where that is typed after that question. */
void
row_answers(const char *line, const char *question, const char *typed,
    int status, const char *said)
{
	struct cli_terminal terminal;

	cli_sit(&terminal, line);
	cli_expect(&terminal, "[y/N] ");
	cli_holds(cli_err, question);
	cli_type(&terminal, typed);
	cli_expect(&terminal, said);
	ck_assert_int_eq(cli_leave(&terminal), status);
}

/* The second that is so many days after now. */
static void
days_from(time_t now, int days, char text[32])
{
	time_t then = now + (time_t)days * 24 * 60 * 60;
	struct tm tm;

	ck_assert_ptr_nonnull(gmtime_r(&then, &tm));
	ck_assert_uint_gt(strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm), 0);
}

/* Whether text says a time that is so many days after since, or until now. */
bool
row_says_days(const char *text, time_t since, int days)
{
	char then[32];

	for (time_t now = since; now <= time(NULL); now++) {
		days_from(now, days, then);
		if (strstr(text, then) != NULL)
			return true;
	}
	return false;
}

/* What comes of an exchange, whose two tokens are each on a line. */
void
row_takes(const char *line, const char *in, char next[TOKEN_TEXT_SIZE + 1])
{
	row_ends((uid_t)-1, line, in, 0, NULL);
	ck_assert_uint_eq(strlen(cli_out), 2 * (TOKEN_TEXT_SIZE + 1));
	(void)snprintf(
	    row_token, sizeof row_token, "%.*s", TOKEN_TEXT_SIZE, cli_out);
	(void)snprintf(next, TOKEN_TEXT_SIZE + 1, "%.*s", TOKEN_TEXT_SIZE,
	    cli_out + TOKEN_TEXT_SIZE + 1);
}
