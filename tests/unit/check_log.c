/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/model/verify.h"
#include "agent/server/log.h"
#include "agent/server/quote.h"
#include "common/proto.h"
#include "tests/unit/model_fixture.h"

static struct log *log_;
static FILE *file; /* what standard error is */

static void
setup(void)
{
	unsetenv("JOURNAL_STREAM");
	file = tmpfile();
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	log_ = log_new(LOG_TO_STDERR);
	ck_assert_ptr_nonnull(log_);
}

static void
teardown(void)
{
	log_free(log_);
	fclose(file);
}

/* All that was written so far. */
static const char *
written(void)
{
	static char text[1 << 19];
	ssize_t size = pread(fileno(file), text, sizeof(text) - 1, 0);

	ck_assert_int_ge(size, 0);
	text[size] = '\0';
	return text;
}

static unsigned
count_lines(void)
{
	unsigned lines = 0;

	for (const char *at = written(); *at != '\0'; at++)
		lines += *at == '\n';
	return lines;
}

static void
expect_match(const char *pattern)
{
	regex_t regex;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ck_assert_msg(regexec(&regex, written(), 0, NULL, 0) == 0,
	    "\"%s\" does not match \"%s\"", written(), pattern);
	regfree(&regex);
}

START_TEST(a_line_is_written_once)
{
	log_post(log_, LOG_NOTICE, "%s is %d", "it", 7);
	ck_assert_str_eq(written(), "");
	log_write(log_);
	expect_match("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z "
		     "apitokend\\[[0-9]+\\]: it is 7\n$");
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1);
}
END_TEST

START_TEST(a_line_is_one_line)
{
	log_post(log_, LOG_NOTICE, "%s", "a\nb\x1b[2J\xe2\x80\xae\"c\\");
	log_write(log_);
	expect_match("]: a\\\\x0ab\\\\x1b\\[2J\\\\xe2\\\\x80\\\\xae\"c\\\\\n$");
	ck_assert_uint_eq(count_lines(), 1);
}
END_TEST

START_TEST(a_long_line_is_cut)
{
	char text[4096];

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_post(log_, LOG_NOTICE, "%s", text);
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1);
	expect_match("x0a\n$");
}
END_TEST

START_TEST(the_journal_gets_levels)
{
	log_free(log_);
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_ = log_new(LOG_TO_STDERR);
	log_post(log_, LOG_WARNING, "look out");
	log_write(log_);
	ck_assert_str_eq(written(), "<4>look out\n");
}
END_TEST

START_TEST(lines_keep_their_order)
{
	for (int i = 0; i < 10; i++)
		log_post(log_, LOG_INFO, "line %d.", i);
	log_write(log_);
	for (int i = 0; i < 9; i++) {
		char this[16];
		char next[16];

		snprintf(this, sizeof(this), "line %d.", i);
		snprintf(next, sizeof(next), "line %d.", i + 1);
		ck_assert(strstr(written(), this) < strstr(written(), next));
	}
}
END_TEST

START_TEST(a_line_has_its_length)
{
	static char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	log_post(log_, LOG_INFO, "%s", text);
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1);
	ck_assert_uint_lt(strlen(written()), 2049);
	ck_assert_uint_gt(strlen(written()), 1900);
}
END_TEST

START_TEST(what_waits_is_written_at_the_end)
{
	log_post(log_, LOG_INFO, "the last");
	log_free(log_);
	log_ = NULL;
	log_free(NULL);
	expect_match("the last\n$");
}
END_TEST

static void
count_wake(void *arg)
{
	++*(int *)arg;
}

START_TEST(whoever_writes_is_woken)
{
	int woken = 0;

	log_set_wake(log_, count_wake, &woken);
	log_post(log_, LOG_INFO, "one");
	log_post(log_, LOG_INFO, "two");
	ck_assert_int_eq(woken, 2);
	log_write(log_);
	ck_assert_int_eq(woken, 2);
	log_set_wake(log_, NULL, NULL);
	log_post(log_, LOG_INFO, "three");
	ck_assert_int_eq(woken, 2);
}
END_TEST

START_TEST(too_many_lines_are_counted)
{
	for (int i = 0; i < 1100; i++)
		log_post(log_, LOG_INFO, "line");
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1025);
	expect_match("76 log lines were lost\n$");
	ck_assert_uint_eq(log_lost(log_), 76);
	log_write(log_);
	ck_assert_uint_eq(log_lost(log_), 76);
	ck_assert_uint_eq(count_lines(), 1025);
}
END_TEST

/* A pipe that nobody reads: Check's time limit says if it were waited for. */
START_TEST(a_full_pipe_costs_lines_but_no_time)
{
	static char junk[1 << 16];
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	while (write(ends[1], junk, sizeof(junk)) > 0)
		continue;
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, 0), 0);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	for (int i = 0; i < 10; i++)
		log_post(log_, LOG_INFO, "line");
	log_write(log_);
	ck_assert_uint_eq(log_lost(log_), 10);
	log_post(log_, LOG_INFO, "the eleventh");
	log_write(log_);
	ck_assert_uint_eq(log_lost(log_), 11);
	while (read(ends[0], junk, sizeof(junk)) > 0)
		continue;
	log_post(log_, LOG_INFO, "the twelfth");
	log_write(log_);
	junk[read(ends[0], junk, sizeof(junk) - 1)] = '\0';
	ck_assert_ptr_nonnull(strstr(junk, "the twelfth\n"));
	ck_assert_ptr_null(strstr(junk, "the eleventh"));
	/* The news of the loss was lost twice itself; it counts as no line. */
	ck_assert_ptr_nonnull(strstr(junk, ": 11 log lines were lost\n"));
	ck_assert_uint_eq(log_lost(log_), 11);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_pipe_that_was_closed_costs_lines_too)
{
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(ends), 0);
	close(ends[0]);
	ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	log_post(log_, LOG_INFO, "line");
	log_write(log_);
	ck_assert_int_eq(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
	log_write(log_);
	expect_match(": 1 log lines were lost\n$");
	close(ends[1]);
}
END_TEST

START_TEST(syslog_is_a_target_too)
{
	struct log *other = log_new(LOG_TO_SYSLOG);

	log_post(other, LOG_INFO, "to syslog");
	log_write(other);
	log_free(other);
	ck_assert_str_eq(written(), "");
}
END_TEST

/* Quotes. */

static const struct {
	const char *text;
	const char *quoted;
} quotes[] = {
	{ "", "\"\"" },
	{ "alice", "\"alice\"" },
	{ "a b", "\"a b\"" },
	{ "~", "\"~\"" },
	{ "a\nb", "\"a\\x0ab\"" },
	{ "\r", "\"\\x0d\"" },
	{ "\x1b[2J", "\"\\x1b[2J\"" },
	{ "\"", "\"\\x22\"" },
	{ "\\", "\"\\x5c\"" },
	{ "\x7f", "\"\\x7f\"" },
	{ "\x80\xff", "\"\\x80\\xff\"" },
	{ "\xc3\xa4", "\"\\xc3\\xa4\"" },
	{ "%s%n", "\"%s%n\"" },
	{ "a\" user=\"root", "\"a\\x22 user=\\x22root\"" },
};

START_TEST(what_came_from_outside_is_quoted)
{
	char line[64] = "x=";

	quote_append(line, sizeof(line), quotes[_i].text);
	ck_assert_str_eq(line + 2, quotes[_i].quoted);
}
END_TEST

START_TEST(a_quote_stays_within_its_room)
{
	char line[64];

	for (size_t size = 1; size < sizeof(line); size++) {
		memset(line, 0x7e, sizeof(line));
		line[0] = '\0';
		quote_append(
		    line, size, "\n\nlong enough\n\nto be cut \x80 off\n");
		ck_assert_ptr_nonnull(memchr(line, '\0', size));
		ck_assert_int_eq(line[size], 0x7e);
		/* Cut or not, it ends with its quote. */
		if (line[0] != '\0')
			ck_assert_int_eq(line[strlen(line) - 1], '"');
	}
}
END_TEST

/* Attempts. */

static const struct attempt sample = {
	.at = NOW,
	.opcode = OP_AUTHENTICATE,
	.status = STATUS_OK,
	.caller = 1000,
	.caller_pid = 77,
	.id = "0123456789",
	.owner = "alice",
	.login = "bob",
	.service = "sshd",
	.rhost = "192.0.2.7",
	.tty = "ssh",
	.ruser = "eve",
};

static const struct {
	uint8_t opcode, status;
	uint32_t reasons;
	const char *line; /* as it begins; NULL: none */
} attempts[] = {
	{ OP_AUTHENTICATE, STATUS_OK, 0, "login accepted token=" },
	{ OP_ACCOUNT, STATUS_OK, 0, NULL },
	{ OP_ACCOUNT, STATUS_DENIED, REASON_REVOKED,
	    "account refused reason=\"revoked\" token=" },
	{ OP_AUTHENTICATE, STATUS_DENIED, REASON_EXPIRED | REASON_LOGIN,
	    "login refused reason=\"expired,login\" token=" },
	/* of a token that was not proved, no more */
	{ OP_AUTHENTICATE, STATUS_DENIED,
	    REASON_UNKNOWN | REASON_SECRET | REASON_LOGIN,
	    "login refused reason=\"unknown\" token=" },
	{ OP_AUTHENTICATE, STATUS_DENIED, REASON_SECRET | REASON_LOGIN,
	    "login refused reason=\"secret\" token=" },
	{ OP_AUTHENTICATE, STATUS_DENIED,
	    REASON_SECRET | REASON_DAMAGED | REASON_USES,
	    "login refused reason=\"secret,damaged\" token=" },
	/* there was none to have a reason */
	{ OP_AUTHENTICATE, STATUS_DENIED, 0,
	    "login refused reason=\"not-a-token\" token=" },
	{ OP_SESSION_OPEN, STATUS_DENIED, 0,
	    "session refused reason=\"secret\" token=" },
	{ OP_AUTHENTICATE, STATUS_UNAVAILABLE, 0, "login not decided" },
	{ OP_AUTHENTICATE, STATUS_REFUSED, 0, "login not answered: caller" },
	{ OP_AUTHENTICATE, STATUS_MALFORMED, 0,
	    "login not answered: malformed" },
	{ OP_AUTHENTICATE, STATUS_VERSION, 0,
	    "login not answered: other protocol version" },
	/* a status that there is not is no success */
	{ OP_AUTHENTICATE, 0, 0, "login refused" },
	{ OP_AUTHENTICATE, 255, 0, "login refused" },
};

START_TEST(an_attempt_is_told)
{
	struct attempt attempt = sample;
	const char *line;

	attempt.opcode = attempts[_i].opcode;
	attempt.status = attempts[_i].status;
	attempt.reasons = attempts[_i].reasons;
	log_attempt(log_, &attempt);
	log_write(log_);
	if (attempts[_i].line == NULL) {
		ck_assert_str_eq(written(), "");
		return;
	}
	line = strstr(written(), "]: ");
	ck_assert_ptr_nonnull(line);
	ck_assert_msg(strncmp(line + 3, attempts[_i].line,
			  strlen(attempts[_i].line)) == 0,
	    "%s", line + 3);
	ck_assert_uint_eq(count_lines(), 1);
	expect_match(" token=\"0123456789\" owner=\"alice\" user=\"bob\" "
		     "service=\"sshd\" from=\"192.0.2.7\" tty=\"ssh\" "
		     "ruser=\"eve\" caller=1000 pid=77\n$");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
{
	const struct attempt attempt = {
		.status = STATUS_MALFORMED, .caller = 5, .caller_pid = 6
	};

	log_attempt(log_, &attempt);
	log_write(log_);
	expect_match(": login not answered: malformed message caller=5 "
		     "pid=6\n$");
}
END_TEST

/* Nobody forges a line, however they call themselves. */
START_TEST(an_attempt_is_one_line)
{
	struct attempt attempt = sample;

	strcpy(attempt.login, "bob\" \nlogin accepted user=\"root");
	strcpy(attempt.rhost, "\x1b]0;title\x07\x9b");
	log_attempt(log_, &attempt);
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1);
	expect_match("user=\"bob\\\\x22 \\\\x0alogin accepted "
		     "user=\\\\x22root\" service=");
	expect_match("from=\"\\\\x1b]0;title\\\\x07\\\\x9b\" tty=");
}
END_TEST

START_TEST(the_longest_attempt_fits)
{
	struct attempt attempt = sample;

	attempt.status = STATUS_DENIED;
	attempt.reasons = ~(uint32_t)REASONS_PROOF;
	memset(attempt.owner, 0xff, sizeof(attempt.owner) - 1);
	memset(attempt.login, 0xff, sizeof(attempt.login) - 1);
	memset(attempt.service, 0xff, sizeof(attempt.service) - 1);
	memset(attempt.rhost, 0xff, sizeof(attempt.rhost) - 1);
	memset(attempt.tty, 0xff, sizeof(attempt.tty) - 1);
	memset(attempt.ruser, 0xff, sizeof(attempt.ruser) - 1);
	log_attempt(log_, &attempt);
	log_write(log_);
	ck_assert_uint_eq(count_lines(), 1);
	expect_match(" caller=1000 pid=77\n$");
}
END_TEST

static TCase *
lines_case(void)
{
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_line_is_written_once);
	tcase_add_test(tcase, a_line_is_one_line);
	tcase_add_test(tcase, a_long_line_is_cut);
	tcase_add_test(tcase, the_journal_gets_levels);
	tcase_add_test(tcase, lines_keep_their_order);
	tcase_add_test(tcase, a_line_has_its_length);
	tcase_add_test(tcase, what_waits_is_written_at_the_end);
	tcase_add_test(tcase, whoever_writes_is_woken);
	tcase_add_test(tcase, too_many_lines_are_counted);
	tcase_add_test(tcase, a_full_pipe_costs_lines_but_no_time);
	tcase_add_test(tcase, a_pipe_that_was_closed_costs_lines_too);
	tcase_add_test(tcase, syslog_is_a_target_too);
	return tcase;
}

static TCase *
attempts_case(void)
{
	TCase *tcase = tcase_create("attempts");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(
	    tcase, what_came_from_outside_is_quoted, 0, COUNT(quotes));
	tcase_add_test(tcase, a_quote_stays_within_its_room);
	tcase_add_loop_test(tcase, an_attempt_is_told, 0, COUNT(attempts));
	tcase_add_test(tcase, what_is_not_known_is_left_out);
	tcase_add_test(tcase, an_attempt_is_one_line);
	tcase_add_test(tcase, the_longest_attempt_fits);
	return tcase;
}

int
main(void)
{
	TCase *cases[] = { lines_case(), attempts_case() };

	return run_cases("log", cases, COUNT(cases));
}
