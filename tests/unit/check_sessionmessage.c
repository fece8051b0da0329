/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "common/error.h"
#include "common/sessionmessage.h"
#include "tests/unit/model_fixture.h"

static uint8_t bytes[4096];

static const struct session_info sample = {
	.number = 7,
	.token = { (const uint8_t *)"0123456789", 10 },
	.parent = { (const uint8_t *)"abcdefghij", 10 },
	.owner = { (const uint8_t *)"alice", 5 },
	.name = { (const uint8_t *)"build", 5 },
	.service = { (const uint8_t *)"sudo", 4 },
	.login = { (const uint8_t *)"bob", 3 },
	.user = { (const uint8_t *)"root", 4 },
	.rhost = { (const uint8_t *)"::1", 3 },
	.tty = { (const uint8_t *)"pts/1", 5 },
	.pid = 4711,
	.opened_at = 12,
	.state = SESSION_STAYS,
	.why = { (const uint8_t *)"why", 3 },
};

static size_t
put_sample(void)
{
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof(bytes));
	session_info_put(&w, &sample);
	ck_assert_uint_gt(wirebuf_size(&w), 0);
	return wirebuf_size(&w);
}

static int
get(size_t size, struct session_info *info)
{
	struct wirebuf w;

	wirebuf_read(&w, bytes, size);
	session_info_get(&w, info);
	return wirebuf_done(&w);
}

START_TEST(a_session_comes_back_as_it_was)
{
	struct session_info info = { 0 };

	ck_assert_int_eq(get(put_sample(), &info), 0);
	ck_assert_uint_eq(info.number, 7);
	ck_assert(span_is(info.token, "0123456789"));
	ck_assert(span_is(info.parent, "abcdefghij"));
	ck_assert(span_is(info.owner, "alice"));
	ck_assert(span_is(info.name, "build"));
	ck_assert(span_is(info.service, "sudo"));
	ck_assert(span_is(info.login, "bob"));
	ck_assert(span_is(info.user, "root"));
	ck_assert(span_is(info.rhost, "::1"));
	ck_assert(span_is(info.tty, "pts/1"));
	ck_assert_uint_eq(info.pid, 4711);
	ck_assert_uint_eq(info.opened_at, 12);
	ck_assert_uint_eq(info.state, SESSION_STAYS);
	ck_assert(span_is(info.why, "why"));
}
END_TEST

START_TEST(a_session_cut_short_is_malformed)
{
	size_t size = put_sample();
	struct session_info info;

	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(get(cut, &info), ERROR_MALFORMED);
	ck_assert_int_eq(get(size + 1, &info), ERROR_MALFORMED);
}
END_TEST

/* A list takes an id or nothing, an end an id. */
static const struct {
	const char *token;
	bool listed, ended;
} tokens[] = {
	{ "0123456789", true, true },
	{ "", true, false },
	{ "012345678", false, false },
	{ "0123456789a", false, false },
};

START_TEST(a_token_is_named_by_its_id)
{
	const struct session_list_request list = {
		.token = span_of(tokens[_i].token), .after = 3, .limit = 1
	};
	const struct session_end_request end = {
		.token = span_of(tokens[_i].token), .dry_run = true
	};
	struct session_list_request listed;
	struct session_end_request ended;
	struct wirebuf out, in;

	wirebuf_write(&out, bytes, sizeof(bytes));
	session_list_request_put(&out, &list);
	wirebuf_read(&in, bytes, wirebuf_size(&out));
	session_list_request_get(&in, &listed);
	ck_assert_int_eq(wirebuf_done(&in) == 0, tokens[_i].listed);
	if (tokens[_i].listed) {
		ck_assert(span_equal(listed.token, list.token));
		ck_assert_uint_eq(listed.after, 3);
	}
	wirebuf_write(&out, bytes, sizeof(bytes));
	session_end_request_put(&out, &end);
	wirebuf_read(&in, bytes, wirebuf_size(&out));
	session_end_request_get(&in, &ended);
	ck_assert_int_eq(wirebuf_done(&in) == 0, tokens[_i].ended);
	ck_assert(!tokens[_i].ended || ended.dry_run);
}
END_TEST

START_TEST(the_limit_has_a_range)
{
	for (unsigned limit = 0; limit <= UINT16_MAX; limit++) {
		const struct session_list_request list = {
			.limit = (uint16_t)limit
		};
		struct session_list_request listed;
		struct wirebuf out, in;

		wirebuf_write(&out, bytes, sizeof(bytes));
		session_list_request_put(&out, &list);
		wirebuf_read(&in, bytes, wirebuf_size(&out));
		session_list_request_get(&in, &listed);
		ck_assert_int_eq(
		    wirebuf_done(&in) == 0, limit >= 1 && limit <= PAGE_MAX);
	}
}
END_TEST

START_TEST(every_state_has_a_word)
{
	struct session_info info;
	size_t size = put_sample();
	size_t at = size - 1 - sample.why.size - 1;

	for (unsigned state = 0; state <= UINT8_MAX; state++) {
		bool is_one = state >= SESSION_LIVES && state <= SESSION_STAYS;

		bytes[at] = (uint8_t)state;
		ck_assert_int_eq(get(size, &info) == 0, is_one);
		ck_assert_int_eq(
		    strcmp(session_state_word((uint8_t)state), "unknown") != 0,
		    is_one);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("session messages");

	tcase_add_test(tcase, a_session_comes_back_as_it_was);
	tcase_add_test(tcase, a_session_cut_short_is_malformed);
	tcase_add_loop_test(
	    tcase, a_token_is_named_by_its_id, 0, COUNT(tokens));
	tcase_add_test(tcase, the_limit_has_a_range);
	tcase_add_test(tcase, every_state_has_a_word);
	return run_cases("sessionmessage", &tcase, 1);
}
