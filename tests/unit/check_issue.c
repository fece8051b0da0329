/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/issue.h"
#include "agent/model/scope.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

/* A request that is fine; each test changes what it is about. */
static struct token_spec spec;
static struct caller caller;
static struct issue_limits limits;
static struct issue_storage storage;
static struct record record;
static struct refusal refusal;

static void
setup(void)
{
	spec = (struct token_spec) {
		.kind = TOKEN_API,
		.type = TYPE_FULL_ACCESS,
		.name = span_of("laptop"),
		.expires_at = EXPIRES_DEFAULT,
		.uses = USES_UNLIMITED,
	};
	caller = (struct caller) {
		.uid = 1000, .login = "alice", .role = ROLE_MEMBER
	};
	memset(&limits, 0, sizeof(limits));
	memset(&record, 0, sizeof(record));
	memset(&refusal, 0, sizeof(refusal));
}

static bool
is_elevated(void *arg, struct span service)
{
	ck_assert_ptr_eq(arg, &spec);
	return span_is(service, "sudo") || span_is(service, "su");
}

/* There is a custom role besides the built-in ones. */
static bool
find_role(void *arg, struct span name, struct permissions *permissions)
{
	enum role role = role_of(name);

	ck_assert_ptr_eq(arg, &spec);
	memset(permissions, 0, sizeof(*permissions));
	if (span_is(name, "auditor")) {
		permissions->reach[AUDIT_READ] = REACH_PROJECT;
		return true;
	}
	if (role != ROLE_COUNT)
		permissions_of_role(role, permissions);
	return role != ROLE_COUNT;
}

static int
issue(void)
{
	const struct issue_input input = { .spec = &spec,
		.caller = &caller,
		.limits = &limits,
		.is_elevated = is_elevated,
		.role = find_role,
		.arg = &spec,
		.now = NOW };

	return issue_record(&input, &storage, &record, &refusal);
}

/* Refused with that status, in a sentence that has these words. */
static void
expect_refusal(enum status status, const char *words)
{
	char copy[256];
	char *rest = NULL;

	ck_assert_int_eq(issue(), ERROR_INVALID);
	ck_assert_msg(refusal.status == status, "status %x: %s",
	    (unsigned)refusal.status, refusal.message);
	strcpy(copy, words);
	for (char *word = strtok_r(copy, "|", &rest); word != NULL;
	     word = strtok_r(NULL, "|", &rest))
		ck_assert_msg(strstr(refusal.message, word) != NULL,
		    "\"%s\" lacks \"%s\"", refusal.message, word);
}

static void
expect_good(void)
{
	ck_assert_msg(issue() == 0, "%s", refusal.message);
}

START_TEST(what_is_left_out_has_its_default)
{
	struct span only;
	size_t at = 0;

	expect_good();
	ck_assert(span_is(record.spec.owner, "alice"));
	ck_assert_uint_eq(record.spec.users.count, 1);
	ck_assert(spanlist_next(&record.spec.users, &at, &only));
	ck_assert(span_is(only, "alice"));
	ck_assert_uint_eq(record.spec.projects.count, 1);
	ck_assert(spanlist_has(&record.spec.projects, span_of("default")));
	ck_assert_uint_eq(record.spec.expires_at, TIME_NEVER);
	ck_assert_int_eq(record.state, STATE_ACTIVE);
	ck_assert_uint_eq(record.created_at, NOW);
	ck_assert(span_is(record.created_by, "alice"));
	ck_assert(!record.elevated);
	ck_assert_uint_eq(record.secret_count, 0);
}
END_TEST

static const struct {
	enum role role; /* of alice */
	const char *asked_owner;
	const char *asked_users;
	const char *owner; /* NULL: forbidden */
	const char *users;
} people[] = {
	{ ROLE_MEMBER, "", "", "alice", "alice" },
	{ ROLE_MEMBER, "alice", "", "alice", "alice" },
	{ ROLE_MEMBER, "", "alice", "alice", "alice" },
	{ ROLE_MEMBER, "alice", "alice", "alice", "alice" },
	{ ROLE_MEMBER, "bob", "", NULL, NULL },
	{ ROLE_MEMBER, "bob", "alice", NULL, NULL },
	{ ROLE_MEMBER, "", "bob", NULL, NULL },
	{ ROLE_MEMBER, "", "alice bob", NULL, NULL },
	{ ROLE_MEMBER, "alice", "root", NULL, NULL },
	{ ROLE_MEMBER, "root", "root", NULL, NULL },
	{ ROLE_ADMIN, "", "", "alice", "alice" },
	{ ROLE_ADMIN, "", "bob", NULL, NULL },
	{ ROLE_ADMIN, "bob", "", NULL, NULL },
	{ ROLE_WATCH_ONLY, "", "", NULL, NULL },
	{ ROLE_NONE, "", "", NULL, NULL },
	{ ROLE_NONE, "alice", "alice", NULL, NULL },
	{ ROLE_OWNER, "", "", "alice", "alice" },
	{ ROLE_OWNER, "", "bob", "bob", "bob" },
	{ ROLE_OWNER, "bob", "", "bob", "bob" },
	{ ROLE_OWNER, "bob", "carol", "bob", "carol" },
	{ ROLE_OWNER, "", "bob carol", "alice", "bob carol" },
	{ ROLE_OWNER, "bob", "carol root", "bob", "carol root" },
};

START_TEST(people_are_as_the_role_permits)
{
	struct spanlist users;

	caller.role = people[_i].role;
	spec.owner = span_of(people[_i].asked_owner);
	spec.users = list_of(people[_i].asked_users);
	if (people[_i].owner == NULL) {
		expect_refusal(STATUS_FORBIDDEN, "alice|token.");
		return;
	}
	expect_good();
	users = list_of(people[_i].users);
	ck_assert(span_is(record.spec.owner, people[_i].owner));
	ck_assert(span_equal(record.spec.users.packed, users.packed));
	/* Whose token.create reaches beyond their own. */
	ck_assert(record.elevated == (people[_i].role >= ROLE_ADMIN));
}
END_TEST

static const struct {
	enum role role;
	enum token_type type;
	const char *allow;
	const char *refused; /* the service; NULL: good */
} elevations[] = {
	{ ROLE_MEMBER, TYPE_CUSTOM, "sshd", NULL },
	{ ROLE_MEMBER, TYPE_CUSTOM, "sudo", "sudo" },
	{ ROLE_MEMBER, TYPE_CUSTOM, "sudo:read", "sudo" },
	{ ROLE_MEMBER, TYPE_CUSTOM, "sshd su:full", "su" },
	{ ROLE_MEMBER, TYPE_FULL_ACCESS, "sudo", "sudo" },
	{ ROLE_MEMBER, TYPE_FULL_ACCESS, "", NULL },
	{ ROLE_ADMIN, TYPE_CUSTOM, "sshd", NULL },
	{ ROLE_OWNER, TYPE_CUSTOM, "sudo su:read", NULL },
	{ ROLE_OWNER, TYPE_FULL_ACCESS, "sudo", NULL },
};

START_TEST(elevated_services_are_not_for_members)
{
	caller.role = elevations[_i].role;
	spec.type = elevations[_i].type;
	spec.allow = list_of(elevations[_i].allow);
	if (elevations[_i].refused == NULL) {
		expect_good();
		return;
	}
	expect_refusal(STATUS_FORBIDDEN, "elevated|token.create");
	ck_assert(strncmp(refusal.message, elevations[_i].refused,
		      strlen(elevations[_i].refused)) == 0);
}
END_TEST

/* Nor is what a role opens theirs to give. */
START_TEST(roles_are_not_for_members)
{
	spec.roles = list_of("operator");
	expect_refusal(STATUS_FORBIDDEN, "role|token.create");
	caller.role = ROLE_OWNER;
	expect_good();
	ck_assert(spanlist_has(&record.spec.roles, span_of("operator")));
}
END_TEST

/* Times. */

static const struct {
	uint64_t asked, default_expires, max_expires;
	uint64_t expires_at;
	const char *refused;
} expiries[] = {
	{ EXPIRES_DEFAULT, 0, 0, TIME_NEVER, NULL },
	{ EXPIRES_DEFAULT, 60, 0, NOW + 60, NULL },
	{ EXPIRES_DEFAULT, 60, 60, NOW + 60, NULL },
	/* a default never goes past the limit */
	{ EXPIRES_DEFAULT, 61, 60, NOW + 60, NULL },
	{ EXPIRES_DEFAULT, 0, 60, NOW + 60, NULL },
	{ TIME_NEVER, 60, 0, TIME_NEVER, NULL },
	{ TIME_NEVER, 0, 60, 0, "2027-01-15T08:01:00Z|max_expires" },
	{ NOW + 1, 0, 0, NOW + 1, NULL },
	{ NOW + 60, 0, 60, NOW + 60, NULL },
	{ NOW + 61, 0, 60, 0, "2027-01-15T08:01:00Z|max_expires" },
	{ NOW, 0, 0, 0, "in the past|2027-01-15T08:00:00Z|30d|never" },
	{ NOW - 1, 0, 0, 0, "in the past|2027-01-15T07:59:59Z" },
	{ 1, 0, 0, 0, "in the past|1970-01-01T00:00:01Z" },
	{ TIME_MAX, 0, 0, TIME_MAX, NULL },
	{ TIME_MAX + 1, 0, 0, 0, "9999|never" },
	{ EXPIRES_DEFAULT - 1, 0, 0, 0, "9999|never" },
};

START_TEST(an_expiry_is_within_its_limits)
{
	spec.expires_at = expiries[_i].asked;
	limits.default_expires = expiries[_i].default_expires;
	limits.max_expires = expiries[_i].max_expires;
	if (expiries[_i].refused != NULL) {
		expect_refusal(STATUS_INVALID, expiries[_i].refused);
		return;
	}
	expect_good();
	ck_assert_uint_eq(record.spec.expires_at, expiries[_i].expires_at);
}
END_TEST

static const struct {
	uint64_t not_before, expires_at;
	const char *refused;
} beginnings[] = {
	{ 0, TIME_NEVER, NULL },
	{ NOW - 5, NOW + 5, NULL },
	{ NOW + 4, NOW + 5, NULL },
	{ NOW + 5, NOW + 5, "--not-before|expiry" },
	{ NOW + 6, NOW + 5, "--not-before|expiry" },
	{ NOW + 6, TIME_NEVER, NULL },
	{ (uint64_t)TIME_MAX, TIME_NEVER, NULL },
	{ (uint64_t)TIME_MAX + 1, TIME_NEVER, "--not-before|9999" },
	{ UINT64_MAX, TIME_NEVER, "--not-before|9999" },
};

START_TEST(a_beginning_is_before_its_end)
{
	spec.not_before = beginnings[_i].not_before;
	spec.expires_at = beginnings[_i].expires_at;
	if (beginnings[_i].refused != NULL) {
		expect_refusal(STATUS_INVALID, beginnings[_i].refused);
		return;
	}
	expect_good();
	ck_assert_uint_eq(record.spec.not_before, beginnings[_i].not_before);
}
END_TEST

/* What is over has nothing to begin with: an import may bring it. */
START_TEST(what_is_over_may_have_begun_later)
{
	const struct issue_input in = { .now = NOW };
	struct refusal refused = { 0 };

	spec.expires_at = NOW - 20;
	spec.not_before = NOW - 10;
	ck_assert_int_eq(issue_check_times(&in, &spec, &refused), 0);
	spec.not_before = NOW + 1;
	ck_assert_int_lt(issue_check_times(&in, &spec, &refused), 0);
}
END_TEST

/* Syntax. */

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255                                                                   \
	A64 A64 A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                          \
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *name;
	const char *refused;
} names[] = {
	{ "a", NULL },
	{ A64, NULL },
	{ "my laptop, at home", NULL },
	{ "-", NULL },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91", NULL },
	{ "\xc2\xa0", NULL },
	{ "a\xc2", NULL },
	{ "", "1 to 64 bytes|0" },
	{ A64 "b", "1 to 64 bytes|65" },
	{ "a\nb", "printable|control" },
	{ "a\tb", "printable|control" },
	{ "\x01", "control" },
	{ "\x1b[2J", "control" },
	{ "a\x1f", "control" },
	{ "a\x7f", "control" },
	{ "\xc2\x80", "control" },
	{ "a\xc2\x9b\x31", "control" },
	{ "\xc2\x9f", "control" },
};

START_TEST(a_name_is_printable)
{
	spec.name = span_of(names[_i].name);
	if (names[_i].refused != NULL)
		expect_refusal(STATUS_INVALID, names[_i].refused);
	else
		expect_good();
}
END_TEST

enum field {
	OWNER,
	USERS,
	DESCRIPTION,
	ENVIRONMENT,
	PROJECTS,
	ROLES,
	ALLOW,
	FROM,
};

static void
set_field(enum field field, const char *value)
{
	switch (field) {
	case OWNER:
		spec.owner = span_of(value);
		break;
	case USERS:
		spec.users = list_of(value);
		break;
	case DESCRIPTION:
		spec.description = span_of(value);
		break;
	case ENVIRONMENT:
		spec.environment = span_of(value);
		break;
	case PROJECTS:
		spec.projects = list_of(value);
		break;
	case ROLES:
		spec.roles = list_of(value);
		break;
	case ALLOW:
		spec.allow = list_of(value);
		break;
	case FROM:
		spec.from = list_of(value);
		break;
	}
}

#define LOGIN_RIGHT "login name|1 to 255|space"
#define WORD_RIGHT  "word|64|letters, digits"
#define ALLOW_RIGHT "--allow|SERVICE:ACCESS|sshd"
#define FROM_RIGHT  "--from|192.0.2.0/24|2001:db8::/32"

static const struct {
	enum field field;
	const char *value;
	const char *refused;
} fields[] = {
	{ OWNER, "bob", NULL },
	{ OWNER, "DOMAIN\\bob", NULL },
	{ OWNER, A255, NULL },
	{ OWNER, A255 "a", "--owner|" LOGIN_RIGHT },
	{ OWNER, "b b", "--owner|" LOGIN_RIGHT },
	{ OWNER, "b\n", "--owner|" LOGIN_RIGHT },
	{ OWNER, "b\xc2\x85", "--owner|" LOGIN_RIGHT },
	{ USERS, "bob@example.org carol", NULL },
	{ USERS, "bob ca\x1brol", "--user|" LOGIN_RIGHT },
	{ USERS, "bob ca\x7frol", "--user|" LOGIN_RIGHT },
	{ DESCRIPTION, "what it is for: \xc3\xa4", NULL },
	{ DESCRIPTION, "two\nlines", "description|printable" },
	{ DESCRIPTION, "\x7f", "description|printable" },
	{ DESCRIPTION, "\xc2\x90", "description|printable" },
	{ ENVIRONMENT, "production", NULL },
	{ ENVIRONMENT, A64, NULL },
	{ ENVIRONMENT, A64 "a", "--environment|" WORD_RIGHT },
	{ ENVIRONMENT, "a b", "--environment|" WORD_RIGHT },
	{ ENVIRONMENT, "\xc3\xa4", "--environment|" WORD_RIGHT },
	{ PROJECTS, "shop bank._-@+9", NULL },
	{ PROJECTS, A64, NULL },
	{ PROJECTS, A64 "a", "--project|" WORD_RIGHT },
	{ PROJECTS, "shop *", "--project|" WORD_RIGHT },
	{ PROJECTS, "-shop", "--project|" WORD_RIGHT },
	{ PROJECTS, "a/b", "--project|" WORD_RIGHT },
	{ ROLES, "operator", NULL },
	{ ROLES, "operator op:x", "--role|" WORD_RIGHT },
	{ ROLES, "operator a operator", "--role operator|given twice" },
	{ PROJECTS, "shop shop", "--project shop|given twice" },
	{ ALLOW, "sshd nginx:read", NULL },
	{ ALLOW, "sshd:", ALLOW_RIGHT },
	{ ALLOW, ":read", ALLOW_RIGHT },
	{ ALLOW, "sshd:read:write", ALLOW_RIGHT },
	{ ALLOW, "sshd /etc/pam.d/x", ALLOW_RIGHT },
	{ ALLOW, A64 ":" A64, NULL },
	{ ALLOW, A64 "a", ALLOW_RIGHT },
	{ FROM, "192.0.2.7 192.0.2.0/24 2001:db8::/32", NULL },
	{ FROM, "192.0.2.7/24", "--from 192.0.2.7/24|is 192.0.2.0/24" },
	{ FROM, "192.0.2.7 localhost", FROM_RIGHT },
	{ FROM, "2001:db8::/200", FROM_RIGHT },
};

START_TEST(a_field_has_its_syntax)
{
	caller.role = ROLE_OWNER;
	set_field(fields[_i].field, fields[_i].value);
	if (fields[_i].refused != NULL)
		expect_refusal(STATUS_INVALID, fields[_i].refused);
	else
		expect_good();
}
END_TEST

/* An element of no bytes, which list_of() cannot make. */
START_TEST(an_empty_element_is_refused)
{
	static const uint8_t packed[] = { 0 };
	const struct spanlist empty = { { packed, 1 }, 1 };
	struct spanlist *const lists[] = { &spec.users, &spec.projects,
		&spec.roles, &spec.allow, &spec.from };

	caller.role = ROLE_OWNER;
	*lists[_i] = empty;
	expect_refusal(STATUS_INVALID, "");
}
END_TEST

static const struct {
	enum token_type type;
	const char *allow;
	bool organization;
	const char *projects;
	const char *refused;
} types[] = {
	{ TYPE_CUSTOM, "sshd", false, "", NULL },
	{ TYPE_CUSTOM, "", false, "", "custom|--allow" },
	{ TYPE_READ_ONLY, "", false, "", NULL },
	{ TYPE_READ_ONLY, "sshd", false, "", "read-only|--allow|\"read\"" },
	{ TYPE_FULL_ACCESS, "sshd", false, "", NULL },
	{ TYPE_FULL_ACCESS, "", true, "", NULL },
	{ TYPE_FULL_ACCESS, "", true, "shop", "--project or --organization" },
};

START_TEST(a_type_goes_with_what_it_opens)
{
	spec.type = types[_i].type;
	spec.allow = list_of(types[_i].allow);
	spec.organization = types[_i].organization;
	spec.projects = list_of(types[_i].projects);
	if (types[_i].refused != NULL) {
		expect_refusal(STATUS_INVALID, types[_i].refused);
		return;
	}
	expect_good();
	ck_assert_int_eq(record.spec.organization, types[_i].organization);
	ck_assert_uint_eq(
	    record.spec.projects.count, types[_i].organization ? 0 : 1);
}
END_TEST

START_TEST(short_lived_kinds_are_not_created)
{
	spec.kind = TOKEN_ACCESS;
	expect_refusal(STATUS_INVALID, "exchange");
	spec.kind = TOKEN_REFRESH;
	expect_refusal(STATUS_INVALID, "exchange");
}
END_TEST

/* What management tokens may be asked for, by whom; NULL: it is made. */
static const struct {
	enum role role; /* of alice */
	const char *roles;
	const char *owner;
	const char *allow;
	uint32_t uses;
	enum status status;
	const char *words;
} managements[] = {
	{ ROLE_OWNER, "admin", "", "", USES_UNLIMITED, STATUS_OK, NULL },
	{ ROLE_OWNER, "owner", "bob", "", USES_UNLIMITED, STATUS_OK, NULL },
	{ ROLE_OWNER, "", "", "", USES_UNLIMITED, STATUS_INVALID, "--role" },
	{ ROLE_OWNER, "admin", "", "sshd", USES_UNLIMITED, STATUS_INVALID,
	    "--allow" },
	{ ROLE_OWNER, "admin", "", "", 3, STATUS_INVALID, "--uses" },
	{ ROLE_OWNER, "auditor", "", "", USES_UNLIMITED, STATUS_OK, NULL },
	{ ROLE_OWNER, "gone", "", "", USES_UNLIMITED, STATUS_NOT_FOUND,
	    "there is no role gone" },
	{ ROLE_ADMIN, "admin", "", "", USES_UNLIMITED, STATUS_OK, NULL },
	{ ROLE_ADMIN, "member watch-only", "", "", USES_UNLIMITED, STATUS_OK,
	    NULL },
	{ ROLE_ADMIN, "owner", "", "", USES_UNLIMITED, STATUS_FORBIDDEN,
	    "owner|alice|=project" },
	{ ROLE_ADMIN, "member owner", "", "", USES_UNLIMITED, STATUS_FORBIDDEN,
	    "owner|alice" },
	{ ROLE_ADMIN, "auditor", "", "", USES_UNLIMITED, STATUS_OK, NULL },
	{ ROLE_ADMIN, "auditor", "root", "", USES_UNLIMITED, STATUS_FORBIDDEN,
	    "of their own only" },
	{ ROLE_MEMBER, "member", "", "", USES_UNLIMITED, STATUS_FORBIDDEN,
	    "management.create" },
	{ ROLE_WATCH_ONLY, "watch-only", "", "", USES_UNLIMITED,
	    STATUS_FORBIDDEN, "management.create" },
	{ ROLE_NONE, "none", "", "", USES_UNLIMITED, STATUS_FORBIDDEN,
	    "management.create" },
};

START_TEST(a_management_token_is_not_more_than_its_maker)
{
	caller.role = managements[_i].role;
	spec.kind = TOKEN_MANAGEMENT;
	spec.roles = list_of(managements[_i].roles);
	spec.owner = span_of(managements[_i].owner);
	spec.allow = list_of(managements[_i].allow);
	spec.uses = managements[_i].uses;
	if (managements[_i].words == NULL)
		expect_good();
	else
		expect_refusal(managements[_i].status, managements[_i].words);
}
END_TEST

START_TEST(a_management_token_is_for_no_service)
{
	caller.role = ROLE_OWNER;
	spec.kind = TOKEN_MANAGEMENT;
	spec.roles = list_of("admin");
	spec.from = list_of("192.0.2.0/24");
	expect_refusal(STATUS_INVALID, "--from");
	spec.from = (struct spanlist) { 0 };
	spec.environment = span_of("production");
	expect_refusal(STATUS_INVALID, "--environment");
}
END_TEST

/* Only one login name says whose a token is, and only where that one's may be
 * made. */
START_TEST(an_owner_is_not_guessed)
{
	caller.role = ROLE_OWNER;
	spec.users = list_of("bob");
	spec.organization = true;
	expect_good();
	ck_assert(span_is(record.spec.owner, "bob"));
	spec.users = list_of("bob carol");
	expect_good();
	ck_assert(span_is(record.spec.owner, "alice"));
	caller.role = ROLE_MEMBER;
	spec.organization = false;
	spec.users = list_of("bob");
	expect_refusal(STATUS_FORBIDDEN, "alice");
}
END_TEST

static struct grants grants;

/* A token rests on grants each of which would do, and not on many. */
START_TEST(a_token_rests_on_few_grants)
{
	static char webs[WARRANTS_MAX + 1][8];
	char all[128] = "";

	grants.count = 0;
	caller.grants = &grants;
	give_grant(&grants, ROLE_ADMIN, "web", "deploy");
	give_grant(&grants, ROLE_ADMIN, "web", "www");
	spec.projects = list_of("web");
	spec.users = list_of("deploy www");
	expect_refusal(STATUS_FORBIDDEN, "no single grant of alice");
	/* Where one of its projects is not theirs, it is named. */
	spec.users = list_of("alice");
	caller.role = ROLE_NONE;
	spec.projects = list_of("web db");
	expect_refusal(STATUS_FORBIDDEN, "project db");
	for (size_t i = 0; i < COUNT(webs); i++) {
		snprintf(webs[i], sizeof(webs[i]), "p%zu", i);
		give_grant(&grants, ROLE_MEMBER, webs[i], "");
		strcat(strcat(all, i > 0 ? " " : ""), webs[i]);
	}
	spec.projects = list_of(all);
	expect_refusal(STATUS_INVALID, "at most|grants");
}
END_TEST

START_TEST(a_token_has_a_use_at_least)
{
	spec.uses = 0;
	expect_refusal(STATUS_INVALID, "--uses|at least 1");
	spec.uses = 1;
	expect_good();
	ck_assert_uint_eq(record.spec.uses, 1);
}
END_TEST

/* 60 users of 250 bytes are more than a token may have. */
START_TEST(a_token_has_a_size)
{
	char users[60 * 251 + 1];

	memset(users, 'u', sizeof(users));
	for (size_t i = 0; i < 60; i++)
		users[i * 251 + 250] = ' ';
	users[60 * 251 - 1] = '\0';
	caller.role = ROLE_OWNER;
	spec.owner = span_of("bob");
	spec.users = list_of(users);
	expect_refusal(STATUS_INVALID, "8192 bytes");
	users[30 * 251 - 1] = '\0';
	spec.users = list_of(users);
	expect_good();
}
END_TEST

START_TEST(a_message_stays_within_its_room)
{
	struct refusal refused;

	ck_assert_int_eq(
	    refuse(&refused, STATUS_CONFLICT, "%600s|", "x"), ERROR_INVALID);
	ck_assert_int_eq(refused.status, STATUS_CONFLICT);
	ck_assert_uint_eq(strlen(refused.message), sizeof(refused.message) - 1);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("issue");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, what_is_left_out_has_its_default);
	tcase_add_loop_test(
	    tcase, people_are_as_the_role_permits, 0, COUNT(people));
	tcase_add_loop_test(
	    tcase, elevated_services_are_not_for_members, 0, COUNT(elevations));
	tcase_add_test(tcase, roles_are_not_for_members);
	tcase_add_loop_test(
	    tcase, an_expiry_is_within_its_limits, 0, COUNT(expiries));
	tcase_add_loop_test(
	    tcase, a_beginning_is_before_its_end, 0, COUNT(beginnings));
	tcase_add_test(tcase, what_is_over_may_have_begun_later);
	tcase_add_loop_test(tcase, a_name_is_printable, 0, COUNT(names));
	tcase_add_loop_test(tcase, a_field_has_its_syntax, 0, COUNT(fields));
	tcase_add_loop_test(tcase, an_empty_element_is_refused, 0, 5);
	tcase_add_loop_test(
	    tcase, a_type_goes_with_what_it_opens, 0, COUNT(types));
	tcase_add_test(tcase, short_lived_kinds_are_not_created);
	tcase_add_loop_test(tcase,
	    a_management_token_is_not_more_than_its_maker, 0,
	    (int)COUNT(managements));
	tcase_add_test(tcase, a_management_token_is_for_no_service);
	tcase_add_test(tcase, an_owner_is_not_guessed);
	tcase_add_test(tcase, a_token_rests_on_few_grants);
	tcase_add_test(tcase, a_token_has_a_use_at_least);
	tcase_add_test(tcase, a_token_has_a_size);
	tcase_add_test(tcase, a_message_stays_within_its_room);
	return run_cases("issue", &tcase, 1);
}
