/* SPDX-License-Identifier: BSD-3-Clause */
/* Many tokens in one request: batches, and what was found lying about. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/changemessage.h"
#include "common/error.h"
#include "tests/unit/dispatch_scene.h"

/* "batch00000" to "batch00005": of alice the even ones, of bob the others. */
#define TOKENS 6

static struct placed placed[TOKENS];

static void
setup(void)
{
	static char names[TOKENS][8];

	scene_setup();
	for (int i = 0; i < TOKENS; i++) {
		char id[TOKEN_ID_SIZE + 1];

		snprintf(names[i], sizeof(names[i]), "t%d", i);
		snprintf(id, sizeof(id), "batch%05d", i);
		place(&placed[i], id, i % 2 == 0 ? "alice" : "bob", names[i],
		    NOW - 100);
	}
}

static struct batch_reply batch;

static void
send_batch(const struct caller *caller, enum opcode opcode, const char *ids,
    bool dry_run)
{
	const struct change_request body = { .selectors = list_of(ids),
		.reason = span_of("moved"),
		.dry_run = dry_run,
		.brief = true };

	if (opcode == OP_REVOKE)
		revoke_request_put(request(opcode), &body);
	else
		delete_request_put(request(opcode), &body);
	expect_status(caller, STATUS_OK, "");
	batch_reply_get(&reply.body, &batch);
	read_end();
}

static void
expect_counts(unsigned seen, unsigned changed, unsigned already,
    unsigned missing, unsigned refused)
{
	ck_assert_uint_eq(batch.seen, seen);
	ck_assert_uint_eq(batch.changed, changed);
	ck_assert_uint_eq(batch.already, already);
	ck_assert_uint_eq(batch.missing, missing);
	ck_assert_uint_eq(batch.refused, refused);
	ck_assert(reply.changes == (changed > 0));
}

static enum token_state
state_of(const char *id)
{
	struct token_info info;

	ck_assert_int_eq(show(&root, id), STATUS_OK);
	read_info(&info);
	return info.state;
}

START_TEST(a_batch_counts_what_became_of_each)
{
	uint64_t audits = count_rows(DB_AUDIT);

	/* Of others, and not there: told alike. */
	send_batch(&alice, OP_REVOKE,
	    "batch00000 batch00001 batch00002 zzzzzzzzzz", false);
	expect_counts(4, 2, 0, 2, 0);
	ck_assert_int_eq(batch.status, STATUS_OK);
	ck_assert(span_empty(batch.message));
	ck_assert_uint_eq(count_rows(DB_AUDIT), audits + 2);
	ck_assert_int_eq(state_of("batch00000"), STATE_REVOKED);
	ck_assert_int_eq(state_of("batch00001"), STATE_ACTIVE);
	send_batch(&root, OP_REVOKE,
	    "batch00000 batch00001 batch00002 batch00003", false);
	expect_counts(4, 2, 2, 0, 0);
	send_batch(&root, OP_DISABLE, "batch00000 batch00004", false);
	expect_counts(2, 1, 0, 0, 1);
	ck_assert_int_eq(batch.status, STATUS_CONFLICT);
	ck_assert(!span_empty(batch.message));
	send_batch(&alice, OP_ENABLE, "batch00004", false);
	expect_counts(1, 0, 0, 0, 1);
	ck_assert_int_eq(batch.status, STATUS_FORBIDDEN);
	ck_assert_int_eq(state_of("batch00004"), STATE_DISABLED);
	send_batch(&root, OP_DELETE, "batch00000 batch00001", false);
	expect_counts(2, 2, 0, 0, 0);
	ck_assert_uint_eq(count_rows(DB_TOKENS), TOKENS - 2);
	ck_assert_uint_eq(count_rows(DB_TOMBSTONES), 2);
}
END_TEST

START_TEST(a_batch_may_be_tried)
{
	uint64_t audits = count_rows(DB_AUDIT);

	send_batch(&alice, OP_REVOKE, "batch00000 batch00001", true);
	expect_counts(2, 0, 1, 1, 0);
	ck_assert_uint_eq(count_rows(DB_AUDIT), audits);
	ck_assert_int_eq(state_of("batch00000"), STATE_ACTIVE);
}
END_TEST

/* A batch that a name or a part of an id is in would have to be searched. */
START_TEST(a_batch_is_of_ids)
{
	static const char *const bad[] = { "t0", "batch", "batch000001",
		"batch00001 batch00000", "batch00001 batch00001" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		delete_request_put(request(OP_DELETE),
		    &(struct change_request) {
			.selectors = list_of(bad[i]), .brief = true });
		expect_status(&root, STATUS_MALFORMED, "");
	}
	ck_assert_uint_eq(count_rows(DB_TOKENS), TOKENS);
}
END_TEST

/* Tokens of many projects have many rows: a commit takes some of them. */
START_TEST(a_commit_is_bounded)
{
	static uint8_t packed[300 * (TOKEN_ID_SIZE + 1)];
	struct change_request body = { .brief = true };
	struct placed large;
	char projects[LIST_MAX * 8] = "", id[TOKEN_ID_SIZE + 1];
	unsigned left = 300;

	good_token(&large.record, &large.token);
	for (int i = 0; i < LIST_MAX; i++)
		snprintf(projects + strlen(projects), 8, "p%02d ", i);
	large.record.spec.projects = list_of(projects);
	for (unsigned i = 0; i < left; i++) {
		char name[8];

		snprintf(name, sizeof(name), "l%03u", i);
		snprintf(large.token.id, sizeof(id), "large%05u", i);
		large.record.spec.name = span_of(name);
		fixture_add(&fixture, &large.token, &large.record);
		spanlist_add(&body.selectors, packed, sizeof(packed),
		    span_of(large.token.id));
	}
	for (unsigned rounds = 0; left > 0; rounds++) {
		size_t cut;

		ck_assert_uint_lt(rounds, 5);
		delete_request_put(request(OP_DELETE), &body);
		expect_status(&root, STATUS_OK, "");
		batch_reply_get(&reply.body, &batch);
		ck_assert_uint_gt(batch.seen, 0);
		ck_assert_uint_eq(batch.changed, batch.seen);
		ck_assert_uint_lt(batch.changed, 200);
		left -= batch.seen;
		cut = batch.seen * (size_t)(TOKEN_ID_SIZE + 1);
		body.selectors.count = (uint16_t)left;
		body.selectors.packed.data += cut;
		body.selectors.packed.size -= cut;
		ck_assert_uint_eq(count_rows(DB_TOKENS), TOKENS + left);
	}
}
END_TEST

/* What was found lying about. */

static uint8_t shown_packed[8 * (TOKEN_TEXT_SIZE + 1)];
static struct leaked_request shown;

static void
show_text(const struct token *token)
{
	char text[TOKEN_TEXT_SIZE + 1];

	tokentext_format(token, text);
	ck_assert_int_eq(spanlist_add(&shown.tokens, shown_packed,
			     sizeof(shown_packed), span_of(text)),
	    0);
}

static bool already;

/* The ids of the real ones, with blanks between. */
static const char *
leaked(const struct caller *caller, bool dry_run)
{
	static char ids[128];
	struct token_info info;
	unsigned count;

	ids[0] = '\0';
	shown.dry_run = dry_run;
	leaked_request_put(request(OP_LEAKED), &shown);
	expect_status(caller, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&reply.body), shown.tokens.count);
	count = wirebuf_get_u16(&reply.body);
	for (unsigned i = 0; i < count; i++) {
		already = wirebuf_get_bool(&reply.body);
		read_info(&info);
		ck_assert(dry_run || info.state == STATE_REVOKED);
		strncat(ids, (const char *)info.id.data, TOKEN_ID_SIZE);
		strcat(ids, " ");
	}
	read_end();
	shown = (struct leaked_request) { 0 };
	return ids;
}

START_TEST(whoever_holds_a_secret_may_revoke_it)
{
	show_text(&placed[0].token);
	show_text(&placed[1].token);
	ck_assert_str_eq(leaked(&nobody, true), "batch00000 batch00001 ");
	ck_assert(!already);
	ck_assert(!reply.changes);
	ck_assert_int_eq(state_of("batch00000"), STATE_ACTIVE);
	show_text(&placed[0].token);
	ck_assert_str_eq(leaked(&nobody, false), "batch00000 ");
	ck_assert(!already);
	ck_assert_int_eq(state_of("batch00000"), STATE_REVOKED);
	ck_assert_int_eq(state_of("batch00001"), STATE_ACTIVE);
	show_text(&placed[0].token);
	ck_assert_str_eq(leaked(&bob, false), "batch00000 ");
	ck_assert(already);
	ck_assert(!reply.changes);
}
END_TEST

static void
wrong_secret(struct token *token)
{
	token->secret[7] ^= 1;
}

static void
wrong_id(struct token *token)
{
	token->id[9]++;
}

static void
wrong_kind(struct token *token)
{
	token->kind = TOKEN_MANAGEMENT;
}

static void
wrong_record(struct token *token)
{
	struct changeset *set = changeset_new();

	changeset_put(set, DB_TOKENS, span_of(token->id), VERSION_ANY,
	    span_of("damaged"));
	fixture_apply(&fixture, set);
}

static void
wrong_time(struct token *token)
{
	struct record after = placed[5].record;

	after.secrets[0].expires_at = NOW;
	fixture_change(&fixture, token, &placed[5].record, VERSION_ANY, &after);
}

static void (*const wrongs[])(struct token *token) = { wrong_secret, wrong_id,
	wrong_kind, wrong_record, wrong_time };

/* The same bytes for all of them, and nothing happens. */
START_TEST(others_learn_nothing)
{
	static uint8_t first[64];
	struct token token = placed[5].token;
	uint64_t audits = count_rows(DB_AUDIT);
	size_t size;

	crypto_new_token(TOKEN_API, &token);
	show_text(&token);
	ck_assert_str_eq(leaked(&root, false), "");
	size = reply.body.size;
	ck_assert_uint_le(size, sizeof(first));
	memcpy(first, reply.body.in, size);
	token = placed[5].token;
	wrongs[_i](&token);
	show_text(&token);
	ck_assert_str_eq(leaked(&root, false), "");
	ck_assert_uint_eq(reply.body.size, size);
	ck_assert_mem_eq(reply.body.in, first, size);
	ck_assert(!reply.changes);
	ck_assert_uint_eq(count_rows(DB_AUDIT), audits);
}
END_TEST

static const enum token_state states[] = { STATE_ACTIVE, STATE_DISABLED,
	STATE_PENDING };

/* Whatever its state, and past its end. */
START_TEST(what_is_not_in_use_is_revoked_too)
{
	struct record after = placed[0].record;

	after.state = states[_i];
	after.spec.expires_at = NOW - 1;
	fixture_change(
	    &fixture, &placed[0].token, &placed[0].record, VERSION_ANY, &after);
	show_text(&placed[0].token);
	ck_assert_str_eq(leaked(&nobody, false), "batch00000 ");
	ck_assert_int_eq(state_of("batch00000"), STATE_REVOKED);
}
END_TEST

/* Both secrets of an overlap: one token, once. */
START_TEST(both_secrets_are_one_token)
{
	uint64_t audits = count_rows(DB_AUDIT);
	struct record after = placed[0].record;
	struct token newer = placed[0].token;

	newer.secret[0] ^= 0x80;
	set_secret(&after, 1, &newer);
	after.secrets[1].number = 2;
	fixture_change(
	    &fixture, &placed[0].token, &placed[0].record, VERSION_ANY, &after);
	if (memcmp(newer.secret, placed[0].token.secret, TOKEN_SECRET_SIZE) < 0)
		show_text(&newer);
	show_text(&placed[0].token);
	if (shown.tokens.count == 1)
		show_text(&newer);
	ck_assert_str_eq(leaked(&nobody, false), "batch00000 ");
	ck_assert_uint_eq(count_rows(DB_AUDIT), audits + 1);
}
END_TEST

TCase *
dispatch_bulk_case(void)
{
	TCase *tcase = tcase_create("bulk");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, scene_teardown);
	tcase_add_test(tcase, a_batch_counts_what_became_of_each);
	tcase_add_test(tcase, a_batch_may_be_tried);
	tcase_add_test(tcase, a_batch_is_of_ids);
	tcase_add_test(tcase, a_commit_is_bounded);
	tcase_add_test(tcase, whoever_holds_a_secret_may_revoke_it);
	tcase_add_loop_test(tcase, others_learn_nothing, 0, COUNT(wrongs));
	tcase_add_loop_test(
	    tcase, what_is_not_in_use_is_revoked_too, 0, COUNT(states));
	tcase_add_test(tcase, both_secrets_are_one_token);
	return tcase;
}
