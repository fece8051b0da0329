/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/store/changeset.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

static struct record before;
static struct record after;

static void
set_up(void)
{
	struct token token;

	ck_assert_int_eq(crypto_init(), 0);
	good_token(&before, &token);
	before.spec.expires_at = NOW + 1000;
	after = before;
}

static void
rename_it(void)
{
	after.spec.name = span_of("desktop");
}

static void
give_it_away(void)
{
	after.spec.owner = span_of("bob");
}

static void
expire_later(void)
{
	after.spec.expires_at++;
}

static void
expire_never(void)
{
	after.spec.expires_at = TIME_NEVER;
}

static void
move_project(void)
{
	after.spec.projects = list_of("web");
}

static void
add_project(void)
{
	after.spec.projects = list_of("default web");
}

static void
open_to_organization(void)
{
	after.spec.organization = true;
	after.spec.projects = list_of("");
}

static void
revoke_it(void)
{
	after.state = STATE_REVOKED;
	after.changed_at = NOW;
}

static void
revoke_it_late(void)
{
	after.state = STATE_REVOKED;
	after.changed_at = after.spec.expires_at + 1;
}

/* What a change of a record costs in each index: entries out, entries in. */
static const struct {
	void (*change)(void);
	unsigned out[DB_COUNT];
	unsigned in[DB_COUNT];
} edits[] = {
	{ revoke_it, { [DB_TOKENS_BY_EXPIRY] = 1 },
	    { [DB_TOKENS_BY_EXPIRY] = 1 } },
	{ revoke_it_late, { 0 }, { 0 } },
	{ rename_it, { [DB_TOKEN_NAMES] = 1 }, { [DB_TOKEN_NAMES] = 1 } },
	{ give_it_away, { [DB_TOKEN_NAMES] = 1, [DB_TOKENS_BY_OWNER] = 1 },
	    { [DB_TOKEN_NAMES] = 1, [DB_TOKENS_BY_OWNER] = 1 } },
	{ expire_later, { [DB_TOKENS_BY_EXPIRY] = 1 },
	    { [DB_TOKENS_BY_EXPIRY] = 1 } },
	{ expire_never, { [DB_TOKENS_BY_EXPIRY] = 1 }, { 0 } },
	{ move_project, { [DB_TOKENS_BY_PROJECT] = 1 },
	    { [DB_TOKENS_BY_PROJECT] = 1 } },
	{ add_project, { [DB_TOKENS_BY_PROJECT] = 1 },
	    { [DB_TOKENS_BY_PROJECT] = 2 } },
	{ open_to_organization, { [DB_TOKENS_BY_PROJECT] = 1 },
	    { [DB_TOKENS_BY_PROJECT] = 1 } },
};

static unsigned
count_of(
    const struct changeset *set, enum database database, enum change_kind kind)
{
	unsigned count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += set->changes[i].database == database &&
			 set->changes[i].kind == kind;
	return count;
}

START_TEST(edit_changes_what_it_must_and_no_more)
{
	struct changeset *set = changeset_new();
	size_t total = 1;

	edits[_i].change();
	changeset_token(set, fixture_id(1), &before, 7, &after);
	ck_assert(!set->failed);
	for (enum database d = 0; d < DB_COUNT; d++) {
		ck_assert_uint_eq(
		    count_of(set, d, CHANGE_INDEX_REMOVE), edits[_i].out[d]);
		ck_assert_uint_eq(
		    count_of(set, d, CHANGE_INDEX_ADD), edits[_i].in[d]);
		total += edits[_i].out[d] + edits[_i].in[d];
	}
	ck_assert_uint_eq(count_of(set, DB_TOKENS, CHANGE_PUT), 1);
	ck_assert_uint_eq(set->count, total);
	ck_assert_uint_eq(set->changes[set->count - 1].version, 7);
	changeset_free(set);
}
END_TEST

/* In the store: exactly the entries that the record would be made with. */
START_TEST(edit_leaves_the_indexes_of_a_new_record)
{
	uint64_t counts[DB_COUNT];
	struct changeset *set = changeset_new();
	struct fixture f;

	fixture_init(&f);
	edits[_i].change();
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &after), 0);
	for (enum database d = 0; d < DB_COUNT; d++)
		counts[d] = store_count(fixture_view(&f), d);
	fixture_fini(&f);
	set_up();
	fixture_init(&f);
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &before), 0);
	edits[_i].change();
	changeset_token(set, fixture_id(1), &before, 1, &after);
	ck_assert_int_eq(fixture_apply(&f, set), 0);
	for (enum database d = 0; d < DB_AUDIT; d++)
		ck_assert_uint_eq(store_count(fixture_view(&f), d), counts[d]);
	fixture_fini(&f);
}
END_TEST

START_TEST(delete_takes_every_entry_out)
{
	struct fixture f;

	fixture_init(&f);
	before.spec.projects = list_of("default web mail");
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &before), 0);
	ck_assert_uint_eq(
	    store_count(fixture_view(&f), DB_TOKENS_BY_PROJECT), 3);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	for (enum database d = 0; d < DB_AUDIT; d++)
		ck_assert_uint_eq(store_count(fixture_view(&f), d), 0);
	ck_assert_uint_eq(store_count(f.reader, DB_TOMBSTONES), 1);
	fixture_fini(&f);
}
END_TEST

/* What comes of a token is found by its end and by where it came from. */
START_TEST(pairs_are_in_two_indexes_only)
{
	static const enum token_kind kinds[] = { TOKEN_ACCESS, TOKEN_REFRESH };
	struct fixture f;

	fixture_init(&f);
	before.spec.kind = kinds[_i];
	before.lineage.parent = span_of("parent0000");
	before.lineage.partner = span_of("partner000");
	before.spec.projects = list_of("default web");
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &before), 0);
	for (enum database d = 0; d < DB_AUDIT; d++)
		ck_assert_uint_eq(store_count(fixture_view(&f), d),
		    d == DB_TOKENS || d == DB_TOKENS_BY_EXPIRY);
	ck_assert_uint_eq(
	    store_count(fixture_view(&f), DB_TOKENS_BY_PARENT), 1);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	for (enum database d = 0; d < DB_AUDIT; d++)
		ck_assert_uint_eq(store_count(fixture_view(&f), d), 0);
	ck_assert_uint_eq(
	    store_count(fixture_view(&f), DB_TOKENS_BY_PARENT), 0);
	fixture_fini(&f);
}
END_TEST

START_TEST(tombstone_for_each_secret)
{
	struct changeset *set = changeset_new();
	struct token token;

	crypto_new_token(TOKEN_API, &token);
	set_secret(&before, 1, &token);
	changeset_tombstones(set, fixture_id(1), &before, NOW, span_of("alice"),
	    span_of("lost"));
	ck_assert(!set->failed);
	ck_assert_uint_eq(set->count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(set->changes[i].key.size, TOKEN_ID_SIZE + 1);
		ck_assert_uint_eq(
		    set->changes[i].key.data[TOKEN_ID_SIZE], i + 1);
	}
	changeset_free(set);
}
END_TEST

START_TEST(what_does_not_fit_fails_the_set)
{
	static char text[RECORD_SIZE_MAX];
	struct changeset *set = changeset_new();

	memset(text, 'x', sizeof(text));
	before.spec.description = span_bytes(text, sizeof(text));
	changeset_token(set, fixture_id(1), NULL, VERSION_ABSENT, &before);
	ck_assert(set->failed);
	changeset_free(set);
	set_up();
	set = changeset_new();
	before.spec.owner = span_bytes(text, LOGIN_MAX + 1);
	before.spec.name = span_bytes(text, TOKEN_NAME_MAX);
	changeset_token(set, fixture_id(1), NULL, VERSION_ABSENT, &before);
	ck_assert(set->failed);
	changeset_free(set);
	set_up();
	set = changeset_new();
	changeset_tombstones(set, fixture_id(1), &before, NOW, span_of("alice"),
	    span_bytes(text, 256));
	ck_assert(set->failed);
	changeset_free(set);
}
END_TEST

START_TEST(keys_and_values_are_copies)
{
	struct changeset *set = changeset_new();
	char key[] = "key";
	char value[] = "value";
	static uint8_t big[100000];

	changeset_put(set, DB_USAGE, span_of(key), 1, span_of(value));
	memset(big, 7, sizeof(big));
	changeset_put(
	    set, DB_USAGE, span_of(key), 1, span_bytes(big, sizeof(big)));
	memset(key, 'x', sizeof(key) - 1);
	memset(value, 'x', sizeof(value) - 1);
	memset(big, 8, sizeof(big));
	ck_assert(span_is(set->changes[0].key, "key"));
	ck_assert(span_is(set->changes[0].value, "value"));
	ck_assert_uint_eq(set->changes[1].value.size, sizeof(big));
	ck_assert_uint_eq(set->changes[1].value.data[sizeof(big) - 1], 7);
	for (unsigned i = 0; i < 10000; i++)
		changeset_delete(set, DB_USAGE, fixture_id(i), VERSION_ANY);
	ck_assert(!set->failed);
	ck_assert(span_is(set->changes[10001].key, "token09999"));
	ck_assert(span_is(set->changes[0].value, "value"));
	changeset_free(set);
}
END_TEST

START_TEST(newest_comes_first_in_an_index)
{
	uint8_t older[AGE_ID_SIZE];
	uint8_t newer[AGE_ID_SIZE];

	index_age_id(NOW, fixture_id(1), older);
	index_age_id(NOW + 1, fixture_id(1), newer);
	ck_assert_int_lt(memcmp(newer, older, sizeof(newer)), 0);
	index_age_id(NOW, fixture_id(2), newer);
	ck_assert_int_gt(memcmp(newer, older, sizeof(newer)), 0);
}
END_TEST

START_TEST(name_key_keeps_owner_and_name_apart)
{
	static char text[NAME_KEY_SIZE];
	uint8_t a[NAME_KEY_SIZE];
	uint8_t b[NAME_KEY_SIZE];
	size_t a_size = 0;
	size_t b_size = 0;

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(
	    index_name_key(span_of("ab"), span_of("c"), a, &a_size), 0);
	ck_assert_int_eq(
	    index_name_key(span_of("a"), span_of("bc"), b, &b_size), 0);
	ck_assert(!span_equal(span_bytes(a, a_size), span_bytes(b, b_size)));
	ck_assert_int_eq(index_name_key(span_bytes(text, LOGIN_MAX),
			     span_bytes(text, TOKEN_NAME_MAX), a, &a_size),
	    0);
	ck_assert_uint_eq(a_size, NAME_KEY_SIZE);
	ck_assert_int_eq(index_name_key(span_bytes(text, LOGIN_MAX),
			     span_bytes(text, TOKEN_NAME_MAX + 1), a, &a_size),
	    ERROR_TOO_LONG);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("changeset");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_loop_test(
	    tcase, edit_changes_what_it_must_and_no_more, 0, (int)COUNT(edits));
	tcase_add_loop_test(tcase, edit_leaves_the_indexes_of_a_new_record, 0,
	    (int)COUNT(edits));
	tcase_add_test(tcase, delete_takes_every_entry_out);
	tcase_add_loop_test(tcase, pairs_are_in_two_indexes_only, 0, 2);
	tcase_add_test(tcase, tombstone_for_each_secret);
	tcase_add_test(tcase, what_does_not_fit_fails_the_set);
	tcase_add_test(tcase, keys_and_values_are_copies);
	tcase_add_test(tcase, newest_comes_first_in_an_index);
	tcase_add_test(tcase, name_key_keeps_owner_and_name_apart);
	return run_cases("changeset", &tcase, 1);
}
