/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/warrant.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static struct grants grants;
static struct caller caller;
static struct token_spec spec;
static struct spanlist warrants;
static uint8_t storage[WARRANTS_STORAGE];

static void
setup(void)
{
	list_reset();
	grants.count = 0;
	caller = (struct caller) { .uid = 1000,
		.login = "alice",
		.role = ROLE_MEMBER,
		.grants = &grants };
	spec = (struct token_spec) { .kind = TOKEN_API,
		.type = TYPE_FULL_ACCESS,
		.owner = span_of("alice"),
		.users = list_of("alice"),
		.projects = list_of("web") };
}

static int
collect(void)
{
	return warrant_collect(&caller, &spec, storage, &warrants);
}

START_TEST(an_owner_needs_none)
{
	caller.role = ROLE_OWNER;
	give_grant(&grants, ROLE_WATCH_ONLY, "", "");
	spec.users = list_of("alice root");
	ck_assert_int_eq(collect(), 0);
	ck_assert_uint_eq(warrants.count, 0);
}
END_TEST

START_TEST(without_a_grant_it_is_the_default)
{
	struct warrant warrant;
	struct span only;
	size_t at = 0;

	ck_assert_int_eq(collect(), 0);
	ck_assert_uint_eq(warrants.count, 1);
	ck_assert(spanlist_next(&warrants, &at, &only));
	ck_assert_int_eq(warrant_parse(only, &warrant), 0);
	ck_assert(warrant.is_default);
	/* and covers no more than that */
	spec.users = list_of("alice bob");
	ck_assert_int_eq(collect(), ERROR_NOT_FOUND);
	spec.users = list_of("alice");
	spec.owner = span_of("bob");
	ck_assert_int_eq(collect(), ERROR_NOT_FOUND);
}
END_TEST

/* Grants of alice, and what a token of hers rests on: "role project" each. */
static const struct {
	const char *project1;
	enum role role1;
	const char *login_as1;
	const char *project2;
	enum role role2;
	const char *login_as2;
	const char *projects; /* of the token */
	const char *users;
	const char *rests; /* NULL: on nothing */
} rests[] = {
	{ "web", ROLE_ADMIN, "deploy", "db", ROLE_MEMBER, "", "web",
	    "alice deploy", "alice admin web," },
	{ "web", ROLE_ADMIN, "deploy", "db", ROLE_MEMBER, "", "web db", "alice",
	    "alice admin web,alice member db," },
	{ "web", ROLE_ADMIN, "deploy", "db", ROLE_MEMBER, "", "web db",
	    "alice deploy", NULL },
	{ "web", ROLE_ADMIN, "", "db", ROLE_MEMBER, "", "mail", "alice",
	    "default," },
	{ "web", ROLE_ADMIN, "", "db", ROLE_MEMBER, "", "mail web", "alice",
	    "default,alice admin web," },
	{ "web", ROLE_WATCH_ONLY, "", "db", ROLE_MEMBER, "", "web", "alice",
	    NULL },
	{ "", ROLE_WATCH_ONLY, "", "web", ROLE_MEMBER, "", "web", "alice",
	    "alice member web," },
	{ "", ROLE_WATCH_ONLY, "", "web", ROLE_MEMBER, "", "mail", "alice",
	    NULL },
	{ "", ROLE_ADMIN, "deploy", "web", ROLE_MEMBER, "", "web db", "deploy",
	    "alice admin ," },
	/* the wider of two that would do */
	{ "web", ROLE_MEMBER, "", "web", ROLE_ADMIN, "", "web", "alice",
	    "alice admin web," },
	/* two grants that only together would do */
	{ "web", ROLE_ADMIN, "deploy", "web", ROLE_ADMIN, "www", "web",
	    "deploy www", NULL },
};

START_TEST(it_rests_on_single_grants)
{
	char text[512] = "";
	struct warrant warrant;
	struct span one;
	size_t at = 0;

	give_grant(
	    &grants, rests[_i].role1, rests[_i].project1, rests[_i].login_as1);
	give_grant(
	    &grants, rests[_i].role2, rests[_i].project2, rests[_i].login_as2);
	spec.projects = list_of(rests[_i].projects);
	spec.users = list_of(rests[_i].users);
	if (rests[_i].rests == NULL) {
		ck_assert_int_eq(collect(), ERROR_NOT_FOUND);
		return;
	}
	ck_assert_int_eq(collect(), 0);
	while (spanlist_next(&warrants, &at, &one)) {
		size_t end = strlen(text);

		ck_assert_int_eq(warrant_parse(one, &warrant), 0);
		if (warrant.is_default)
			snprintf(text + end, sizeof(text) - end, "default,");
		else
			snprintf(text + end, sizeof(text) - end,
			    "%.*s %.*s %.*s,", (int)warrant.principal.size,
			    (const char *)warrant.principal.data,
			    (int)warrant.role.size,
			    (const char *)warrant.role.data,
			    (int)warrant.project.size,
			    (const char *)warrant.project.data);
	}
	ck_assert_str_eq(text, rests[_i].rests);
}
END_TEST

START_TEST(there_are_limits)
{
	static char names[WARRANTS_MAX + 1][8];
	char all[128] = "";

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(names[i], sizeof(names[i]), "p%zu", i);
		give_grant(&grants, ROLE_MEMBER, names[i], "");
		strcat(strcat(all, i > 0 ? " " : ""), names[i]);
	}
	spec.projects = list_of(all);
	ck_assert_int_eq(collect(), ERROR_TOO_LONG);
	spec.projects = list_of(all + 3);
	ck_assert_int_eq(collect(), 0);
	ck_assert_uint_eq(warrants.count, WARRANTS_MAX);
}
END_TEST

/* The narrower of two that would do comes last, and changes nothing. */
START_TEST(the_widest_stays)
{
	struct warrant warrant;
	struct span one;
	size_t at = 0;

	give_grant(&grants, ROLE_ADMIN, "web", "");
	give_grant(&grants, ROLE_MEMBER, "web", "");
	ck_assert_int_eq(collect(), 0);
	ck_assert(spanlist_next(&warrants, &at, &one));
	ck_assert_int_eq(warrant_parse(one, &warrant), 0);
	ck_assert(span_is(warrant.role, "admin"));
}
END_TEST

START_TEST(names_may_be_too_long_for_one)
{
	static char text[SPANLIST_ELEMENT_MAX + 1];

	memset(text, 'x', sizeof(text) - 1);
	give_grant(&grants, ROLE_MEMBER, "web", "");
	grants.items[0].principal = span_of(text);
	ck_assert_int_eq(collect(), ERROR_TOO_LONG);
}
END_TEST

/* One of the organization, and one that belongs nowhere yet. */
START_TEST(the_organization_rests_on_its_grants)
{
	give_grant(&grants, ROLE_ADMIN, "", "");
	spec.organization = true;
	ck_assert_int_eq(collect(), 0);
	ck_assert_uint_eq(warrants.count, 1);
	spec.organization = false;
	spec.projects = (struct spanlist) { 0 };
	ck_assert_int_eq(collect(), 0);
	ck_assert_uint_eq(warrants.count, 1);
}
END_TEST

START_TEST(what_is_no_warrant_is_none)
{
	static const char *const bad[] = { "", "alice", "alice\n", "\nadmin",
		"\nadmin\nweb", "**" };
	struct warrant warrant;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(warrant_parse(span_of(bad[i]), &warrant) < 0,
		    "'%s'", bad[i]);
}
END_TEST

/* What a grant of alice's still allows of a token that she made. */
static const struct {
	enum role role;
	const char *project, *login_as;
	const char *owner, *roles;
	bool elevated;
	const char *login;
	bool allows; /* at a service of project web */
} stills[] = {
	{ ROLE_MEMBER, "", "", "alice", "", false, "alice", true },
	{ ROLE_MEMBER, "web", "", "alice", "", false, "alice", true },
	{ ROLE_MEMBER, "db", "", "alice", "", false, "alice", false },
	{ ROLE_MEMBER, "web", "", "bob", "", false, "alice", false },
	{ ROLE_MEMBER, "web", "", "alice", "", false, "bob", false },
	{ ROLE_MEMBER, "web", "", "alice", "", true, "alice", false },
	{ ROLE_MEMBER, "web", "", "alice", "operator", false, "alice", false },
	{ ROLE_ADMIN, "web", "deploy", "bob", "", false, "deploy", true },
	{ ROLE_ADMIN, "web", "deploy", "bob", "", false, "bob", false },
	{ ROLE_ADMIN, "web", "deploy", "bob", "", true, "deploy", true },
	{ ROLE_ADMIN, "web", "deploy", "bob", "operator", false, "deploy",
	    true },
	{ ROLE_ADMIN, "web", "", "bob", "", false, "deploy", false },
	{ ROLE_ADMIN, "", "deploy", "bob", "", false, "deploy", true },
	{ ROLE_WATCH_ONLY, "web", "deploy", "alice", "", false, "alice",
	    false },
	{ ROLE_NONE, "", "", "alice", "", false, "alice", false },
	{ ROLE_OWNER, "", "", "bob", "operator", true, "root", true },
};

START_TEST(a_grant_made_smaller_narrows)
{
	struct service service;
	struct record record = { .spec = spec, .voucher = span_of("alice") };

	service_init(&service, "svc");
	strcpy(service.project, "web");
	service.elevated = stills[_i].elevated;
	record.spec.owner = span_of(stills[_i].owner);
	record.spec.roles = list_of(stills[_i].roles);
	give_grant(
	    &grants, stills[_i].role, stills[_i].project, stills[_i].login_as);
	ck_assert(warrant_allows(&grants.items[0], &record, &service,
		      span_of(stills[_i].login)) == stills[_i].allows);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("warrant");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, an_owner_needs_none);
	tcase_add_test(tcase, without_a_grant_it_is_the_default);
	tcase_add_loop_test(
	    tcase, it_rests_on_single_grants, 0, (int)COUNT(rests));
	tcase_add_test(tcase, there_are_limits);
	tcase_add_test(tcase, the_widest_stays);
	tcase_add_test(tcase, names_may_be_too_long_for_one);
	tcase_add_test(tcase, the_organization_rests_on_its_grants);
	tcase_add_test(tcase, what_is_no_warrant_is_none);
	tcase_add_loop_test(
	    tcase, a_grant_made_smaller_narrows, 0, (int)COUNT(stills));
	return run_cases("warrant", &tcase, 1);
}
