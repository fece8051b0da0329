/* SPDX-License-Identifier: BSD-3-Clause */
/* Pairs that come of an API token: who gets them, and how they end. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/lineage.h"
#include "agent/server/answer.h"
#include "agent/server/children.h"
#include "agent/store/usage.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/exchangemessage.h"
#include "common/verifymessage.h"
#include "tests/unit/op_scene.h"

static const struct caller nobody = {
	.uid = 65534, .login = "nobody", .role = ROLE_NONE
};

static char laptop[TOKEN_TEXT_SIZE + 1];

static void
place(const char *id, const char *name, char text[TOKEN_TEXT_SIZE + 1])
{
	struct record record;
	struct token token;

	good_token(&record, &token);
	memcpy(token.id, id, sizeof(token.id));
	set_secret(&record, 0, &token);
	record.spec.name = span_of(name);
	fixture_add(&fixture, &token, &record);
	tokentext_format(&token, text);
}

static void
open_with(const char *config)
{
	char phone[TOKEN_TEXT_SIZE + 1];

	scene_open(config);
	place(ID_1, "laptop", laptop);
	place(ID_2, "phone", phone);
}

static void
setup(void)
{
	open_with("");
}

static void
setup_limits(void)
{
	open_with("[limits]\naccess_tokens = 2\nrefresh_lifetime = 1h\n");
}

/* A pair as its holder has it. */
struct held {
	char access[TOKEN_TEXT_SIZE + 1];
	char refresh[TOKEN_TEXT_SIZE + 1];
	uint64_t expires_in, refresh_expires_in;
};

static void
read_pair(struct held *held)
{
	struct pair_reply reply;

	pair_reply_get(&body, &reply);
	ck_assert_int_eq(wirebuf_done(&body), 0);
	ck_assert_int_eq(
	    span_text(reply.access, held->access, sizeof(held->access)), 0);
	ck_assert_int_eq(
	    span_text(reply.refresh, held->refresh, sizeof(held->refresh)), 0);
	held->expires_in = reply.expires_in;
	held->refresh_expires_in = reply.refresh_expires_in;
}

static struct exchange_request wanted; /* besides the token */

static void
put_exchange(const char *text)
{
	struct exchange_request r = wanted;

	r.token = span_of(text);
	exchange_request_put(request(OP_EXCHANGE), &r);
}

static void
put_refresh(const char *text)
{
	refresh_request_put(request(OP_REFRESH), span_of(text));
}

static void
exchange(const struct caller *caller, struct held *held)
{
	put_exchange(laptop);
	expect(caller, STATUS_OK, "");
	ck_assert(changes);
	read_pair(held);
}

static void
refresh(const struct caller *caller, const struct held *from, struct held *held)
{
	put_refresh(from->refresh);
	expect(caller, STATUS_OK, "");
	read_pair(held);
}

/* As the CLI asks. */
static enum status
verify_as(const char *text, const char *login, const char *service)
{
	verify_request_put(request(OP_VERIFY),
	    &(struct verify_request) { .token = span_of(text),
		.login = span_of(login),
		.service = span_of(service) });
	return send_request(&nobody);
}

/* As the module asks: the answer's ticket is good for the account phase. */
static bool
logs_in(const char *text)
{
	const struct asker asker = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.now = now };
	uint8_t bytes[PROTO_QUESTION_MAX], reply[PROTO_ANSWER_SIZE];
	struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(text),
		.login = span_of("alice"),
		.service = span_of("sshd") };
	struct attempt attempt;
	struct answer answer;
	struct wirebuf w;

	for (int phase = 0; phase < 2; phase++) {
		wirebuf_write(&w, bytes, sizeof(bytes));
		question_put(&w, &question);
		ck_assert_ptr_null(answer_question(&asker,
		    span_bytes(bytes, wirebuf_size(&w)), reply, &attempt));
		wirebuf_read(&w, reply, sizeof(reply));
		ck_assert_int_eq(answer_get(&w, question.opcode, &answer), 0);
		if (answer.status != STATUS_OK)
			return false;
		question.opcode = OP_ACCOUNT;
		question.ticket = span_bytes(
		    answer.ticket, sizeof(answer.ticket));
	}
	return true;
}

/* Whether the access token opens what its parent does, everywhere. */
static bool
opens(const struct held *held)
{
	bool good = verify_as(held->access, "alice", "sshd") == STATUS_OK;

	ck_assert(logs_in(held->access) == good);
	return good;
}

static void
id_of(const char *text, char id[TOKEN_ID_SIZE + 1])
{
	memcpy(id, text + 4, TOKEN_ID_SIZE);
	id[TOKEN_ID_SIZE] = '\0';
}

static void
change_states(const char *selectors, enum opcode opcode)
{
	delete_request_put(request(opcode),
	    &(struct change_request) { .selectors = list_of(selectors) });
	expect(&root, STATUS_OK, "");
}

static void
regenerate(uint64_t overlap)
{
	regenerate_request_put(request(OP_REGENERATE),
	    &(struct regenerate_request) {
		.selector = span_of(ID_1), .overlap = overlap });
	expect(&root, STATUS_OK, "");
}

static void
revoke_token(const char *selector)
{
	revoke_request_put(request(OP_REVOKE),
	    &(struct change_request) { .selectors = list_of(selector) });
	expect(&root, STATUS_OK, "");
}

/* Exchanging. */

START_TEST(whoever_holds_a_token_exchanges_it)
{
	struct held held;

	exchange(&nobody, &held);
	ck_assert(strncmp(held.access, "ata_", 4) == 0);
	ck_assert(strncmp(held.refresh, "atr_", 4) == 0);
	ck_assert_uint_eq(held.expires_in, 900);
	ck_assert_uint_eq(held.refresh_expires_in, 30 * 86400);
	ck_assert(opens(&held));
	/* A refresh token opens nothing, and an access token buys nothing. */
	ck_assert_int_eq(
	    verify_as(held.refresh, "alice", "sshd"), STATUS_DENIED);
	ck_assert(!logs_in(held.refresh));
	put_exchange(held.access);
	expect(&nobody, STATUS_DENIED, "an API token (atk_...)");
	put_refresh(held.access);
	expect(&nobody, STATUS_DENIED, "a refresh token (atr_...)");
	put_exchange(held.refresh);
	expect(&nobody, STATUS_DENIED, "an API token (atk_...)");
	put_refresh(laptop);
	expect(&nobody, STATUS_DENIED, "a refresh token (atr_...)");
	now += 899;
	ck_assert(opens(&held));
	now++;
	ck_assert(!opens(&held));
}
END_TEST

START_TEST(an_exchange_is_audited_and_a_use)
{
	struct usage usage;
	struct held held;
	struct row row;

	exchange(&bob, &held);
	expect_audited("bob", "token.exchange",
	    "owner=\"alice\" name=\"laptop\" access=\"");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(
	    store_get_authentic(fixture.reader, DB_USAGE, span_of(ID_1), &row),
	    0);
	ck_assert_int_eq(usage_decode(row.body, &usage), 0);
	ck_assert_uint_eq(usage.last_used_at, NOW);
	ck_assert_uint_eq(usage.count, 1);
	ck_assert_uint_eq(usage.secrets[0].number, 1);
	ck_assert_uint_eq(usage.secrets[0].last_used_at, NOW);
	ck_assert(span_is(usage.service, "exchange"));
	store_read_end(fixture.reader);
}
END_TEST

/* They are found by nobody who looks for tokens, but by their ids. */
START_TEST(a_pair_is_not_listed)
{
	struct token_info info;
	struct held held;
	char id[TOKEN_ID_SIZE + 1];

	exchange(&alice, &held);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 4);
	ck_assert_uint_eq(count_rows(DB_TOKEN_NAMES), 2);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_OWNER), 2);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PROJECT), 2);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_AGE), 2);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_EXPIRY), 2);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 2);
	id_of(held.access, id);
	wirebuf_put_str8(request(OP_SHOW), span_of(id));
	expect(&alice, STATUS_OK, "");
	token_info_get(&body, &info);
	ck_assert_int_eq(info.spec.kind, TOKEN_ACCESS);
	wirebuf_put_str8(request(OP_SHOW), span_of(id));
	expect(&bob, STATUS_NOT_FOUND, "");
	/* By no less: they make no beginning of a token's id ambiguous. */
	id[TOKEN_ID_SIZE - 1] = '\0';
	wirebuf_put_str8(request(OP_SHOW), span_of(id));
	expect(&alice, STATUS_NOT_FOUND, "");
}
END_TEST

/* Who did not prove the secret is told the same, whatever there is. */
START_TEST(nobody_learns_anything_without_the_secret)
{
	static const enum opcode states[] = { OP_ENABLE, OP_DISABLE,
		OP_DELETE };
	struct token token;
	char wrong[TOKEN_TEXT_SIZE + 1], told[sizeof(message)] = "";
	uint64_t entries;

	for (size_t i = 0; i < COUNT(states); i++) {
		change_states(ID_1, states[i]);
		entries = count_rows(DB_AUDIT);
		ck_assert_int_eq(
		    tokentext_parse(laptop, TOKEN_TEXT_SIZE, &token), 0);
		token.secret[i] ^= 1;
		tokentext_format(&token, wrong);
		put_exchange(wrong);
		expect(&root, STATUS_DENIED, told);
		ck_assert(!changes);
		strcpy(told, message);
		token.kind = TOKEN_REFRESH;
		tokentext_format(&token, wrong);
		put_refresh(wrong);
		expect(&root, STATUS_DENIED, told);
		ck_assert(!changes);
		ck_assert_uint_eq(count_rows(DB_AUDIT), entries);
	}
	put_exchange(laptop);
	expect(&root, STATUS_DENIED, told);
}
END_TEST

START_TEST(a_refused_token_says_why_to_its_holder)
{
	struct record before, after;
	struct token token;
	uint32_t version;

	change_states(ID_1, OP_DISABLE);
	put_exchange(laptop);
	expect(&bob, STATUS_DENIED, "API token " ID_1 ": it is disabled");
	change_states(ID_1, OP_ENABLE);
	ck_assert_int_eq(tokentext_parse(laptop, TOKEN_TEXT_SIZE, &token), 0);
	ck_assert(load(ID_1, &before, &version));
	after = before;
	after.spec.uses = 3;
	fixture_change(&fixture, &token, &before, version, &after);
	put_exchange(laptop);
	expect(&bob, STATUS_DENIED, "limited number of uses");
	ck_assert(!changes);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 0);
}
END_TEST

START_TEST(an_exchange_narrows_only)
{
	struct held held;

	wanted.allow = list_of("sshd");
	exchange(&bob, &held);
	ck_assert_int_eq(verify_as(held.access, "alice", "sshd"), STATUS_OK);
	ck_assert_int_eq(
	    verify_as(held.access, "alice", "vsftpd"), STATUS_DENIED);
	ck_assert_int_eq(verify_as(laptop, "alice", "vsftpd"), STATUS_OK);
	wanted.allow = list_of("sudo");
	put_exchange(laptop);
	expect(&root, STATUS_FORBIDDEN, "does not open sudo");
	wanted.allow = list_of("");
	wanted.users = list_of("root");
	put_exchange(laptop);
	expect(&root, STATUS_FORBIDDEN, "login name root");
	wanted.users = list_of("");
	wanted.lifetime = 86401;
	put_exchange(laptop);
	expect(&root, STATUS_INVALID, "24h");
	wanted.lifetime = 60;
	exchange(&bob, &held);
	ck_assert_uint_eq(held.expires_in, 60);
	/* A refresh gives what the exchange gave. */
	refresh(&bob, &held, &held);
	ck_assert_uint_eq(held.expires_in, 60);
}
END_TEST

START_TEST(malformed_requests_are_refused)
{
	put_exchange(laptop);
	wirebuf_put_u8(&packet, 0);
	expect(&root, STATUS_MALFORMED, "");
	put_refresh(laptop);
	wirebuf_put_u8(&packet, 0);
	expect(&root, STATUS_MALFORMED, "");
	(void)request(OP_REFRESH);
	expect(&root, STATUS_MALFORMED, "");
	put_refresh("atr_0000000000_000000000000000000000000000000000");
	expect(&root, STATUS_DENIED, "not a token");
}
END_TEST

/* What ends an API token ends what came of it, at once. */

static void
by_revoking(void)
{
	revoke_token(ID_1);
}

static void
by_disabling(void)
{
	change_states(ID_1, OP_DISABLE);
}

static void
by_regenerating(void)
{
	regenerate(0);
}

static void
by_deleting(void)
{
	change_states(ID_1, OP_DELETE);
}

static const struct {
	void (*end)(void);
	const char *words;
} ends[] = {
	{ by_revoking, "is revoked" },
	{ by_disabling, "is disabled" },
	{ by_regenerating, "another secret" },
	{ by_deleting, "the token is refused" },
};

START_TEST(a_parent_ends_its_children)
{
	struct held held, other;

	exchange(&alice, &held);
	exchange(&alice, &other);
	refresh(&alice, &other, &other);
	ck_assert(opens(&held) && opens(&other));
	ends[_i].end();
	ck_assert(!opens(&held) && !opens(&other));
	put_refresh(held.refresh);
	expect(&alice, STATUS_DENIED, ends[_i].words);
	ck_assert(!changes);
	if (ends[_i].end == by_deleting) {
		ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
		ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 0);
		ck_assert_uint_eq(count_rows(DB_TOKENS_BY_EXPIRY), 0);
		ck_assert_uint_eq(count_rows(DB_USAGE), 0);
	}
}
END_TEST

START_TEST(an_enabled_parent_brings_its_children_back)
{
	struct held held;

	exchange(&alice, &held);
	change_states(ID_1, OP_DISABLE);
	ck_assert(!opens(&held));
	change_states(ID_1, OP_ENABLE);
	ck_assert(opens(&held));
	refresh(&alice, &held, &held);
	ck_assert(opens(&held));
}
END_TEST

/* Whoever made the API token may not make it any more. */
START_TEST(children_rest_on_what_their_parent_rests_on)
{
	static const char *const configs[] = {
		"[agent]\ndefault_role = member\n",
		"[agent]\ndefault_role = none\n",
	};
	struct record before, after;
	struct token token;
	struct held held;
	uint32_t version;

	fixture_close(&fixture);
	open_with(configs[_i]);
	ck_assert_int_eq(tokentext_parse(laptop, TOKEN_TEXT_SIZE, &token), 0);
	ck_assert(load(ID_1, &before, &version));
	after = before;
	after.voucher = span_of("alice");
	after.warrants = list_of("*");
	fixture_change(&fixture, &token, &before, version, &after);
	exchange(&alice, &held);
	ck_assert(opens(&held) == (_i == 0));
	ck_assert(
	    (verify_as(laptop, "alice", "sshd") == STATUS_OK) == (_i == 0));
}
END_TEST

/* With an overlap they live as long as the secret that was exchanged. */
START_TEST(children_live_through_an_overlap)
{
	struct held held, late;

	exchange(&alice, &held);
	regenerate(600);
	ck_assert(opens(&held));
	refresh(&alice, &held, &held);
	ck_assert_uint_eq(held.expires_in, 600);
	exchange(&alice, &late);
	ck_assert_uint_eq(late.expires_in, 600);
	ck_assert_uint_eq(late.refresh_expires_in, 600);
	now += 600;
	ck_assert(!opens(&held) && !opens(&late));
	put_refresh(held.refresh);
	expect(&alice, STATUS_DENIED, "another secret");
}
END_TEST

/* Refreshing. */

START_TEST(a_refresh_gives_the_next_pair)
{
	struct held first, second, third;

	exchange(&alice, &first);
	now += 60;
	refresh(&bob, &first, &second);
	ck_assert(changes);
	expect_audited("bob", "token.refresh", "name=\"laptop\" access=\"");
	ck_assert_str_ne(first.access, second.access);
	ck_assert_str_ne(first.refresh, second.refresh);
	ck_assert_uint_eq(second.expires_in, 900);
	ck_assert_uint_eq(second.refresh_expires_in, 30 * 86400 - 60);
	ck_assert(!opens(&first));
	ck_assert(opens(&second));
	/* Long after the access token is gone, too. */
	now += 86400;
	ck_assert(!opens(&second));
	refresh(&alice, &second, &third);
	ck_assert(opens(&third));
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 2);
	now += 30 * 86400;
	put_refresh(third.refresh);
	expect(&alice, STATUS_DENIED, "is expired");
	/* But that it was. */
	ck_assert(changes);
	put_refresh(third.refresh);
	expect(&alice, STATUS_DENIED, "is expired");
	ck_assert(!changes);
}
END_TEST

/* The answer was lost: it is the same once more, and nothing is written. */
START_TEST(a_lost_answer_is_given_again)
{
	struct held first, second, again;
	uint64_t entries;

	exchange(&alice, &first);
	refresh(&alice, &first, &second);
	entries = count_rows(DB_AUDIT);
	now += LINEAGE_AGAIN;
	refresh(&alice, &first, &again);
	ck_assert(!changes);
	ck_assert_str_eq(second.access, again.access);
	ck_assert_str_eq(second.refresh, again.refresh);
	ck_assert_uint_eq(again.expires_in, 900 - LINEAGE_AGAIN);
	ck_assert_uint_eq(count_rows(DB_AUDIT), entries);
	ck_assert(opens(&again));
	refresh(&alice, &again, &again);
	ck_assert(opens(&again));
}
END_TEST

/* Notes that the access token was used, with the secret of that number. */
static void
use(const char *text, uint8_t number)
{
	struct changeset *set = changeset_new();
	struct usage usage = { .last_used_at = now,
		.count = 1,
		.secrets = { { now, number } },
		.service = span_of("sshd"),
		.from = span_of("") };
	uint8_t bytes[USAGE_SIZE_MAX];
	char id[TOKEN_ID_SIZE + 1];

	id_of(text, id);
	changeset_put(set, DB_USAGE, span_of(id), VERSION_ANY,
	    span_bytes(bytes, usage_encode(&usage, bytes, sizeof(bytes))));
	fixture_apply(&fixture, set);
}

/* Of what came before the answer it is not asked whether it was used. */
START_TEST(a_use_before_the_refresh_does_not_count)
{
	struct held first, second, again;

	exchange(&alice, &first);
	use(first.access, 1);
	refresh(&alice, &first, &second);
	refresh(&alice, &first, &again);
	ck_assert_str_eq(second.access, again.access);
}
END_TEST

static void
too_late(const struct held *second)
{
	(void)second;
	now += LINEAGE_AGAIN + 1;
}

static void
clock_stepped_back(const struct held *second)
{
	(void)second;
	now--;
}

static void
after_a_use(const struct held *second)
{
	use(second->access, 2);
}

static void
after_the_next(const struct held *second)
{
	struct held third;

	refresh(&alice, second, &third);
}

static void
after_many(const struct held *second)
{
	struct held next = *second;

	for (int i = 0; i < 100; i++)
		refresh(&alice, &next, &next);
}

static void
in_time(const struct held *second)
{
	(void)second;
}

static const struct {
	const struct caller *caller;
	void (*between)(const struct held *second);
} reuses[] = {
	{ &bob, in_time },
	{ &root, in_time },
	{ &alice, too_late },
	{ &alice, clock_stepped_back },
	{ &alice, after_a_use },
	{ &alice, after_the_next },
	{ &alice, after_many },
	{ &nobody, after_many },
};

/* As the writer has it: what was noted before stays beside it. */
static void
use_as_the_writer(const char *text, uint8_t number)
{
	struct changeset *set = changeset_new();
	struct usage usage = { .service = span_of(""), .from = span_of("") };
	uint8_t bytes[USAGE_SIZE_MAX];
	char id[TOKEN_ID_SIZE + 1];
	struct row row;

	id_of(text, id);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	if (store_get_authentic(fixture.reader, DB_USAGE, span_of(id), &row) ==
	    0)
		ck_assert_int_eq(usage_decode(row.body, &usage), 0);
	usage.service = usage.from = span_of("");
	usage.last_used_at = now;
	usage_note_secret(usage.secrets, number, now);
	changeset_put(set, DB_USAGE, span_of(id), VERSION_ANY,
	    span_bytes(bytes, usage_encode(&usage, bytes, sizeof(bytes))));
	store_read_end(fixture.reader);
	fixture_apply(&fixture, set);
}

/* The numbers of the secrets have begun anew then. */
START_TEST(a_use_is_seen_after_any_number_of_refreshes)
{
	struct held before, held;
	unsigned number = 1;

	exchange(&alice, &held);
	for (int i = 0; i < 300; i++) {
		use_as_the_writer(held.access, (uint8_t)number);
		now += 60;
		before = held;
		refresh(&alice, &before, &held);
		number = number == UINT8_MAX ? 1 : number + 1;
	}
	now++;
	ck_assert(opens(&held));
	use_as_the_writer(held.access, (uint8_t)number);
	put_refresh(before.refresh);
	expect(&alice, STATUS_DENIED, "was used before");
	ck_assert(!opens(&held));
}
END_TEST

/* Then two have it, and none of them keeps anything. */
START_TEST(a_reused_token_ends_its_family)
{
	struct held first, second, other;
	struct record record;
	char id[TOKEN_ID_SIZE + 1];
	uint32_t version;

	exchange(&alice, &first);
	exchange(&alice, &other);
	refresh(&alice, &first, &second);
	reuses[_i].between(&second);
	put_refresh(first.refresh);
	expect(reuses[_i].caller, STATUS_DENIED, "used before");
	ck_assert(changes);
	expect_audited(reuses[_i].caller->login, "family.end",
	    "reason=\"a refresh token was used twice\"");
	ck_assert(!opens(&second));
	put_refresh(second.refresh);
	expect(&alice, STATUS_DENIED, "used twice");
	ck_assert(!changes);
	put_refresh(first.refresh);
	expect(&alice, STATUS_DENIED, "used twice");
	ck_assert(!changes);
	id_of(first.refresh, id);
	ck_assert(load(id, &record, &version));
	ck_assert_int_eq(record.state, STATE_REVOKED);
	/* Only this one: what others exchanged is theirs. */
	ck_assert(opens(&other));
	refresh(&alice, &other, &other);
	put_exchange(laptop);
	expect(&alice, STATUS_OK, "");
}
END_TEST

/* Two at a time: the second is worked on again, and gets the same. */
START_TEST(racing_refreshes_get_one_pair)
{
	struct changeset *sets[2];
	struct held first, second, again;
	int results[2];

	exchange(&alice, &first);
	for (int i = 0; i < 2; i++) {
		put_refresh(first.refresh);
		ck_assert_int_eq(ask_only(&alice, &sets[i]), STATUS_OK);
		read_pair(i == 0 ? &second : &again);
	}
	ck_assert_int_eq(store_apply(fixture.agent.store, sets, 2, results), 0);
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], ERROR_STALE);
	changeset_free(sets[0]);
	changeset_free(sets[1]);
	refresh(&alice, &first, &again);
	ck_assert_str_eq(second.access, again.access);
	ck_assert(!changes);
}
END_TEST

/* What was computed for a token that is another one by now is not done. */
START_TEST(a_change_of_the_parent_is_not_overtaken)
{
	struct changeset *set;
	int result = 0;

	put_exchange(laptop);
	ck_assert_int_eq(ask_only(&alice, &set), STATUS_OK);
	revoke_token(ID_1);
	(void)store_apply(fixture.agent.store, &set, 1, &result);
	ck_assert_int_eq(result, ERROR_STALE);
	changeset_free(set);
	put_exchange(laptop);
	expect(&alice, STATUS_DENIED, "is revoked");
}
END_TEST

/* The halves of a pair stop and go on together. */
START_TEST(a_half_stops_the_other)
{
	struct held held;
	char access[TOKEN_ID_SIZE + 1], family[TOKEN_ID_SIZE + 1];

	exchange(&alice, &held);
	id_of(held.access, access);
	id_of(held.refresh, family);
	change_states(family, OP_DISABLE);
	ck_assert(!opens(&held));
	put_refresh(held.refresh);
	expect(&alice, STATUS_DENIED, "is disabled");
	change_states(access, OP_ENABLE);
	ck_assert(opens(&held));
	refresh(&alice, &held, &held);
	revoke_token(_i == 0 ? access : family);
	ck_assert(!opens(&held));
	put_refresh(held.refresh);
	expect(&alice, STATUS_DENIED, "is revoked");
	change_states(_i == 0 ? access : family, OP_DELETE);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 0);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 2);
}
END_TEST

START_TEST(a_half_is_not_edited)
{
	struct held held;
	char ids[2][TOKEN_ID_SIZE + 1];

	exchange(&alice, &held);
	id_of(held.access, ids[0]);
	id_of(held.refresh, ids[1]);
	for (int i = 0; i < 2; i++) {
		edit_request_put(request(OP_EDIT),
		    &(struct edit_request) { .selector = span_of(ids[i]),
			.fields = FIELD_EXPIRES,
			.spec = { .kind = TOKEN_API,
			    .type = TYPE_FULL_ACCESS,
			    .uses = USES_UNLIMITED } });
		expect(&root, STATUS_CONFLICT, "API token " ID_1);
		regenerate_request_put(
		    request(OP_REGENERATE), &(struct regenerate_request) {
						.selector = span_of(ids[i]) });
		expect(&root, STATUS_CONFLICT, "API token " ID_1);
	}
	ck_assert(opens(&held));
}
END_TEST

/* A row that a purge took away is made again with the next pair. */
START_TEST(a_purged_access_token_comes_back)
{
	struct held held;
	struct record record;
	struct token token;
	uint32_t version;

	exchange(&alice, &held);
	now += 901;
	ck_assert_int_eq(
	    tokentext_parse(held.access, TOKEN_TEXT_SIZE, &token), 0);
	ck_assert(load(token.id, &record, &version));
	fixture_change(&fixture, &token, &record, version, NULL);
	refresh(&alice, &held, &held);
	ck_assert(opens(&held));
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 2);
}
END_TEST

/* Limits. */

START_TEST(so_many_are_alive_and_no_more)
{
	struct held first, second, third;

	exchange(&alice, &first);
	ck_assert_uint_eq(first.refresh_expires_in, 3600);
	now += 60;
	exchange(&alice, &second);
	put_exchange(laptop);
	expect(&root, STATUS_CONFLICT, "2 at a time ([limits] access_tokens)");
	ck_assert(!changes);
	/* A refresh makes no more of them. */
	now += 300;
	refresh(&alice, &first, &first);
	now += 600;
	exchange(&alice, &third);
	/* But what is idle comes back only where there is room. */
	put_refresh(second.refresh);
	expect(&alice, STATUS_CONFLICT, "2 at a time");
	now += 300;
	refresh(&alice, &second, &second);
}
END_TEST

START_TEST(racing_exchanges_keep_the_limit)
{
	struct changeset *sets[2];
	struct held first;
	int results[2];

	exchange(&alice, &first);
	for (int i = 0; i < 2; i++) {
		put_exchange(laptop);
		ck_assert_int_eq(ask_only(&alice, &sets[i]), STATUS_OK);
	}
	ck_assert_int_eq(store_apply(fixture.agent.store, sets, 2, results), 0);
	ck_assert_int_eq(results[1], ERROR_STALE);
	changeset_free(sets[0]);
	changeset_free(sets[1]);
	put_exchange(laptop);
	expect(&alice, STATUS_CONFLICT, "access_tokens");
}
END_TEST

/* However many are exchanged and left lying, there is an end to their rows. */
START_TEST(idle_pairs_are_few)
{
	struct held first, held;

	wanted.lifetime = 1;
	exchange(&alice, &first);
	for (int i = 0; i < CHILDREN_IDLE + 20; i++) {
		now++;
		exchange(&alice, &held);
	}
	ck_assert_uint_le(
	    count_rows(DB_TOKENS_BY_PARENT), 2 * (CHILDREN_IDLE + 2));
	now++;
	put_refresh(first.refresh);
	expect(&alice, STATUS_DENIED, "the token is refused");
	refresh(&alice, &held, &held);
	change_states(ID_1, OP_DELETE);
	ck_assert_uint_eq(count_rows(DB_TOKENS), 1);
	ck_assert_uint_eq(count_rows(DB_TOKENS_BY_PARENT), 0);
}
END_TEST

/* A pair that was got in the last second of its family ends with it. */
START_TEST(a_pair_ends_with_its_family)
{
	struct held first, second;

	wanted.lifetime = ACCESS_LIFETIME_MAX;
	exchange(&alice, &first);
	ck_assert_uint_eq(first.expires_in, 3600);
	now += 3599;
	refresh(&alice, &first, &second);
	ck_assert_uint_eq(second.expires_in, 1);
	ck_assert_uint_eq(second.refresh_expires_in, 1);
	ck_assert(opens(&second));
	now++;
	ck_assert(!opens(&second));
}
END_TEST

/* A clock that errs must not keep what two have. */
START_TEST(a_reuse_after_the_end_ends_the_family)
{
	struct held first, second;

	exchange(&alice, &first);
	now += 3599;
	refresh(&alice, &first, &second);
	now += 10;
	put_refresh(first.refresh);
	expect(&bob, STATUS_DENIED, "was used before");
	ck_assert(changes);
	now -= 10;
	ck_assert(!opens(&second));
	put_refresh(second.refresh);
	expect(&alice, STATUS_DENIED, "is revoked");
}
END_TEST

/* The record says from then on that it is over, and is written once. */
static void
expect_lapse(const struct caller *caller, const char *id)
{
	struct record record;
	uint32_t version;

	expect(caller, STATUS_DENIED, "expired");
	ck_assert(changes);
	ck_assert(load(id, &record, &version));
	ck_assert(record.lapsed);
}

static void
expect_no_lapse(void)
{
	expect(&alice, STATUS_DENIED, "expired");
	ck_assert(!changes);
}

static void
expire_parent(uint64_t at)
{
	struct changeset *set = changeset_new();
	struct record before, after;
	uint32_t version;

	ck_assert(load(ID_1, &before, &version));
	after = before;
	after.spec.expires_at = at;
	changeset_token(set, span_of(ID_1), &before, version, &after);
	fixture_apply(&fixture, set);
}

START_TEST(who_exchanged_too_late_does_so_from_now_on)
{
	struct held held;
	char wrong[TOKEN_TEXT_SIZE + 1];
	struct token token;

	exchange(&alice, &held);
	expire_parent(now + 100);
	now += 200;
	ck_assert_int_eq(tokentext_parse(laptop, TOKEN_TEXT_SIZE, &token), 0);
	token.secret[0] ^= 1;
	tokentext_format(&token, wrong);
	put_exchange(wrong);
	expect(&alice, STATUS_DENIED, "the token is refused");
	ck_assert(!changes);
	put_exchange(laptop);
	expect_lapse(&alice, ID_1);
	now -= 150;
	put_exchange(laptop);
	expect_no_lapse();
	put_refresh(held.refresh);
	expect_no_lapse();
	ck_assert(!opens(&held));
	ck_assert(!logs_in(laptop));
}
END_TEST

START_TEST(who_refreshed_too_late_does_so_from_now_on)
{
	struct held held;
	char id[TOKEN_ID_SIZE + 1];

	exchange(&alice, &held);
	id_of(held.refresh, id);
	now += 3600;
	put_refresh(held.refresh);
	expect_lapse(&alice, id);
	now -= 3000;
	put_refresh(held.refresh);
	expect_no_lapse();
	/* Or that of which it came. */
	exchange(&alice, &held);
	expire_parent(now + 1000);
	now += 1000;
	put_refresh(held.refresh);
	expect_lapse(&alice, ID_1);
	now -= 1000;
	put_refresh(held.refresh);
	expect_no_lapse();
	put_exchange(laptop);
	expect_no_lapse();
}
END_TEST

/* Without the key that a family's secrets follow by it goes on by another. */
START_TEST(a_family_outlives_its_key)
{
	struct held held;
	struct record before, after;
	struct token token;
	uint32_t version;

	exchange(&alice, &held);
	ck_assert_int_eq(
	    tokentext_parse(held.refresh, TOKEN_TEXT_SIZE, &token), 0);
	ck_assert(load(token.id, &before, &version));
	after = before;
	after.lineage.key_number = 200;
	fixture_change(&fixture, &token, &before, version, &after);
	refresh(&alice, &held, &held);
	ck_assert(opens(&held));
	ck_assert(load(token.id, &before, &version));
	ck_assert_uint_eq(before.lineage.key_number, 1);
}
END_TEST

static TCase *
new_case(const char *name, void (*set_up)(void))
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, scene_close);
	return tcase;
}

static TCase *
exchange_case(void)
{
	TCase *tcase = new_case("exchange", setup);

	tcase_add_test(tcase, whoever_holds_a_token_exchanges_it);
	tcase_add_test(tcase, an_exchange_is_audited_and_a_use);
	tcase_add_test(tcase, a_pair_is_not_listed);
	tcase_add_test(tcase, nobody_learns_anything_without_the_secret);
	tcase_add_test(tcase, a_refused_token_says_why_to_its_holder);
	tcase_add_test(tcase, an_exchange_narrows_only);
	tcase_add_test(tcase, malformed_requests_are_refused);
	tcase_add_loop_test(tcase, a_parent_ends_its_children, 0, COUNT(ends));
	tcase_add_test(tcase, an_enabled_parent_brings_its_children_back);
	tcase_add_loop_test(
	    tcase, children_rest_on_what_their_parent_rests_on, 0, 2);
	tcase_add_test(tcase, children_live_through_an_overlap);
	tcase_add_test(tcase, a_change_of_the_parent_is_not_overtaken);
	return tcase;
}

static TCase *
refresh_case(void)
{
	TCase *tcase = new_case("refresh", setup);

	tcase_add_test(tcase, a_refresh_gives_the_next_pair);
	tcase_add_test(tcase, a_lost_answer_is_given_again);
	tcase_add_test(tcase, a_use_before_the_refresh_does_not_count);
	tcase_add_test(tcase, a_use_is_seen_after_any_number_of_refreshes);
	tcase_add_loop_test(
	    tcase, a_reused_token_ends_its_family, 0, COUNT(reuses));
	tcase_add_test(tcase, racing_refreshes_get_one_pair);
	tcase_add_loop_test(tcase, a_half_stops_the_other, 0, 2);
	tcase_add_test(tcase, a_half_is_not_edited);
	tcase_add_test(tcase, a_purged_access_token_comes_back);
	tcase_add_test(tcase, a_family_outlives_its_key);
	return tcase;
}

static TCase *
limits_case(void)
{
	TCase *tcase = new_case("limits", setup_limits);

	tcase_add_test(tcase, so_many_are_alive_and_no_more);
	tcase_add_test(tcase, racing_exchanges_keep_the_limit);
	tcase_add_test(tcase, idle_pairs_are_few);
	tcase_add_test(tcase, a_pair_ends_with_its_family);
	tcase_add_test(tcase, a_reuse_after_the_end_ends_the_family);
	tcase_add_test(tcase, who_exchanged_too_late_does_so_from_now_on);
	tcase_add_test(tcase, who_refreshed_too_late_does_so_from_now_on);
	return tcase;
}

int
main(void)
{
	TCase *cases[3];

	if (crypto_init() < 0)
		return 1;
	cases[0] = exchange_case();
	cases[1] = refresh_case();
	cases[2] = limits_case();
	return run_cases("op_exchange", cases, COUNT(cases));
}
