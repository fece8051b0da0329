/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * verify() against another opinion: random records and requests, judged as
 * well by a model that knows neither spans nor bits, but the rules of
 * ARCHITECTURE.md one after the other.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/duration.h"
#include "tests/unit/model_fixture.h"
#include "tests/unit/verify_scene.h"

#define ROUNDS 100000

/* Words stand for themselves; an empty one for none. */
static const char *const words[] = { "", "a", "b", "c", "aa" };

static const char *const networks[] = { "192.0.2.0/24", "192.0.2.128/25",
	"2001:db8::/32", "::/0" };

static const struct {
	const char *text;
	char in[COUNT(networks) + 1]; /* y or n for each network */
} hosts[] = {
	{ "192.0.2.1", "ynny" },
	{ "192.0.2.200", "yyny" },
	{ "::ffff:192.0.2.200", "yyny" },
	{ "192.0.3.1", "nnny" },
	{ "2001:db8::1", "nnyy" },
	{ "2001:db9::1", "nnny" },
	{ "host.example", "nnnn" },
	{ "", "nnnn" },
};

/* A token and a question in plain words. */
struct plain {
	bool found, authentic, right_secret, same_kind, owner_may_use;
	bool unwarranted;
	int kind, state, type;
	bool organization, maker_elevated;
	bool projects[5], roles[5], users[5], allow[5], allow_access[5];
	int environment;
	bool from[4];
	int expires, not_before; /* -1, 0, 1 from now; 2: none */
	int uses;		 /* -1: unlimited */
	int secrets;		 /* 0, 1 or 2; the token's is the last */
	int secret_expires;	 /* as expires */
	/* the service, and who asks */
	int project, service_environment, access, role, login, host;
	bool elevated, may_ask;
	int asker; /* 0: root */
};

static bool
often(void)
{
	return pseudo_below(16) != 0;
}

static void
some(bool *flags, size_t count)
{
	for (size_t i = 1; i < count; i++)
		flags[i] = pseudo_below(4) != 0;
}

static int
some_time(void)
{
	return often() ? 2 : (int)pseudo_below(3) - 1;
}

static int
some_word(void)
{
	return (int)pseudo_below(COUNT(words));
}

static void
invent_token(struct plain *p)
{
	p->kind = often() ? 1 + (pseudo_below(4) == 0)
			  : 1 + (int)pseudo_below(4);
	p->state = often() ? STATE_ACTIVE : 1 + (int)pseudo_below(4);
	p->type = 1 + (int)pseudo_below(3);
	p->organization = pseudo_below(4) == 0;
	p->maker_elevated = pseudo_below(2);
	some(p->projects, 5);
	some(p->roles, 5);
	some(p->users, 5);
	some(p->allow, 5);
	some(p->allow_access, 5);
	p->environment = often() ? 0 : some_word();
	if (pseudo_below(4) == 0)
		for (size_t i = 0; i < COUNT(networks); i++)
			p->from[i] = pseudo_below(2);
	p->expires = some_time();
	p->not_before = some_time();
	p->uses = often() ? 7 - 8 * (int)pseudo_below(2) : 0;
	p->secrets = often() ? 1 + (int)pseudo_below(2) : 0;
	p->secret_expires = some_time();
}

/* Mostly it is like its child; the question to it is the same. */
static void
invent_parent(const struct plain *child, struct plain *parent)
{
	*parent = *child;
	parent->found = often();
	parent->authentic = often();
	if (pseudo_below(4) == 0)
		invent_token(parent);
	parent->kind = often() ? TOKEN_API : 1 + (int)pseudo_below(4);
	parent->uses = often() ? -1 : 7;
}

static void
invent_question(struct plain *p)
{
	p->found = often();
	p->authentic = often();
	p->right_secret = often();
	p->same_kind = often();
	p->owner_may_use = often();
	p->unwarranted = !often();
	p->project = 1 + (int)pseudo_below(4);
	p->service_environment = some_word();
	p->access = (int)pseudo_below(3);
	p->role = often() ? 0 : some_word();
	p->login = 1 + (int)pseudo_below(4);
	p->host = (int)pseudo_below(COUNT(hosts));
	p->elevated = pseudo_below(4) == 0;
	p->may_ask = pseudo_below(2);
	p->asker = often() ? 0 : 1000;
}

/* The service is called "a": `allow` names it or says which access. */
static const char *const accesses[] = { "read", "full", "c" };

static bool
named(const struct plain *p)
{
	return p->allow[1] || (p->allow_access[1] && p->access == 0) ||
	       (p->allow_access[2] && p->access == 1);
}

static bool
opens(const struct plain *p)
{
	if (p->type == TYPE_READ_ONLY)
		return !p->elevated && p->access == 0;
	if (p->elevated || p->type == TYPE_CUSTOM)
		return named(p);
	return true;
}

static bool
may_come(const struct plain *p)
{
	bool any = false;

	for (size_t i = 0; i < COUNT(networks); i++) {
		any = any || p->from[i];
		if (p->from[i] && hosts[p->host].in[i] == 'y')
			return true;
	}
	return !any;
}

static bool
over(int when)
{
	return when <= 0;
}

static uint32_t
if_so(bool broken, enum reason reason)
{
	return broken ? (uint32_t)reason : 0;
}

/* The last of the secrets is the token's, if any is. */
static uint32_t
judge_proof(const struct plain *p)
{
	bool proved = p->secrets > 0 && p->right_secret && p->same_kind &&
		      !over(p->secret_expires);

	return if_so(!p->found, REASON_UNKNOWN) |
	       if_so(!p->authentic, REASON_DAMAGED) |
	       if_so(!proved, REASON_SECRET);
}

static uint32_t
judge_state(const struct plain *p)
{
	return if_so(p->state == STATE_PENDING || p->secrets == 0,
		   REASON_PENDING) |
	       if_so(p->state == STATE_DISABLED, REASON_DISABLED) |
	       if_so(p->state == STATE_REVOKED, REASON_REVOKED) |
	       if_so(over(p->expires), REASON_EXPIRED) |
	       if_so(p->not_before == 1, REASON_NOT_YET) |
	       if_so(p->uses == 0, REASON_USES) |
	       if_so(p->kind != TOKEN_API && p->kind != TOKEN_ACCESS,
		   REASON_KIND);
}

static uint32_t
judge_policy(const struct plain *p)
{
	return judge_state(p) | if_so(!p->users[p->login], REASON_LOGIN) |
	       if_so(!p->organization && !p->projects[p->project],
		   REASON_PROJECT) |
	       if_so(p->environment != 0 &&
			 p->environment != p->service_environment,
		   REASON_ENVIRONMENT) |
	       if_so(p->role != 0 && !p->roles[p->role], REASON_ROLE) |
	       if_so(!opens(p), REASON_SERVICE) |
	       if_so(p->elevated && !p->maker_elevated, REASON_ELEVATED) |
	       if_so(!may_come(p), REASON_FROM) |
	       if_so(!p->owner_may_use, REASON_OWNER) |
	       if_so(p->unwarranted, REASON_WARRANT) |
	       if_so(p->asker != 0 && !p->may_ask, REASON_CALLER);
}

/* The first of its secrets was exchanged, which ends if it is the last. */
static bool
has_good_parent(const struct plain *parent)
{
	return parent->found && parent->authentic && parent->secrets > 0 &&
	       (parent->secrets == 2 || !over(parent->secret_expires)) &&
	       parent->kind == TOKEN_API && parent->uses == -1 &&
	       judge_policy(parent) == 0;
}

static uint32_t
judge(const struct plain *p, const struct plain *parent)
{
	return judge_proof(p) | judge_policy(p) |
	       if_so(p->kind == TOKEN_ACCESS && !has_good_parent(parent),
		   REASON_PARENT);
}

static struct spanlist
chosen(const bool *flags, const char *const *texts, size_t count)
{
	char list[256] = "";

	for (size_t i = 0; i < count; i++)
		if (flags[i]) {
			strcat(list, list[0] != '\0' ? " " : "");
			strcat(list, texts[i]);
		}
	return list_of(list);
}

static struct spanlist
chosen_allow(const struct plain *p)
{
	static const char *const names[] = { "", "a", "b", "c", "aa", "",
		"a:read", "a:full", "b:c", "aa:read" };
	bool flags[10];

	memcpy(flags, p->allow, sizeof(p->allow));
	memcpy(flags + 5, p->allow_access, sizeof(p->allow_access));
	return chosen(flags, names, 10);
}

static uint64_t
moment(int when)
{
	return when == 2 ? 0 : NOW + (uint64_t)(when + 1) - 1;
}

static void
build_record(const struct plain *p, struct record *record)
{
	struct token_spec *spec = &record->spec;

	spec->type = (enum token_type)p->type;
	spec->organization = p->organization;
	spec->environment = span_of(words[p->environment]);
	spec->users = chosen(p->users, words, 5);
	spec->projects = chosen(p->projects, words, 5);
	spec->roles = chosen(p->roles, words, 5);
	spec->from = chosen(p->from, networks, COUNT(networks));
	spec->allow = chosen_allow(p);
	spec->expires_at = moment(p->expires);
	spec->not_before = moment(p->not_before);
	spec->uses = (uint32_t)p->uses;
	record->state = (enum token_state)p->state;
	record->elevated = p->maker_elevated;
}

static void
build_secrets(const struct plain *p, struct scene *scene)
{
	struct record *record = &scene->record;
	struct token_spec *spec = &record->spec;
	struct token other;

	crypto_new_token(TOKEN_API, &other);
	scene->token.kind = spec->kind = (enum token_kind)p->kind;
	memset(record->secrets, 0, sizeof(record->secrets));
	record->secret_count = 0;
	if (p->secrets == 2)
		set_secret(record, 0, &other);
	if (p->secrets > 0) {
		struct record_secret *last = &record->secrets[p->secrets - 1];

		set_secret(record, (size_t)p->secrets - 1, &scene->token);
		last->expires_at = moment(p->secret_expires);
	}
	if (!p->right_secret)
		scene->token.secret[pseudo_below(TOKEN_SECRET_SIZE)] ^= 1;
	if (!p->same_kind)
		scene->token.kind = (enum token_kind)(p->kind % 4 + 1);
}

static void
build_parent(const struct plain *p, struct scene *scene)
{
	struct record *record = &scene->parent;

	build_record(p, record);
	record->spec.kind = (enum token_kind)p->kind;
	record->secret_count = (uint8_t)p->secrets;
	for (int i = 0; i < p->secrets; i++) {
		record->secrets[i].number = (uint8_t)(i + 1);
		record->secrets[i].expires_at = TIME_NEVER;
	}
	if (p->secrets > 0)
		record->secrets[p->secrets - 1].expires_at = moment(
		    p->secret_expires);
	if (!p->found)
		scene->input.parent = NULL;
	scene->input.parent_authentic = p->authentic;
}

static void
build_question(const struct plain *p, struct scene *scene)
{
	struct service *service = &scene->service;

	service_init(service, "a");
	strcpy(service->project, words[p->project]);
	strcpy(service->environment, words[p->service_environment]);
	strcpy(service->access, accesses[p->access]);
	strcpy(service->role, words[p->role]);
	service->elevated = p->elevated;
	service->callers[0] = 1000;
	service->caller_count = p->may_ask;
	scene->input.found = p->found;
	scene->input.authentic = p->authentic;
	scene->input.login = span_of(words[p->login]);
	scene->input.rhost = span_of(hosts[p->host].text);
	scene->input.caller = (uid_t)p->asker;
	scene->input.owner_may_use = p->owner_may_use;
	scene->input.unwarranted = p->unwarranted;
}

START_TEST(another_opinion_is_the_same)
{
	unsigned accepted = 0;
	unsigned alone[32] = { 0 };

	for (int round = 0; round < ROUNDS; round++) {
		struct plain plain = { 0 }, parent;
		struct scene scene;
		uint32_t expected;
		uint8_t number;

		list_reset();
		scene_init(&scene);
		invent_token(&plain);
		invent_question(&plain);
		invent_parent(&plain, &parent);
		build_record(&plain, &scene.record);
		build_parent(&parent, &scene);
		build_secrets(&plain, &scene);
		build_question(&plain, &scene);
		expected = judge(&plain, &parent);
		ck_assert_uint_eq(scene_verify(&scene, &number), expected);
		accepted += expected == 0;
		for (int bit = 0; bit < 32; bit++)
			alone[bit] += expected == UINT32_C(1) << bit;
	}
	/* The rounds are worth something: all there is came up. */
	ck_assert_uint_gt(accepted, ROUNDS / 100);
	for (size_t i = 0; i < verify_condition_count; i++)
		if (verify_conditions[i].reason != REASON_PENDING)
			ck_assert_msg(alone[i] > 0, "never only %s",
			    verify_conditions[i].name);
}
END_TEST

TCase *
verify_random_case(void)
{
	TCase *tcase = tcase_create("random");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, another_opinion_is_the_same);
	return tcase;
}
