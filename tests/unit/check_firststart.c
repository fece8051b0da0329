/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/firststart.h"
#include "agent/store/walk.h"
#include "tests/unit/agent_fixture.h"

static struct fixture fixture;

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

static uint64_t
count(enum database database)
{
	uint64_t rows;

	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rows = store_count(fixture.reader, database);
	store_read_end(fixture.reader);
	return rows;
}

static void
apply(void)
{
	ck_assert_int_eq(
	    firststart_apply(fixture.agent.store, span_of("root"), NOW), 0);
}

/* Each token under its owner and name; what it is must not be usable. */
static void
expect_token(const char *name, enum token_type type)
{
	uint8_t key[NAME_KEY_SIZE];
	struct record record;
	struct span id;
	struct row row;
	size_t size;

	ck_assert_int_eq(
	    index_name_key(span_of("root"), span_of(name), key, &size), 0);
	ck_assert_int_eq(store_get_index(fixture.reader, DB_TOKEN_NAMES,
			     span_bytes(key, size), &id),
	    0);
	ck_assert_int_eq(
	    store_get_authentic(fixture.reader, DB_TOKENS, id, &row), 0);
	ck_assert_int_eq(record_decode(row.body, &record), 0);
	ck_assert_int_eq(record.state, STATE_PENDING);
	ck_assert_int_eq(record.spec.type, type);
	ck_assert_uint_eq(record.secret_count, 0);
	ck_assert_uint_eq(record.spec.users.count, 0);
	ck_assert(!record.elevated);
	ck_assert(!record.spec.organization);
	ck_assert(spanlist_has(&record.spec.projects, span_of("default")));
	ck_assert_uint_eq(record.created_at, NOW);
}

START_TEST(a_new_store_gets_two_that_open_nothing)
{
	char why[256];

	apply();
	ck_assert_uint_eq(count(DB_TOKENS), 2);
	ck_assert_uint_eq(count(DB_AUDIT), 2);
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	expect_token("full-access", TYPE_FULL_ACCESS);
	expect_token("read-only", TYPE_READ_ONLY);
	store_read_end(fixture.reader);
	ck_assert_int_eq(walk_store(fixture.agent.store, why, sizeof(why)), 0);
}
END_TEST

START_TEST(any_other_store_gets_none)
{
	struct record record;
	struct token token;
	struct changeset *set = changeset_new();

	good_token(&record, &token);
	changeset_token(set, span_of(token.id), NULL, VERSION_ABSENT, &record);
	changeset_audit(set, &(struct audit_entry) {
				 .at = NOW,
				 .actor = span_of("root"),
				 .action = span_of("token.create"),
			     });
	fixture_apply(&fixture, set);
	apply();
	ck_assert_uint_eq(count(DB_TOKENS), 1);
	ck_assert_uint_eq(count(DB_AUDIT), 1);
}
END_TEST

START_TEST(once_is_enough)
{
	apply();
	apply();
	ck_assert_uint_eq(count(DB_TOKENS), 2);
	ck_assert_uint_eq(count(DB_AUDIT), 2);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("first start");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_new_store_gets_two_that_open_nothing);
	tcase_add_test(tcase, any_other_store_gets_none);
	tcase_add_test(tcase, once_is_enough);
	return run_cases("firststart", &tcase, 1);
}
