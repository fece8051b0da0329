/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/role.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static uint8_t bytes[ROLE_SIZE_MAX];

static const struct caller owner = {
	.uid = 0, .login = "root", .role = ROLE_OWNER
};
static const struct caller member = {
	.uid = 1000, .login = "alice", .role = ROLE_MEMBER
};
static const struct caller nobody = {
	.uid = 1001, .login = "eve", .role = ROLE_NONE
};

START_TEST(a_role_comes_back)
{
	struct role_record role = { .description = span_of("on call"),
		.created_at = NOW,
		.created_by = span_of("root") };
	struct role_record other;
	size_t size;

	role.reach[TOKEN_READ] = REACH_ALL;
	role.reach[TOKEN_REVOKE] = REACH_PROJECT;
	role.reach[TOKEN_USE] = REACH_OWN;
	size = role_encode(&role, bytes, sizeof(bytes));
	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(role_decode(span_bytes(bytes, size), &other), 0);
	ck_assert_mem_eq(role.reach, other.reach, sizeof(role.reach));
	ck_assert(span_is(other.description, "on call"));
	ck_assert_uint_eq(other.created_at, NOW);
	ck_assert(span_is(other.created_by, "root"));
	for (size_t part = 0; part < size; part++)
		ck_assert_int_eq(role_decode(span_bytes(bytes, part), &other),
		    ERROR_MALFORMED);
	bytes[0]++;
	ck_assert_int_eq(
	    role_decode(span_bytes(bytes, size), &other), ERROR_MALFORMED);
}
END_TEST

START_TEST(everything_fits)
{
	static char text[TOKEN_DESCRIPTION_MAX], login[LOGIN_MAX];
	struct role_record role = { 0 }, other;
	size_t size;

	memset(text, 'x', sizeof(text));
	memset(login, 'y', sizeof(login));
	memset(role.reach, REACH_PROJECT, sizeof(role.reach));
	role.description = span_bytes(text, sizeof(text));
	role.created_by = span_bytes(login, sizeof(login));
	size = role_encode(&role, bytes, sizeof(bytes));
	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(role_decode(span_bytes(bytes, size), &other), 0);
	ck_assert_mem_eq(role.reach, other.reach, sizeof(role.reach));
}
END_TEST

/* What a later release, or nobody, wrote means nothing here. */
START_TEST(unknown_words_give_nothing)
{
	const struct spanlist words = list_of(
	    "token.read=own token.fly=all token.create=everywhere token.use "
	    "=own = token.delete= token.revoke=ALL token.disable=own=all");
	struct role_record role;
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof(bytes));
	wirebuf_put_u8(&w, 1);
	wirebuf_put_list(&w, &words);
	wirebuf_put_str16(&w, span_of(""));
	wirebuf_put_u64(&w, NOW);
	wirebuf_put_str8(&w, span_of("root"));
	ck_assert_int_eq(
	    role_decode(span_bytes(bytes, wirebuf_size(&w)), &role), 0);
	for (int p = 0; p < PERMISSION_COUNT; p++)
		ck_assert_int_eq(
		    role.reach[p], p == TOKEN_READ ? REACH_OWN : REACH_NONE);
	list_reset();
}
END_TEST

/* A list from the wire may have an element without bytes. */
START_TEST(an_empty_word_gives_nothing)
{
	struct role_record role = { 0 };
	struct refusal refusal = { 0 };
	struct spanlist list = { 0 };
	uint8_t storage[4];

	ck_assert_int_eq(
	    spanlist_add(&list, storage, sizeof(storage), span_of("")), 0);
	ck_assert_int_eq(
	    role_read_words(&list, &role, &refusal), ERROR_INVALID);
	ck_assert_int_eq(refusal.status, STATUS_INVALID);
}
END_TEST

START_TEST(builtin_roles_are_the_matrix)
{
	enum role role = (enum role)_i;
	struct role_record record;

	role_builtin(role, &record);
	for (enum permission p = 0; p < PERMISSION_COUNT; p++)
		ck_assert_int_eq(record.reach[p], grant_reach(role, p));
}
END_TEST

static const struct {
	const char *words;
	const char *why; /* NULL: they are taken */
} words[] = {
	{ "token.read=all token.create=own", NULL },
	{ "token.read=none", NULL },
	{ "", NULL },
	{ "token.read", "it takes a permission" },
	{ "token.fly=own", "it takes a permission" },
	{ "token.read=far", "own, project and all" },
	{ "token.read=Own", "it takes a permission" },
	{ "token.read =own", "it takes a permission" },
	{ "=own", "it takes a permission" },
	{ "token.read=", "it takes a permission" },
	{ "token.read=own token.read=all", "token.read is given twice" },
	{ "token.read=own token.read=own", "given twice" },
};

START_TEST(no_role_has_nothing)
{
	struct role_record role;

	role_builtin(ROLE_COUNT, &role);
	ck_assert(span_empty(role.description));
	for (enum permission p = 0; p < PERMISSION_COUNT; p++)
		ck_assert_uint_eq(role.reach[p], REACH_NONE);
}
END_TEST

START_TEST(people_write_words)
{
	const struct spanlist list = list_of(words[_i].words);
	struct role_record role = { 0 };
	struct refusal refusal = { 0 };
	int rv = role_read_words(&list, &role, &refusal);

	if (words[_i].why == NULL) {
		ck_assert_int_eq(rv, 0);
	} else {
		ck_assert_int_eq(rv, ERROR_INVALID);
		ck_assert_int_eq(refusal.status, STATUS_INVALID);
		ck_assert_ptr_nonnull(strstr(refusal.message, words[_i].why));
	}
	list_reset();
}
END_TEST

START_TEST(words_go_both_ways)
{
	uint8_t storage[ROLE_WORDS_SIZE];
	struct role_record role, other = { 0 };
	struct refusal refusal = { 0 };
	struct spanlist list;

	role_builtin((enum role)_i, &role);
	list = role_words(&role, storage);
	ck_assert_int_eq(role_read_words(&list, &other, &refusal), 0);
	ck_assert_mem_eq(role.reach, other.reach, sizeof(role.reach));
}
END_TEST

/* Each permission, what one has of it and what the role has. */
START_TEST(more_than_one_has_is_seen)
{
	for (int have = REACH_NONE; have <= REACH_ALL; have++)
		for (int wanted = REACH_NONE; wanted <= REACH_ALL; wanted++) {
			uint8_t a[PERMISSION_COUNT],
			    b[PERMISSION_COUNT] = { 0 };

			memset(a, REACH_NONE, sizeof(a));
			a[_i] = (uint8_t)have;
			b[_i] = (uint8_t)wanted;
			ck_assert_int_eq(role_exceeds(a, b),
			    wanted > have ? _i : PERMISSION_NONE);
			/* All of the others do not make up for it. */
			memset(a, REACH_ALL, sizeof(a));
			a[_i] = (uint8_t)have;
			ck_assert_int_eq(role_exceeds(a, b),
			    wanted > have ? _i : PERMISSION_NONE);
		}
}
END_TEST

static const struct {
	const struct caller *caller;
	enum role role;
	const char *project;
	const char *missing; /* NULL: it is within */
} withins[] = {
	{ &owner, ROLE_OWNER, "", NULL },
	{ &owner, ROLE_OWNER, "web", NULL },
	{ &owner, ROLE_ADMIN, "", NULL },
	{ &owner, ROLE_WATCH_ONLY, "web", NULL },
	{ &owner, ROLE_NONE, "", NULL },
	{ &member, ROLE_MEMBER, "", NULL },
	{ &member, ROLE_NONE, "web", NULL },
	{ &member, ROLE_OWNER, "", "token.read=all" },
	{ &member, ROLE_ADMIN, "web", "over project web" },
	{ &member, ROLE_WATCH_ONLY, "", "over the organization" },
	{ &nobody, ROLE_MEMBER, "", "eve has token.read=none" },
	{ &nobody, ROLE_NONE, "", NULL },
};

START_TEST(nobody_gives_more_than_they_have)
{
	struct refusal refusal = { 0 };
	struct role_record role;
	int rv;

	role_builtin(withins[_i].role, &role);
	rv = role_check_within(withins[_i].caller, span_of("it"), &role,
	    span_of(withins[_i].project), &refusal);
	ck_assert_int_eq(rv, withins[_i].missing == NULL ? 0 : ERROR_INVALID);
	if (rv == 0)
		return;
	ck_assert_int_eq(refusal.status, STATUS_FORBIDDEN);
	ck_assert_ptr_nonnull(strstr(refusal.message, withins[_i].missing));
}
END_TEST

/* Whoever loses a role has the default one, which may be more. */
static const struct {
	const struct caller *caller;
	enum role fallback, role;
	bool good;
} withouts[] = {
	{ &owner, ROLE_MEMBER, ROLE_NONE, true },
	{ &member, ROLE_MEMBER, ROLE_WATCH_ONLY, true },
	{ &nobody, ROLE_NONE, ROLE_OWNER, true },
	{ &nobody, ROLE_MEMBER, ROLE_MEMBER, true },
	{ &nobody, ROLE_MEMBER, ROLE_OWNER, true },
	{ &nobody, ROLE_MEMBER, ROLE_WATCH_ONLY, false },
	{ &nobody, ROLE_MEMBER, ROLE_NONE, false },
	{ &member, ROLE_ADMIN, ROLE_NONE, false },
};

START_TEST(nobody_gives_by_taking)
{
	struct refusal refusal = { 0 };
	struct role_record role;

	role_builtin(withouts[_i].role, &role);
	ck_assert_int_eq(
	    role_check_without(withouts[_i].caller, withouts[_i].fallback,
		&role, span_of("web"), &refusal),
	    withouts[_i].good ? 0 : ERROR_INVALID);
}
END_TEST

static const struct {
	const char *name;
	int status; /* 0: it can be made */
} names[] = {
	{ "ops", 0 },
	{ "Owner", 0 },
	{ "owners", 0 },
	{ "owner", STATUS_CONFLICT },
	{ "admin", STATUS_CONFLICT },
	{ "member", STATUS_CONFLICT },
	{ "watch-only", STATUS_CONFLICT },
	{ "none", STATUS_CONFLICT },
	{ "", STATUS_INVALID },
	{ "a role", STATUS_INVALID },
	{ "%ops", STATUS_INVALID },
};

START_TEST(builtin_names_are_taken)
{
	struct refusal refusal = { 0 };
	int rv = role_check(span_of(names[_i].name), span_of("text"), &refusal);

	ck_assert_int_eq(rv, names[_i].status == 0 ? 0 : ERROR_INVALID);
	ck_assert_int_eq((int)refusal.status, names[_i].status);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("role");

	tcase_add_test(tcase, a_role_comes_back);
	tcase_add_test(tcase, everything_fits);
	tcase_add_test(tcase, unknown_words_give_nothing);
	tcase_add_loop_test(tcase, builtin_roles_are_the_matrix, 0, ROLE_COUNT);
	tcase_add_test(tcase, no_role_has_nothing);
	tcase_add_test(tcase, an_empty_word_gives_nothing);
	tcase_add_loop_test(tcase, people_write_words, 0, COUNT(words));
	tcase_add_loop_test(tcase, words_go_both_ways, 0, ROLE_COUNT);
	tcase_add_loop_test(
	    tcase, more_than_one_has_is_seen, 0, PERMISSION_COUNT);
	tcase_add_loop_test(
	    tcase, nobody_gives_more_than_they_have, 0, COUNT(withins));
	tcase_add_loop_test(tcase, nobody_gives_by_taking, 0, COUNT(withouts));
	tcase_add_loop_test(tcase, builtin_names_are_taken, 0, COUNT(names));
	return run_cases("role", &tcase, 1);
}
