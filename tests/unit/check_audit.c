/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/store/audit.h"
#include "common/error.h"
#include "tests/unit/store_fixture.h"

static const uint8_t previous[CRYPTO_MAC_SIZE] = { 1, 2, 3 };

static struct audit_entry
entry_of(struct span detail)
{
	return (struct audit_entry) {
		.at = NOW,
		.actor = span_of("alice"),
		.action = span_of("token.create"),
		.subject = span_of("token00001"),
		.detail = detail,
	};
}

START_TEST(entry_reads_back)
{
	const struct audit_entry entry = entry_of(span_of("name=laptop"));
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct audit_entry seen;
	uint8_t body[256];
	size_t size = audit_encode(&entry, previous, body, sizeof(body));

	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(audit_decode(span_bytes(body, size), &seen, mac), 0);
	ck_assert_uint_eq(seen.at, NOW);
	ck_assert(span_is(seen.actor, "alice"));
	ck_assert(span_is(seen.action, "token.create"));
	ck_assert(span_is(seen.subject, "token00001"));
	ck_assert(span_is(seen.detail, "name=laptop"));
	ck_assert_mem_eq(mac, previous, sizeof(mac));
}
END_TEST

START_TEST(cut_or_padded_entry_is_malformed)
{
	const struct audit_entry entry = entry_of(span_of("name=laptop"));
	uint8_t mac[CRYPTO_MAC_SIZE];
	struct audit_entry seen;
	uint8_t body[256] = { 0 };
	size_t size = audit_encode(&entry, previous, body, sizeof(body));

	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(
		    audit_decode(span_bytes(body, cut), &seen, mac),
		    ERROR_MALFORMED);
	ck_assert_int_eq(audit_decode(span_bytes(body, size + 1), &seen, mac),
	    ERROR_MALFORMED);
	body[0]++;
	ck_assert_int_eq(
	    audit_decode(span_bytes(body, size), &seen, mac), ERROR_MALFORMED);
}
END_TEST

START_TEST(entry_that_does_not_fit_is_none)
{
	static char text[AUDIT_DETAIL_MAX];
	struct audit_entry entry;
	uint8_t body[2048];
	size_t size;

	memset(text, 'x', sizeof(text));
	entry = entry_of(span_bytes(text, sizeof(text)));
	size = audit_encode(&entry, previous, body, sizeof(body));
	ck_assert_uint_gt(size, sizeof(text));
	ck_assert_uint_eq(audit_encode(&entry, previous, body, size), size);
	ck_assert_uint_eq(audit_encode(&entry, previous, body, size - 1), 0);
	entry.actor = span_bytes(text, 256);
	ck_assert_uint_eq(audit_encode(&entry, previous, body, 2048), 0);
}
END_TEST

/* Each entry names the MAC of the one before, over reopening too. */
START_TEST(chain_goes_on_without_gaps)
{
	uint8_t mac[CRYPTO_MAC_SIZE] = { 0 };
	uint8_t before[CRYPTO_MAC_SIZE];
	struct audit_entry entry;
	struct record record;
	struct token token;
	struct fixture f;
	uint8_t key[8];
	struct row row;

	fixture_init(&f);
	good_token(&record, &token);
	ck_assert_uint_eq(store_audit_sequence(f.store), 0);
	ck_assert_int_eq(fixture_create(&f, fixture_id(1), &record), 0);
	fixture_close(&f);
	ck_assert_int_eq(fixture_open(&f), 0);
	ck_assert_uint_eq(store_audit_sequence(f.store), 1);
	ck_assert_int_eq(
	    fixture_set_state(&f, fixture_id(1), STATE_DISABLED), 0);
	ck_assert_int_eq(fixture_delete(&f, fixture_id(1)), 0);
	ck_assert_uint_eq(store_audit_sequence(f.store), 3);
	ck_assert_uint_eq(store_count(fixture_view(&f), DB_AUDIT), 3);
	for (uint64_t i = 1; i <= 3; i++) {
		audit_key(i, key);
		ck_assert_int_eq(store_get_authentic(f.reader, DB_AUDIT,
				     span_bytes(key, sizeof(key)), &row),
		    0);
		ck_assert_int_eq(audit_decode(row.body, &entry, before), 0);
		ck_assert_mem_eq(before, mac, sizeof(mac));
		memcpy(mac, row.whole.data + row.whole.size - sizeof(mac),
		    sizeof(mac));
	}
	ck_assert(span_is(entry.action, "token.delete"));
	fixture_fini(&f);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("audit");

	tcase_add_test(tcase, entry_reads_back);
	tcase_add_test(tcase, cut_or_padded_entry_is_malformed);
	tcase_add_test(tcase, entry_that_does_not_fit_is_none);
	tcase_add_test(tcase, chain_goes_on_without_gaps);
	return run_cases("audit", &tcase, 1);
}
