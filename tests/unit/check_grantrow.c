/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/grantrow.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static const struct caller owner = {
	.uid = 0, .login = "root", .role = ROLE_OWNER
};
static const struct caller member = {
	.uid = 1000, .login = "alice", .role = ROLE_MEMBER
};

static uint8_t bytes[GRANTROW_SIZE_MAX];
static struct grantrow row;

static const struct grant_match none = { &(const struct span) { 0 },
	&(const struct span) { 0 } };

/* What a row becomes; false if it cannot be. */
static bool
rewrite(const struct grant_match *match, const struct grant_record *added)
{
	uint8_t next[GRANTROW_SIZE_MAX];
	size_t size = grantrow_rewrite(&row, match, added, next, sizeof(next));

	if (size == 0)
		return false;
	memcpy(bytes, next, size);
	ck_assert_int_eq(grantrow_decode(span_bytes(bytes, size), &row), 0);
	return true;
}

static void
add(const char *role, const char *project, const char *login_as)
{
	const struct grant_record grant = { .role = span_of(role),
		.project = span_of(project),
		.login_as = list_of(login_as),
		.granted_at = NOW,
		.granted_by = span_of("root") };

	ck_assert(rewrite(&none, &grant));
}

static bool
has(const char *role, const char *project, struct grant_record *grant)
{
	const struct span role_span = span_of(role);
	const struct span project_span = span_of(project);
	const struct grant_match match = { &role_span, &project_span };

	return grantrow_find(&row, &match, grant);
}

static void
setup(void)
{
	row = (struct grantrow) { 0 };
	add("admin", "web", "deploy www");
	add("member", "", "");
	add("admin", "api", "");
}

START_TEST(grants_come_back_in_order)
{
	static const char *const roles[] = { "admin", "member", "admin" };
	struct grant_record grant;
	size_t at = 0, count = 0;

	while (grantrow_next(&row, &at, &grant)) {
		ck_assert(span_is(grant.role, roles[count++]));
		ck_assert_uint_eq(grant.granted_at, NOW);
		ck_assert(span_is(grant.granted_by, "root"));
	}
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(row.count, 3);
	ck_assert(has("admin", "web", &grant));
	ck_assert_uint_eq(grant.login_as.count, 2);
	ck_assert(spanlist_has(&grant.login_as, span_of("www")));
	ck_assert(has("member", "", &grant));
	ck_assert(!has("member", "web", &grant));
	ck_assert(!has("admin", "", &grant));
}
END_TEST

START_TEST(those_that_match_go)
{
	const struct span admin = span_of("admin"), web = span_of("web");
	struct grant_record grant;

	ck_assert(rewrite(&(struct grant_match) { .project = &web }, NULL));
	ck_assert_uint_eq(row.count, 2);
	ck_assert(!has("admin", "web", &grant));
	ck_assert(rewrite(&(struct grant_match) { .role = &admin }, NULL));
	ck_assert_uint_eq(row.count, 1);
	ck_assert(has("member", "", &grant));
	/* The last one leaves an empty row, which is one all the same. */
	ck_assert(rewrite(&(struct grant_match) { 0 }, NULL));
	ck_assert_uint_eq(row.count, 0);
	ck_assert(!has("member", "", &grant));
}
END_TEST

START_TEST(one_replaces_what_it_matches)
{
	const struct span admin = span_of("admin"), web = span_of("web");
	const struct grant_record now = { .role = admin, .project = web };
	struct grant_record grant;

	ck_assert(rewrite(&(struct grant_match) { &admin, &web }, &now));
	ck_assert_uint_eq(row.count, 3);
	ck_assert(has("admin", "web", &grant));
	ck_assert_uint_eq(grant.login_as.count, 0);
}
END_TEST

START_TEST(there_is_a_limit)
{
	const struct grant_record more = { .role = span_of("more") };
	char project[16];

	for (int i = row.count; i < GRANTROW_MAX; i++) {
		snprintf(project, sizeof(project), "p%d", i);
		add("member", project, "");
	}
	ck_assert(!rewrite(&none, &more));
	ck_assert_uint_eq(row.count, GRANTROW_MAX);
}
END_TEST

START_TEST(bytes_are_limited_too)
{
	static char login[LOGIN_MAX];
	static uint8_t storage[LIST_MAX * (LOGIN_MAX + 1)];
	struct grant_record grant = { .role = span_of("admin") };

	memset(login, 'x', sizeof(login));
	for (int i = 0; i < LIST_MAX; i++)
		ck_assert_int_eq(
		    spanlist_add(&grant.login_as, storage, sizeof(storage),
			span_bytes(login, sizeof(login))),
		    0);
	ck_assert(!rewrite(&none, &grant));
	ck_assert_uint_eq(row.count, 3);
}
END_TEST

START_TEST(anything_else_is_malformed)
{
	uint8_t copy[1024];
	size_t size = grantrow_rewrite(&row, &none, NULL, copy, sizeof(copy));
	struct grantrow other;

	ck_assert_uint_gt(size, 0);
	for (size_t part = 0; part < size; part++)
		ck_assert_int_eq(
		    grantrow_decode(span_bytes(copy, part), &other),
		    ERROR_MALFORMED);
	copy[size] = 0;
	ck_assert_int_eq(grantrow_decode(span_bytes(copy, size + 1), &other),
	    ERROR_MALFORMED);
	copy[1]--;
	ck_assert_int_eq(
	    grantrow_decode(span_bytes(copy, size), &other), ERROR_MALFORMED);
	copy[1] += 2;
	ck_assert_int_eq(
	    grantrow_decode(span_bytes(copy, size), &other), ERROR_MALFORMED);
	copy[1] = GRANTROW_MAX + 1;
	ck_assert_int_eq(
	    grantrow_decode(span_bytes(copy, size), &other), ERROR_MALFORMED);
	copy[1] = row.count;
	ck_assert_int_eq(grantrow_decode(span_bytes(copy, size), &other), 0);
	copy[0]++;
	ck_assert_int_eq(
	    grantrow_decode(span_bytes(copy, size), &other), ERROR_MALFORMED);
}
END_TEST

static const struct {
	const char *principal;
	bool good, group;
} principals[] = {
	{ "alice", true, false },
	{ "a.user@example.org", true, false },
	{ "%0", true, true },
	{ "%1000", true, true },
	{ "%4294967294", true, true },
	{ "%4294967295", false, true }, /* -1: none */
	{ "%4294967296", false, true },
	{ "%99999999999", false, true },
	{ "%", false, true },
	{ "%wheel", false, true },
	{ "%01", false, true },
	{ "%-1", false, true },
	{ "%+1", false, true },
	{ "% 1", false, true },
	{ "%1000 ", false, true },
	{ "", false, false },
	{ "two words", false, false },
	{ "a\nb", false, false },
};

START_TEST(principals_are_logins_or_gids)
{
	struct span principal = span_of(principals[_i].principal);
	struct refusal refusal = { 0 };

	ck_assert_int_eq(grantrow_check_principal(principal, &refusal),
	    principals[_i].good ? 0 : ERROR_INVALID);
	ck_assert(grantrow_is_group(principal) == principals[_i].group);
}
END_TEST

static const struct {
	enum role role;
	const char *project, *login_as;
	bool good;
} checks[] = {
	{ ROLE_ADMIN, "web", "deploy", true },
	{ ROLE_ADMIN, "", "deploy www", true },
	{ ROLE_OWNER, "", "deploy", true },
	{ ROLE_MEMBER, "", "", true },
	{ ROLE_MEMBER, "web", "deploy", false },
	{ ROLE_WATCH_ONLY, "web", "deploy", false },
	{ ROLE_NONE, "", "deploy", false },
	{ ROLE_ADMIN, "a web", "", false },
	{ ROLE_ADMIN, "*", "", false },
	{ ROLE_ADMIN, "web", "a\tb", false },
};

START_TEST(login_names_go_with_a_role)
{
	const struct grant_record grant = {
		.role = span_of(role_word(checks[_i].role)),
		.project = span_of(checks[_i].project),
		.login_as = list_of(checks[_i].login_as),
	};
	struct refusal refusal = { 0 };
	struct role_record role;

	role_builtin(checks[_i].role, &role);
	ck_assert_int_eq(grantrow_check(&grant, &role, &refusal),
	    checks[_i].good ? 0 : ERROR_INVALID);
}
END_TEST

/* Who speaks for nobody else gives nobody else's name away. */
static const struct {
	const struct caller *caller;
	const char *login_as;
	const char *why; /* NULL: it is within */
} withins[] = {
	{ &owner, "deploy root", NULL },
	{ &owner, "", NULL },
	{ &member, "alice", NULL },
	{ &member, "alice deploy", "login name deploy in project web" },
	{ &member, "root", "token.login-as" },
};

START_TEST(login_names_are_ones_own_to_give)
{
	const struct grant_record grant = { .role = span_of("it"),
		.project = span_of("web"),
		.login_as = list_of(withins[_i].login_as) };
	const struct role_record role = { 0 };
	struct refusal refusal = { 0 };
	int rv = grantrow_check_within(
	    withins[_i].caller, &grant, &role, &refusal);

	ck_assert_int_eq(rv, withins[_i].why == NULL ? 0 : ERROR_INVALID);
	if (rv < 0) {
		ck_assert_int_eq(refusal.status, STATUS_FORBIDDEN);
		ck_assert_ptr_nonnull(strstr(refusal.message, withins[_i].why));
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("grantrow");

	tcase_add_checked_fixture(tcase, setup, list_reset);
	tcase_add_test(tcase, grants_come_back_in_order);
	tcase_add_test(tcase, those_that_match_go);
	tcase_add_test(tcase, one_replaces_what_it_matches);
	tcase_add_test(tcase, there_is_a_limit);
	tcase_add_test(tcase, bytes_are_limited_too);
	tcase_add_test(tcase, anything_else_is_malformed);
	tcase_add_loop_test(
	    tcase, principals_are_logins_or_gids, 0, COUNT(principals));
	tcase_add_loop_test(
	    tcase, login_names_go_with_a_role, 0, COUNT(checks));
	tcase_add_loop_test(
	    tcase, login_names_are_ones_own_to_give, 0, COUNT(withins));
	return run_cases("grantrow", &tcase, 1);
}
