/* SPDX-License-Identifier: BSD-3-Clause */
/* Tokens that are edited and that get another secret. */
#include <check.h>
#include <stddef.h>
#include <string.h>

#include "agent/model/amend.h"
#include "agent/model/verify.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

/* A token of alice's own, and an edit of it that each test says more about. */
static struct record before, after;
static struct token_spec spec;
static struct caller caller;
static struct issue_storage storage;
static struct issue_limits limits;
static struct refusal refusal;

static void
setup(void)
{
	struct token token;

	good_token(&before, &token);
	before.spec.allow = list_of("sshd");
	before.elevated = true;
	memset(&spec, 0, sizeof(spec));
	spec.kind = TOKEN_API;
	spec.type = TYPE_FULL_ACCESS;
	caller = (struct caller) {
		.uid = 1000, .login = "alice", .role = ROLE_MEMBER
	};
	memset(&limits, 0, sizeof(limits));
	memset(&after, 0, sizeof(after));
	memset(&refusal, 0, sizeof(refusal));
}

static void
be_root(void)
{
	caller = (struct caller) {
		.uid = 0, .login = "root", .role = ROLE_OWNER
	};
}

static bool
is_elevated(void *arg, struct span service)
{
	(void)arg;
	return span_is(service, "sudo");
}

static bool
find_role(void *arg, struct span name, struct permissions *permissions)
{
	enum role role = role_of(name);

	(void)arg;
	if (role != ROLE_COUNT)
		permissions_of_role(role, permissions);
	return role != ROLE_COUNT;
}

static struct issue_input
input(void)
{
	return (struct issue_input) { .spec = &spec,
		.caller = &caller,
		.limits = &limits,
		.is_elevated = is_elevated,
		.role = find_role,
		.now = NOW };
}

static int
edit(uint32_t fields)
{
	const struct issue_input in = input();

	return amend_fields(&in, &before, fields, &storage, &after, &refusal);
}

static int
regenerate(uint64_t overlap)
{
	const struct issue_input in = input();

	return amend_secret(&in, &before, overlap, &storage, &after, &refusal);
}

/* It came out with that status; no status is success. */
static void
expect(int rv, int status, const char *words)
{
	if (status == 0) {
		ck_assert_msg(rv == 0, "%s", refusal.message);
		return;
	}
	ck_assert_int_eq(rv, ERROR_INVALID);
	ck_assert_msg((int)refusal.status == status, "status %x: %s",
	    (unsigned)refusal.status, refusal.message);
	ck_assert_msg(strstr(refusal.message, words) != NULL,
	    "\"%s\" lacks \"%s\"", refusal.message, words);
}

static void
expect_record(const struct record *wanted)
{
	static uint8_t is[RECORD_SIZE_MAX], shall[RECORD_SIZE_MAX];
	size_t size = record_encode(wanted, shall, sizeof(shall));

	ck_assert_uint_gt(size, 0);
	ck_assert_uint_eq(record_encode(&after, is, sizeof(is)), size);
	ck_assert_mem_eq(is, shall, size);
}

/* Every field differs from what the token has. */
static void
ask_for_everything(void)
{
	spec = (struct token_spec) {
		.kind = TOKEN_API,
		.type = TYPE_CUSTOM,
		.organization = true,
		.name = span_of("desktop"),
		.owner = span_of("mallory"),
		.environment = span_of("production"),
		.description = span_of("another one"),
		.users = list_of("carol deploy"),
		.allow = list_of("nginx:read sudo"),
		.projects = list_of("shop"),
		.roles = list_of("operator"),
		.from = list_of("192.0.2.0/24"),
		.expires_at = NOW + 500,
		.not_before = NOW + 400,
		.uses = 7,
	};
}

#define MEMBER(f)                                                              \
	offsetof(struct token_spec, f), sizeof(((struct token_spec *)NULL)->f)

static const struct {
	uint32_t field;
	size_t offset;
	size_t size;
} fields[] = {
	{ FIELD_NAME, MEMBER(name) },
	{ FIELD_DESCRIPTION, MEMBER(description) },
	{ FIELD_TYPE, MEMBER(type) },
	{ FIELD_ALLOW, MEMBER(allow) },
	{ FIELD_EXPIRES, MEMBER(expires_at) },
	{ FIELD_NOT_BEFORE, MEMBER(not_before) },
	{ FIELD_FROM, MEMBER(from) },
	{ FIELD_ENVIRONMENT, MEMBER(environment) },
	{ FIELD_USERS, MEMBER(users) },
};

static void
take(struct record *record, size_t i)
{
	memcpy((uint8_t *)&record->spec + fields[i].offset,
	    (const uint8_t *)&spec + fields[i].offset, fields[i].size);
}

START_TEST(a_field_is_edited_alone)
{
	struct record wanted;

	be_root();
	ask_for_everything();
	wanted = before;
	take(&wanted, (size_t)_i);
	wanted.changed_at = NOW;
	wanted.changed_by = span_of("root");
	expect(edit(fields[_i].field), 0, "");
	expect_record(&wanted);
}
END_TEST

START_TEST(all_fields_are_edited_together)
{
	struct record wanted;
	uint32_t all = 0;

	be_root();
	ask_for_everything();
	wanted = before;
	for (size_t i = 0; i < COUNT(fields); i++) {
		take(&wanted, i);
		all |= fields[i].field;
	}
	ck_assert_uint_eq(all, FIELDS_ALL);
	wanted.changed_at = NOW;
	wanted.changed_by = span_of("root");
	expect(edit(FIELDS_ALL), 0, "");
	expect_record(&wanted);
}
END_TEST

/* Whether it may open elevated services is said by whoever lists services. */
static const struct {
	enum role role;
	uint32_t field;
	bool before, after;
} elevations[] = {
	{ ROLE_MEMBER, FIELD_ALLOW, true, false },
	{ ROLE_MEMBER, FIELD_ALLOW, false, false },
	{ ROLE_OWNER, FIELD_ALLOW, false, true },
	{ ROLE_MEMBER, FIELD_NAME, true, true },
	{ ROLE_OWNER, FIELD_NAME, false, false },
	{ ROLE_OWNER, FIELD_EXPIRES, false, false },
};

START_TEST(elevation_comes_with_who_lists_services)
{
	caller.role = elevations[_i].role;
	before.elevated = elevations[_i].before;
	spec.name = span_of("desktop");
	spec.allow = list_of("nginx");
	spec.expires_at = TIME_NEVER;
	expect(edit(elevations[_i].field), 0, "");
	ck_assert_int_eq(after.elevated, elevations[_i].after);
}
END_TEST

/* Who stands for a token afterwards: whoever touched it, but for labels; an
 * owner only where it is to open more. */
static const struct {
	enum role role; /* of alice, who touches it */
	bool rests;	/* on a grant of bob's before */
	uint32_t field; /* 0: regenerate */
	const char *voucher;
	const char *warrant; /* NULL: none */
} vouchings[] = {
	{ ROLE_MEMBER, false, FIELD_EXPIRES, "alice", "*" },
	{ ROLE_MEMBER, false, FIELD_NAME, "", NULL },
	{ ROLE_MEMBER, false, 0, "alice", "*" },
	{ ROLE_MEMBER, true, 0, "alice", "*" },
	{ ROLE_OWNER, true, FIELD_EXPIRES, "bob", "bob\nadmin\nweb" },
	{ ROLE_OWNER, true, FIELD_FROM, "bob", "bob\nadmin\nweb" },
	{ ROLE_OWNER, true, FIELD_NAME, "bob", "bob\nadmin\nweb" },
	{ ROLE_OWNER, true, 0, "bob", "bob\nadmin\nweb" },
	{ ROLE_OWNER, true, FIELD_USERS, "", NULL },
	{ ROLE_OWNER, true, FIELD_ALLOW, "", NULL },
};

START_TEST(whoever_changes_it_stands_for_it)
{
	uint8_t packed[64];

	caller.role = vouchings[_i].role;
	if (vouchings[_i].rests) {
		before.voucher = span_of("bob");
		(void)spanlist_add(&before.warrants, packed, sizeof(packed),
		    span_of("bob\nadmin\nweb"));
	}
	before.elevated = false;
	spec.name = span_of("desktop");
	spec.users = list_of("alice");
	spec.allow = list_of("nginx");
	spec.from = list_of("192.0.2.0/24");
	spec.expires_at = NOW + 60;
	if (vouchings[_i].field == 0) {
		spec.users = list_of("");
		expect(regenerate(0), 0, "");
	} else
		expect(edit(vouchings[_i].field), 0, "");
	ck_assert(span_is(after.voucher, vouchings[_i].voucher));
	ck_assert_uint_eq(
	    after.warrants.count, vouchings[_i].warrant != NULL ? 1 : 0);
	if (vouchings[_i].warrant != NULL)
		ck_assert(spanlist_has(
		    &after.warrants, span_of(vouchings[_i].warrant)));
}
END_TEST

/* Tokens of alice, and what she may do to them. */
enum token_made {
	OWN,	    /* by herself */
	OPENS_SUDO, /* by root, from here on */
	HAS_ROLE,
	OTHER_LOGIN,
};

static void
make(enum token_made made)
{
	if (made != OWN)
		before.created_by = span_of("root");
	if (made == OPENS_SUDO)
		before.spec.allow = list_of("sshd sudo:full");
	if (made == HAS_ROLE)
		before.spec.roles = list_of("operator");
	if (made == OTHER_LOGIN)
		before.spec.users = list_of("alice deploy");
}

#define LABELS	   FIELD_NAME | FIELD_DESCRIPTION
#define REGENERATE 0

static const struct {
	enum token_made made;
	uint32_t fields; /* REGENERATE */
	const char *users;
	const char *allow;
	int status;
	const char *words;
} members[] = {
	{ OWN, FIELD_NAME, "", "", 0, "" },
	{ OWN, FIELD_DESCRIPTION, "", "", 0, "" },
	{ OWN, FIELD_EXPIRES, "", "", 0, "" },
	{ OWN, FIELD_NOT_BEFORE, "", "", 0, "" },
	{ OWN, FIELD_FROM, "", "", 0, "" },
	{ OWN, FIELD_TYPE, "", "", 0, "" },
	{ OWN, FIELD_ENVIRONMENT, "", "", 0, "" },
	{ OWN, FIELD_ALLOW, "", "sshd nginx:read", 0, "" },
	{ OWN, FIELD_ALLOW, "", "", 0, "" },
	{ OWN, FIELD_ALLOW, "", "sshd sudo", STATUS_FORBIDDEN, "sudo" },
	{ OWN, FIELD_ALLOW, "", "sudo:read", STATUS_FORBIDDEN, "sudo" },
	{ OWN, FIELD_USERS, "alice", "", 0, "" },
	{ OWN, FIELD_USERS, "bob", "", STATUS_FORBIDDEN, "login name" },
	{ OWN, FIELD_USERS, "alice root", "", STATUS_FORBIDDEN, "login name" },
	{ OWN, REGENERATE, "", "", 0, "" },
	{ OWN, REGENERATE, "alice", "", 0, "" },
	{ OWN, REGENERATE, "bob", "", STATUS_FORBIDDEN, "login name" },
	{ OPENS_SUDO, LABELS, "", "", 0, "" },
	{ OPENS_SUDO, FIELD_EXPIRES, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_NOT_BEFORE, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_FROM, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_TYPE, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_ENVIRONMENT, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_USERS, "alice", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, LABELS | FIELD_FROM, "", "", STATUS_FORBIDDEN, "sudo" },
	{ OPENS_SUDO, FIELD_ALLOW, "", "sudo", STATUS_FORBIDDEN, "sudo" },
	/* nobody needs anybody to have less */
	{ OPENS_SUDO, FIELD_ALLOW, "", "sshd", 0, "" },
	{ OPENS_SUDO, REGENERATE, "", "", STATUS_FORBIDDEN, "sudo" },
	{ HAS_ROLE, LABELS, "", "", 0, "" },
	{ HAS_ROLE, FIELD_EXPIRES, "", "", STATUS_FORBIDDEN, "role" },
	{ HAS_ROLE, FIELD_NOT_BEFORE, "", "", STATUS_FORBIDDEN, "role" },
	{ HAS_ROLE, FIELD_FROM, "", "", STATUS_FORBIDDEN, "role" },
	{ HAS_ROLE, FIELD_ALLOW, "", "nginx", STATUS_FORBIDDEN, "role" },
	{ HAS_ROLE, FIELD_USERS, "alice", "", STATUS_FORBIDDEN, "role" },
	{ HAS_ROLE, REGENERATE, "", "", STATUS_FORBIDDEN, "role" },
	{ OTHER_LOGIN, LABELS, "", "", 0, "" },
	{ OTHER_LOGIN, FIELD_EXPIRES, "", "", STATUS_FORBIDDEN, "login name" },
	{ OTHER_LOGIN, FIELD_FROM, "", "", STATUS_FORBIDDEN, "login name" },
	{ OTHER_LOGIN, FIELD_ALLOW, "", "nginx", STATUS_FORBIDDEN,
	    "login name" },
	{ OTHER_LOGIN, FIELD_USERS, "deploy", "", STATUS_FORBIDDEN,
	    "login name" },
	{ OTHER_LOGIN, FIELD_USERS, "alice", "", 0, "" },
	{ OTHER_LOGIN, REGENERATE, "", "", STATUS_FORBIDDEN, "login name" },
	{ OTHER_LOGIN, REGENERATE, "alice", "", 0, "" },
};

static void
ask_as_member(size_t i)
{
	make(members[i].made);
	spec.name = span_of("desktop");
	spec.description = span_of("renamed");
	spec.expires_at = TIME_NEVER;
	spec.users = list_of(members[i].users);
	spec.allow = list_of(members[i].allow);
	before.spec.expires_at = NOW + 60;
}

static int
edit_or_regenerate(uint32_t which)
{
	return which == REGENERATE ? regenerate(0) : edit(which);
}

START_TEST(members_edit_what_they_might_have_made)
{
	ask_as_member((size_t)_i);
	expect(edit_or_regenerate(members[_i].fields), members[_i].status,
	    members[_i].words);
}
END_TEST

/* All of it is for whoever reaches beyond their own. */
START_TEST(owners_edit_everything)
{
	ask_as_member((size_t)_i);
	be_root();
	expect(edit_or_regenerate(members[_i].fields), 0, "");
}
END_TEST

/* States. */

static const struct {
	enum token_state state;
	const char *changed_by;
	bool by_root; /* is edited by */
	int status;
	const char *words;
} states[] = {
	{ STATE_ACTIVE, "root", false, 0, "" },
	{ STATE_PENDING, "root", false, 0, "" },
	{ STATE_DISABLED, "alice", false, 0, "" },
	{ STATE_DISABLED, "root", true, 0, "" },
	{ STATE_DISABLED, "alice", true, 0, "" },
	{ STATE_DISABLED, "root", false, STATUS_FORBIDDEN, "root" },
	{ STATE_DISABLED, "alic", false, STATUS_FORBIDDEN, "alic" },
	{ STATE_DISABLED, "alice2", false, STATUS_FORBIDDEN, "alice2" },
	{ STATE_REVOKED, "alice", false, STATUS_CONFLICT, "for good" },
	{ STATE_REVOKED, "root", false, STATUS_CONFLICT, "for good" },
	{ STATE_REVOKED, "root", true, STATUS_CONFLICT, "for good" },
};

START_TEST(a_stopped_token_is_edited_by_who_stopped_it)
{
	before.state = states[_i].state;
	before.changed_by = span_of(states[_i].changed_by);
	if (states[_i].by_root)
		be_root();
	spec.name = span_of("desktop");
	expect(edit(FIELD_NAME), states[_i].status, states[_i].words);
	if (states[_i].status == 0)
		ck_assert_int_eq(after.state, states[_i].state);
	expect(regenerate(0), states[_i].status, states[_i].words);
	/* A new secret does not start it again. */
	if (states[_i].status == 0)
		ck_assert_int_eq(after.state, states[_i].state == STATE_PENDING
						  ? STATE_ACTIVE
						  : states[_i].state);
}
END_TEST

/* What a new token may not be, an edited one may not become. */

static const struct {
	uint32_t field;
	const char *value;
	uint64_t time;
	uint64_t max_expires;
	const char *words; /* NULL: good */
} values[] = {
	{ FIELD_NAME, "", 0, 0, "1 to 64" },
	{ FIELD_NAME, "a\nb", 0, 0, "control" },
	{ FIELD_DESCRIPTION, "\x1b[2J", 0, 0, "printable" },
	{ FIELD_DESCRIPTION, "", 0, 0, NULL },
	{ FIELD_ENVIRONMENT, "a b", 0, 0, "--environment" },
	{ FIELD_ENVIRONMENT, "", 0, 0, NULL },
	{ FIELD_ALLOW, "sshd sshd:", 0, 0, "--allow" },
	{ FIELD_FROM, "192.0.2.7/24", 0, 0, "--from" },
	{ FIELD_FROM, "", 0, 0, NULL },
	{ FIELD_USERS, "ali\x7f", 0, 0, "--user" },
	{ FIELD_TYPE, "", 0, 0, "\"read\"" }, /* it lists services */
	{ FIELD_EXPIRES, "", NOW, 0, "in the past" },
	{ FIELD_EXPIRES, "", NOW + 1, 0, NULL },
	{ FIELD_EXPIRES, "", TIME_NEVER, 0, NULL },
	{ FIELD_EXPIRES, "", TIME_NEVER, 60, "max_expires" },
	{ FIELD_EXPIRES, "", NOW + 61, 60, "max_expires" },
	{ FIELD_EXPIRES, "", NOW + 60, 60, NULL },
	{ FIELD_EXPIRES, "", TIME_MAX + 1, 0, "9999" },
	{ FIELD_NOT_BEFORE, "", NOW + 99, 0, NULL },
	{ FIELD_NOT_BEFORE, "", NOW + 100, 0, "not before the expiry" },
	{ FIELD_NOT_BEFORE, "", UINT64_MAX, 0, "9999" },
	/* A limit that came later bothers only who asks for an expiry. */
	{ FIELD_NAME, "desktop", 0, 60, NULL },
};

START_TEST(a_value_is_checked)
{
	before.spec.expires_at = NOW + 100;
	limits.max_expires = values[_i].max_expires;
	spec.type = TYPE_READ_ONLY;
	spec.name = span_of(values[_i].value);
	spec.description = spec.name;
	spec.environment = spec.name;
	spec.allow = spec.from = spec.users = list_of(values[_i].value);
	spec.expires_at = spec.not_before = values[_i].time;
	expect(edit(values[_i].field),
	    values[_i].words != NULL ? STATUS_INVALID : 0, values[_i].words);
}
END_TEST

/* Secrets. */

static const struct {
	uint8_t numbers[RECORD_SECRETS_MAX]; /* 0: none */
	uint64_t overlap;
	const char *users;
	uint8_t after[RECORD_SECRETS_MAX]; /* 0: none; 0 0: refused */
	int status;
	const char *words;
} secrets[] = {
	{ { 1 }, 0, "", { 2 }, 0, "" },
	{ { 1 }, 1, "", { 2, 1 }, 0, "" },
	{ { 1 }, OVERLAP_MAX, "", { 2, 1 }, 0, "" },
	{ { 1 }, OVERLAP_MAX + 1, "", { 0 }, STATUS_INVALID, "365d" },
	{ { 1 }, UINT64_MAX, "", { 0 }, STATUS_INVALID, "365d" },
	{ { 1 }, UINT64_MAX - NOW + 1, "", { 0 }, STATUS_INVALID, "365d" },
	{ { 2, 1 }, 0, "", { 3 }, 0, "" },
	{ { 2, 1 }, 5, "", { 3, 2 }, 0, "" },
	{ { 3, 9 }, 5, "", { 10, 3 }, 0, "" },
	{ { 254 }, 0, "", { 255 }, 0, "" },
	{ { 254 }, 7, "", { 255, 254 }, 0, "" },
	{ { 255 }, 0, "", { 0 }, STATUS_CONFLICT, "255" },
	{ { 255, 254 }, 60, "", { 0 }, STATUS_CONFLICT, "255" },
	{ { 3, 255 }, 60, "", { 0 }, STATUS_CONFLICT, "255" },
	/* pending */
	{ { 0 }, 0, "alice", { 1 }, 0, "" },
	{ { 0 }, 60, "alice", { 1 }, 0, "" },
	{ { 0 }, 0, "", { 0 }, STATUS_INVALID, "--user" },
};

static void
have_secrets(const uint8_t numbers[RECORD_SECRETS_MAX])
{
	struct token token;

	before.secret_count = 0;
	for (size_t i = 0; i < RECORD_SECRETS_MAX && numbers[i] != 0; i++) {
		crypto_new_token(TOKEN_API, &token);
		set_secret(&before, i, &token);
		before.secrets[i].number = numbers[i];
		before.secrets[i].expires_at = i == 0 ? TIME_NEVER : NOW + 3;
	}
	if (before.secret_count > 0)
		return;
	before.state = STATE_PENDING;
	before.spec.users = list_of("");
}

/* Good until the very second of its end, which is excluded. */
static void
expect_overlap(uint64_t end)
{
	uint8_t number = after.secrets[1].number;

	ck_assert_uint_eq(after.secrets[1].expires_at, end);
	ck_assert(verify_secret_number(&after, number, NOW));
	ck_assert(verify_secret_number(&after, number, end - 1));
	ck_assert(!verify_secret_number(&after, number, end));
	ck_assert(verify_secret_number(&after, after.secrets[0].number, end));
	ck_assert_mem_eq(after.secrets[1].verifier, before.secrets[0].verifier,
	    CRYPTO_VERIFIER_SIZE);
}

START_TEST(a_secret_follows_another)
{
	const uint8_t *numbers = secrets[_i].after;
	size_t count = numbers[1] != 0 ? 2 : 1;

	have_secrets(secrets[_i].numbers);
	spec.users = list_of(secrets[_i].users);
	expect(regenerate(secrets[_i].overlap), secrets[_i].status,
	    secrets[_i].words);
	if (secrets[_i].status != 0)
		return;
	ck_assert_int_eq(after.state, STATE_ACTIVE);
	ck_assert_uint_eq(after.secret_count, count);
	ck_assert_uint_eq(after.secrets[0].number, numbers[0]);
	ck_assert_uint_eq(after.secrets[0].expires_at, TIME_NEVER);
	if (count > 1) {
		ck_assert_uint_eq(after.secrets[1].number, numbers[1]);
		expect_overlap(NOW + secrets[_i].overlap);
	}
	for (size_t i = 0; i < before.secret_count; i++)
		if (before.secrets[i].number != numbers[1])
			ck_assert(!verify_secret_number(
			    &after, before.secrets[i].number, NOW));
	ck_assert_uint_eq(after.changed_at, NOW);
	ck_assert(span_is(after.changed_by, "alice"));
}
END_TEST

/* Nothing but the secret, and the users that were asked for, is another. */
START_TEST(a_new_secret_is_all_that_is_new)
{
	struct record wanted;

	be_root();
	ask_for_everything();
	before.spec.uses = 3;
	wanted = before;
	wanted.spec.users = spec.users;
	wanted.secrets[0].number = 2;
	wanted.secrets[0].expires_at = TIME_NEVER;
	wanted.changed_at = NOW;
	wanted.changed_by = span_of("root");
	expect(regenerate(0), 0, "");
	memcpy(wanted.secrets[0].verifier, after.secrets[0].verifier,
	    CRYPTO_VERIFIER_SIZE);
	expect_record(&wanted);
}
END_TEST

/* A service that the token names may become elevated later: its owner, who
 * has it in their hands then, must not have its maker's word for it. */
START_TEST(an_owner_does_not_inherit_its_makers_word)
{
	spec = (struct token_spec) { .expires_at = NOW + 60 };
	before.elevated = true;
	expect(edit(FIELD_DESCRIPTION), 0, "");
	ck_assert(after.elevated);
	expect(edit(FIELD_EXPIRES), 0, "");
	ck_assert(!after.elevated);
	expect(regenerate(0), 0, "");
	ck_assert(!after.elevated);
	be_root();
	expect(edit(FIELD_EXPIRES), 0, "");
	ck_assert(after.elevated);
	expect(regenerate(0), 0, "");
	ck_assert(after.elevated);
}
END_TEST

START_TEST(an_edit_does_not_say_who_disabled_it)
{
	be_root();
	spec = (struct token_spec) { .expires_at = NOW + 60 };
	before.state = STATE_DISABLED;
	before.changed_at = NOW - 5;
	before.changed_by = span_of("alice");
	expect(edit(FIELD_EXPIRES), 0, "");
	ck_assert_uint_eq(after.changed_at, NOW - 5);
	ck_assert(span_is(after.changed_by, "alice"));
	expect(regenerate(0), 0, "");
	ck_assert(span_is(after.changed_by, "alice"));
}
END_TEST

/* 40 users of 250 bytes are more than a token may have. */
START_TEST(a_token_does_not_outgrow_its_size)
{
	char users[40 * 251];

	memset(users, 'u', sizeof(users));
	for (size_t i = 0; i < 40; i++) {
		users[i * 251] = (char)('A' + i % 26);
		users[i * 251 + 1] = (char)('A' + i / 26);
		users[i * 251 + 250] = ' ';
	}
	users[40 * 251 - 1] = '\0';
	be_root();
	spec.users = list_of(users);
	expect(edit(FIELD_USERS), STATUS_INVALID, "8192 bytes");
	expect(regenerate(0), STATUS_INVALID, "8192 bytes");
}
END_TEST

/* What a management token is for is its roles: it has no login name. */
START_TEST(a_management_token_is_regenerated_without_one)
{
	be_root();
	before.spec.kind = spec.kind = TOKEN_MANAGEMENT;
	before.spec.users = (struct spanlist) { 0 };
	before.spec.allow = (struct spanlist) { 0 };
	before.spec.roles = list_of("admin");
	expect(regenerate(0), 0, NULL);
	ck_assert_uint_eq(after.secret_count, 1);
	before.spec.kind = spec.kind = TOKEN_API;
	expect(regenerate(0), STATUS_INVALID, "--user");
}
END_TEST

START_TEST(a_new_login_name_is_one)
{
	be_root();
	spec.users = list_of("%1000");
	expect(regenerate(0), STATUS_INVALID, "login name");
}
END_TEST

/* Each would do for one of the names, and neither for both. */
START_TEST(an_edit_rests_on_single_grants)
{
	static struct grants grants;

	grants.count = 0;
	give_grant(&grants, ROLE_ADMIN, "default", "deploy");
	give_grant(&grants, ROLE_ADMIN, "default", "www");
	caller.grants = &grants;
	spec.users = list_of("deploy www");
	expect(edit(FIELD_USERS), STATUS_FORBIDDEN, "no single grant");
}
END_TEST

/* Whoever vouched for it does so still, unless by a token that may be less
 * than they are. */
START_TEST(a_token_does_not_stand_for_its_maker)
{
	static struct grants grants;

	before.voucher = span_of("alice");
	caller.role = ROLE_NONE;
	expect(regenerate(0), 0, NULL);
	caller.token = &grants;
	expect(regenerate(0), STATUS_FORBIDDEN, "alice");
	caller.token = NULL;
	before.voucher = span_of("carol");
	expect(regenerate(0), STATUS_FORBIDDEN, "alice");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("edit");

	tcase_add_checked_fixture(tcase, setup, list_reset);
	tcase_add_loop_test(tcase, a_field_is_edited_alone, 0, COUNT(fields));
	tcase_add_test(tcase, all_fields_are_edited_together);
	tcase_add_loop_test(
	    tcase, whoever_changes_it_stands_for_it, 0, (int)COUNT(vouchings));
	tcase_add_loop_test(tcase, elevation_comes_with_who_lists_services, 0,
	    COUNT(elevations));
	tcase_add_loop_test(
	    tcase, members_edit_what_they_might_have_made, 0, COUNT(members));
	tcase_add_loop_test(tcase, owners_edit_everything, 0, COUNT(members));
	tcase_add_loop_test(tcase, a_stopped_token_is_edited_by_who_stopped_it,
	    0, COUNT(states));
	tcase_add_loop_test(tcase, a_value_is_checked, 0, COUNT(values));
	tcase_add_loop_test(tcase, a_secret_follows_another, 0, COUNT(secrets));
	tcase_add_test(tcase, a_new_secret_is_all_that_is_new);
	tcase_add_test(tcase, an_owner_does_not_inherit_its_makers_word);
	tcase_add_test(tcase, an_edit_does_not_say_who_disabled_it);
	tcase_add_test(tcase, a_token_does_not_outgrow_its_size);
	tcase_add_test(tcase, a_management_token_is_regenerated_without_one);
	tcase_add_test(tcase, a_new_login_name_is_one);
	tcase_add_test(tcase, an_edit_rests_on_single_grants);
	tcase_add_test(tcase, a_token_does_not_stand_for_its_maker);
	return run_cases("edit", &tcase, 1);
}
