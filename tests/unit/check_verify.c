/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/verify.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/verify_scene.h"

void
scene_init(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	good_token(&scene->parent, &scene->token);
	good_token(&scene->record, &scene->token);
	scene->record.lineage.parent_number = 1;
	service_init(&scene->service, "web");
	scene->input = (struct verify_input) {
		.record = &scene->record,
		.found = true,
		.authentic = true,
		.parent = &scene->parent,
		.parent_authentic = true,
		.service = &scene->service,
		.login = span_of("alice"),
		.rhost = span_of("192.0.2.7"),
		.owner_may_use = true,
		.now = NOW,
	};
}

uint32_t
scene_verify(const struct scene *scene, uint8_t *number)
{
	struct verify_input input = scene->input;

	/* The scene may be a copy of the one that was initialized. */
	input.record = &scene->record;
	input.service = &scene->service;
	if (input.parent != NULL)
		input.parent = &scene->parent;
	return verify(&input, &scene->token, number);
}

void
scene_expect(const struct scene *scene, uint32_t reasons, const char *about)
{
	char expected[512];
	char got[512];
	uint8_t number;
	uint32_t given = scene_verify(scene, &number);

	verify_names(reasons, expected, sizeof(expected));
	verify_names(given, got, sizeof(got));
	ck_assert_msg(given == reasons, "%s: %s, not %s",
	    about != NULL ? about : "", got, expected);
}

START_TEST(a_good_token_is_good)
{
	struct scene scene;
	uint8_t number = 99;

	scene_init(&scene);
	ck_assert_uint_eq(scene_verify(&scene, &number), 0);
	ck_assert_uint_eq(number, 1);
	ck_assert_uint_eq(verify_policy(&scene.input), 0);
}
END_TEST

/* Every reason alone. */

static void
spoil_found(struct scene *s)
{
	s->input.found = false;
}

static void
spoil_secret(struct scene *s)
{
	s->token.secret[0] ^= 1;
}

static void
spoil_record(struct scene *s)
{
	s->input.authentic = false;
}

static void
spoil_pending(struct scene *s)
{
	s->record.state = STATE_PENDING;
}

static void
spoil_disabled(struct scene *s)
{
	s->record.state = STATE_DISABLED;
}

static void
spoil_revoked(struct scene *s)
{
	s->record.state = STATE_REVOKED;
}

static void
spoil_expiry(struct scene *s)
{
	s->record.spec.expires_at = NOW;
}

static void
spoil_beginning(struct scene *s)
{
	s->record.spec.not_before = NOW + 1;
}

static void
spoil_kind(struct scene *s)
{
	s->record.spec.kind = s->token.kind = TOKEN_MANAGEMENT;
	set_secret(&s->record, 0, &s->token);
}

static void
spoil_login(struct scene *s)
{
	s->input.login = span_of("root");
}

static void
spoil_project(struct scene *s)
{
	strcpy(s->service.project, "shop");
}

static void
spoil_environment(struct scene *s)
{
	s->record.spec.environment = span_of("test");
}

static void
spoil_role(struct scene *s)
{
	strcpy(s->service.role, "operator");
}

static void
spoil_service(struct scene *s)
{
	s->record.spec.type = TYPE_CUSTOM;
	s->record.spec.allow = list_of("ftp");
}

static void
spoil_elevated(struct scene *s)
{
	s->service.elevated = true;
	s->record.spec.allow = list_of("web");
}

static void
spoil_from(struct scene *s)
{
	s->record.spec.from = list_of("198.51.100.0/24");
}

static void
spoil_uses(struct scene *s)
{
	s->record.spec.uses = 0;
}

static void
spoil_owner(struct scene *s)
{
	s->input.owner_may_use = false;
}

static void
spoil_caller(struct scene *s)
{
	s->input.caller = 1000;
}

static void
spoil_warrant(struct scene *s)
{
	s->input.unwarranted = true;
}

static void
spoil_parent(struct scene *s)
{
	s->record.spec.kind = s->token.kind = TOKEN_ACCESS;
	set_secret(&s->record, 0, &s->token);
	s->parent.state = STATE_DISABLED;
}

static const struct {
	enum reason reason;
	void (*spoil)(struct scene *s);
} spoilers[] = {
	{ REASON_UNKNOWN, spoil_found },
	{ REASON_SECRET, spoil_secret },
	{ REASON_DAMAGED, spoil_record },
	{ REASON_PENDING, spoil_pending },
	{ REASON_DISABLED, spoil_disabled },
	{ REASON_REVOKED, spoil_revoked },
	{ REASON_EXPIRED, spoil_expiry },
	{ REASON_NOT_YET, spoil_beginning },
	{ REASON_KIND, spoil_kind },
	{ REASON_LOGIN, spoil_login },
	{ REASON_PROJECT, spoil_project },
	{ REASON_ENVIRONMENT, spoil_environment },
	{ REASON_ROLE, spoil_role },
	{ REASON_SERVICE, spoil_service },
	{ REASON_ELEVATED, spoil_elevated },
	{ REASON_FROM, spoil_from },
	{ REASON_USES, spoil_uses },
	{ REASON_OWNER, spoil_owner },
	{ REASON_CALLER, spoil_caller },
	{ REASON_WARRANT, spoil_warrant },
	{ REASON_PARENT, spoil_parent },
};

START_TEST(each_reason_comes_alone)
{
	uint32_t reason = (uint32_t)spoilers[_i].reason;
	struct scene scene;

	ck_assert_uint_eq(verify_condition_count, COUNT(spoilers));
	ck_assert_int_eq(verify_conditions[_i].reason, spoilers[_i].reason);
	scene_init(&scene);
	spoilers[_i].spoil(&scene);
	scene_expect(&scene, reason, NULL);
	ck_assert_uint_eq(
	    verify_policy(&scene.input), reason & ~(uint32_t)REASONS_PROOF);
}
END_TEST

/* None hides another: what is asked does not depend on what failed. */
START_TEST(any_two_reasons_come_together)
{
	for (size_t i = 0; i < COUNT(spoilers); i++) {
		const uint32_t both = (uint32_t)spoilers[_i].reason |
				      (uint32_t)spoilers[i].reason;
		const uint32_t states = REASON_PENDING | REASON_DISABLED |
					REASON_REVOKED;
		struct scene scene;

		/* It has one state; a kind is given with its secret. */
		if ((both & states) == both ||
		    spoilers[i].spoil == spoil_kind ||
		    spoilers[i].spoil == spoil_parent)
			continue;
		if ((both & (REASON_SERVICE | REASON_ELEVATED)) == both)
			continue;
		scene_init(&scene);
		spoilers[_i].spoil(&scene);
		spoilers[i].spoil(&scene);
		if (i != (size_t)_i)
			scene_expect(&scene, both, verify_conditions[i].name);
	}
}
END_TEST

/* The secret. */

START_TEST(every_bit_of_the_secret_counts)
{
	struct scene scene;

	scene_init(&scene);
	for (unsigned bit = 0; bit < 8 * TOKEN_SECRET_SIZE; bit++) {
		scene.token.secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
		scene_expect(&scene, REASON_SECRET, "secret");
		scene.token.secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * CRYPTO_VERIFIER_SIZE; bit++) {
		uint8_t *byte = &scene.record.secrets[0].verifier[bit / 8];

		*byte ^= (uint8_t)(1 << bit % 8);
		scene_expect(&scene, REASON_SECRET, "verifier");
		*byte ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t i = 0; i < TOKEN_ID_SIZE; i++) {
		scene.token.id[i] ^= 1;
		scene_expect(&scene, REASON_SECRET, "id");
		scene.token.id[i] ^= 1;
	}
	scene_expect(&scene, 0, NULL);
}
END_TEST

/* Of all pairs of kinds only two open anything. */
START_TEST(kinds_are_not_interchangeable)
{
	for (int record = TOKEN_API; record <= TOKEN_MANAGEMENT; record++)
		for (int shown = TOKEN_API; shown <= TOKEN_MANAGEMENT;
		     shown++) {
			bool serves = record <= TOKEN_ACCESS;
			struct scene scene;

			scene_init(&scene);
			scene.record.spec.kind = (enum token_kind)record;
			scene.token.kind = (enum token_kind)shown;
			/* Even where the verifier is that of the text. */
			set_secret(&scene.record, 0, &scene.token);
			scene_expect(&scene,
			    (shown == record ? 0 : (uint32_t)REASON_SECRET) |
				(serves ? 0 : (uint32_t)REASON_KIND),
			    token_kind_word(scene.record.spec.kind));
		}
}
END_TEST

/* Grants are those of whoever made the API token, as long as there is one. */
START_TEST(an_orphan_stands_for_itself)
{
	struct scene scene;

	scene_init(&scene);
	ck_assert_ptr_eq(verify_origin(&scene.input), scene.input.record);
	scene.record.spec.kind = TOKEN_ACCESS;
	ck_assert_ptr_eq(verify_origin(&scene.input), scene.input.parent);
	scene.input.parent = NULL;
	ck_assert_ptr_eq(verify_origin(&scene.input), scene.input.record);
}
END_TEST

/* An access token is asked what its parent is asked, all of it. */

static void
no_parent(struct scene *s)
{
	s->input.parent = NULL;
}

static void
damaged_parent(struct scene *s)
{
	s->input.parent_authentic = false;
}

static void
regenerated_parent(struct scene *s)
{
	s->parent.secrets[0].number = 2;
}

static void
regenerated_long_ago(struct scene *s)
{
	s->parent.secrets[0].expires_at = NOW;
}

static void
counted_parent(struct scene *s)
{
	s->parent.spec.uses = 7;
}

static void
used_up_parent(struct scene *s)
{
	s->parent.spec.uses = 0;
}

static void
parent_of_a_kind(struct scene *s)
{
	s->parent.spec.kind = TOKEN_ACCESS;
}

static void
managing_parent(struct scene *s)
{
	s->parent.spec.kind = TOKEN_MANAGEMENT;
}

static void
pending_parent(struct scene *s)
{
	s->parent.state = STATE_PENDING;
}

static void
disabled_parent(struct scene *s)
{
	s->parent.state = STATE_DISABLED;
}

static void
revoked_parent(struct scene *s)
{
	s->parent.state = STATE_REVOKED;
}

static void
expired_parent(struct scene *s)
{
	s->parent.spec.expires_at = NOW;
}

static void
parent_before_its_time(struct scene *s)
{
	s->parent.spec.not_before = NOW + 1;
}

static void
parent_of_bob(struct scene *s)
{
	s->parent.spec.users = list_of("bob");
}

static void
parent_of_a_project(struct scene *s)
{
	s->parent.spec.projects = list_of("shop");
}

static void
parent_of_an_environment(struct scene *s)
{
	s->parent.spec.environment = span_of("test");
}

static void
parent_without_the_role(struct scene *s)
{
	s->record.spec.roles = list_of("operator");
	strcpy(s->service.role, "operator");
}

static void
parent_that_opens_other_things(struct scene *s)
{
	s->parent.spec.type = TYPE_CUSTOM;
	s->parent.spec.allow = list_of("ftp");
}

static void
parent_nobody_vouches_for(struct scene *s)
{
	s->service.elevated = s->record.elevated = true;
	s->record.spec.allow = s->parent.spec.allow = list_of("web");
}

static void
parent_from_elsewhere(struct scene *s)
{
	s->parent.spec.from = list_of("198.51.100.0/24");
}

static void (*const parents[])(struct scene *s) = {
	no_parent,
	damaged_parent,
	regenerated_parent,
	regenerated_long_ago,
	counted_parent,
	used_up_parent,
	parent_of_a_kind,
	managing_parent,
	pending_parent,
	disabled_parent,
	revoked_parent,
	expired_parent,
	parent_before_its_time,
	parent_of_bob,
	parent_of_a_project,
	parent_of_an_environment,
	parent_without_the_role,
	parent_that_opens_other_things,
	parent_nobody_vouches_for,
	parent_from_elsewhere,
};

START_TEST(a_child_does_no_more_than_its_parent)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.kind = scene.token.kind = TOKEN_ACCESS;
	set_secret(&scene.record, 0, &scene.token);
	scene_expect(&scene, 0, NULL);
	parents[_i](&scene);
	scene_expect(&scene, REASON_PARENT, NULL);
	ck_assert_uint_ne(verify_parent(&scene.input), 0);
	/* What an API token came from is nobody's question. */
	scene.record.spec.kind = scene.token.kind = TOKEN_API;
	set_secret(&scene.record, 0, &scene.token);
	scene_expect(&scene, 0, NULL);
}
END_TEST

/* While its secret overlaps the next, what was exchanged for it lives. */
START_TEST(a_child_lives_as_long_as_the_secret_it_was_exchanged_for)
{
	struct token next;
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.kind = scene.token.kind = TOKEN_ACCESS;
	set_secret(&scene.record, 0, &scene.token);
	crypto_new_token(TOKEN_API, &next);
	set_secret(&scene.parent, 1, &next);
	scene.parent.secrets[0].expires_at = NOW + 1;
	scene_expect(&scene, 0, NULL);
	scene.parent.secrets[0].expires_at = NOW;
	scene_expect(&scene, REASON_PARENT, NULL);
	scene.record.lineage.parent_number = 2;
	scene_expect(&scene, 0, NULL);
	scene.record.lineage.parent_number = 3;
	scene_expect(&scene, REASON_PARENT, NULL);
}
END_TEST

/* Times of the secret before last, which is the token's, around its end. */
static const struct {
	uint64_t expires_at;
	bool good;
} overlaps[] = {
	{ 0, true },
	{ 1, false },
	{ NOW - 1, false },
	{ NOW, false },
	{ NOW + 1, true },
	{ UINT64_MAX, true },
};

START_TEST(both_secrets_are_good_while_they_overlap)
{
	struct scene scene;
	struct token next;
	uint8_t number;

	scene_init(&scene);
	next = scene.token;
	next.secret[0] ^= 1;
	set_secret(&scene.record, 1, &next);
	scene.record.secrets[0].expires_at = overlaps[_i].expires_at;
	ck_assert_uint_eq(scene_verify(&scene, &number),
	    overlaps[_i].good ? 0 : REASON_SECRET);
	ck_assert_uint_eq(number, overlaps[_i].good ? 1 : 0);
	ck_assert(
	    verify_secret_number(&scene.record, 1, NOW) == overlaps[_i].good);
	scene.token = next;
	ck_assert_uint_eq(scene_verify(&scene, &number), 0);
	ck_assert_uint_eq(number, 2);
	ck_assert(verify_secret_number(&scene.record, 2, NOW));
	ck_assert(!verify_secret_number(&scene.record, 3, NOW));
}
END_TEST

START_TEST(a_secret_past_the_count_is_none)
{
	struct scene scene;
	struct token next;
	uint8_t number = 99;

	scene_init(&scene);
	next = scene.token;
	next.secret[5] ^= 4;
	set_secret(&scene.record, 1, &next);
	scene.record.secret_count = 1;
	scene.token = next;
	ck_assert_uint_eq(scene_verify(&scene, &number), REASON_SECRET);
	ck_assert_uint_eq(number, 0);
	ck_assert(!verify_secret_number(&scene.record, 2, NOW));
	scene.record.secret_count = 0;
	scene_expect(&scene, REASON_SECRET | REASON_PENDING, NULL);
}
END_TEST

START_TEST(nothing_fits_the_null_record)
{
	struct scene scene;
	uint8_t number = 99;

	scene_init(&scene);
	scene.record = *verify_null_record();
	for (int i = 0; i < 1000; i++) {
		crypto_new_token(
		    (enum token_kind)(1 + i % TOKEN_MANAGEMENT), &scene.token);
		ck_assert_uint_ne(
		    scene_verify(&scene, &number) & REASON_SECRET, 0);
		ck_assert_uint_eq(number, 0);
	}
	memset(&scene.token, 0, sizeof(scene.token));
	ck_assert_uint_ne(scene_verify(&scene, &number), 0);
}
END_TEST

/* Times. */

static const struct {
	uint64_t expires_at, not_before, now;
	uint32_t reasons;
} times[] = {
	{ 0, 0, NOW, 0 },
	{ NOW, 0, NOW - 1, 0 },
	{ NOW, 0, NOW, REASON_EXPIRED },
	{ NOW, 0, NOW + 1, REASON_EXPIRED },
	{ 1, 0, NOW, REASON_EXPIRED },
	{ UINT64_MAX, 0, NOW, 0 },
	{ UINT64_MAX, 0, UINT64_MAX, REASON_EXPIRED },
	{ 0, NOW, NOW - 1, REASON_NOT_YET },
	{ 0, NOW, NOW, 0 },
	{ 0, NOW, NOW + 1, 0 },
	{ 0, UINT64_MAX, NOW, REASON_NOT_YET },
	{ NOW + 10, NOW, NOW - 1, REASON_NOT_YET },
	{ NOW + 10, NOW, NOW, 0 },
	{ NOW + 10, NOW, NOW + 9, 0 },
	{ NOW + 10, NOW, NOW + 10, REASON_EXPIRED },
	{ NOW, NOW, NOW - 1, REASON_NOT_YET },
	{ NOW, NOW, NOW, REASON_EXPIRED },
	{ NOW, NOW + 2, NOW + 1, REASON_EXPIRED | REASON_NOT_YET },
	{ 1, 0, 0, 0 },
	{ 0, 0, 0, 0 },
};

START_TEST(times_end_and_begin_on_the_second)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.expires_at = times[_i].expires_at;
	scene.record.spec.not_before = times[_i].not_before;
	scene.input.now = times[_i].now;
	scene_expect(&scene, times[_i].reasons, NULL);
}
END_TEST

/* Who, and from where. */

static const struct {
	const char *from;
	const char *rhost;
	bool good;
} froms[] = {
	{ "", "192.0.2.7", true },
	{ "", "host.example", true },
	{ "", "", true },
	{ "192.0.2.7", "192.0.2.7", true },
	{ "192.0.2.7", "192.0.2.8", false },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/24", "::ffff:192.0.2.1", true },
	{ "192.0.2.0/24", "::192.0.2.1", false },
	{ "0.0.0.0/0", "203.0.113.9", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "2001:db8::1", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::", false },
	{ "10.0.0.0/8 2001:db8::/32 192.0.2.7", "192.0.2.7", true },
	{ "10.0.0.0/8 2001:db8::/32", "192.0.2.7", false },
	{ "192.0.2.0/24", "", false },
	{ "192.0.2.0/24", "localhost", false },
	{ "192.0.2.0/24", "192.0.2.7.example.org", false },
	{ "192.0.2.0/24", "192.0.2.7 ", false },
	{ "192.0.2.0/24", "192.0.2.07", false },
	{ "192.0.2.0/24", "3221225991", false },
	{ "2001:db8::/32", "2001:db8::1%eth0", false },
	/* what nobody can make, should it be in a store all the same */
	{ "garbage", "192.0.2.7", false },
	{ "garbage", "garbage", false },
	{ "garbage 192.0.2.7", "192.0.2.7", true },
};

START_TEST(addresses_are_compared)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.from = list_of(froms[_i].from);
	scene.input.rhost = span_of(froms[_i].rhost);
	scene_expect(&scene, froms[_i].good ? 0 : REASON_FROM, froms[_i].rhost);
}
END_TEST

static const struct {
	const char *users;
	const char *login;
	bool good;
} logins[] = {
	{ "alice", "alice", true },
	{ "alice bob", "bob", true },
	{ "alice", "Alice", false },
	{ "alice", "alic", false },
	{ "alice", "alicea", false },
	{ "alice", "", false },
	{ "alice", "alice ", false },
	{ "", "alice", false },
	{ "", "", false },
	{ "alice bob", "alice bob", false },
	{ "*", "alice", false },
};

START_TEST(login_names_are_compared)
{
	struct scene scene;

	scene_init(&scene);
	scene.record.spec.users = list_of(logins[_i].users);
	scene.input.login = span_of(logins[_i].login);
	scene_expect(
	    &scene, logins[_i].good ? 0 : REASON_LOGIN, logins[_i].login);
}
END_TEST

START_TEST(callers_are_root_and_those_named)
{
	struct scene scene;

	scene_init(&scene);
	scene.service.callers[0] = 33;
	scene.service.callers[1] = 70;
	scene.service.caller_count = 1;
	for (uid_t uid = 0; uid < 100; uid++) {
		scene.input.caller = uid;
		scene_expect(
		    &scene, uid == 0 || uid == 33 ? 0 : REASON_CALLER, NULL);
	}
	scene.input.caller = (uid_t)-1;
	scene_expect(&scene, REASON_CALLER, NULL);
}
END_TEST

/* Names. */

START_TEST(names_are_those_of_the_bits)
{
	uint32_t all = 0;
	char text[512];

	verify_names(0, text, sizeof(text));
	ck_assert_str_eq(text, "none");
	for (size_t i = 0; i < verify_condition_count; i++) {
		const struct verify_condition *c = &verify_conditions[i];

		verify_names((uint32_t)c->reason, text, sizeof(text));
		ck_assert_str_eq(text, c->name);
		ck_assert_uint_eq(all & (uint32_t)c->reason, 0);
		ck_assert_str_ne(c->holds, c->broken);
		all |= (uint32_t)c->reason;
	}
	verify_names(REASON_REVOKED | REASON_LOGIN, text, sizeof(text));
	ck_assert_str_eq(text, "revoked,login");
	verify_names(all, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "unknown,secret,damaged,pending"));
}
END_TEST

START_TEST(names_stay_within_their_room)
{
	char text[64];

	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 0x7e, sizeof(text));
		verify_names(UINT32_MAX, text, size);
		ck_assert_ptr_nonnull(memchr(text, '\0', size));
		ck_assert_int_eq(text[size], 0x7e);
	}
}
END_TEST

static TCase *
reasons_case(void)
{
	TCase *tcase = tcase_create("reasons");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, a_good_token_is_good);
	tcase_add_loop_test(tcase, each_reason_comes_alone, 0, COUNT(spoilers));
	tcase_add_loop_test(
	    tcase, any_two_reasons_come_together, 0, COUNT(spoilers));
	tcase_add_test(tcase, every_bit_of_the_secret_counts);
	tcase_add_test(tcase, an_orphan_stands_for_itself);
	tcase_add_loop_test(
	    tcase, a_child_does_no_more_than_its_parent, 0, COUNT(parents));
	tcase_add_test(
	    tcase, a_child_lives_as_long_as_the_secret_it_was_exchanged_for);
	tcase_add_test(tcase, kinds_are_not_interchangeable);
	tcase_add_loop_test(tcase, both_secrets_are_good_while_they_overlap, 0,
	    COUNT(overlaps));
	tcase_add_test(tcase, a_secret_past_the_count_is_none);
	tcase_add_test(tcase, nothing_fits_the_null_record);
	tcase_add_loop_test(
	    tcase, times_end_and_begin_on_the_second, 0, COUNT(times));
	tcase_add_loop_test(tcase, addresses_are_compared, 0, COUNT(froms));
	tcase_add_loop_test(tcase, login_names_are_compared, 0, COUNT(logins));
	tcase_add_test(tcase, callers_are_root_and_those_named);
	tcase_add_test(tcase, names_are_those_of_the_bits);
	tcase_add_test(tcase, names_stay_within_their_room);
	return tcase;
}

int
main(void)
{
	TCase *cases[3];

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	cases[0] = reasons_case();
	cases[1] = verify_tables_case();
	cases[2] = verify_random_case();
	return run_cases("verify", cases, COUNT(cases));
}
