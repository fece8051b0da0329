/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/record.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/wirebuf.h"
#include "tests/unit/model_fixture.h"

/* Every field has a value of its own. */
static void
full_record(struct record *record)
{
	struct token token;

	good_token(record, &token);
	record->spec.kind = TOKEN_ACCESS;
	record->spec.type = TYPE_CUSTOM;
	record->spec.organization = true;
	record->spec.environment = span_of("test");
	record->spec.description = span_of("for \xc3\xa4 test");
	record->spec.users = list_of("alice bob");
	record->spec.allow = list_of("sshd web:read");
	record->spec.projects = list_of("p1 p2 p3");
	record->spec.roles = list_of("r1");
	record->spec.from = list_of("192.0.2.0/24");
	record->spec.expires_at = NOW + 1;
	record->spec.not_before = NOW - 1;
	record->spec.uses = USES_UNLIMITED - 1; /* a bit of what is usual */
	record->state = STATE_REVOKED;
	record->elevated = true;
	record->lapsed = true;
	record->changed_at = NOW - 2;
	record->changed_by = span_of("bob");
	record->reason = span_of("lost");
	record->lineage = (struct record_lineage) {
		.parent = span_of("0123456789"),
		.partner = span_of("abcdefghij"),
		.parent_number = 3,
		.key_number = 4,
		.lifetime = 900,
		.refreshed_at = NOW - 3,
		.refreshed_by = 1000,
	};
	token.secret[0] ^= 1;
	set_secret(record, 1, &token);
	record->secrets[0].expires_at = NOW + 3;
}

static void
bare_record(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->spec.kind = TOKEN_API;
	record->spec.type = TYPE_READ_ONLY;
	record->state = STATE_ACTIVE;
}

/* As most are: its owner's login name, the default project, any number of
 * uses. */
static void
usual_record(struct record *record)
{
	struct token token;

	good_token(record, &token);
	record->spec.name = span_of("twelve bytes");
	record->spec.owner = span_of("user0001");
	record->spec.users = list_of("user0001");
	record->spec.projects = list_of("default");
	record->spec.uses = USES_UNLIMITED;
	record->spec.expires_at = TIME_NEVER;
	record->spec.not_before = 0;
	record->created_by = span_of("root");
	record->secret_count = 1;
	record->secrets[1] = (struct record_secret) { 0 };
}

static void (*const samples[])(
    struct record *record) = { full_record, bare_record, usual_record };

static void
expect_list(const struct spanlist *a, const struct spanlist *b)
{
	ck_assert_uint_eq(a->count, b->count);
	ck_assert(span_equal(a->packed, b->packed));
}

static void
expect_spec(const struct token_spec *a, const struct token_spec *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->type, b->type);
	ck_assert_int_eq(a->organization, b->organization);
	ck_assert(span_equal(a->name, b->name));
	ck_assert(span_equal(a->owner, b->owner));
	ck_assert(span_equal(a->environment, b->environment));
	ck_assert(span_equal(a->description, b->description));
	expect_list(&a->users, &b->users);
	expect_list(&a->allow, &b->allow);
	expect_list(&a->projects, &b->projects);
	expect_list(&a->roles, &b->roles);
	expect_list(&a->from, &b->from);
	ck_assert_uint_eq(a->expires_at, b->expires_at);
	ck_assert_uint_eq(a->not_before, b->not_before);
	ck_assert_uint_eq(a->uses, b->uses);
}

static void
expect_record(const struct record *a, const struct record *b)
{
	expect_spec(&a->spec, &b->spec);
	ck_assert_int_eq(a->state, b->state);
	ck_assert_int_eq(a->elevated, b->elevated);
	ck_assert_int_eq(a->lapsed, b->lapsed);
	ck_assert_uint_eq(a->created_at, b->created_at);
	ck_assert(span_equal(a->created_by, b->created_by));
	ck_assert_uint_eq(a->changed_at, b->changed_at);
	ck_assert(span_equal(a->changed_by, b->changed_by));
	ck_assert(span_equal(a->reason, b->reason));
	ck_assert(span_equal(a->lineage.parent, b->lineage.parent));
	ck_assert(span_equal(a->lineage.partner, b->lineage.partner));
	ck_assert_uint_eq(a->lineage.parent_number, b->lineage.parent_number);
	ck_assert_uint_eq(a->lineage.key_number, b->lineage.key_number);
	ck_assert_uint_eq(a->lineage.lifetime, b->lineage.lifetime);
	ck_assert_uint_eq(a->lineage.refreshed_at, b->lineage.refreshed_at);
	ck_assert_uint_eq(a->lineage.refreshed_by, b->lineage.refreshed_by);
	ck_assert_uint_eq(a->secret_count, b->secret_count);
	for (size_t i = 0; i < RECORD_SECRETS_MAX; i++) {
		ck_assert_uint_eq(a->secrets[i].number, b->secrets[i].number);
		ck_assert_uint_eq(
		    a->secrets[i].expires_at, b->secrets[i].expires_at);
		ck_assert_mem_eq(a->secrets[i].verifier, b->secrets[i].verifier,
		    CRYPTO_VERIFIER_SIZE);
	}
}

START_TEST(a_record_comes_back_as_it_was)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record before;
	struct record after;
	size_t size;

	samples[_i](&before);
	size = record_encode(&before, bytes, sizeof(bytes));
	ck_assert_uint_gt(size, 0);
	memset(&after, 0xa5, sizeof(after));
	ck_assert_int_eq(record_decode(span_bytes(bytes, size), &after), 0);
	expect_record(&before, &after);
}
END_TEST

START_TEST(every_other_size_is_malformed)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record record;
	size_t size;

	samples[_i](&record);
	size = record_encode(&record, bytes, sizeof(bytes) - 1);
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *exact = malloc(cut > 0 ? cut : 1);

		memcpy(exact, bytes, cut);
		ck_assert_int_eq(record_decode(span_bytes(exact, cut), &record),
		    ERROR_MALFORMED);
		free(exact);
	}
	bytes[size] = 0;
	ck_assert_int_eq(record_decode(span_bytes(bytes, size + 1), &record),
	    ERROR_MALFORMED);
}
END_TEST

START_TEST(too_little_room_encodes_nothing)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record record;
	size_t size;

	samples[_i](&record);
	size = record_encode(&record, bytes, sizeof(bytes));
	for (size_t room = 0; room < size; room++)
		ck_assert_uint_eq(record_encode(&record, bytes, room), 0);
	ck_assert_uint_eq(record_encode(&record, bytes, size), size);
}
END_TEST

/* Whatever decodes is written the same again: there is one form of each. */
START_TEST(one_form_for_each_record)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	uint8_t again[RECORD_SIZE_MAX];
	struct record record;
	unsigned refused = 0;
	size_t size;

	samples[_i](&record);
	size = record_encode(&record, bytes, sizeof(bytes));
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (record_decode(span_bytes(bytes, size), &record) < 0) {
			refused++;
		} else {
			ck_assert_uint_eq(
			    record_encode(&record, again, sizeof(again)), size);
			ck_assert_mem_eq(bytes, again, size);
		}
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ck_assert_uint_gt(refused, 64);
}
END_TEST

START_TEST(the_usual_takes_few_bytes)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record record;

	usual_record(&record);
	ck_assert_uint_le(record_encode(&record, bytes, sizeof(bytes)), 85);
}
END_TEST

/* Records as the first format had them. */
static size_t
encode_old(const struct record *record, uint8_t *bytes, size_t size)
{
	const struct record_lineage *lineage = &record->lineage;
	struct wirebuf w;

	wirebuf_write(&w, bytes, size);
	wirebuf_put_u8(&w, 1);
	token_spec_put(&w, &record->spec);
	wirebuf_put_u8(&w, (uint8_t)record->state);
	wirebuf_put_u8(&w, record->elevated);
	wirebuf_put_str8(&w, record->voucher);
	wirebuf_put_list(&w, &record->warrants);
	wirebuf_put_u8(&w, record->lapsed);
	wirebuf_put_u64(&w, record->created_at);
	wirebuf_put_str8(&w, record->created_by);
	wirebuf_put_u64(&w, record->changed_at);
	wirebuf_put_str8(&w, record->changed_by);
	wirebuf_put_str8(&w, record->reason);
	wirebuf_put_str8(&w, lineage->parent);
	if (!span_empty(lineage->parent)) {
		wirebuf_put_str8(&w, lineage->partner);
		wirebuf_put_u8(&w, lineage->parent_number);
		wirebuf_put_u8(&w, lineage->key_number);
		wirebuf_put_u32(&w, lineage->lifetime);
		wirebuf_put_u64(&w, lineage->refreshed_at);
		wirebuf_put_u32(&w, lineage->refreshed_by);
	}
	wirebuf_put_u8(&w, record->secret_count);
	for (size_t i = 0; i < record->secret_count; i++) {
		wirebuf_put_u8(&w, record->secrets[i].number);
		wirebuf_put_u64(&w, record->secrets[i].expires_at);
		wirebuf_put_bytes(
		    &w, record->secrets[i].verifier, CRYPTO_VERIFIER_SIZE);
	}
	return wirebuf_size(&w);
}

START_TEST(the_first_format_is_read)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record before;
	struct record after;
	size_t size;

	samples[_i](&before);
	size = encode_old(&before, bytes, sizeof(bytes));
	ck_assert_uint_gt(size, 0);
	memset(&after, 0xa5, sizeof(after));
	ck_assert_int_eq(record_decode(span_bytes(bytes, size), &after), 0);
	expect_record(&before, &after);
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(record_decode(span_bytes(bytes, cut), &after),
		    ERROR_MALFORMED);
}
END_TEST

/* An id is a key of the store: it has its size, or there is none. */
START_TEST(an_id_of_the_first_format_has_its_size)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record before;
	struct record after;
	size_t size;

	full_record(&before);
	before.lineage.parent = span_of("short");
	before.lineage.partner = span_of("abcdefghij");
	size = encode_old(&before, bytes, sizeof(bytes));
	ck_assert_int_eq(
	    record_decode(span_bytes(bytes, size), &after), ERROR_MALFORMED);
	before.lineage.parent = span_of("abcdefghij");
	before.lineage.partner = span_of("short");
	size = encode_old(&before, bytes, sizeof(bytes));
	ck_assert_int_eq(
	    record_decode(span_bytes(bytes, size), &after), ERROR_MALFORMED);
}
END_TEST

START_TEST(other_formats_are_malformed)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record record;
	size_t size;

	bare_record(&record);
	size = record_encode(&record, bytes, sizeof(bytes));
	for (unsigned format = 0; format < 256; format++) {
		bytes[0] = (uint8_t)format;
		ck_assert_int_eq(
		    record_decode(span_bytes(bytes, size), &record),
		    format == 2 ? 0 : ERROR_MALFORMED);
	}
}
END_TEST

static const struct {
	enum token_state state;
	uint64_t expires_at;
	enum token_state seen;
} states[] = {
	{ STATE_ACTIVE, 0, STATE_ACTIVE },
	{ STATE_ACTIVE, NOW + 1, STATE_ACTIVE },
	{ STATE_ACTIVE, NOW, STATE_EXPIRED },
	{ STATE_ACTIVE, NOW - 1, STATE_EXPIRED },
	{ STATE_PENDING, NOW, STATE_PENDING },
	{ STATE_DISABLED, NOW, STATE_DISABLED },
	{ STATE_REVOKED, NOW, STATE_REVOKED },
	{ STATE_REVOKED, 0, STATE_REVOKED },
};

START_TEST(a_state_is_seen)
{
	struct record record;

	bare_record(&record);
	record.state = states[_i].state;
	record.spec.expires_at = states[_i].expires_at;
	ck_assert_int_eq(record_state(&record, NOW), states[_i].seen);
	/* Once it was refused for that, no clock brings it back. */
	record.lapsed = true;
	ck_assert_int_eq(record_state(&record, 0),
	    states[_i].state == STATE_ACTIVE ? STATE_EXPIRED : states[_i].seen);
}
END_TEST

/* Expired is seen, never set: a store that says so is damaged. */
START_TEST(no_state_but_four_is_stored)
{
	uint8_t bytes[RECORD_SIZE_MAX];
	struct record record;

	for (int state = 0; state < 8; state++) {
		bool known = state >= STATE_ACTIVE && state <= STATE_REVOKED;
		size_t size;

		bare_record(&record);
		record.state = (enum token_state)state;
		size = record_encode(&record, bytes, sizeof(bytes));
		ck_assert_int_eq(
		    record_decode(span_bytes(bytes, size), &record),
		    known ? 0 : ERROR_MALFORMED);
	}
}
END_TEST

START_TEST(info_is_all_but_the_secret)
{
	struct token_info info;
	struct record record;

	full_record(&record);
	record.state = STATE_ACTIVE;
	memset(&info, 0xa5, sizeof(info));
	record_info(&record, span_of("9876543210"), NOW + 1, &info);
	ck_assert(span_is(info.id, "9876543210"));
	expect_spec(&info.spec, &record.spec);
	ck_assert_int_eq(info.state, STATE_EXPIRED);
	ck_assert_uint_eq(info.created_at, NOW - 1000);
	ck_assert(span_is(info.created_by, "alice"));
	ck_assert_uint_eq(info.changed_at, NOW - 2);
	ck_assert(span_is(info.changed_by, "bob"));
	ck_assert(span_is(info.reason, "lost"));
	ck_assert_uint_eq(info.last_used_at, 0);
	ck_assert(span_empty(info.last_used_service));
	ck_assert(span_empty(info.last_used_from));
	ck_assert_uint_eq(info.use_count, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(
	    tcase, a_record_comes_back_as_it_was, 0, COUNT(samples));
	tcase_add_loop_test(
	    tcase, every_other_size_is_malformed, 0, COUNT(samples));
	tcase_add_loop_test(
	    tcase, too_little_room_encodes_nothing, 0, COUNT(samples));
	tcase_add_loop_test(tcase, one_form_for_each_record, 0, COUNT(samples));
	tcase_add_test(tcase, the_usual_takes_few_bytes);
	tcase_add_loop_test(tcase, the_first_format_is_read, 0, COUNT(samples));
	tcase_add_test(tcase, an_id_of_the_first_format_has_its_size);
	tcase_add_test(tcase, other_formats_are_malformed);
	tcase_add_loop_test(tcase, a_state_is_seen, 0, COUNT(states));
	tcase_add_test(tcase, no_state_but_four_is_stored);
	tcase_add_test(tcase, info_is_all_but_the_secret);
	return run_cases("record", &tcase, 1);
}
