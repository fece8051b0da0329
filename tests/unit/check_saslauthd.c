/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/saslauthd.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

/* The fifth field. */
#define ADDRESS SASLAUTHD_FIELDS

#define FIELDS (SASLAUTHD_FIELDS + 1)

static uint8_t bytes[2 * SASLAUTHD_REQUEST_MAX];
static size_t size;

static void
put(const void *data, size_t length)
{
	ck_assert_uint_le(size + 2 + length, sizeof(bytes));
	bytes[size++] = (uint8_t)(length >> 8);
	bytes[size++] = (uint8_t)length;
	memcpy(bytes + size, data, length);
	size += length;
}

/* A request of these; a NULL address is one of four fields. */
static void
write_request(const char *login, const char *password, const char *service,
    const char *realm, const char *address)
{
	const char *const texts[FIELDS] = { login, password, service, realm,
		address };

	size = 0;
	for (size_t i = 0; i < FIELDS && texts[i] != NULL; i++)
		put(texts[i], strlen(texts[i]));
}

/* From a copy of its own of just that size, for the sanitizers. */
static enum saslauthd_state
decode(size_t length, struct saslauthd_request *request)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc(length);
	if (length > 0)
		memcpy(copy, bytes, length);
	return saslauthd_decode(span_bytes(copy, length), request);
}

static void
expect_fields(const struct saslauthd_request *request)
{
	ck_assert(span_is(request->login, "alice"));
	ck_assert(span_is(request->password, "a password"));
	ck_assert(span_is(request->service, "smtp"));
	ck_assert(span_is(request->realm, "dom.example"));
}

START_TEST(four_fields_are_a_request)
{
	struct saslauthd_request request;

	write_request("alice", "a password", "smtp", "dom.example", NULL);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	expect_fields(&request);
	ck_assert(span_empty(request.address));
	write_request("a", "p", "s", "", NULL);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	ck_assert(span_is(request.login, "a"));
	ck_assert(span_empty(request.realm));
}
END_TEST

/* However it is split: at every byte, what came is a part and nothing else. */
START_TEST(less_is_a_part)
{
	struct saslauthd_request request;

	write_request("alice", "a password", "smtp", "dom.example", NULL);
	for (size_t i = 0; i < size; i++)
		ck_assert_int_eq(decode(i, &request), SASLAUTHD_PART);
}
END_TEST

/* As much of it as has come; it is never waited for. */
START_TEST(a_fifth_field_may_be_there)
{
	struct saslauthd_request request;
	size_t four;

	write_request("alice", "a password", "smtp", "dom.example", NULL);
	four = size;
	put("192.0.2.7;4711", 14);
	for (size_t i = four; i < size; i++) {
		ck_assert_int_eq(decode(i, &request), SASLAUTHD_WHOLE);
		expect_fields(&request);
		ck_assert(span_empty(request.address));
	}
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	expect_fields(&request);
	ck_assert(span_is(request.address, "192.0.2.7;4711"));
	/* What comes after it is nobody's. */
	put("more", 4);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	ck_assert(span_is(request.address, "192.0.2.7;4711"));
}
END_TEST

/* All fields of two bytes but one. */
static void
write_odd(size_t which, const void *data, size_t length)
{
	size = 0;
	for (size_t i = 0; i < FIELDS; i++)
		if (i == which)
			put(data, length);
		else
			put("ab", 2);
}

START_TEST(a_field_has_its_length)
{
	static char text[SASLAUTHD_FIELD_MAX + 1];
	struct saslauthd_request request;
	size_t at = (size_t)_i * 4;

	memset(text, 'x', sizeof(text));
	write_odd((size_t)_i, text, SASLAUTHD_FIELD_MAX);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	/* Two bytes tell that it is too long: nobody sends the rest. */
	write_odd((size_t)_i, text, SASLAUTHD_FIELD_MAX + 1);
	ck_assert_int_eq(decode(at + 1, &request), SASLAUTHD_PART);
	ck_assert_int_eq(decode(at + 2, &request), SASLAUTHD_BAD);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_BAD);
	bytes[at] = bytes[at + 1] = 0xff;
	ck_assert_int_eq(decode(at + 2, &request), SASLAUTHD_BAD);
}
END_TEST

START_TEST(all_at_their_longest_fit)
{
	char text[SASLAUTHD_FIELD_MAX];
	struct saslauthd_request request;

	memset(text, 'x', sizeof(text));
	size = 0;
	for (size_t i = 0; i < SASLAUTHD_FIELDS; i++)
		put(text, sizeof(text));
	put(text, SASLAUTHD_ADDRESS_MAX);
	ck_assert_uint_eq(size, SASLAUTHD_REQUEST_MAX);
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	ck_assert_uint_eq(request.address.size, SASLAUTHD_ADDRESS_MAX);
	ck_assert_uint_eq(request.realm.size, SASLAUTHD_FIELD_MAX);
}
END_TEST

START_TEST(a_long_address_is_none)
{
	static const char text[SASLAUTHD_ADDRESS_MAX + 1] = { '1' };
	struct saslauthd_request request;

	write_odd(ADDRESS, text, sizeof(text));
	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	ck_assert(span_empty(request.address));
}
END_TEST

START_TEST(no_field_has_a_nul)
{
	static const struct {
		const char *bytes;
		size_t size;
	} texts[] = { { "\0", 1 }, { "a\0", 2 }, { "\0b", 2 }, { "a\0b", 3 } };
	struct saslauthd_request request;

	for (size_t i = 0; i < COUNT(texts); i++) {
		write_odd((size_t)_i, texts[i].bytes, texts[i].size);
		ck_assert_int_eq(decode(size, &request), SASLAUTHD_BAD);
	}
}
END_TEST

START_TEST(only_a_realm_may_be_empty)
{
	static const enum saslauthd_state states[] = { SASLAUTHD_BAD,
		SASLAUTHD_BAD, SASLAUTHD_BAD, SASLAUTHD_WHOLE };
	struct saslauthd_request request;

	write_odd((size_t)_i, "", 0);
	ck_assert_int_eq(decode(size, &request), states[_i]);
	/* At once, and whatever follows. */
	if (states[_i] == SASLAUTHD_BAD)
		ck_assert_int_eq(
		    decode((size_t)_i * 4 + 2, &request), SASLAUTHD_BAD);
}
END_TEST

/* Questions. */

static const struct {
	const char *login;
	const char *realm;
	const char *local_realms;
	const char *result;
} logins[] = {
	{ "alice", "", "", "alice" },
	{ "alice", "", "dom.example", "alice" },
	{ "alice", "dom.example", "", "alice@dom.example" },
	{ "alice", "dom.example", "dom.example", "alice" },
	{ "alice", "Dom.EXAMPLE", "dom.example", "alice" },
	{ "alice", "dom.example", " a,b ,\tDOM.example, c", "alice" },
	{ "alice", "dom.example", "dom.exampl", "alice@dom.example" },
	{ "alice", "dom.example", "dom.example.", "alice@dom.example" },
	{ "alice", "dom.example", "xdom.example", "alice@dom.example" },
	{ "alice", "dom", "dom.example", "alice@dom" },
	{ "alice", "a b", "a b", "alice@a b" },
	{ "alice", "a,b", "a,b", "alice@a,b" },
	{ "alice", ",", ",", "alice@," },
	{ "alice@dom.example", "", "dom.example", "alice@dom.example" },
	{ "alice@a.example", "dom.example", "dom.example",
	    "alice@a.example@dom.example" },
	{ "alice@a.example", "b.example", "", "alice@a.example@b.example" },
	{ "@", "dom.example", "dom.example", "@@dom.example" },
};

static void
ask(struct question *question, char login[SASLAUTHD_LOGIN_MAX],
    const char *local_realms, int expected)
{
	struct saslauthd_request request;

	ck_assert_int_eq(decode(size, &request), SASLAUTHD_WHOLE);
	ck_assert_int_eq(
	    saslauthd_question(&request, local_realms, login, question),
	    expected);
}

START_TEST(a_realm_is_kept_unless_it_is_local)
{
	char login[SASLAUTHD_LOGIN_MAX];
	struct question question;

	write_request(logins[_i].login, "p", "smtp", logins[_i].realm, NULL);
	ask(&question, login, logins[_i].local_realms, ERROR_MALFORMED);
	ck_assert_msg(span_is(question.login, logins[_i].result), "\"%.*s\"",
	    (int)question.login.size, (const char *)question.login.data);
	ck_assert(span_is(question.service, "smtp"));
	ck_assert(span_is(question.tty, "saslauthd"));
	ck_assert(span_empty(question.ruser));
}
END_TEST

static const struct {
	const char *address;
	const char *rhost;
} addresses[] = {
	{ NULL, "" },
	{ "", "" },
	{ "192.0.2.7;4711", "192.0.2.7" },
	{ "2001:db8::1;25", "2001:db8::1" },
	{ "::ffff:192.0.2.7;25", "::ffff:192.0.2.7" },
	{ "192.0.2.7", "" },
	{ "192.0.2.7;", "192.0.2.7" },
	{ ";4711", "" },
	{ ";", "" },
	{ "mail.example;25", "" },
	{ "fe80::1%eth0;25", "" },
	{ "192.0.2.7;1;2", "" },
	{ "192.0.2.7 ;25", "" },
	{ "192.0.2.700;25", "" },
	{ "192.0.2.7\n192.0.2.8;25", "" },
};

START_TEST(an_address_is_an_address)
{
	char login[SASLAUTHD_LOGIN_MAX];
	struct question question;

	write_request("alice", "p", "smtp", "", addresses[_i].address);
	ask(&question, login, "", ERROR_MALFORMED);
	ck_assert(span_is(question.rhost, addresses[_i].rhost));
	/* One with a NUL is none. */
	write_request("alice", "p", "smtp", "", NULL);
	put("192.0.2.7\0;1", 12);
	ask(&question, login, "", ERROR_MALFORMED);
	ck_assert(span_empty(question.rhost));
}
END_TEST

/* The text of the fixture's token, with something before and after it. */
static const struct {
	const char *before;
	const char *after;
	bool is_token;
} passwords[] = {
	{ "", "", true },
	{ "secret-token:", "", true },
	{ "secret-token:secret-token:", "", false },
	{ " ", "", false },
	{ "", " ", false },
	{ "", "\n", false },
	{ "x", "", false },
};

START_TEST(a_token_is_asked_about)
{
	char text[TOKEN_TEXT_SIZE + 1], password[128];
	char login[SASLAUTHD_LOGIN_MAX];
	struct question question;
	struct record record;
	struct token token;

	good_token(&record, &token);
	tokentext_format(&token, text);
	snprintf(password, sizeof(password), "%s%s%s", passwords[_i].before,
	    text, passwords[_i].after);
	write_request("alice", password, "smtp", "", NULL);
	ask(&question, login, "", passwords[_i].is_token ? 0 : ERROR_MALFORMED);
	ck_assert_int_eq(question.opcode, OP_AUTHENTICATE);
	ck_assert(span_is(question.token, passwords[_i].is_token ? text : ""));
}
END_TEST

/* For the log: of a request that is none, what there is. */
START_TEST(a_bad_request_is_described)
{
	struct saslauthd_request request;
	char login[SASLAUTHD_LOGIN_MAX];
	struct question question;

	for (size_t which = 0; which < SASLAUTHD_FIELDS; which++) {
		write_odd(which, "\0", 1);
		ck_assert_int_eq(decode(size, &request), SASLAUTHD_BAD);
		ck_assert_int_eq(
		    saslauthd_question(&request, "x", login, &question),
		    ERROR_MALFORMED);
		ck_assert_int_eq(
		    span_starts_with(question.login, span_of("ab")),
		    which != 0);
	}
	ck_assert_int_eq(decode(0, &request), SASLAUTHD_PART);
	ck_assert_int_eq(saslauthd_question(&request, "", login, &question),
	    ERROR_MALFORMED);
	ck_assert(span_empty(question.login));
}
END_TEST

/* Replies: no status but one lets in. */
START_TEST(a_reply_says_yes_or_no_or_nothing)
{
	for (int i = 0; i < 256; i++) {
		struct span reply = saslauthd_reply((enum status)i);
		bool yes = i == STATUS_OK;
		bool no = i == STATUS_DENIED || i == STATUS_MALFORMED;

		ck_assert_uint_eq(reply.size, yes || no ? 4 : 0);
		if (yes || no)
			ck_assert_int_eq(
			    memcmp(reply.data, yes ? "\0\2OK" : "\0\2NO", 4),
			    0);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("saslauthd");

	tcase_add_test(tcase, four_fields_are_a_request);
	tcase_add_test(tcase, less_is_a_part);
	tcase_add_test(tcase, a_fifth_field_may_be_there);
	tcase_add_loop_test(tcase, a_field_has_its_length, 0, SASLAUTHD_FIELDS);
	tcase_add_test(tcase, all_at_their_longest_fit);
	tcase_add_test(tcase, a_long_address_is_none);
	tcase_add_loop_test(tcase, no_field_has_a_nul, 0, SASLAUTHD_FIELDS);
	tcase_add_loop_test(
	    tcase, only_a_realm_may_be_empty, 0, SASLAUTHD_FIELDS);
	tcase_add_loop_test(
	    tcase, a_realm_is_kept_unless_it_is_local, 0, COUNT(logins));
	tcase_add_loop_test(
	    tcase, an_address_is_an_address, 0, COUNT(addresses));
	tcase_add_loop_test(tcase, a_token_is_asked_about, 0, COUNT(passwords));
	tcase_add_test(tcase, a_bad_request_is_described);
	tcase_add_test(tcase, a_reply_says_yes_or_no_or_nothing);
	return run_cases("saslauthd", &tcase, 1);
}
