/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/purge.h"
#include "agent/store/walk.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/agent_fixture.h"

#define DAY  UINT64_C(86400)
#define KEEP (90 * DAY)

static struct fixture fixture;
static char ids[2000][TOKEN_ID_SIZE + 1];

static void
setup(void)
{
	fixture_open(&fixture, "");
}

static void
teardown(void)
{
	fixture_close(&fixture);
}

/* What a token is when it is looked at. */
struct past {
	enum token_kind kind;
	enum token_state state;
	int64_t expires; /* seconds before NOW; 0: never */
	int64_t changed; /* seconds before NOW; 0: never */
	bool goes;
};

static const struct past pasts[] = {
	/* expired */
	{ TOKEN_API, STATE_ACTIVE, 90 * 86400, 0, true },
	{ TOKEN_API, STATE_ACTIVE, 90 * 86400 - 1, 0, false },
	{ TOKEN_API, STATE_ACTIVE, 400 * 86400, 0, true },
	{ TOKEN_API, STATE_ACTIVE, 0, 400 * 86400, false },
	{ TOKEN_API, STATE_ACTIVE, -86400, 400 * 86400, false },
	/* revoked: what ended it first counts */
	{ TOKEN_API, STATE_REVOKED, 0, 90 * 86400, true },
	{ TOKEN_API, STATE_REVOKED, 0, 90 * 86400 - 1, false },
	{ TOKEN_API, STATE_REVOKED, 1, 90 * 86400, true },
	{ TOKEN_API, STATE_REVOKED, 90 * 86400, 1, true },
	{ TOKEN_API, STATE_REVOKED, -86400, 90 * 86400, true },
	{ TOKEN_API, STATE_REVOKED, -86400, 86400, false },
	{ TOKEN_API, STATE_REVOKED, 0, 0, false },
	/* disabled and pending ones stay, however old */
	{ TOKEN_API, STATE_DISABLED, 400 * 86400, 400 * 86400, false },
	{ TOKEN_API, STATE_DISABLED, 0, 400 * 86400, false },
	{ TOKEN_API, STATE_PENDING, 400 * 86400, 0, false },
	{ TOKEN_MANAGEMENT, STATE_ACTIVE, 90 * 86400, 0, true },
	{ TOKEN_MANAGEMENT, STATE_ACTIVE, 86400, 0, false },
	/* what is short-lived goes soon */
	{ TOKEN_ACCESS, STATE_ACTIVE, 3600, 0, true },
	{ TOKEN_ACCESS, STATE_ACTIVE, 3599, 0, false },
	{ TOKEN_ACCESS, STATE_ACTIVE, -900, 0, false },
	{ TOKEN_ACCESS, STATE_REVOKED, -900, 3600, true },
	{ TOKEN_REFRESH, STATE_ACTIVE, 3600, 0, true },
	{ TOKEN_REFRESH, STATE_DISABLED, 3600, 0, true },
	{ TOKEN_REFRESH, STATE_ACTIVE, 0, 0, false },
};

#define PASTS COUNT(pasts)

static uint64_t
before_now(int64_t seconds)
{
	return seconds == 0 ? 0 : (uint64_t)((int64_t)NOW - seconds);
}

static void
add(const char *id, const struct past *past)
{
	struct changeset *set;
	struct record record;
	struct token token;

	good_token(&record, &token);
	memcpy(token.id, id, TOKEN_ID_SIZE + 1);
	record.spec.kind = past->kind;
	record.spec.name = span_of(id);
	record.spec.expires_at = before_now(past->expires);
	record.state = past->state;
	record.changed_at = before_now(past->changed);
	fixture_add(&fixture, &token, &record);
	set = changeset_new();
	changeset_put(
	    set, DB_USAGE, span_of(id), VERSION_ABSENT, span_of("a use"));
	fixture_apply(&fixture, set);
}

/* A refresh token without an end, of that API token. */
static void
add_child(const char *id, const char *parent)
{
	struct changeset *set;
	struct record record;
	struct token token;

	good_token(&record, &token);
	memcpy(token.id, id, TOKEN_ID_SIZE + 1);
	record.spec.kind = TOKEN_REFRESH;
	record.spec.expires_at = TIME_NEVER;
	record.lineage.parent = span_of(parent);
	record.lineage.partner = span_of("partner000");
	fixture_add(&fixture, &token, &record);
	set = changeset_new();
	changeset_put(
	    set, DB_USAGE, span_of(id), VERSION_ABSENT, span_of("a use"));
	fixture_apply(&fixture, set);
}

static bool
has(enum database database, const char *id, uint8_t secret)
{
	uint8_t key[TOKEN_ID_SIZE + 1];
	struct row row;
	int rv;

	memcpy(key, id, TOKEN_ID_SIZE);
	key[TOKEN_ID_SIZE] = secret;
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = store_get_authentic(fixture.reader, database,
	    span_bytes(key, TOKEN_ID_SIZE + (secret > 0)), &row);
	store_read_end(fixture.reader);
	ck_assert(rv == 0 || rv == ERROR_NOT_FOUND);
	return rv == 0;
}

static uint64_t
count(enum database database)
{
	uint64_t rows;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rows = store_count(fixture.reader, database);
	store_read_end(fixture.reader);
	return rows;
}

/* A slice, applied; how many rows there were to write. */
static size_t
slice(struct purge *purge, uint64_t retention, uint64_t now, bool *more)
{
	struct changeset *set = changeset_new();
	size_t changes;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(
	    purge_slice(purge, fixture.reader, retention, now, set, more), 0);
	store_read_end(fixture.reader);
	changes = set->count;
	ck_assert_uint_le(changes, 10000);
	if (changes > 0)
		fixture_apply(&fixture, set);
	else
		changeset_free(set);
	return changes;
}

/* A whole round; how many slices it took. */
static unsigned
round_of(uint64_t retention, uint64_t now)
{
	struct purge purge = { 0 };
	unsigned slices = 0;
	bool more = true;

	for (; more; slices++)
		slice(&purge, retention, now, &more);
	return slices;
}

static void
expect_sound(void)
{
	char why[256] = "";

	ck_assert_msg(
	    walk_store(fixture.agent.store, why, sizeof(why)) == 0, "%s", why);
}

START_TEST(what_ended_long_ago_goes)
{
	unsigned gone = 0, buried = 0;

	for (size_t i = 0; i < PASTS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "past%06zu", i);
		add(ids[i], &pasts[i]);
	}
	ck_assert_uint_eq(round_of(KEEP, NOW), 2);
	for (size_t i = 0; i < PASTS; i++) {
		bool is_short = pasts[i].kind == TOKEN_ACCESS ||
				pasts[i].kind == TOKEN_REFRESH;
		bool goes = pasts[i].goes;

		ck_assert_msg(has(DB_TOKENS, ids[i], 0) == !goes, "%zu", i);
		ck_assert(has(DB_USAGE, ids[i], 0) == !goes);
		ck_assert(has(DB_TOMBSTONES, ids[i], 1) == (goes && !is_short));
		gone += goes;
		buried += goes && !is_short;
	}
	ck_assert_uint_eq(count(DB_TOKENS), PASTS - gone);
	ck_assert_uint_eq(count(DB_TOMBSTONES), buried);
	ck_assert_uint_eq(count(DB_AUDIT), 1);
	expect_sound();
	/* Once more there is nothing to do. */
	ck_assert_uint_eq(round_of(KEEP, NOW), 2);
	ck_assert_uint_eq(count(DB_AUDIT), 1);
}
END_TEST

START_TEST(never_keeps_all_but_the_short_lived)
{
	unsigned left = 0;

	for (size_t i = 0; i < PASTS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "past%06zu", i);
		add(ids[i], &pasts[i]);
	}
	round_of(0, NOW);
	for (size_t i = 0; i < PASTS; i++) {
		bool is_short = pasts[i].kind == TOKEN_ACCESS ||
				pasts[i].kind == TOKEN_REFRESH;
		bool goes = is_short && pasts[i].goes;

		ck_assert(has(DB_TOKENS, ids[i], 0) == !goes);
		left += !goes;
	}
	ck_assert_uint_eq(count(DB_TOKENS), left);
	ck_assert_uint_eq(count(DB_AUDIT), 0);
	expect_sound();
}
END_TEST

/* A retention shorter than an hour is looked for as well; and a clock before
 * 1970 and an hour is no reason for anything. */
START_TEST(any_retention_and_clock_do)
{
	const struct past past = { TOKEN_API, STATE_ACTIVE, 10, 0, true };

	add("past000000", &past);
	round_of(KEEP, 0);
	round_of(1, 1);
	round_of(11, NOW);
	ck_assert_uint_eq(count(DB_TOKENS), 1);
	round_of(10, NOW);
	ck_assert_uint_eq(count(DB_TOKENS), 0);
	expect_sound();
}
END_TEST

/* The detail of the audit's entry with that number. */
static void
read_detail(uint64_t number, char *detail, size_t size)
{
	uint8_t previous[CRYPTO_MAC_SIZE];
	struct audit_entry entry;
	uint8_t key[8];
	struct row row;

	audit_key(number, key);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(store_get_authentic(fixture.reader, DB_AUDIT,
			     span_bytes(key, sizeof(key)), &row),
	    0);
	ck_assert_int_eq(audit_decode(row.body, &entry, previous), 0);
	ck_assert(span_is(entry.actor, ACTOR_AGENT));
	ck_assert(span_is(entry.action, "token.purge"));
	ck_assert_int_eq(span_text(entry.detail, detail, size), 0);
	store_read_end(fixture.reader);
}

#define MANY 1000

/* Slices are small, all of them together everything, and each id is kept. */
START_TEST(many_go_in_slices)
{
	struct past past = { TOKEN_API, STATE_ACTIVE, 100 * 86400, 0, true };
	char detail[AUDIT_DETAIL_MAX + 1];
	struct purge purge = { 0 };
	unsigned listed = 0;
	bool more = true;
	size_t most = 0;

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "many%06u", i);
		past.expires = 100 * 86400 + i % 7;
		add(ids[i], &past);
	}
	while (more) {
		size_t changes = slice(&purge, KEEP, NOW, &more);

		if (changes > most)
			most = changes;
	}
	ck_assert_uint_lt(most, 4000);
	ck_assert_uint_eq(count(DB_TOKENS), 0);
	ck_assert_uint_eq(count(DB_USAGE), 0);
	ck_assert_uint_eq(count(DB_TOMBSTONES), MANY);
	for (uint64_t i = 1; i <= count(DB_AUDIT); i++) {
		read_detail(i, detail, sizeof(detail));
		for (const char *at = detail; at != NULL;
		     at = strstr(at + 1, "many"))
			listed += *at == 'm';
	}
	ck_assert_uint_eq(listed, MANY);
	expect_sound();
}
END_TEST

/* Those that stay do not keep those behind them from being found. */
START_TEST(what_stays_is_passed_over)
{
	const struct past stays = { TOKEN_API, STATE_DISABLED, 200 * 86400, 0,
		false };
	const struct past goes = { TOKEN_API, STATE_ACTIVE, 100 * 86400, 0,
		true };

	for (unsigned i = 0; i < COUNT(ids); i++) {
		snprintf(ids[i], sizeof(ids[i]), "stay%06u", i);
		add(ids[i], &stays);
	}
	add("stay999999", &stays);
	add("goes000000", &goes);
	ck_assert_uint_eq(round_of(KEEP, NOW), 3);
	ck_assert(!has(DB_TOKENS, "goes000000", 0));
	ck_assert_uint_eq(count(DB_TOKENS), COUNT(ids) + 1);
}
END_TEST

/* What has no end of its own ends with what it came from, in the same round,
 * and what still has that stays. */
START_TEST(children_go_with_their_parent)
{
	const struct past goes = { TOKEN_API, STATE_REVOKED, 0, 100 * 86400,
		true };
	const struct past stays = { TOKEN_API, STATE_REVOKED, 0, 86400, false };

	add("goes000000", &goes);
	add("stay000000", &stays);
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "kid_%06u", i);
		add_child(ids[i], i % 2 == 0 ? "goes000000" : "stay000000");
	}
	ck_assert_uint_eq(round_of(KEEP, NOW), 2 + MANY / 2 / 400);
	for (unsigned i = 0; i < MANY; i++) {
		ck_assert(has(DB_TOKENS, ids[i], 0) == (i % 2 != 0));
		ck_assert(has(DB_USAGE, ids[i], 0) == (i % 2 != 0));
	}
	ck_assert_uint_eq(count(DB_TOKENS_BY_PARENT), MANY / 2);
	ck_assert_uint_eq(count(DB_TOMBSTONES), 1);
	ck_assert_uint_eq(count(DB_AUDIT), 1);
	expect_sound();
}
END_TEST

/* Whatever took the parent away, and whatever it left. */
START_TEST(children_without_a_parent_go)
{
	add_child("orphan0000", "nobody0000");
	ck_assert_uint_eq(round_of(0, NOW), 2);
	ck_assert(!has(DB_TOKENS, "orphan0000", 0));
	ck_assert_uint_eq(count(DB_TOKENS_BY_PARENT), 0);
	expect_sound();
}
END_TEST

/* The index has no MAC: who changed it has nothing deleted. */
START_TEST(an_index_that_lies_takes_nothing_away)
{
	const struct past past = { TOKEN_API, STATE_ACTIVE, 0, 0, false };
	struct changeset *set = changeset_new();

	add("stay000000", &past);
	add_child("kid_000000", "stay000000");
	changeset_index(set, DB_TOKENS_BY_PARENT, CHANGE_INDEX_ADD,
	    span_of("nobody0000"), span_of("stay000000"));
	changeset_index(set, DB_TOKENS_BY_PARENT, CHANGE_INDEX_ADD,
	    span_of("nobody0000"), span_of("kid_000000"));
	changeset_index(set, DB_TOKENS_BY_PARENT, CHANGE_INDEX_ADD,
	    span_of("nobody0000"), span_of("absent0000"));
	fixture_apply(&fixture, set);
	round_of(KEEP, NOW);
	ck_assert(has(DB_TOKENS, "stay000000", 0));
	ck_assert(has(DB_TOKENS, "kid_000000", 0));
}
END_TEST

/* Somebody was faster: nothing of the slice is done. */
START_TEST(a_late_slice_changes_nothing)
{
	const struct past past = { TOKEN_API, STATE_ACTIVE, 100 * 86400, 0,
		true };
	struct changeset *set = changeset_new();
	struct purge purge = { 0 };
	struct record before, after;
	struct row row;
	struct token token = { .id = "late000000" };
	int result = 0;
	bool more;

	add(token.id, &past);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(
	    purge_slice(&purge, fixture.reader, KEEP, NOW, set, &more), 0);
	ck_assert_int_eq(store_get_authentic(fixture.reader, DB_TOKENS,
			     span_of(token.id), &row),
	    0);
	ck_assert_int_eq(record_decode(row.body, &before), 0);
	after = before;
	after.spec.expires_at = NOW + 1;
	fixture_change(&fixture, &token, &before, row.version, &after);
	store_read_end(fixture.reader);
	store_apply(fixture.agent.store, &set, 1, &result);
	changeset_free(set);
	ck_assert_int_eq(result, ERROR_STALE);
	ck_assert(has(DB_TOKENS, token.id, 0));
	ck_assert_uint_eq(count(DB_AUDIT), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("purge");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_ended_long_ago_goes);
	tcase_add_test(tcase, never_keeps_all_but_the_short_lived);
	tcase_add_test(tcase, any_retention_and_clock_do);
	tcase_add_test(tcase, many_go_in_slices);
	tcase_add_test(tcase, what_stays_is_passed_over);
	tcase_add_test(tcase, children_go_with_their_parent);
	tcase_add_test(tcase, children_without_a_parent_go);
	tcase_add_test(tcase, an_index_that_lies_takes_nothing_away);
	tcase_add_test(tcase, a_late_slice_changes_nothing);
	return run_cases("purge", &tcase, 1);
}
