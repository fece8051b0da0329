/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/model/amend.h"
#include "agent/model/verify.h"
#include "agent/server/answer.h"
#include "agent/server/lapsed.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/message.h"
#include "tests/unit/agent_fixture.h"
#include "tests/unit/deaf_writer.h"

static struct fixture fixture;
static struct record record;
static struct token token;
static uint64_t now;

static void
setup(void)
{
	fixture_open(&fixture, "");
	good_token(&record, &token);
	record.spec.expires_at = NOW;
	fixture_add(&fixture, &token, &record);
	now = NOW - 1;
}

static void
start_writer(void)
{
	const struct writer_options options = deaf_writer(fixture.agent.store);

	ck_assert_int_eq(writer_start(&options, &fixture.agent.writer), 0);
}

/* What the serve thread remembers is gone then. */
static void
stop(void)
{
	writer_stop(fixture.agent.writer);
	fixture.agent.writer = NULL;
	lapsed_free(fixture.agent.lapsed);
	fixture.agent.lapsed = NULL;
}

static void
start(void)
{
	start_writer();
	fixture.agent.lapsed = lapsed_new(fixture.agent.writer);
	ck_assert_ptr_nonnull(fixture.agent.lapsed);
}

static void
setup_running(void)
{
	setup();
	start();
}

/* Memory only, as with a full disk. */
static void
setup_memory(void)
{
	setup();
	fixture.agent.lapsed = lapsed_new(NULL);
	ck_assert_ptr_nonnull(fixture.agent.lapsed);
}

static void
teardown(void)
{
	stop();
	fixture_close(&fixture);
}

static enum status
ask_with(const struct token *with, const char *login)
{
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.now = now };
	char text[TOKEN_TEXT_SIZE + 1];
	uint8_t packet[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct question question = { .opcode = OP_AUTHENTICATE,
		.login = span_of(login),
		.service = span_of("sshd") };
	struct attempt attempt;
	struct wirebuf w;

	tokentext_format(with, text);
	question.token = span_of(text);
	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
	changeset_free(answer_question(
	    &asker, span_bytes(packet, wirebuf_size(&w)), reply, &attempt));
	return (enum status)attempt.status;
}

static enum status
ask(void)
{
	return ask_with(&token, "alice");
}

/* The record as the store has it; its version. */
static uint32_t
load(struct record *loaded)
{
	static uint8_t bytes[RECORD_SIZE_MAX];
	struct row row;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(store_get_authentic(fixture.reader, DB_TOKENS,
			     span_of(token.id), &row),
	    0);
	memcpy(bytes, row.body.data, row.body.size);
	ck_assert_int_eq(
	    record_decode(span_bytes(bytes, row.body.size), loaded), 0);
	store_read_end(fixture.reader);
	return row.version;
}

static bool
is_written(void)
{
	struct record loaded;

	load(&loaded);
	return loaded.lapsed;
}

static void
change_record(void (*change)(struct record *))
{
	struct record before, after;
	uint32_t version = load(&before);

	after = before;
	change(&after);
	fixture_change(&fixture, &token, &before, version, &after);
}

START_TEST(who_came_too_late_does_so_from_now_on)
{
	ck_assert_int_eq(ask(), STATUS_OK);
	now = NOW;
	ck_assert_int_eq(ask(), STATUS_DENIED);
	now = NOW - 1000;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ask(), STATUS_DENIED);
	/* Another agent, with another memory. */
	stop();
	ck_assert(is_written());
	start();
	ck_assert_int_eq(ask(), STATUS_DENIED);
	stop();
	ck_assert_int_eq(ask(), STATUS_DENIED);
}
END_TEST

START_TEST(it_is_written_once)
{
	struct record loaded;
	uint32_t version;

	now = NOW;
	for (int i = 0; i < 10; i++)
		ask();
	stop();
	version = load(&loaded);
	ck_assert_uint_eq(version, 2);
	start();
	now += 1000;
	for (int i = 0; i < 10; i++)
		ask();
	stop();
	ck_assert_uint_eq(load(&loaded), 2);
}
END_TEST

START_TEST(nobody_without_the_secret_writes)
{
	struct token other = token;
	struct record loaded;

	other.secret[3] ^= 1;
	now = NOW + 5;
	ck_assert_int_eq(ask_with(&other, "alice"), STATUS_DENIED);
	memcpy(other.id, "0000000000", TOKEN_ID_SIZE);
	ck_assert_int_eq(ask_with(&other, "alice"), STATUS_DENIED);
	now = NOW - 1;
	ck_assert_int_eq(ask(), STATUS_OK);
	stop();
	ck_assert_uint_eq(load(&loaded), 1);
	ck_assert(!loaded.lapsed);
}
END_TEST

/* Whatever else was wrong: it was proved, and it was expired. */
START_TEST(other_reasons_do_not_matter)
{
	now = NOW;
	ck_assert_int_eq(ask_with(&token, "bob"), STATUS_DENIED);
	now = NOW - 1;
	ck_assert_int_eq(ask(), STATUS_DENIED);
	stop();
	ck_assert(is_written());
}
END_TEST

static void
become_revoked(struct record *changed)
{
	changed->state = STATE_REVOKED;
}

START_TEST(what_is_not_expired_does_not_lapse)
{
	change_record(become_revoked);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert_int_eq(ask_with(&token, "bob"), STATUS_DENIED);
	stop();
	ck_assert(!is_written());
}
END_TEST

/* An access token of it, which lives until NOW + 100. */
static void
add_child(struct token *child)
{
	struct record made;

	good_token(&made, child);
	memcpy(child->id, "child00000", TOKEN_ID_SIZE + 1);
	made.spec.kind = child->kind = TOKEN_ACCESS;
	made.spec.expires_at = NOW + 100;
	made.lineage.parent = span_of(token.id);
	made.lineage.parent_number = 1;
	made.lineage.partner = span_of("refresh000");
	set_secret(&made, 0, child);
	fixture_add(&fixture, child, &made);
}

/* By what came of it: for that it was refused. */
START_TEST(a_child_that_came_too_late_says_so_of_its_parent)
{
	struct record loaded;
	struct token child, wrong;

	add_child(&child);
	ck_assert_int_eq(ask_with(&child, "alice"), STATUS_OK);
	now = NOW;
	wrong = child;
	wrong.secret[3] ^= 1;
	ck_assert_int_eq(ask_with(&wrong, "alice"), STATUS_DENIED);
	now = NOW - 1;
	ck_assert_int_eq(ask_with(&child, "alice"), STATUS_OK);
	now = NOW;
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(ask_with(&child, "alice"), STATUS_DENIED);
	now = NOW - 1;
	ck_assert_int_eq(ask_with(&child, "alice"), STATUS_DENIED);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	if (fixture.agent.writer == NULL)
		return;
	stop();
	ck_assert_uint_eq(load(&loaded), 2);
	ck_assert(loaded.lapsed);
	/* It is not the child that is over. */
	token = child;
	ck_assert_uint_eq(load(&loaded), 1);
}
END_TEST

/* An edit of the expiry lifts it, as amend_fields() makes it. */
static void
prolong(struct record *changed)
{
	static const struct caller root = { .login = "root",
		.role = ROLE_OWNER };
	const struct issue_limits limits = { 0 };
	const struct token_spec spec = { .expires_at = NOW + 5000 };
	const struct issue_input input = {
		.spec = &spec, .caller = &root, .limits = &limits, .now = now
	};
	static struct issue_storage storage;
	struct record before = *changed;
	struct refusal refusal;

	ck_assert_int_eq(amend_fields(&input, &before, FIELD_EXPIRES, &storage,
			     changed, &refusal),
	    0);
	changed->changed_by = span_of("root");
}

static void
touch(struct record *changed)
{
	changed->spec.description = span_of("touched");
}

START_TEST(another_expiry_lifts_it)
{
	now = NOW;
	ck_assert_int_eq(ask(), STATUS_DENIED);
	now = NOW - 1000;
	if (fixture.agent.writer != NULL) {
		stop();
		start();
	}
	change_record(touch);
	ck_assert_int_eq(ask(), STATUS_DENIED);
	change_record(prolong);
	ck_assert_int_eq(ask(), STATUS_OK);
	now = NOW + 4999;
	ck_assert_int_eq(ask(), STATUS_OK);
	now = NOW + 5000;
	ck_assert_int_eq(ask(), STATUS_DENIED);
	now = NOW - 1000;
	ck_assert_int_eq(ask(), STATUS_DENIED);
}
END_TEST

/* The record changed meanwhile: it is tried again with the next refusal. */
START_TEST(a_late_write_is_tried_again)
{
	struct record before;
	uint32_t version = load(&before);

	change_record(touch);
	now = NOW;
	lapsed_note(
	    fixture.agent.lapsed, span_of(token.id), &before, version, now);
	stop();
	ck_assert(!is_written());
	start();
	lapsed_note(
	    fixture.agent.lapsed, span_of(token.id), &before, version, now);
	for (int i = 0; i < 1000 && !is_written(); i++) {
		const struct timespec moment = { .tv_nsec = 1000000 };

		ck_assert_int_eq(ask(), STATUS_DENIED);
		nanosleep(&moment, NULL);
	}
	ck_assert(is_written());
}
END_TEST

START_TEST(memory_holds_what_is_not_written)
{
	now = NOW;
	ck_assert_int_eq(ask(), STATUS_DENIED);
	now = NOW - 1;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ask(), STATUS_DENIED);
	ck_assert(!is_written());
}
END_TEST

/* The oldest makes room, and no other. */
START_TEST(memory_is_bounded)
{
	struct lapsed *lapsed = fixture.agent.lapsed;
	char ids[LAPSED_MAX + 10][TOKEN_ID_SIZE + 1];

	for (size_t i = 0; i < COUNT(ids); i++) {
		snprintf(ids[i], sizeof(ids[i]), "id%08zu", i);
		lapsed_note(lapsed, span_of(ids[i]), &record, 1, NOW);
		lapsed_note(lapsed, span_of(ids[i]), &record, 1, NOW);
	}
	lapsed_settle(lapsed);
	for (size_t i = 0; i < COUNT(ids); i++)
		ck_assert(lapsed_has(lapsed, span_of(ids[i]), NOW) ==
			  (i >= COUNT(ids) - LAPSED_MAX));
	ck_assert(!lapsed_has(lapsed, span_of(ids[100]), NOW + 1));
}
END_TEST

/* Of a record that is not there: the writer says so, and nothing breaks. */
START_TEST(a_deleted_token_is_no_trouble)
{
	struct record before;
	uint32_t version = load(&before);

	fixture_change(&fixture, &token, &before, version, NULL);
	for (int i = 0; i < 2 * LAPSED_MAX; i++) {
		char id[TOKEN_ID_SIZE + 1];

		snprintf(id, sizeof(id), "id%08d", i);
		lapsed_settle(fixture.agent.lapsed);
		lapsed_note(
		    fixture.agent.lapsed, span_of(id), &before, version, NOW);
	}
	now = NOW;
	ck_assert_int_eq(ask(), STATUS_DENIED);
}
END_TEST

static TCase *
case_of(const char *name, void (*set_up)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, set_up, teardown);
	return tcase;
}

int
main(void)
{
	TCase *cases[2];

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	cases[0] = case_of("written", setup_running);
	tcase_add_test(cases[0], who_came_too_late_does_so_from_now_on);
	tcase_add_test(cases[0], it_is_written_once);
	tcase_add_test(cases[0], nobody_without_the_secret_writes);
	tcase_add_test(cases[0], other_reasons_do_not_matter);
	tcase_add_test(cases[0], what_is_not_expired_does_not_lapse);
	tcase_add_test(cases[0], another_expiry_lifts_it);
	tcase_add_test(
	    cases[0], a_child_that_came_too_late_says_so_of_its_parent);
	tcase_add_test(cases[0], a_late_write_is_tried_again);
	tcase_add_test(cases[0], a_deleted_token_is_no_trouble);
	cases[1] = case_of("memory", setup_memory);
	tcase_add_test(cases[1], memory_holds_what_is_not_written);
	tcase_add_test(cases[1], memory_is_bounded);
	tcase_add_test(cases[1], another_expiry_lifts_it);
	tcase_add_test(
	    cases[1], a_child_that_came_too_late_says_so_of_its_parent);
	return run_cases("lapsed", cases, COUNT(cases));
}
