/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a token after it was made, and what the audit says of it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/store/env.h"
#include "common/auditmessage.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/verifymessage.h"
#include "tests/unit/op_scene.h"

static void
place(const char *id, const char *owner, const char *name)
{
	struct record record;
	struct token token;

	good_token(&record, &token);
	memcpy(token.id, id, sizeof(token.id));
	set_secret(&record, 0, &token);
	record.spec.owner = record.created_by = span_of(owner);
	record.spec.users = list_of(owner);
	record.spec.name = span_of(name);
	fixture_add(&fixture, &token, &record);
}

static void
setup(void)
{
	scene_open("");
	place(ID_1, "alice", "laptop");
	place(ID_2, "alice", "phone");
	place(ID_3, "bob", "laptop");
}

static enum token_state
state_of(const char *id)
{
	struct record record;

	ck_assert(load(id, &record, NULL));
	return record.state;
}

static void
put_state(const char *selectors, enum opcode opcode)
{
	delete_request_put(request(opcode),
	    &(struct change_request) { .selectors = list_of(selectors) });
}

/* As root: a state, a list of services, users. */
static void
alter(const char *id, enum token_state state, const char *allow,
    const char *users)
{
	struct record before, after;
	struct token token;
	struct row row;

	ck_assert(load(id, &before, NULL));
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	ck_assert_int_eq(
	    store_get(fixture.reader, DB_TOKENS, span_of(id), &row), 0);
	store_read_end(fixture.reader);
	after = before;
	after.state = state;
	if (state == STATE_PENDING)
		after.secret_count = 0;
	after.spec.allow = list_of(allow);
	after.spec.users = list_of(users);
	after.changed_by = span_of("root");
	memcpy(token.id, id, sizeof(token.id));
	fixture_change(&fixture, &token, &before, row.version, &after);
}

/* Edits. */

static void
put_edit(const char *selector, uint32_t fields, const char *text, uint64_t time,
    bool dry_run)
{
	edit_request_put(request(OP_EDIT),
	    &(struct edit_request) { .selector = span_of(selector),
		.fields = fields,
		.spec = { .kind = TOKEN_API,
		    .type = TYPE_FULL_ACCESS,
		    .name = span_of(text),
		    .description = span_of(text),
		    .expires_at = time,
		    .uses = USES_UNLIMITED },
		.dry_run = dry_run });
}

START_TEST(an_edit_is_kept_and_audited)
{
	struct token_info info;
	struct record record;

	put_edit("laptop", FIELD_DESCRIPTION | FIELD_EXPIRES, "old one",
	    NOW + 3600, false);
	expect(&alice, STATUS_OK, "");
	ck_assert(changes);
	token_info_get(&body, &info);
	read_end();
	ck_assert(span_is(info.id, ID_1));
	ck_assert(span_is(info.spec.name, "laptop"));
	ck_assert(span_is(info.spec.description, "old one"));
	ck_assert_uint_eq(info.spec.expires_at, NOW + 3600);
	ck_assert(span_is(info.changed_by, "alice"));
	ck_assert(load(ID_1, &record, NULL));
	ck_assert(span_is(record.spec.description, "old one"));
	ck_assert_uint_eq(record.spec.expires_at, NOW + 3600);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	expect_audited("alice", "token.update",
	    "owner=\"alice\" name=\"laptop\" fields=description,expires "
	    "description=\"\"->\"old one\" "
	    "expires=\"never\"->\"2027-01-15T09:00:00Z\"");
}
END_TEST

START_TEST(a_dry_run_edits_nothing)
{
	struct token_info info;
	struct record record;

	put_edit(ID_1, FIELD_NAME, "desktop", 0, true);
	expect(&alice, STATUS_OK, "");
	ck_assert(!changes);
	token_info_get(&body, &info);
	read_end();
	ck_assert(span_is(info.spec.name, "desktop"));
	ck_assert(load(ID_1, &record, NULL));
	ck_assert(span_is(record.spec.name, "laptop"));
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
}
END_TEST

static const struct {
	const struct caller *caller;
	const char *selector;
	const char *name;
	enum status status;
	const char *words;
} renames[] = {
	{ &alice, ID_1, "desktop", STATUS_OK, "" },
	{ &alice, ID_1, "laptop", STATUS_OK, "" }, /* its own */
	{ &alice, ID_1, "phone", STATUS_CONFLICT, ID_2 },
	{ &alice, ID_2, "laptop", STATUS_CONFLICT, ID_1 },
	{ &bob, ID_3, "phone", STATUS_OK, "" }, /* another's */
	{ &root, ID_3, "phone", STATUS_OK, "" },
	{ &bob, ID_1, "desktop", STATUS_NOT_FOUND, "" },
	{ &bob, "phone", "desktop", STATUS_NOT_FOUND, "" },
	{ &root, "laptop", "desktop", STATUS_CONFLICT, ID_3 },
	{ &root, "gone", "desktop", STATUS_NOT_FOUND, "" },
	{ &alice, ID_1, "", STATUS_INVALID, "1 to 64" },
};

START_TEST(a_name_is_one_token_of_its_owner)
{
	put_edit(renames[_i].selector, FIELD_NAME, renames[_i].name, 0, false);
	expect(renames[_i].caller, renames[_i].status, renames[_i].words);
	ck_assert_uint_eq(count_rows(DB_TOKEN_NAMES), 3);
	ck_assert_uint_eq(
	    count_rows(DB_AUDIT), renames[_i].status == STATUS_OK);
}
END_TEST

/* The old name is free again, and the new one leads to the token. */
START_TEST(a_new_name_is_found)
{
	struct token_info info;

	put_edit(ID_1, FIELD_NAME, "desktop", 0, false);
	expect(&alice, STATUS_OK, "");
	put_edit(ID_2, FIELD_NAME, "laptop", 0, false);
	expect(&alice, STATUS_OK, "");
	wirebuf_put_str8(request(OP_SHOW), span_of("desktop"));
	expect(&alice, STATUS_OK, "");
	token_info_get(&body, &info);
	ck_assert(span_is(info.id, ID_1));
	wirebuf_put_str8(request(OP_SHOW), span_of("phone"));
	expect(&alice, STATUS_NOT_FOUND, "");
}
END_TEST

/* No field, one that there is not, and bytes after the end. */
START_TEST(a_malformed_edit_is_refused)
{
	put_edit(ID_1, 0, "desktop", 0, false);
	expect(&alice, STATUS_MALFORMED, "");
	put_edit(ID_1, FIELD_NAME | (FIELDS_ALL + 1), "desktop", 0, false);
	expect(&alice, STATUS_MALFORMED, "");
	put_edit(ID_1, FIELD_NAME, "desktop", 0, false);
	wirebuf_put_u8(&packet, 0);
	expect(&alice, STATUS_MALFORMED, "");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 0);
}
END_TEST

/* A token that root made for alice. */
START_TEST(a_token_made_for_somebody_stays_as_it_is)
{
	const char *allow = _i == 0 ? "sudo" : "";
	const char *users = _i == 0 ? "alice" : "alice deploy";

	alter(ID_1, STATE_ACTIVE, allow, users);
	put_edit(ID_1, FIELD_NAME, "mine", 0, false);
	expect(&alice, STATUS_OK, "");
	put_edit(ID_1, FIELD_EXPIRES, "", TIME_NEVER, false);
	expect(&alice, STATUS_FORBIDDEN, "token.");
	regenerate_request_put(request(OP_REGENERATE),
	    &(struct regenerate_request) { .selector = span_of(ID_1) });
	expect(&alice, STATUS_FORBIDDEN, "token.");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
	put_edit(ID_1, FIELD_EXPIRES, "", NOW + 60, false);
	expect(&root, STATUS_OK, "");
}
END_TEST

/* Disable and enable: who, what, what comes of it and what state it is in. */

struct step {
	const struct caller *caller;
	enum opcode opcode; /* 0: no more */
	enum status status;
	bool changes;
	enum token_state state;
};

#define OFF STATE_DISABLED
#define ON  STATE_ACTIVE

static const struct {
	enum token_state state;
	struct step steps[5];
} stories[] = {
	/* one's own */
	{ ON, { { &alice, OP_DISABLE, STATUS_OK, true, OFF },
		  { &alice, OP_DISABLE, STATUS_OK, false, OFF },
		  { &alice, OP_ENABLE, STATUS_OK, true, ON },
		  { &alice, OP_ENABLE, STATUS_OK, false, ON } } },
	/* root's word counts for more */
	{ ON, { { &root, OP_DISABLE, STATUS_OK, true, OFF },
		  { &alice, OP_ENABLE, STATUS_FORBIDDEN, false, OFF },
		  { &alice, OP_DISABLE, STATUS_OK, false, OFF },
		  { &alice, OP_ENABLE, STATUS_FORBIDDEN, false, OFF },
		  { &root, OP_ENABLE, STATUS_OK, true, ON } } },
	{ ON, { { &alice, OP_DISABLE, STATUS_OK, true, OFF },
		  { &root, OP_DISABLE, STATUS_OK, true, OFF },
		  { &root, OP_DISABLE, STATUS_OK, false, OFF },
		  { &alice, OP_ENABLE, STATUS_FORBIDDEN, false, OFF } } },
	{ ON, { { &alice, OP_DISABLE, STATUS_OK, true, OFF },
		  { &root, OP_ENABLE, STATUS_OK, true, ON },
		  { &alice, OP_DISABLE, STATUS_OK, true, OFF },
		  { &alice, OP_ENABLE, STATUS_OK, true, ON } } },
	/* nobody else's */
	{ ON, { { &bob, OP_DISABLE, STATUS_NOT_FOUND, false, ON },
		  { &bob, OP_ENABLE, STATUS_NOT_FOUND, false, ON } } },
	{ STATE_REVOKED,
	    { { &alice, OP_DISABLE, STATUS_CONFLICT, false, STATE_REVOKED },
		{ &alice, OP_ENABLE, STATUS_CONFLICT, false, STATE_REVOKED },
		{ &root, OP_DISABLE, STATUS_CONFLICT, false, STATE_REVOKED },
		{ &root, OP_ENABLE, STATUS_CONFLICT, false, STATE_REVOKED } } },
	/* without a secret it is not active afterwards */
	{ STATE_PENDING,
	    { { &alice, OP_ENABLE, STATUS_OK, false, STATE_PENDING },
		{ &alice, OP_DISABLE, STATUS_OK, true, OFF },
		{ &alice, OP_ENABLE, STATUS_OK, true, STATE_PENDING } } },
};

START_TEST(a_token_is_disabled_and_enabled)
{
	uint64_t audited = 0;

	if (stories[_i].state != ON)
		alter(ID_1, stories[_i].state, "", "alice");
	for (size_t i = 0; i < 5; i++) {
		const struct step *step = &stories[_i].steps[i];

		if (step->caller == NULL)
			break;
		put_state(ID_1, step->opcode);
		expect(step->caller, step->status, "");
		ck_assert_int_eq(changes, step->changes);
		ck_assert_int_eq(state_of(ID_1), step->state);
		audited += step->changes;
		ck_assert_uint_eq(count_rows(DB_AUDIT), audited);
		if (step->changes)
			expect_audited(step->caller->login,
			    step->opcode == OP_ENABLE ? "token.enable"
						      : "token.disable",
			    "owner=\"alice\" name=\"laptop\"");
	}
}
END_TEST

START_TEST(what_root_stopped_is_not_edited)
{
	put_state(ID_1, OP_DISABLE);
	expect(&root, STATUS_OK, "");
	put_edit(ID_1, FIELD_DESCRIPTION, "mine", 0, false);
	expect(&alice, STATUS_FORBIDDEN, "disabled by root");
	regenerate_request_put(request(OP_REGENERATE),
	    &(struct regenerate_request) { .selector = span_of(ID_1) });
	expect(&alice, STATUS_FORBIDDEN, "disabled by root");
	ck_assert_uint_eq(count_rows(DB_AUDIT), 1);
}
END_TEST

/* One that may not be enabled leaves all of them as they were. */
START_TEST(all_are_enabled_or_none)
{
	put_state(ID_1 " " ID_2 " laptop", OP_DISABLE);
	expect(&alice, STATUS_OK, "");
	ck_assert_uint_eq(wirebuf_get_u16(&body), 2); /* changed */
	ck_assert_uint_eq(wirebuf_get_u16(&body), 2); /* named */
	put_state(ID_2, OP_DISABLE);
	expect(&root, STATUS_OK, "");
	put_state(ID_1 " " ID_2, OP_ENABLE);
	expect(&alice, STATUS_FORBIDDEN, ID_2);
	ck_assert_int_eq(state_of(ID_1), OFF);
	put_state(ID_1 " " ID_3, OP_ENABLE);
	expect(&alice, STATUS_NOT_FOUND, "");
	ck_assert_int_eq(state_of(ID_1), OFF);
}
END_TEST

/* Regenerate. */

static char secret[TOKEN_TEXT_SIZE + 1];

static void
regenerate(uint64_t overlap, bool dry_run)
{
	struct token_info info;
	struct spanlist texts;
	struct span text;
	size_t at = 0;

	regenerate_request_put(request(OP_REGENERATE),
	    &(struct regenerate_request) { .selector = span_of(ID_1),
		.overlap = overlap,
		.dry_run = dry_run });
	expect(&alice, STATUS_OK, "");
	ck_assert_int_eq(changes, !dry_run);
	token_info_get(&body, &info);
	ck_assert(!wirebuf_get_bool(&body));
	texts = wirebuf_get_list(&body);
	read_end();
	ck_assert(span_is(info.id, ID_1));
	ck_assert_uint_eq(texts.count, dry_run ? 0 : 1);
	if (spanlist_next(&texts, &at, &text))
		ck_assert_int_eq(span_text(text, secret, sizeof(secret)), 0);
}

static bool
is_good(const char *text)
{
	verify_request_put(request(OP_VERIFY),
	    &(struct verify_request) { .token = span_of(text),
		.login = span_of("alice"),
		.service = span_of("sshd") });
	return send_request(&root) == STATUS_OK;
}

static bool
is_buried(uint8_t number)
{
	uint8_t key[TOKEN_ID_SIZE + 1] = ID_1;
	struct row row;
	int rv;

	key[TOKEN_ID_SIZE] = number;
	ck_assert_int_eq(store_read_begin(fixture.reader), 0);
	rv = store_get_authentic(
	    fixture.reader, DB_TOMBSTONES, span_bytes(key, sizeof(key)), &row);
	store_read_end(fixture.reader);
	return rv == 0;
}

START_TEST(a_new_secret_ends_the_old_one)
{
	char old[TOKEN_TEXT_SIZE + 1];

	regenerate(0, false);
	ck_assert(is_good(secret));
	ck_assert(is_buried(1));
	memcpy(old, secret, sizeof(old));
	regenerate(0, true);
	ck_assert(is_good(old));
	ck_assert(!is_buried(2));
	regenerate(0, false);
	ck_assert(!is_good(old));
	ck_assert(is_good(secret));
	ck_assert(is_buried(2) && !is_buried(3));
	ck_assert_uint_eq(count_rows(DB_TOMBSTONES), 2);
	ck_assert_uint_eq(count_rows(DB_AUDIT), 2);
	expect_audited("alice", "token.regenerate", "secret=3 overlap=0s");
}
END_TEST

/* The old one is good until its second, and in its grave once replaced. */
START_TEST(secrets_overlap)
{
	char first[TOKEN_TEXT_SIZE + 1], second[TOKEN_TEXT_SIZE + 1];

	regenerate(0, false);
	memcpy(first, secret, sizeof(first));
	regenerate(100, false);
	memcpy(second, secret, sizeof(second));
	ck_assert(!is_buried(2));
	ck_assert(is_good(first) && is_good(second));
	now = NOW + 99;
	ck_assert(is_good(first) && is_good(second));
	now = NOW + 100;
	ck_assert(!is_good(first) && is_good(second));
	now = NOW + 50;
	regenerate(100, false);
	ck_assert(is_buried(2) && !is_buried(3));
	ck_assert(!is_good(first));
	now = NOW + 149;
	ck_assert(is_good(second) && is_good(secret));
	now = NOW + 150;
	ck_assert(!is_good(second) && is_good(secret));
}
END_TEST

START_TEST(a_pending_token_needs_a_user)
{
	struct regenerate_request wanted = { .selector = span_of(ID_1) };

	alter(ID_1, STATE_PENDING, "", "");
	regenerate_request_put(request(OP_REGENERATE), &wanted);
	expect(&root, STATUS_INVALID, "--user");
	wanted.users = list_of("bob");
	regenerate_request_put(request(OP_REGENERATE), &wanted);
	expect(&alice, STATUS_FORBIDDEN, "token.login-as");
	wanted.users = list_of("alice");
	regenerate_request_put(request(OP_REGENERATE), &wanted);
	expect(&alice, STATUS_OK, "");
	ck_assert_int_eq(state_of(ID_1), STATE_ACTIVE);
	ck_assert_uint_eq(count_rows(DB_TOMBSTONES), 0);
}
END_TEST

/* Audit. */

/* Five acts, by two people, on two tokens, ten seconds apart from NOW. */
static void
make_history(void)
{
	static const struct {
		const struct caller *caller;
		const char *id;
		enum opcode opcode;
	} acts[] = {
		{ &alice, ID_1, OP_DISABLE },
		{ &root, ID_2, OP_DISABLE },
		{ &alice, ID_1, OP_ENABLE },
		{ &bob, ID_3, OP_DISABLE },
		{ &alice, ID_1, OP_DISABLE },
	};

	for (size_t i = 0; i < COUNT(acts); i++) {
		now = NOW + 10 * i;
		put_state(acts[i].id, acts[i].opcode);
		expect(acts[i].caller, STATUS_OK, "");
		ck_assert(changes);
	}
	ck_assert_uint_eq(count_rows(DB_AUDIT), COUNT(acts));
}

/* Adds the numbers of one page, those that are not sound with a mark, to the
 * text; where to go on. */
static uint64_t
read_page(const struct caller *caller, const struct audit_request *wanted,
    char *text, size_t size)
{
	uint64_t next;
	uint16_t count;

	audit_request_put(request(OP_AUDIT), wanted);
	expect(caller, STATUS_OK, "");
	ck_assert(!changes);
	count = wirebuf_get_u16(&body);
	ck_assert_uint_le(count, wanted->limit);
	for (uint16_t i = 0; i < count; i++) {
		struct audit_row row;
		size_t at = strlen(text);

		audit_row_get(&body, &row);
		snprintf(text + at, size - at, "%llu%s ",
		    (unsigned long long)row.number, row.is_sound ? "" : "!");
	}
	next = wirebuf_get_u64(&body);
	read_end();
	return next;
}

/* All pages of that limit. */
static void
expect_pages(const struct caller *caller, struct audit_request wanted,
    uint16_t limit, const char *numbers)
{
	char text[128] = "";

	wanted.limit = limit;
	do {
		uint64_t next = read_page(caller, &wanted, text, sizeof(text));

		ck_assert(next == 0 || next > wanted.after);
		wanted.after = next;
	} while (wanted.after != 0);
	ck_assert_str_eq(text, numbers);
}

static const struct {
	const struct caller *caller;
	const char *token, *actor, *action;
	uint64_t since, until, after;
	const char *numbers;
} filters[] = {
	{ &root, "", "", "", 0, 0, 0, "1 2 3 4 5 " },
	{ &root, ID_1, "", "", 0, 0, 0, "1 3 5 " },
	{ &root, "", "root", "", 0, 0, 0, "2 " },
	{ &root, "", "roo", "", 0, 0, 0, "" },
	{ &root, "", "", "token.enable", 0, 0, 0, "3 " },
	{ &root, ID_1, "alice", "token.disable", 0, 0, 0, "1 5 " },
	{ &root, ID_2, "alice", "", 0, 0, 0, "" },
	{ &root, "", "", "", NOW + 10, 0, 0, "2 3 4 5 " },
	{ &root, "", "", "", NOW + 11, 0, 0, "3 4 5 " },
	{ &root, "", "", "", 0, NOW + 20, 0, "1 2 " },
	{ &root, "", "", "", 0, NOW + 21, 0, "1 2 3 " },
	{ &root, "", "", "", NOW + 20, NOW + 20, 0, "" },
	{ &root, "", "", "", 0, 0, 2, "3 4 5 " },
	{ &root, "", "", "", 0, 0, 5, "" },
	{ &root, "", "", "", 0, 0, UINT64_MAX - 1, "" },
	/* people see what they did themselves, whatever they ask */
	{ &alice, "", "", "", 0, 0, 0, "1 3 5 " },
	{ &alice, ID_2, "", "", 0, 0, 0, "" },
	{ &alice, "", "root", "", 0, 0, 0, "" },
	{ &bob, "", "", "", 0, 0, 0, "4 " },
	{ &bob, ID_1, "alice", "", 0, 0, 0, "" },
};

START_TEST(the_audit_is_read_in_pages)
{
	static const uint16_t limits[] = { 1, 2, 3, PAGE_MAX };
	struct audit_request wanted = {
		.token = span_of(filters[_i].token),
		.actor = span_of(filters[_i].actor),
		.action = span_of(filters[_i].action),
		.since = filters[_i].since,
		.until = filters[_i].until,
		.after = filters[_i].after,
	};

	make_history();
	for (size_t i = 0; i < COUNT(limits); i++)
		expect_pages(
		    filters[_i].caller, wanted, limits[i], filters[_i].numbers);
}
END_TEST

START_TEST(a_page_has_a_limit)
{
	static const uint16_t limits[] = { 0, PAGE_MAX + 1, UINT16_MAX };

	for (size_t i = 0; i < COUNT(limits); i++) {
		audit_request_put(request(OP_AUDIT),
		    &(struct audit_request) { .limit = limits[i] });
		expect(&root, STATUS_MALFORMED, "");
	}
}
END_TEST

/* What somebody with the file in their hands does to the third entry. */
enum tampering {
	EDITED,	  /* a byte of its detail */
	RE_MACED, /* a byte of its MAC */
	REMOVED,
	REPLACED, /* by the second one */
	CUT,	  /* too short to be one */
};

static const struct {
	enum tampering tampering;
	const char *numbers;
} tamperings[] = {
	{ EDITED, "1 2 3! 4 5 " },
	{ RE_MACED, "1 2 3! 4! 5 " },
	{ REMOVED, "1 2 4! 5 " },
	{ REPLACED, "1 2 3! 4! 5 " },
	{ CUT, "1 2 3! 4! 5 " },
};

static void
tamper(MDB_txn *txn, MDB_dbi dbi, enum tampering tampering)
{
	uint8_t copy[1024], key_bytes[8], other_bytes[8];
	MDB_val key = { sizeof(key_bytes), key_bytes };
	MDB_val other = { sizeof(other_bytes), other_bytes };
	MDB_val value;

	audit_key(3, key_bytes);
	audit_key(2, other_bytes);
	ck_assert_int_eq(
	    mdb_get(txn, dbi, tampering == REPLACED ? &other : &key, &value),
	    0);
	ck_assert_uint_le(value.mv_size, sizeof(copy));
	memcpy(copy, value.mv_data, value.mv_size);
	value.mv_data = copy;
	if (tampering == EDITED)
		copy[value.mv_size - CRYPTO_MAC_SIZE - 1] ^= 1;
	if (tampering == RE_MACED)
		copy[value.mv_size - 1] ^= 1;
	if (tampering == CUT)
		value.mv_size = 3;
	ck_assert_int_eq(tampering == REMOVED
			     ? mdb_del(txn, dbi, &key, NULL)
			     : mdb_put(txn, dbi, &key, &value, 0),
	    0);
}

START_TEST(an_entry_that_was_changed_is_not_sound)
{
	struct store *store = fixture.agent.store;
	const struct audit_request all = { .after = 0 };
	MDB_txn *txn;

	make_history();
	ck_assert_int_eq(mdb_txn_begin(store->env, NULL, 0, &txn), 0);
	tamper(txn, store->dbi[DB_AUDIT], tamperings[_i].tampering);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	expect_pages(&root, all, PAGE_MAX, tamperings[_i].numbers);
	expect_pages(&root, all, 2, tamperings[_i].numbers);
	expect_pages(&root, all, 1, tamperings[_i].numbers);
}
END_TEST

static TCase *
edit_case(void)
{
	TCase *tcase = tcase_create("edit");

	tcase_add_checked_fixture(tcase, setup, scene_close);
	tcase_add_test(tcase, an_edit_is_kept_and_audited);
	tcase_add_test(tcase, a_dry_run_edits_nothing);
	tcase_add_loop_test(
	    tcase, a_name_is_one_token_of_its_owner, 0, COUNT(renames));
	tcase_add_test(tcase, a_new_name_is_found);
	tcase_add_test(tcase, a_malformed_edit_is_refused);
	tcase_add_loop_test(
	    tcase, a_token_made_for_somebody_stays_as_it_is, 0, 2);
	tcase_add_loop_test(
	    tcase, a_token_is_disabled_and_enabled, 0, COUNT(stories));
	tcase_add_test(tcase, what_root_stopped_is_not_edited);
	tcase_add_test(tcase, all_are_enabled_or_none);
	tcase_add_test(tcase, a_new_secret_ends_the_old_one);
	tcase_add_test(tcase, secrets_overlap);
	tcase_add_test(tcase, a_pending_token_needs_a_user);
	return tcase;
}

static TCase *
audit_case(void)
{
	TCase *tcase = tcase_create("audit");

	tcase_add_checked_fixture(tcase, setup, scene_close);
	tcase_add_loop_test(
	    tcase, the_audit_is_read_in_pages, 0, COUNT(filters));
	tcase_add_test(tcase, a_page_has_a_limit);
	return tcase;
}

static TCase *
tampering_case(void)
{
	TCase *tcase = tcase_create("tampering");

	tcase_add_checked_fixture(tcase, setup, scene_drop);
	tcase_add_loop_test(tcase, an_entry_that_was_changed_is_not_sound, 0,
	    COUNT(tamperings));
	return tcase;
}

int
main(void)
{
	TCase *cases[3];

	if (crypto_init() < 0)
		return 1;
	cases[0] = edit_case();
	cases[1] = audit_case();
	cases[2] = tampering_case();
	return run_cases("op_edit", cases, COUNT(cases));
}
