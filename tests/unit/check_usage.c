/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/store/usage.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

static struct usage
usage_of(struct span service, struct span from)
{
	return (struct usage) { NOW, 7, { { NOW - 5, 1 }, { NOW, 2 } }, service,
		from };
}

START_TEST(usage_reads_back)
{
	const struct usage usage = usage_of(
	    span_of("sshd"), span_of("192.0.2.1"));
	uint8_t body[USAGE_SIZE_MAX + 1] = { 0 };
	struct usage seen;
	size_t size = usage_encode(&usage, body, sizeof(body));

	ck_assert_int_eq(usage_decode(span_bytes(body, size), &seen), 0);
	ck_assert_uint_eq(seen.last_used_at, NOW);
	ck_assert_uint_eq(seen.count, 7);
	for (size_t i = 0; i < TOKEN_SECRETS_MAX; i++) {
		ck_assert_uint_eq(
		    seen.secrets[i].number, usage.secrets[i].number);
		ck_assert_uint_eq(seen.secrets[i].last_used_at,
		    usage.secrets[i].last_used_at);
	}
	ck_assert(span_is(seen.service, "sshd"));
	ck_assert(span_is(seen.from, "192.0.2.1"));
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(usage_decode(span_bytes(body, cut), &seen),
		    ERROR_MALFORMED);
	ck_assert_int_eq(
	    usage_decode(span_bytes(body, size + 1), &seen), ERROR_MALFORMED);
}
END_TEST

START_TEST(longest_usage_fits)
{
	static char text[SPANLIST_ELEMENT_MAX];
	const struct usage usage = usage_of(
	    span_bytes(text, sizeof(text)), span_bytes(text, sizeof(text)));
	uint8_t body[USAGE_SIZE_MAX];

	ck_assert_uint_eq(
	    usage_encode(&usage, body, sizeof(body)), USAGE_SIZE_MAX);
	ck_assert_uint_eq(usage_encode(&usage, body, sizeof(body) - 1), 0);
}
END_TEST

START_TEST(info_has_what_the_row_says_or_nothing)
{
	const struct usage usage = usage_of(span_of("sshd"), span_of("::1"));
	struct changeset *set = changeset_new();
	struct token_info info = { 0 };
	uint8_t body[USAGE_SIZE_MAX];
	struct fixture f;

	fixture_init(&f);
	usage_info(fixture_view(&f), fixture_id(1), &info);
	ck_assert_uint_eq(info.last_used_at, 0);
	ck_assert_uint_eq(info.use_count, 0);
	changeset_put(set, DB_USAGE, fixture_id(1), VERSION_ANY,
	    span_bytes(body, usage_encode(&usage, body, sizeof(body))));
	changeset_put(
	    set, DB_USAGE, fixture_id(2), VERSION_ANY, span_of("damaged"));
	ck_assert_int_eq(fixture_apply(&f, set), 0);
	usage_info(fixture_view(&f), fixture_id(2), &info);
	ck_assert_uint_eq(info.last_used_at, 0);
	usage_info(f.reader, fixture_id(1), &info);
	ck_assert_uint_eq(info.last_used_at, NOW);
	ck_assert_uint_eq(info.use_count, 7);
	ck_assert(span_is(info.last_used_service, "sshd"));
	ck_assert(span_is(info.last_used_from, "::1"));
	/* Of the secrets that the record has, and no other. */
	info.secret_count = 2;
	info.secrets[0].number = 3;
	info.secrets[1].number = 2;
	usage_info(f.reader, fixture_id(1), &info);
	ck_assert_uint_eq(info.secrets[0].last_used_at, 0);
	ck_assert_uint_eq(info.secrets[1].last_used_at, NOW);
	fixture_fini(&f);
}
END_TEST

/* Uses of secrets in this order, by number, and what is kept of them. */
static const struct {
	uint8_t used[4];
	struct usage_secret kept[TOKEN_SECRETS_MAX];
} orders[] = {
	{ { 1 }, { { 1, 1 }, { 0, 0 } } },
	{ { 1, 1 }, { { 2, 1 }, { 0, 0 } } },
	{ { 1, 2 }, { { 2, 2 }, { 1, 1 } } },
	{ { 2, 1 }, { { 2, 1 }, { 1, 2 } } },
	{ { 1, 2, 1 }, { { 3, 1 }, { 2, 2 } } },
	{ { 1, 2, 3 }, { { 3, 3 }, { 2, 2 } } },
	/* what is the longest past goes, though it was used last */
	{ { 2, 1, 3 }, { { 3, 3 }, { 1, 2 } } },
	{ { 2, 1, 3, 3 }, { { 4, 3 }, { 1, 2 } } },
	{ { 2, 1, 3, 2 }, { { 4, 2 }, { 3, 3 } } },
	{ { 254, 255, 254, 255 }, { { 4, 255 }, { 3, 254 } } },
	/* numbers begin anew, and no use is left out */
	{ { 254, 255, 1 }, { { 3, 1 }, { 2, 255 } } },
	{ { 254, 255, 1, 2 }, { { 4, 2 }, { 3, 1 } } },
	{ { 255, 1, 2 }, { { 3, 2 }, { 2, 1 } } },
	{ { 5, 6, 250 }, { { 3, 250 }, { 2, 6 } } },
	{ { 200, 201, 3 }, { { 3, 3 }, { 2, 201 } } },
	{ { 2, 3, 1 }, { { 3, 1 }, { 2, 3 } } },
	{ { 0, 0 }, { { 0, 0 }, { 0, 0 } } },
};

START_TEST(each_secret_has_its_last_use)
{
	struct usage_secret secrets[TOKEN_SECRETS_MAX] = { 0 };

	for (size_t i = 0; i < 4 && orders[_i].used[i] != 0; i++)
		usage_note_secret(secrets, orders[_i].used[i], i + 1);
	for (size_t i = 0; i < TOKEN_SECRETS_MAX; i++) {
		ck_assert_uint_eq(secrets[i].number, orders[_i].kept[i].number);
		ck_assert_uint_eq(
		    secrets[i].last_used_at, orders[_i].kept[i].last_used_at);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("usage");

	tcase_add_test(tcase, usage_reads_back);
	tcase_add_test(tcase, longest_usage_fits);
	tcase_add_test(tcase, info_has_what_the_row_says_or_nothing);
	tcase_add_loop_test(
	    tcase, each_secret_has_its_last_use, 0, COUNT(orders));
	return run_cases("usage", &tcase, 1);
}
