/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/model/session.h"
#include "agent/model/verify.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static uint8_t bytes[SESSION_SIZE_MAX];

static struct session
sample(void)
{
	return (struct session) { .flags = SESSION_KEPT,
		.secret_number = 3,
		.token = span_of("0123456789"),
		.parent = span_of("abcdefghij"),
		.owner = span_of("alice"),
		.name = span_of("build"),
		.login = span_of("bob"),
		.user = span_of("root"),
		.service = span_of("sudo"),
		.rhost = span_of("::1"),
		.tty = span_of("pts/1"),
		.opened_at = NOW,
		.boot = "a boot's number",
		.pid = 4711,
		.started = 99,
		.outer_audit = 7,
		.outer_scope = span_of("/user.slice/session-2.scope") };
}

START_TEST(a_session_comes_back_as_it_was)
{
	struct session before = sample(), after;
	size_t size = session_encode(&before, bytes, sizeof(bytes));

	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(session_decode(span_bytes(bytes, size), &after), 0);
	ck_assert_uint_eq(after.flags, SESSION_KEPT);
	ck_assert_uint_eq(after.secret_number, 3);
	ck_assert(span_equal(after.token, before.token));
	ck_assert(span_equal(after.parent, before.parent));
	ck_assert(span_equal(after.owner, before.owner));
	ck_assert(span_equal(after.name, before.name));
	ck_assert(span_equal(after.login, before.login));
	ck_assert(span_equal(after.user, before.user));
	ck_assert(span_equal(after.service, before.service));
	ck_assert(span_equal(after.rhost, before.rhost));
	ck_assert(span_equal(after.tty, before.tty));
	ck_assert_uint_eq(after.opened_at, NOW);
	ck_assert_mem_eq(after.boot, before.boot, sizeof(after.boot));
	ck_assert_uint_eq(after.pid, 4711);
	ck_assert_uint_eq(after.started, 99);
	ck_assert_uint_eq(after.outer_audit, 7);
	ck_assert(span_equal(after.outer_scope, before.outer_scope));
}
END_TEST

/* The largest of everything fits. */
START_TEST(the_largest_session_fits)
{
	static char text[UINT8_MAX + 1];
	struct session session = sample();

	memset(text, 'x', UINT8_MAX);
	session.owner = session.name = session.login = session.user = span_of(
	    text);
	session.rhost = session.tty = session.outer_scope = span_of(text);
	session.service = span_bytes(text, SERVICE_MAX);
	ck_assert_uint_gt(session_encode(&session, bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(one_cut_short_is_malformed)
{
	struct session session = sample();
	size_t size = session_encode(&session, bytes, sizeof(bytes));

	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(
		    session_decode(span_bytes(bytes, cut), &session),
		    ERROR_MALFORMED);
	ck_assert_int_eq(session_decode(span_bytes(bytes, size + 1), &session),
	    ERROR_MALFORMED);
}
END_TEST

/* Nobody's session is init, or all processes at once. */
static const struct {
	uint32_t pid;
	bool good;
} pids[] = {
	{ 0, false },
	{ 1, false },
	{ 2, true },
	{ INT32_MAX, true },
	{ (uint32_t)INT32_MAX + 1, false },
	{ UINT32_MAX, false },
};

START_TEST(a_pid_is_one)
{
	struct session session = sample();
	size_t size;

	session.pid = pids[_i].pid;
	size = session_encode(&session, bytes, sizeof(bytes));
	ck_assert_int_eq(session_decode(span_bytes(bytes, size), &session) == 0,
	    pids[_i].good);
}
END_TEST

START_TEST(unknown_flags_and_formats_are_malformed)
{
	struct session session = sample();
	size_t size = session_encode(&session, bytes, sizeof(bytes));

	bytes[0]++;
	ck_assert_int_lt(session_decode(span_bytes(bytes, size), &session), 0);
	bytes[0]--;
	bytes[1] = SESSION_FLAGS + 1;
	ck_assert_int_lt(session_decode(span_bytes(bytes, size), &session), 0);
}
END_TEST

START_TEST(a_parent_has_the_size_of_an_id)
{
	struct session session = sample();
	size_t size;

	session.parent = span_of("short");
	size = session_encode(&session, bytes, sizeof(bytes));
	ck_assert_int_lt(session_decode(span_bytes(bytes, size), &session), 0);
}
END_TEST

static struct record record, parent;
static struct session opened;
static uint64_t until;

static void
setup(void)
{
	struct token token;

	good_token(&record, &token);
	good_token(&parent, &token);
	opened = sample();
	opened.parent = span_of("");
	opened.secret_number = record.secrets[0].number;
}

static uint32_t
ask(void)
{
	return session_reasons(&opened, &record, NULL, NOW, &until);
}

START_TEST(a_good_token_keeps_it)
{
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(until, TIME_NEVER);
}
END_TEST

START_TEST(what_ends_a_token_ends_it)
{
	record.state = STATE_DISABLED;
	ck_assert_uint_eq(ask(), REASON_DISABLED);
	record.state = STATE_REVOKED;
	ck_assert_uint_eq(ask(), REASON_REVOKED);
	record.state = STATE_ACTIVE;
	record.spec.expires_at = NOW;
	ck_assert_uint_eq(ask(), REASON_EXPIRED);
	record.spec.expires_at = TIME_NEVER;
	record.lapsed = true;
	ck_assert_uint_eq(ask(), REASON_EXPIRED);
	record.lapsed = false;
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(
	    session_reasons(&opened, NULL, NULL, NOW, &until), REASON_UNKNOWN);
}
END_TEST

/* It was opened: where, for whom and how often was asked then. */
START_TEST(what_else_becomes_of_a_token_does_not)
{
	record.spec.uses = 0;
	record.spec.not_before = NOW + 10;
	record.spec.users = list_of("somebody");
	record.spec.from = list_of("192.0.2.0/24");
	record.spec.projects = list_of("elsewhere");
	record.spec.type = TYPE_READ_ONLY;
	ck_assert_uint_eq(ask(), 0);
}
END_TEST

START_TEST(another_secret_ends_it_with_the_overlap)
{
	record.secrets[1] = record.secrets[0];
	record.secrets[0].number++;
	record.secret_count = 2;
	record.secrets[1].expires_at = NOW + 5;
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(until, NOW + 5);
	record.secrets[1].expires_at = NOW;
	ck_assert_uint_eq(ask(), REASON_SECRET);
	record.secret_count = 1;
	ck_assert_uint_eq(ask(), REASON_SECRET);
}
END_TEST

START_TEST(the_next_end_is_told)
{
	record.spec.expires_at = NOW + 7;
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(until, NOW + 7);
	/* The nearest one, whichever is asked first. */
	record.secrets[0].expires_at = NOW + 3;
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(until, NOW + 3);
	record.secrets[0].expires_at = NOW + 9;
	ck_assert_uint_eq(ask(), 0);
	ck_assert_uint_eq(until, NOW + 7);
}
END_TEST

static uint32_t
ask_child(const struct record *above)
{
	opened.parent = span_of("abcdefghij");
	return session_reasons(&opened, &record, above, NOW, &until);
}

START_TEST(an_access_token_ends_with_its_parent)
{
	record.spec.kind = TOKEN_ACCESS;
	record.lineage.parent_number = parent.secrets[0].number;
	record.spec.expires_at = NOW + 60;
	ck_assert_uint_eq(ask_child(&parent), 0);
	ck_assert_uint_eq(until, NOW + 60);
	ck_assert_uint_eq(ask_child(NULL), REASON_PARENT);
	parent.state = STATE_DISABLED;
	ck_assert_uint_eq(ask_child(&parent), REASON_PARENT);
	parent.state = STATE_ACTIVE;
	parent.spec.expires_at = NOW;
	ck_assert_uint_eq(ask_child(&parent), REASON_PARENT);
	parent.spec.expires_at = NOW + 30;
	ck_assert_uint_eq(ask_child(&parent), 0);
	ck_assert_uint_eq(until, NOW + 30);
	parent.secrets[0].number++;
	ck_assert_uint_eq(ask_child(&parent), REASON_PARENT);
	parent.secrets[0].number--;
	ck_assert_uint_eq(session_reasons(&opened, NULL, &parent, NOW, &until),
	    REASON_UNKNOWN);
}
END_TEST

/* A refresh gives it another secret and another end. */
START_TEST(a_refresh_keeps_it)
{
	record.spec.kind = TOKEN_ACCESS;
	record.lineage.parent_number = parent.secrets[0].number;
	record.secrets[0].number = 77;
	record.spec.expires_at = NOW + 900;
	ck_assert_uint_eq(ask_child(&parent), 0);
	record.spec.expires_at = NOW - 1;
	ck_assert_uint_eq(ask_child(&parent), REASON_EXPIRED);
}
END_TEST

int
main(void)
{
	TCase *rows = tcase_create("rows"), *ends = tcase_create("ends");
	TCase *const cases[] = { rows, ends };

	tcase_add_test(rows, a_session_comes_back_as_it_was);
	tcase_add_test(rows, the_largest_session_fits);
	tcase_add_test(rows, one_cut_short_is_malformed);
	tcase_add_loop_test(rows, a_pid_is_one, 0, COUNT(pids));
	tcase_add_test(rows, unknown_flags_and_formats_are_malformed);
	tcase_add_test(rows, a_parent_has_the_size_of_an_id);
	tcase_add_checked_fixture(ends, setup, NULL);
	tcase_add_test(ends, a_good_token_keeps_it);
	tcase_add_test(ends, what_ends_a_token_ends_it);
	tcase_add_test(ends, what_else_becomes_of_a_token_does_not);
	tcase_add_test(ends, another_secret_ends_it_with_the_overlap);
	tcase_add_test(ends, the_next_end_is_told);
	tcase_add_test(ends, an_access_token_ends_with_its_parent);
	tcase_add_test(ends, a_refresh_keeps_it);
	return run_cases("session", cases, COUNT(cases));
}
