/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/ticket.h"
#include "agent/model/verify.h"
#include "agent/server/answer.h"
#include "common/error.h"
#include "common/message.h"
#include "tests/unit/agent_fixture.h"

static struct fixture fixture;
static struct record record;
static struct token token;
static char text[TOKEN_TEXT_SIZE + 1];

/* What is asked; each test changes what it is about. */
static struct question question;
static struct ucred peer;
static bool admitted;
static uint64_t now;
static struct attempt attempt;
static struct answer answer;
static struct changeset *set; /* that came with it */

static void
ask_for(const struct token *asked)
{
	tokentext_format(asked, text);
	question = (struct question) {
		.opcode = OP_AUTHENTICATE,
		.token = span_of(text),
		.login = span_of("alice"),
		.service = span_of("sshd"),
		.rhost = span_of("192.0.2.7"),
		.tty = span_of("ssh"),
		.ruser = span_of("eve"),
	};
}

static void
setup(void)
{
	fixture_open(&fixture, "[service web]\ncallers = postgres\n");
	good_token(&record, &token);
	fixture_add(&fixture, &token, &record);
	ask_for(&token);
	peer = (struct ucred) { .pid = 77 };
	admitted = false;
	now = NOW;
	set = NULL;
}

static void
teardown(void)
{
	fixture_close(&fixture);
}

/* Answers bytes; the reply is one and no more, and silent unless granted. */
static enum status
answer_bytes(const void *bytes, size_t size, struct store_reader *reader)
{
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = reader,
		.peer = peer,
		.admitted = admitted,
		.now = now };
	static const uint8_t zeroes[PROTO_TICKET_SIZE];
	uint8_t reply[PROTO_ANSWER_SIZE + 1];
	uint8_t *exact = malloc(size > 0 ? size : 1);
	bool granted;

	memset(reply, 0xa5, sizeof(reply));
	memset(&attempt, 0xa5, sizeof(attempt));
	memcpy(exact, bytes, size);
	set = answer_question(&asker, span_bytes(exact, size), reply, &attempt);
	free(exact);
	ck_assert_uint_eq(reply[0], PROTO_VERSION);
	ck_assert_uint_eq(reply[1] & PROTO_REPLY, PROTO_REPLY);
	ck_assert_uint_eq(reply[2], attempt.status);
	ck_assert_uint_eq(reply[3], 0);
	ck_assert_uint_eq(reply[PROTO_ANSWER_SIZE], 0xa5);
	granted = reply[2] == STATUS_OK &&
		  reply[1] == (OP_AUTHENTICATE | PROTO_REPLY);
	ck_assert(granted || set == NULL);
	ck_assert(granted == (memcmp(reply + PROTO_HEADER_SIZE, zeroes,
				  sizeof(zeroes)) != 0));
	memcpy(answer.ticket, reply + PROTO_HEADER_SIZE, PROTO_TICKET_SIZE);
	return (enum status)reply[2];
}

static size_t
write_question(uint8_t packet[PROTO_QUESTION_MAX])
{
	struct wirebuf w;

	wirebuf_write(&w, packet, PROTO_QUESTION_MAX);
	question_put(&w, &question);
	ck_assert_uint_gt(wirebuf_size(&w), 0);
	return wirebuf_size(&w);
}

static enum status
ask(void)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = write_question(packet);

	return answer_bytes(packet, size, fixture.reader);
}

static void
expect_denial(uint32_t reasons)
{
	char got[256];
	char expected[256];

	ck_assert_int_eq(ask(), STATUS_DENIED);
	verify_names(attempt.reasons, got, sizeof(got));
	verify_names(reasons, expected, sizeof(expected));
	ck_assert_str_eq(got, expected);
	/* A ticket is no use of the token. */
	ck_assert(attempt.proved == (question.opcode == OP_AUTHENTICATE &&
					(reasons & REASONS_PROOF) == 0));
}

/* Turns the question into that about the ticket of the last answer. */
static void
ask_account(void)
{
	static uint8_t ticket[PROTO_TICKET_SIZE];

	memcpy(ticket, answer.ticket, sizeof(ticket));
	question.opcode = OP_ACCOUNT;
	question.ticket = span_bytes(ticket, sizeof(ticket));
}

START_TEST(a_good_token_is_granted)
{
	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_uint_eq(attempt.at, NOW);
	ck_assert_uint_eq(attempt.opcode, OP_AUTHENTICATE);
	ck_assert_uint_eq(attempt.secret_number, 1);
	ck_assert(attempt.proved);
	ck_assert_ptr_null(set);
	ck_assert_uint_eq(attempt.reasons, 0);
	ck_assert_uint_eq(attempt.caller, 0);
	ck_assert_int_eq(attempt.caller_pid, 77);
	ck_assert_str_eq(attempt.id, token.id);
	ck_assert_str_eq(attempt.owner, "alice");
	ck_assert_str_eq(attempt.login, "alice");
	ck_assert_str_eq(attempt.service, "sshd");
	ck_assert_str_eq(attempt.rhost, "192.0.2.7");
	ck_assert_str_eq(attempt.tty, "ssh");
	ck_assert_str_eq(attempt.ruser, "eve");
}
END_TEST

START_TEST(what_is_not_good_is_denied)
{
	struct token other = token;

	question.login = span_of("root");
	expect_denial(REASON_LOGIN);
	ask_for(&token);
	question.service = span_of("sudo");
	expect_denial(REASON_SERVICE | REASON_ELEVATED);
	other.secret[0] ^= 1;
	ask_for(&other);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_eq(attempt.reasons, REASON_SECRET);
	ck_assert_uint_eq(attempt.secret_number, 0);
	other = token;
	other.kind = TOKEN_ACCESS;
	ask_for(&other);
	expect_denial(REASON_SECRET);
	crypto_new_token(TOKEN_API, &other);
	ask_for(&other);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_UNKNOWN, 0);
	ck_assert_str_eq(attempt.owner, "");
	ck_assert(!attempt.proved);
}
END_TEST

/* A text that is no token: its checksum is wrong, or it is anything. */
START_TEST(what_is_no_token_is_malformed)
{
	char last = text[TOKEN_TEXT_SIZE - 1];

	text[TOKEN_TEXT_SIZE - 1] = last == 'a' ? 'b' : 'a';
	ck_assert_int_eq(ask(), STATUS_MALFORMED);
	memset(text, 'a', TOKEN_TEXT_SIZE);
	ck_assert_int_eq(ask(), STATUS_MALFORMED);
	ck_assert_str_eq(attempt.id, "");
}
END_TEST

START_TEST(a_sealed_store_decides_nothing)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size;

	ck_assert_int_eq(ask(), STATUS_OK);
	size = write_question(packet);
	ck_assert_int_eq(answer_bytes(packet, size, NULL), STATUS_UNAVAILABLE);
	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	size = write_question(packet);
	ck_assert_int_eq(answer_bytes(packet, size, NULL), STATUS_UNAVAILABLE);
}
END_TEST

static const struct {
	uid_t uid;
	const char *service;
	enum status status;
} callers[] = {
	{ 0, "sshd", STATUS_OK },
	{ 0, "web", STATUS_OK },
	{ 990, "sshd", STATUS_OK }, /* the agent's own */
	{ 990, "web", STATUS_OK },
	{ UID_POSTGRES, "web", STATUS_OK },
	{ UID_POSTGRES, "sshd", STATUS_REFUSED },
	{ UID_POSTGRES, "webs", STATUS_REFUSED },
	{ UID_ALICE, "web", STATUS_REFUSED },
	{ UID_ALICE, "sshd", STATUS_REFUSED },
	{ (uid_t)-1, "web", STATUS_REFUSED },
};

START_TEST(a_caller_is_one_who_may_ask)
{
	peer.uid = callers[_i].uid;
	question.service = span_of(callers[_i].service);
	ck_assert_int_eq(ask(), callers[_i].status);
	ck_assert_uint_eq(attempt.caller, callers[_i].uid);
	/* Nobody else learns whether a token is good, or was. */
	if (callers[_i].status != STATUS_REFUSED)
		return;
	ck_assert_str_eq(attempt.id, "");
	ck_assert_uint_eq(attempt.reasons, 0);
	question.opcode = OP_ACCOUNT;
	question.ticket = span_bytes(text, PROTO_TICKET_SIZE);
	ck_assert_int_eq(ask(), STATUS_REFUSED);
}
END_TEST

/* By its socket: then no row needs to name it, and all else is the same. */
START_TEST(who_is_admitted_is_no_caller)
{
	admitted = true;
	peer.uid = callers[_i].uid;
	question.service = span_of(callers[_i].service);
	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_uint_eq(attempt.caller, callers[_i].uid);
	question.login = span_of("root");
	expect_denial(REASON_LOGIN);
	question.login = span_of("alice");
	question.service = span_of("sudo");
	expect_denial(REASON_SERVICE | REASON_ELEVATED);
}
END_TEST

START_TEST(what_is_not_asked_about_is_described)
{
	const struct asker asker = { .agent = &fixture.agent,
		.peer = { .uid = 5, .pid = 6 },
		.now = NOW };

	memset(&attempt, 0xa5, sizeof(attempt));
	answer_unasked(&asker, &question, STATUS_DENIED, &attempt);
	ck_assert_uint_eq(attempt.status, STATUS_DENIED);
	ck_assert_uint_eq(attempt.at, NOW);
	ck_assert_uint_eq(attempt.caller, 5);
	ck_assert_int_eq(attempt.caller_pid, 6);
	ck_assert_str_eq(attempt.login, "alice");
	ck_assert_str_eq(attempt.service, "sshd");
	ck_assert_str_eq(attempt.id, "");
	ck_assert_uint_eq(attempt.reasons, 0);
	ck_assert(!attempt.proved && !attempt.given_up);
}
END_TEST

START_TEST(names_that_no_service_has_are_malformed)
{
	char name[SERVICE_MAX + 2];

	memset(name, 's', sizeof(name));
	question.service = span_of("");
	ck_assert_int_eq(ask(), STATUS_MALFORMED);
	question.service = span_bytes(name, SERVICE_MAX);
	ck_assert_int_eq(ask(), STATUS_OK);
}
END_TEST

/* Packets that are none. */

START_TEST(every_other_size_is_malformed)
{
	uint8_t packet[PROTO_QUESTION_MAX + 1];
	size_t size;

	ck_assert_int_eq(ask(), STATUS_OK);
	if (_i == 1)
		ask_account();
	size = write_question(packet);
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(answer_bytes(packet, cut, fixture.reader),
		    STATUS_MALFORMED);
	packet[size] = 0;
	ck_assert_int_eq(
	    answer_bytes(packet, size + 1, fixture.reader), STATUS_MALFORMED);
	ck_assert_int_eq(answer_bytes(packet, size, fixture.reader), STATUS_OK);
}
END_TEST

START_TEST(a_header_is_what_it_must_be)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = write_question(packet);

	for (unsigned value = 0; value < 256; value++) {
		packet[0] = (uint8_t)value;
		ck_assert_int_eq(answer_bytes(packet, size, fixture.reader),
		    value == PROTO_VERSION ? STATUS_OK : STATUS_VERSION);
		packet[0] = PROTO_VERSION;
		packet[1] = (uint8_t)value;
		if (value != OP_AUTHENTICATE)
			ck_assert_int_eq(
			    answer_bytes(packet, size, fixture.reader),
			    STATUS_MALFORMED);
		packet[1] = OP_AUTHENTICATE;
		for (size_t i = 2; i < PROTO_HEADER_SIZE; i++) {
			packet[i] = (uint8_t)value;
			ck_assert_int_eq(
			    answer_bytes(packet, size, fixture.reader),
			    value == 0 ? STATUS_OK : STATUS_MALFORMED);
			packet[i] = 0;
		}
	}
}
END_TEST

/* Up to the client's address no bit may be another and the token good. */
START_TEST(no_flipped_bit_is_granted)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = write_question(packet);
	const size_t asked = PROTO_HEADER_SIZE + TOKEN_TEXT_SIZE + 6;

	for (size_t bit = 0; bit < 8 * asked; bit++) {
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_ne(
		    answer_bytes(packet, size, fixture.reader), STATUS_OK);
		packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_int_eq(answer_bytes(packet, size, fixture.reader), STATUS_OK);
}
END_TEST

START_TEST(noise_is_malformed)
{
	uint8_t packet[PROTO_QUESTION_MAX];

	for (int i = 0; i < 5000; i++) {
		size_t size = pseudo_below(sizeof(packet));

		for (size_t j = 0; j < size; j++)
			packet[j] = (uint8_t)pseudo_random();
		if (i % 2 == 0 && size > 3)
			memcpy(packet, "\1\1\0", 4);
		ck_assert_int_ne(
		    answer_bytes(packet, size, fixture.reader), STATUS_OK);
	}
}
END_TEST

START_TEST(texts_that_are_long_are_cut_for_the_log)
{
	char name[LOGIN_MAX];

	memset(name, 'n', sizeof(name));
	question.login = span_bytes(name, sizeof(name));
	question.rhost = span_bytes(name, sizeof(name));
	question.tty = span_bytes(name, sizeof(name));
	question.ruser = span_bytes(name, sizeof(name));
	expect_denial(REASON_LOGIN);
	ck_assert_uint_eq(strlen(attempt.login), sizeof(attempt.login) - 1);
	ck_assert_uint_eq(strlen(attempt.rhost), sizeof(attempt.rhost) - 1);
	ck_assert_uint_eq(strlen(attempt.tty), sizeof(attempt.tty) - 1);
	ck_assert_uint_eq(strlen(attempt.ruser), sizeof(attempt.ruser) - 1);
}
END_TEST

/* The account phase. */

/* Where a module is not in between, or an old one is. */
START_TEST(a_token_in_the_place_of_a_name_is_not_logged)
{
	char shown[TOKEN_TEXT_SIZE + 1];

	tokentext_format(&token, shown);
	question.login = question.rhost = question.tty = question.ruser =
	    span_of(shown);
	/* Cut as some servers do, and no capitals: it is a service's name. */
	question.service = span_of("x-atk_0123456789_0a1b2c");
	ck_assert_int_ne(ask(), STATUS_OK);
	ck_assert_str_eq(attempt.login, "[token]");
	ck_assert_str_eq(attempt.service, "[token]");
	ck_assert_str_eq(attempt.rhost, "[token]");
	ck_assert_str_eq(attempt.tty, "[token]");
	ck_assert_str_eq(attempt.ruser, "[token]");
}
END_TEST

START_TEST(a_ticket_says_that_a_secret_was_shown)
{
	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_uint_eq(attempt.opcode, OP_ACCOUNT);
	ck_assert_str_eq(attempt.id, token.id);
	ck_assert_str_eq(attempt.owner, "alice");
	question.login = span_of("root");
	expect_denial(REASON_SECRET);
	question.login = span_of("alice");
	question.service = span_of("ftp");
	expect_denial(REASON_SECRET);
	question.service = span_of("sshd");
	now = NOW + TICKET_LIFETIME + 1;
	expect_denial(REASON_SECRET);
	now = NOW;
	ck_assert_int_eq(ask(), STATUS_OK);
}
END_TEST

/* The key is rotated between the two phases of a login. */
START_TEST(a_ticket_outlives_a_rotation)
{
	const struct keyline line = { 2, "another key" };

	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_int_eq(keyring_extend(fixture.agent.keyring, &line), 0);
	ask_account();
	ck_assert_int_eq(ask(), STATUS_OK);
	question.login = span_of("root");
	expect_denial(REASON_SECRET);
	ask_for(&token);
	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_uint_eq(answer.ticket[0], 2);
	ask_account();
	ck_assert_int_eq(ask(), STATUS_OK);
	answer.ticket[0] = 1;
	ask_account();
	expect_denial(REASON_SECRET);
}
END_TEST

START_TEST(a_ticket_that_is_none_is_denied)
{
	ck_assert_int_eq(ask(), STATUS_OK);
	answer.ticket[_i] ^= 1;
	ask_account();
	expect_denial(REASON_SECRET);
	ck_assert_str_eq(attempt.id, "");
}
END_TEST

START_TEST(what_was_granted_may_be_withdrawn)
{
	static const struct {
		enum token_state state;
		enum reason reason;
	} states[] = { { STATE_REVOKED, REASON_REVOKED },
		{ STATE_DISABLED, REASON_DISABLED } };
	struct record after = record;

	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	after.state = states[_i].state;
	fixture_change(&fixture, &token, &record, 1, &after);
	expect_denial((uint32_t)states[_i].reason);
	ask_for(&token);
	expect_denial((uint32_t)states[_i].reason);
}
END_TEST

START_TEST(what_was_granted_may_be_gone)
{
	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	fixture_change(&fixture, &token, &record, 1, NULL);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_UNKNOWN, 0);
	ask_for(&token);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_UNKNOWN, 0);
}
END_TEST

/* Regenerated since: the ticket is of a secret that is no more. */
START_TEST(what_was_granted_may_have_another_secret)
{
	struct record after = record;

	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	after.secrets[0].number = 2;
	fixture_change(&fixture, &token, &record, 1, &after);
	expect_denial(REASON_SECRET);
}
END_TEST

START_TEST(what_was_granted_may_have_expired)
{
	struct record after = record;

	ck_assert_int_eq(ask(), STATUS_OK);
	ask_account();
	after.spec.expires_at = NOW + 5;
	fixture_change(&fixture, &token, &record, 1, &after);
	now = NOW + 4;
	ck_assert_int_eq(ask(), STATUS_OK);
	now = NOW + 5;
	expect_denial(REASON_EXPIRED);
}
END_TEST

/* The last use was spent on the authentication that the ticket is of. */
START_TEST(an_account_needs_no_use)
{
	struct record after = record;

	ck_assert_int_eq(ask(), STATUS_OK);
	after.spec.uses = 0;
	fixture_change(&fixture, &token, &record, 1, &after);
	ask_account();
	ck_assert_int_eq(ask(), STATUS_OK);
	ask_for(&token);
	expect_denial(REASON_USES);
}
END_TEST

/* Uses. */

static void
place_uses(uint32_t uses)
{
	struct record after = record;

	after.spec.uses = uses;
	fixture_change(&fixture, &token, &record, 1, &after);
}

/* Each answer spends one, once its set is in. */
START_TEST(so_many_uses_are_so_many_logins)
{
	place_uses(3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ask(), STATUS_OK);
		fixture_apply(&fixture, set);
	}
	expect_denial(REASON_USES);
	ck_assert_ptr_null(set);
}
END_TEST

/* Two who ask for the last use: only one of the sets goes in. */
START_TEST(the_last_use_is_spent_once)
{
	struct changeset *second;
	int result = 0;

	place_uses(1);
	ck_assert_int_eq(ask(), STATUS_OK);
	second = set;
	ck_assert_int_eq(ask(), STATUS_OK);
	fixture_apply(&fixture, set);
	store_apply(fixture.agent.store, &second, 1, &result);
	ck_assert_int_eq(result, ERROR_STALE);
	changeset_free(second);
	expect_denial(REASON_USES);
}
END_TEST

START_TEST(who_is_denied_spends_nothing)
{
	struct token wrong = token;

	place_uses(1);
	wrong.secret[0] ^= 1;
	ask_for(&wrong);
	expect_denial(REASON_SECRET);
	ask_for(&token);
	question.login = span_of("root");
	expect_denial(REASON_LOGIN);
	peer.uid = UID_ALICE;
	ck_assert_int_eq(ask(), STATUS_REFUSED);
	peer.uid = 0;
	ask_for(&token);
	ck_assert_int_eq(ask(), STATUS_OK);
	fixture_apply(&fixture, set);
	/* Nor does the account phase, whose use was spent already. */
	ask_account();
	ck_assert_int_eq(ask(), STATUS_OK);
	ck_assert_ptr_null(set);
}
END_TEST

START_TEST(an_answer_may_be_taken_back)
{
	uint8_t reply[PROTO_ANSWER_SIZE];
	static const uint8_t nothing[PROTO_ANSWER_SIZE] = { PROTO_VERSION,
		OP_AUTHENTICATE | PROTO_REPLY, STATUS_UNAVAILABLE };

	memset(reply, 0xa5, sizeof(reply));
	attempt.status = STATUS_OK;
	answer_unavailable(reply, &attempt);
	ck_assert_mem_eq(reply, nothing, sizeof(reply));
	ck_assert_uint_eq(attempt.status, STATUS_UNAVAILABLE);
}
END_TEST

/* Damage. */

/* Puts a row that another key made: the keyring is another for a moment. */
static void
add_with_other_key(const struct token *forged, const struct record *row)
{
	uint8_t *key = fixture.agent.keyring->keys[0].records;

	key[0] ^= 1;
	fixture_add(&fixture, forged, row);
	key[0] ^= 1;
}

START_TEST(a_row_of_another_key_is_denied)
{
	struct record forged;
	struct token other;

	good_token(&forged, &other);
	forged.spec.name = span_of("forged");
	add_with_other_key(&other, &forged);
	ask_for(&other);
	/* Nothing of the row is believed. */
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_DAMAGED, 0);
	ck_assert_uint_eq(attempt.reasons & REASON_UNKNOWN, 0);
	ck_assert_str_eq(attempt.owner, "");
	ck_assert(!attempt.proved);
	ask_for(&token);
	ck_assert_int_eq(ask(), STATUS_OK);
}
END_TEST

START_TEST(a_ticket_for_a_damaged_row_is_denied)
{
	const struct keyring_key *key = keyring_current(fixture.agent.keyring);
	struct ticket ticket = { key->number, "", 1, NOW, 0 };
	struct record forged;
	struct token other;

	good_token(&forged, &other);
	forged.spec.name = span_of("forged");
	add_with_other_key(&other, &forged);
	memcpy(ticket.id, other.id, sizeof(ticket.id));
	ticket_make(&ticket, span_of("alice"), span_of("sshd"), key->tickets,
	    answer.ticket);
	ask_account();
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_DAMAGED, 0);
}
END_TEST

/* Authentic bytes that are no record: some later version's, perhaps. */
START_TEST(a_row_that_is_no_record_is_denied)
{
	struct changeset *foreign = changeset_new();
	struct token other;

	crypto_new_token(TOKEN_API, &other);
	changeset_put(foreign, DB_TOKENS, span_of(other.id), VERSION_ABSENT,
	    span_of("not a record"));
	fixture_apply(&fixture, foreign);
	ask_for(&other);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_uint_ne(attempt.reasons & REASON_DAMAGED, 0);
}
END_TEST

static TCase *
questions_case(void)
{
	TCase *tcase = tcase_create("questions");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_good_token_is_granted);
	tcase_add_test(tcase, what_is_not_good_is_denied);
	tcase_add_test(tcase, what_is_no_token_is_malformed);
	tcase_add_test(tcase, a_sealed_store_decides_nothing);
	tcase_add_loop_test(
	    tcase, a_caller_is_one_who_may_ask, 0, COUNT(callers));
	tcase_add_loop_test(
	    tcase, who_is_admitted_is_no_caller, 0, COUNT(callers));
	tcase_add_test(tcase, what_is_not_asked_about_is_described);
	tcase_add_test(tcase, names_that_no_service_has_are_malformed);
	tcase_add_loop_test(tcase, every_other_size_is_malformed, 0, 2);
	tcase_add_test(tcase, a_header_is_what_it_must_be);
	tcase_add_test(tcase, no_flipped_bit_is_granted);
	tcase_add_test(tcase, noise_is_malformed);
	tcase_add_test(tcase, texts_that_are_long_are_cut_for_the_log);
	tcase_add_test(tcase, a_token_in_the_place_of_a_name_is_not_logged);
	return tcase;
}

static TCase *
later_case(void)
{
	TCase *tcase = tcase_create("later");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_ticket_says_that_a_secret_was_shown);
	tcase_add_test(tcase, a_ticket_outlives_a_rotation);
	tcase_add_loop_test(
	    tcase, a_ticket_that_is_none_is_denied, 0, PROTO_TICKET_SIZE);
	tcase_add_loop_test(tcase, what_was_granted_may_be_withdrawn, 0, 2);
	tcase_add_test(tcase, what_was_granted_may_be_gone);
	tcase_add_test(tcase, what_was_granted_may_have_another_secret);
	tcase_add_test(tcase, what_was_granted_may_have_expired);
	tcase_add_test(tcase, an_account_needs_no_use);
	tcase_add_test(tcase, so_many_uses_are_so_many_logins);
	tcase_add_test(tcase, the_last_use_is_spent_once);
	tcase_add_test(tcase, who_is_denied_spends_nothing);
	tcase_add_test(tcase, an_answer_may_be_taken_back);
	tcase_add_test(tcase, a_row_of_another_key_is_denied);
	tcase_add_test(tcase, a_ticket_for_a_damaged_row_is_denied);
	tcase_add_test(tcase, a_row_that_is_no_record_is_denied);
	return tcase;
}

int
main(void)
{
	TCase *cases[2];

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	cases[0] = questions_case();
	cases[1] = later_case();
	return run_cases("answer", cases, COUNT(cases));
}
