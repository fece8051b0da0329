/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import makes of a line and of the record that is there. */
#include <check.h>
#include <string.h>

#include "agent/model/import.h"
#include "agent/model/verify.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static struct record before, after;
static struct transfer_token line;
static struct token token;
static struct caller caller;
static struct import_storage storage;
static struct refusal refusal;

/* The line is the record, exactly. */
static void
setup(void)
{
	good_token(&before, &token);
	memset(&line, 0, sizeof(line));
	record_info(&before, span_of(token.id), NOW, &line.info);
	line.secret_count = 1;
	line.secrets[0] = (struct transfer_secret) {
		.number = before.secrets[0].number,
		.verifier = span_bytes(
		    before.secrets[0].verifier, CRYPTO_VERIFIER_SIZE),
	};
	caller = (struct caller) { .login = "root", .role = ROLE_OWNER };
	memset(&refusal, 0, sizeof(refusal));
}

static int
over(void)
{
	const struct import_input in = { &line, &caller, NOW };
	uint32_t fields = import_differences(&line, &before);

	return import_over(&in, &before, fields, &storage, &after, &refusal);
}

static int
make(void)
{
	const struct import_input in = { &line, &caller, NOW };

	return import_new(&in, &storage, &after, &refusal);
}

START_TEST(same_differs_in_nothing)
{
	ck_assert_int_eq(import_check(&line, &refusal), 0);
	ck_assert_uint_eq(import_differences(&line, &before), 0);
	line.info.state = 0;
	line.info.created_at = 0;
	line.secret_count = 0;
	line.info.changed_at = 1;
	line.info.reason = span_of("x");
	line.info.use_count = 7;
	ck_assert_uint_eq(import_differences(&line, &before), 0);
}
END_TEST

/* Every field by itself: what differs, and that it may be changed or not. */
static const struct {
	uint32_t field;
	bool fixed;
} fields[] = {
	{ IMPORT_KIND, true },
	{ IMPORT_OWNER, true },
	{ IMPORT_NAME, false },
	{ IMPORT_DESCRIPTION, false },
	{ IMPORT_TYPE, false },
	{ IMPORT_ALLOW, false },
	{ IMPORT_PROJECTS, true },
	{ IMPORT_USERS, false },
	{ IMPORT_ROLES, false },
	{ IMPORT_ENVIRONMENT, false },
	{ IMPORT_FROM, false },
	{ IMPORT_EXPIRES_AT, false },
	{ IMPORT_NOT_BEFORE, false },
	{ IMPORT_USES_LEFT, false },
	{ IMPORT_CREATED_AT, true },
	{ IMPORT_STATE, false },
};

static void
alter(uint32_t field)
{
	struct token_spec *spec = &line.info.spec;

	if (field == IMPORT_KIND)
		spec->kind = TOKEN_MANAGEMENT;
	if (field == IMPORT_OWNER)
		spec->owner = span_of("bob");
	if (field == IMPORT_NAME)
		spec->name = span_of("other");
	if (field == IMPORT_DESCRIPTION)
		spec->description = span_of("other");
	if (field == IMPORT_TYPE)
		spec->type = TYPE_READ_ONLY;
	if (field == IMPORT_ALLOW)
		spec->allow = list_of("other");
	if (field == IMPORT_PROJECTS)
		spec->projects = list_of("other");
	if (field == IMPORT_USERS)
		spec->users = list_of("other");
	if (field == IMPORT_ROLES)
		spec->roles = list_of("other");
	if (field == IMPORT_ENVIRONMENT)
		spec->environment = span_of("other");
	if (field == IMPORT_FROM)
		spec->from = list_of("192.0.2.1");
	if (field == IMPORT_EXPIRES_AT)
		spec->expires_at = NOW + 1;
	if (field == IMPORT_NOT_BEFORE)
		spec->not_before = NOW + 1;
	if (field == IMPORT_USES_LEFT)
		spec->uses = 3;
	if (field == IMPORT_CREATED_AT)
		line.info.created_at = before.created_at + 1;
	if (field == IMPORT_STATE)
		line.info.state = STATE_DISABLED;
}

START_TEST(each_field_is_told_apart)
{
	char words[IMPORT_WORDS_SIZE];

	alter(fields[_i].field);
	ck_assert_uint_eq(import_differences(&line, &before), fields[_i].field);
	importfields_words(fields[_i].field, words);
	ck_assert_int_eq(over(), fields[_i].fixed ? ERROR_INVALID : 0);
	if (fields[_i].fixed) {
		ck_assert_ptr_eq(
		    strstr(refusal.message, words), refusal.message);
		return;
	}
	ck_assert_uint_eq(import_differences(&line, &after), 0);
	ck_assert_uint_eq(after.changed_at, NOW);
	ck_assert(span_is(after.changed_by, "root"));
	ck_assert_uint_eq(after.created_at, before.created_at);
}
END_TEST

START_TEST(all_words_fit)
{
	char words[IMPORT_WORDS_SIZE];

	importfields_words(UINT32_MAX, words);
	ck_assert_str_eq(words + strlen(words) - strlen(",lapsed"), ",lapsed");
}
END_TEST

/* From the state that is there, through what a line says, to what it is. */
static const struct {
	enum token_state there, told, then; /* then 0: refused */
} states[] = {
	{ STATE_ACTIVE, STATE_ACTIVE, STATE_ACTIVE },
	{ STATE_ACTIVE, STATE_EXPIRED, STATE_ACTIVE },
	{ STATE_ACTIVE, STATE_PENDING, STATE_ACTIVE },
	{ STATE_ACTIVE, STATE_DISABLED, STATE_DISABLED },
	{ STATE_ACTIVE, STATE_REVOKED, STATE_REVOKED },
	{ STATE_DISABLED, STATE_DISABLED, STATE_DISABLED },
	{ STATE_DISABLED, STATE_REVOKED, STATE_REVOKED },
	{ STATE_DISABLED, STATE_ACTIVE, 0 },
	{ STATE_DISABLED, STATE_PENDING, 0 },
	{ STATE_DISABLED, STATE_EXPIRED, 0 },
	{ STATE_DISABLED, 0, STATE_DISABLED },
	{ STATE_REVOKED, STATE_REVOKED, STATE_REVOKED },
	{ STATE_REVOKED, STATE_DISABLED, 0 },
	{ STATE_REVOKED, STATE_ACTIVE, 0 },
	{ STATE_REVOKED, 0, STATE_REVOKED },
};

START_TEST(states_go_one_way)
{
	before.state = states[_i].there;
	line.info.state = states[_i].told;
	line.info.spec.description = span_of("changed");
	ck_assert_int_eq(over(), states[_i].then == 0 ? ERROR_INVALID : 0);
	if (states[_i].then != 0)
		ck_assert_int_eq(after.state, states[_i].then);
	else
		ck_assert_ptr_nonnull(strstr(refusal.message, "state: "));
}
END_TEST

static const struct {
	enum token_state told;
	uint8_t secrets;
	enum token_state then;
} births[] = {
	{ 0, 0, STATE_PENDING },
	{ 0, 1, STATE_ACTIVE },
	{ STATE_ACTIVE, 0, STATE_PENDING },
	{ STATE_ACTIVE, 1, STATE_ACTIVE },
	{ STATE_EXPIRED, 1, STATE_ACTIVE },
	{ STATE_DISABLED, 0, STATE_DISABLED },
	{ STATE_REVOKED, 0, STATE_REVOKED },
	{ STATE_REVOKED, 1, STATE_REVOKED },
};

START_TEST(a_new_one_is_what_it_has)
{
	line.info.state = births[_i].told;
	line.secret_count = births[_i].secrets;
	ck_assert_int_eq(make(), 0);
	ck_assert_int_eq(after.state, births[_i].then);
	ck_assert_uint_eq(after.secret_count, births[_i].secrets);
	ck_assert_uint_eq(after.created_at, before.created_at);
	ck_assert(after.elevated);
	ck_assert_uint_eq(after.warrants.count, 0);
	line.info.created_at = 0;
	line.info.created_by = span_of(NULL);
	ck_assert_int_eq(make(), 0);
	ck_assert_uint_eq(after.created_at, NOW);
	ck_assert(span_is(after.created_by, "root"));
}
END_TEST

START_TEST(spent_uses_stay_spent)
{
	before.spec.uses = 2;
	line.info.spec.uses = 3;
	ck_assert_uint_eq(import_differences(&line, &before), 0);
	line.info.spec.uses = USES_UNLIMITED;
	ck_assert_uint_eq(import_differences(&line, &before), 0);
	line.info.spec.uses = 1;
	ck_assert_int_eq(over(), 0);
	ck_assert_uint_eq(after.spec.uses, 1);
}
END_TEST

/* The numbers and ends of the secrets there, and of those that are told. */
static const struct {
	uint8_t there[2], told[2];
	uint64_t end_there, end_told; /* of the older one */
	bool good;
} secrets[] = {
	{ { 1, 0 }, { 1, 0 }, 0, 0, true },
	{ { 1, 0 }, { 2, 0 }, 0, 0, true },
	{ { 1, 0 }, { 2, 1 }, 0, NOW + 9, true },
	{ { 2, 0 }, { 1, 0 }, 0, 0, false },
	{ { 3, 0 }, { 3, 2 }, 0, NOW + 9, false },
	{ { 2, 1 }, { 2, 1 }, NOW + 9, NOW + 9, true },
	{ { 2, 1 }, { 2, 1 }, NOW + 9, NOW + 8, true },
	{ { 2, 1 }, { 2, 1 }, NOW + 9, NOW + 10, false },
	{ { 2, 1 }, { 2, 1 }, NOW + 9, TIME_NEVER, false },
	{ { 2, 1 }, { 2, 0 }, NOW + 9, 0, true },
	{ { 2, 1 }, { 1, 0 }, NOW + 9, 0, false },
	{ { 2, 1 }, { 4, 3 }, NOW + 9, NOW + 99, true },
	{ { 0, 0 }, { 1, 0 }, 0, 0, true },
};

START_TEST(secrets_only_get_newer)
{
	static uint8_t verifiers[5][CRYPTO_VERIFIER_SIZE];

	for (uint8_t i = 0; i < 5; i++)
		memset(verifiers[i], i, sizeof(verifiers[i]));
	before.secret_count = 0;
	line.secret_count = 0;
	for (size_t i = 0; i < 2; i++) {
		uint8_t number = secrets[_i].there[i];

		if (number != 0) {
			before.secrets[i].number = number;
			before.secrets[i].expires_at =
			    i > 0 ? secrets[_i].end_there : TIME_NEVER;
			memcpy(before.secrets[i].verifier, verifiers[number],
			    CRYPTO_VERIFIER_SIZE);
			before.secret_count++;
		}
		number = secrets[_i].told[i];
		if (number != 0)
			line.secrets[line.secret_count++] =
			    (struct transfer_secret) { number,
				    i > 0 ? secrets[_i].end_told : TIME_NEVER,
				    span_bytes(verifiers[number],
					CRYPTO_VERIFIER_SIZE) };
	}
	if (secrets[_i].good) {
		ck_assert_int_eq(over(), 0);
		ck_assert_uint_eq(import_differences(&line, &after), 0);
		return;
	}
	ck_assert_int_eq(over(), ERROR_INVALID);
	ck_assert_ptr_eq(strstr(refusal.message, "secrets: "), refusal.message);
}
END_TEST

START_TEST(another_secret_of_a_number_is_refused)
{
	static const uint8_t other[CRYPTO_VERIFIER_SIZE] = { 1 };

	line.secrets[0].verifier = span_bytes(other, sizeof(other));
	ck_assert_uint_eq(import_differences(&line, &before), IMPORT_SECRETS);
	ck_assert_int_eq(over(), ERROR_INVALID);
}
END_TEST

/* Whoever has no more than their own tokens is not made more by an import. */
START_TEST(importers_vouch)
{
	caller.role = ROLE_MEMBER;
	memcpy(caller.login, "alice", sizeof("alice"));
	ck_assert_int_eq(make(), 0);
	ck_assert(!after.elevated);
	ck_assert_uint_eq(after.warrants.count, 1);
	ck_assert(span_is(after.voucher, "alice"));
	line.info.spec.users = list_of("root");
	ck_assert_int_eq(make(), ERROR_INVALID);
	ck_assert_int_eq(over(), ERROR_INVALID);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
	static uint8_t packed[LIST_MAX * 256];
	struct spanlist list = { 0 };
	char login[201];

	memset(login, 'x', sizeof(login));
	for (int i = 0; i < LIST_MAX; i++)
		ck_assert_int_eq(spanlist_add(&list, packed, sizeof(packed),
				     span_bytes(login, sizeof(login))),
		    0);
	line.info.spec.users = list;
	ck_assert_int_eq(make(), ERROR_INVALID);
	ck_assert_ptr_nonnull(strstr(refusal.message, "bytes together"));
}
END_TEST

/* What no token can be, whoever wrote the line. */
static void
be_managing_without_a_role(void)
{
	line.info.spec.kind = TOKEN_MANAGEMENT;
	line.info.spec.roles = (struct spanlist) { 0 };
}

static void
be_nobodys(void)
{
	line.info.spec.owner = span_of("");
}

static void
be_of_nothing(void)
{
	line.info.spec.projects = (struct spanlist) { 0 };
}

static void
be_an_access_token(void)
{
	line.info.spec.kind = TOKEN_ACCESS;
}

static void
be_of_another_age(void)
{
	line.info.created_at = (uint64_t)TIME_MAX + 1;
}

static void
have_a_secret_of_another_age(void)
{
	line.secret_count = 2;
	line.secrets[1] = line.secrets[0];
	line.secrets[0].number++;
	line.secrets[1].expires_at = (uint64_t)TIME_MAX + 1;
}

static const struct {
	void (*spoil)(void);
	const char *words;
} impossible[] = {
	{ be_managing_without_a_role, "roles: " },
	{ be_nobodys, "owner: " },
	{ be_of_nothing, "projects: " },
	{ be_an_access_token, "kind: " },
	{ be_of_another_age, "created_at: " },
	{ have_a_secret_of_another_age, "secrets: " },
};

START_TEST(what_cannot_be_is_refused)
{
	impossible[_i].spoil();
	ck_assert_int_eq(import_check(&line, &refusal), ERROR_INVALID);
	ck_assert_msg(strncmp(refusal.message, impossible[_i].words,
			  strlen(impossible[_i].words)) == 0,
	    "%s", refusal.message);
}
END_TEST

/* Being past its time goes one way too. */
START_TEST(what_lapsed_stays_so)
{
	line.lapsed = true;
	ck_assert_uint_eq(import_differences(&line, &before), IMPORT_LAPSED);
	ck_assert_int_eq(over(), 0);
	ck_assert(after.lapsed);
	before.lapsed = true;
	ck_assert_uint_eq(import_differences(&line, &before), 0);
	line.lapsed = false;
	ck_assert_int_eq(over(), 0);
	ck_assert(after.lapsed);
}
END_TEST

/* The first of two that is wrong is what is told. */
START_TEST(two_secrets_are_both_looked_at)
{
	static const uint8_t other[CRYPTO_VERIFIER_SIZE] = { 1 };

	line.secret_count = 2;
	line.secrets[1] = line.secrets[0];
	line.secrets[0].verifier = span_bytes(other, sizeof(other));
	ck_assert_int_eq(over(), ERROR_INVALID);
	ck_assert_ptr_eq(strstr(refusal.message, "secrets: "), refusal.message);
}
END_TEST

START_TEST(the_organization_is_no_project)
{
	line.info.spec.organization = true;
	ck_assert_uint_eq(import_differences(&line, &before), IMPORT_PROJECTS);
	ck_assert_int_eq(over(), ERROR_INVALID);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("import");
	TCase *const cases[] = { tcase };

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, same_differs_in_nothing);
	tcase_add_loop_test(
	    tcase, each_field_is_told_apart, 0, (int)COUNT(fields));
	tcase_add_test(tcase, all_words_fit);
	tcase_add_loop_test(tcase, states_go_one_way, 0, (int)COUNT(states));
	tcase_add_loop_test(
	    tcase, a_new_one_is_what_it_has, 0, (int)COUNT(births));
	tcase_add_test(tcase, spent_uses_stay_spent);
	tcase_add_loop_test(
	    tcase, secrets_only_get_newer, 0, (int)COUNT(secrets));
	tcase_add_test(tcase, another_secret_of_a_number_is_refused);
	tcase_add_test(tcase, importers_vouch);
	tcase_add_loop_test(
	    tcase, what_cannot_be_is_refused, 0, (int)COUNT(impossible));
	tcase_add_test(tcase, what_lapsed_stays_so);
	tcase_add_test(tcase, two_secrets_are_both_looked_at);
	tcase_add_test(tcase, the_organization_is_no_project);
	tcase_add_test(tcase, what_is_too_large_is_refused);
	return run_cases("import", cases, COUNT(cases));
}
