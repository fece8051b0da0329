/* SPDX-License-Identifier: BSD-3-Clause */

/* The codes that the module returns for every kind of listener. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/pam/scene.h"

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(good)
{
	struct listener listener;
	struct login login;

	scene_service("");
	scene_status(&listener, GOOD);
	login_begin(&login, "svc", "alice");
	pam_set_item(login.pamh, PAM_RUSER, "bob");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_str_eq(login.prompt, "Token: ");
	ck_assert_uint_eq(login.prompts, 1);
	ck_assert_uint_eq(login.delay_us, 0);
	ck_assert_uint_eq(listener.seen->packets, 1);
	ck_assert_mem_eq(listener.seen->packet + 4, good_token, 48);
	ck_assert_str_eq(listener_field(&listener, LOGIN), "alice");
	ck_assert_str_eq(listener_field(&listener, SERVICE), "svc");
	ck_assert_str_eq(listener_field(&listener, RHOST), "192.0.2.1");
	ck_assert_str_eq(listener_field(&listener, TTY), "test");
	ck_assert_str_eq(listener_field(&listener, RUSER), "bob");
	ck_assert_int_eq(pam_setcred(login.pamh, PAM_ESTABLISH_CRED), 0);
	ck_assert_int_eq(login_account(&login), PAM_SUCCESS);
	ck_assert_uint_eq(listener.seen->packet[1], OP_ACCOUNT);
	ck_assert_uint_eq(listener.seen->packet[4], 'a');
	ck_assert_str_eq(listener_field(&listener, LOGIN), "alice");
	ck_assert_str_eq(listener_field(&listener, SERVICE), "svc");
	ck_assert_str_eq(listener_field(&listener, RHOST), "192.0.2.1");
	ck_assert_str_eq(journal_text(), "");
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(denied)
{
	struct listener listener;
	struct login login;
	char line[256];

	scene_service("");
	scene_status(&listener, NO);
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_uint_ge(login.delay_us, 1000000); /* libpam varies it */
	ck_assert_uint_le(login.delay_us, 3000000);
	snprintf(line, sizeof(line),
	    "pam_apitoken(svc:auth): authentication failure; logname= uid=%u "
	    "euid=%u tty=test ruser= rhost=192.0.2.1  user=alice\n",
	    (unsigned)getuid(), (unsigned)geteuid());
	ck_assert_str_eq(journal_text(), line);
	ck_assert_int_eq(login_account(&login), PAM_PERM_DENIED);
	ck_assert_uint_eq(listener.seen->packets, 1);
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

START_TEST(quiet_and_nodelay)
{
	struct listener listener;
	struct login login;

	scene_service("quiet nodelay");
	scene_status(&listener, NO GOOD NO "\x22");
	login_begin(&login, "svc", "alice");
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_AUTH_ERR);
	ck_assert_uint_eq(login.delay_us, 0);
	ck_assert_int_eq(login_authenticate(&login, good_token), PAM_SUCCESS);
	ck_assert_int_eq(login_account(&login), PAM_ACCT_EXPIRED);
	ck_assert_str_eq(journal_text(), "");
	/* Quiet about denials, never about what needs mending. */
	ck_assert_int_eq(
	    login_authenticate(&login, good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(scene_logged("gives no verdict"));
	login_end(&login);
	listener_stop(&listener);
}
END_TEST

/* Every status that there is, and 250 that are none. */
START_TEST(each_status)
{
	struct listener listener;
	struct login login;
	uint8_t statuses[256];

	for (unsigned i = 0; i < 256; i++)
		statuses[i] = (uint8_t)i;
	scene_service("");
	scene_listen(&listener, LISTENER_STATUS, statuses, sizeof(statuses));
	for (unsigned i = 0; i < 256; i++) {
		int expected = i == STATUS_OK	    ? PAM_SUCCESS
			       : i == STATUS_DENIED ? PAM_AUTH_ERR
						    : PAM_AUTHINFO_UNAVAIL;

		journal_clear();
		login_begin(&login, "svc", "alice");
		ck_assert_msg(
		    login_authenticate(&login, good_token) == expected,
		    "status 0x%02x: %s", i, journal_text());
		ck_assert_int_eq(login.delay_us > 0, expected == PAM_AUTH_ERR);
		ck_assert_int_eq(scene_logged("the agent at"),
		    expected == PAM_AUTHINFO_UNAVAIL);
		ck_assert(!scene_leaked());
		login_end(&login);
	}
	listener_stop(&listener);
}
END_TEST

START_TEST(status_is_explained)
{
	static const struct {
		const char *status, *why;
	} rows[] = {
		{ "\x22", "sealed" },
		{ "\x24", "callers" },
		{ "\x28", "did not understand" },
		{ "\x30", "another version" },
		{ "\x01", "malformed" },
	};
	struct listener listener;

	scene_service("");
	scene_status(&listener, rows[_i].status);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert_msg(scene_logged(rows[_i].why), "%s", journal_text());
	listener_stop(&listener);
}
END_TEST

/* A good answer with one thing wrong. */
static const struct garbage {
	const char *name;
	size_t size, at;
	uint8_t byte;
} garbages[] = {
	{ "one byte more", 45, 0, 1 },
	{ "a page more", 2000, 0, 1 },
	{ "version 0", 44, 0, 0 },
	{ "version 2", 44, 0, 2 },
	{ "version 255", 44, 0, 255 },
	{ "a request", 44, 1, 0x01 },
	{ "to another question", 44, 1, 0x82 },
	{ "opcode 255", 44, 1, 255 },
	{ "fourth byte", 44, 3, 1 },
	{ "a ticket with a denial", 44, 2, STATUS_DENIED },
	{ "a ticket with unavailable", 44, 2, STATUS_UNAVAILABLE },
	{ "an admin's status", 44, 2, STATUS_NOT_FOUND },
};

static void
refuses_bytes(const uint8_t *bytes, size_t size, const char *name)
{
	struct listener listener;

	journal_clear();
	scene_listen(&listener, LISTENER_BYTES, bytes, size);
	ck_assert_msg(
	    login_try("svc", "alice", good_token) == PAM_AUTHINFO_UNAVAIL, "%s",
	    name);
	ck_assert_msg(scene_logged("cannot ask the agent at"), "%s", name);
	ck_assert_uint_eq(listener.seen->packets, 1);
	ck_assert(!scene_leaked());
	listener_stop(&listener);
}

static void
good_answer(uint8_t *bytes, size_t size)
{
	memset(bytes, 'a', size);
	memcpy(bytes, "\x01\x81\x5a\x00", 4);
}

START_TEST(garbage)
{
	const struct garbage *g = &garbages[_i];
	struct listener listener;
	uint8_t bytes[2000];

	scene_service("");
	good_answer(bytes, sizeof(bytes));
	scene_listen(&listener, LISTENER_BYTES, bytes, 44);
	ck_assert_int_eq(login_try("svc", "alice", good_token), PAM_SUCCESS);
	listener_stop(&listener);
	bytes[g->at] = g->byte;
	refuses_bytes(bytes, g->size, g->name);
}
END_TEST

START_TEST(truncated)
{
	uint8_t bytes[44];

	scene_service("");
	good_answer(bytes, sizeof(bytes));
	refuses_bytes(bytes, (size_t)_i, "truncated");
}
END_TEST

START_TEST(uniform)
{
	uint8_t bytes[44];

	scene_service("");
	memset(bytes, _i, sizeof(bytes));
	refuses_bytes(bytes, sizeof(bytes), "uniform");
}
END_TEST

static const struct hostile {
	enum listener_play play;
	bool slow;
	const char *why;
} hostiles[] = {
	{ LISTENER_EMPTY, false, "closed without an answer" },
	{ LISTENER_CLOSE, false, "closed without an answer" },
	{ LISTENER_HANGUP, false, "closed without an answer" },
	{ LISTENER_SILENT, true, "no answer in time" },
	{ LISTENER_DEAF, true, "no answer in time" },
	{ LISTENER_FULL, true, "no answer in time" },
};

START_TEST(hostile)
{
	const struct hostile *h = &hostiles[_i];
	struct listener listener;
	double begun;

	scene_service(h->slow ? "timeout=200" : "");
	scene_listen(&listener, h->play, NULL, 0);
	begun = now();
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert_msg(now() - begun < 1.0, "took %g s", now() - begun);
	ck_assert_int_eq(now() - begun >= 0.2, h->slow);
	ck_assert_msg(scene_logged(h->why), "%s", journal_text());
	ck_assert(!scene_leaked());
	listener_stop(&listener);
}
END_TEST

START_TEST(frozen_by_default)
{
	struct listener listener;
	double begun;

	scene_service("");
	scene_listen(&listener, LISTENER_SILENT, NULL, 0);
	begun = now();
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(now() - begun >= 1.9 && now() - begun < 2.2);
	listener_stop(&listener);
}
END_TEST

/* Somebody else listens: they get to see a connection and not a byte. */
START_TEST(untrusted)
{
	struct listener listener;

	login_service("svc", "auth required %s socket=%s agent_uid=%u", MODULE,
	    login_path("socket"), (unsigned)geteuid() + 1);
	scene_status(&listener, GOOD);
	ck_assert_int_eq(
	    login_try("svc", "alice", good_token), PAM_AUTHINFO_UNAVAIL);
	ck_assert(scene_logged("not the one to trust"));
	ck_assert_uint_eq(listener.seen->packets, 0);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, good);
	tcase_add_test(tcase, denied);
	tcase_add_test(tcase, quiet_and_nodelay);
	tcase_add_test(tcase, each_status);
	tcase_add_loop_test(tcase, status_is_explained, 0, 5);
	tcase_add_loop_test(tcase, garbage, 0, COUNT(garbages));
	tcase_add_loop_test(tcase, truncated, 1, 44);
	tcase_add_loop_test(tcase, uniform, 0, 256);
	tcase_add_loop_test(tcase, hostile, 0, COUNT(hostiles));
	tcase_add_test(tcase, frozen_by_default);
	tcase_add_test(tcase, untrusted);
}

int
main(void)
{
	return scene_run("module: return codes", add_tests);
}
