/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/model/lineage.h"
#include "common/duration.h"
#include "tests/unit/model_fixture.h"

#define PARENT "parent0000"

static struct record parent;
static struct token parent_token;
static struct lineage_limits limits;
static struct lineage_input input;
static struct refusal refusal;
static uint8_t key[CRYPTO_KEY_SIZE];

/* The services that open are those whose names begin with an s. */
static bool
opens(void *arg, const struct record *record, struct span service)
{
	(void)arg;
	ck_assert_ptr_eq(record, &parent);
	return service.size > 0 && service.data[0] == 's';
}

static void
setup(void)
{
	good_token(&parent, &parent_token);
	parent.spec.description = span_of("on the desk");
	parent.spec.not_before = NOW - 5;
	limits = (struct lineage_limits) { REFRESH_LIFETIME, ACCESS_TOKENS };
	input = (struct lineage_input) {
		.parent = &parent,
		.parent_id = span_of(PARENT),
		.parent_number = 1,
		.limits = &limits,
		.opens = opens,
		.by = span_of("bob"),
		.now = NOW,
	};
	memset(&refusal, 0, sizeof(refusal));
	memset(key, 7, sizeof(key));
}

static void
teardown(void)
{
	list_reset();
}

/* Whether pairs may be had. */

static const struct {
	enum token_state state;
	enum token_kind kind;
	uint64_t expires_at, not_before;
	uint32_t uses;
	uint8_t number;
	const char *words; /* of the refusal; NULL: none */
} parents[] = {
	{ STATE_ACTIVE, TOKEN_API, 0, 0, USES_UNLIMITED, 1, NULL },
	{ STATE_ACTIVE, TOKEN_API, NOW + 1, NOW, USES_UNLIMITED, 1, NULL },
	{ STATE_PENDING, TOKEN_API, 0, 0, USES_UNLIMITED, 1, "no secret" },
	{ STATE_DISABLED, TOKEN_API, 0, 0, USES_UNLIMITED, 1, "is disabled" },
	{ STATE_REVOKED, TOKEN_API, 0, 0, USES_UNLIMITED, 1, "is revoked" },
	{ STATE_ACTIVE, TOKEN_API, NOW, 0, USES_UNLIMITED, 1, "is expired" },
	{ STATE_ACTIVE, TOKEN_API, 0, NOW + 1, USES_UNLIMITED, 1, "not begun" },
	{ STATE_ACTIVE, TOKEN_API, 0, 0, 0, 1, "used up" },
	{ STATE_ACTIVE, TOKEN_API, 0, 0, 1, 1, "--uses" },
	{ STATE_ACTIVE, TOKEN_API, 0, 0, USES_UNLIMITED, 2, "another secret" },
	{ STATE_ACTIVE, TOKEN_ACCESS, 0, 0, USES_UNLIMITED, 1, "no API token" },
	{ STATE_ACTIVE, TOKEN_REFRESH, 0, 0, USES_UNLIMITED, 1,
	    "no API token" },
	{ STATE_ACTIVE, TOKEN_MANAGEMENT, 0, 0, USES_UNLIMITED, 1,
	    "no API token" },
};

START_TEST(a_token_that_is_not_good_has_no_pairs)
{
	int rv;

	parent.state = parents[_i].state;
	parent.spec.kind = parents[_i].kind;
	parent.spec.expires_at = parents[_i].expires_at;
	parent.spec.not_before = parents[_i].not_before;
	parent.spec.uses = parents[_i].uses;
	rv = lineage_check_parent(
	    &parent, span_of(PARENT), parents[_i].number, NOW, &refusal);
	ck_assert_int_eq(rv == 0, parents[_i].words == NULL);
	if (rv == 0)
		return;
	ck_assert_int_eq(refusal.status, STATUS_DENIED);
	ck_assert_ptr_nonnull(strstr(refusal.message, PARENT));
	ck_assert_msg(strstr(refusal.message, parents[_i].words) != NULL, "%s",
	    refusal.message);
}
END_TEST

/* What a pair is. */

START_TEST(a_pair_has_what_its_parent_has)
{
	struct record access, refresh;

	parent.spec.from = list_of("192.0.2.0/24");
	parent.spec.roles = list_of("r");
	parent.spec.environment = span_of("test");
	parent.elevated = true;
	ck_assert_int_eq(lineage_begin(&input, &access, &refresh, &refusal), 0);
	ck_assert_int_eq(access.spec.kind, TOKEN_ACCESS);
	ck_assert_int_eq(refresh.spec.kind, TOKEN_REFRESH);
	ck_assert_uint_eq(access.spec.expires_at, NOW + 900);
	ck_assert_uint_eq(refresh.spec.expires_at, NOW + 30 * 86400);
	ck_assert(span_is(access.spec.owner, "alice"));
	ck_assert(spanlist_has(&access.spec.users, span_of("alice")));
	ck_assert(spanlist_has(&access.spec.from, span_of("192.0.2.0/24")));
	ck_assert(spanlist_has(&access.spec.roles, span_of("r")));
	ck_assert(span_is(access.spec.environment, "test"));
	ck_assert(span_empty(access.spec.description));
	ck_assert_uint_eq(access.spec.not_before, 0);
	ck_assert_int_eq(access.spec.type, parent.spec.type);
	ck_assert(access.elevated);
	ck_assert_int_eq(access.state, STATE_ACTIVE);
	ck_assert(span_is(access.created_by, "bob"));
	ck_assert(span_is(refresh.lineage.parent, PARENT));
	ck_assert_uint_eq(access.lineage.parent_number, 1);
	ck_assert_uint_eq(access.secrets[0].number, 1);
}
END_TEST

static const struct {
	uint64_t lifetime, refresh_lifetime;
	uint64_t parent_end, secret_end; /* 0: never */
	uint64_t access, refresh;	 /* from NOW; 0: never */
} ends[] = {
	{ 0, 86400, 0, 0, 900, 86400 },
	{ 60, 86400, 0, 0, 60, 86400 },
	{ 86400, 86400, 0, 0, 86400, 86400 },
	{ 0, 0, 0, 0, 900, 0 },
	{ 0, 0, 100, 0, 100, 100 },
	{ 0, 86400, 1000, 0, 900, 1000 },
	{ 60, 86400, 30, 0, 30, 30 },
	{ 0, 86400, 0, 50, 50, 50 },
	{ 0, 86400, 40, 50, 40, 40 },
	{ 0, 86400, 50, 40, 40, 40 },
	{ 0, 60, 0, 0, 60, 60 },
	{ 86400, 3600, 0, 0, 3600, 3600 },
	{ 86400, 3600, 50, 0, 50, 50 },
};

START_TEST(a_pair_never_outlives_its_parent)
{
	struct record access, refresh;

	input.lifetime = ends[_i].lifetime;
	limits.refresh_lifetime = ends[_i].refresh_lifetime;
	if (ends[_i].parent_end != 0)
		parent.spec.expires_at = NOW + ends[_i].parent_end;
	if (ends[_i].secret_end != 0)
		parent.secrets[0].expires_at = NOW + ends[_i].secret_end;
	ck_assert_int_eq(lineage_begin(&input, &access, &refresh, &refusal), 0);
	ck_assert_uint_eq(access.spec.expires_at, NOW + ends[_i].access);
	ck_assert_uint_eq(refresh.spec.expires_at,
	    ends[_i].refresh == 0 ? TIME_NEVER : NOW + ends[_i].refresh);
}
END_TEST

static const struct {
	uint64_t lifetime;
	const char *users, *allow;
	const char *words; /* of the refusal; NULL: none */
} narrowings[] = {
	{ 0, "", "", NULL },
	{ 0, "alice", "", NULL },
	{ 0, "bob", "", NULL },
	{ 0, "alice bob", "", NULL },
	{ 0, "carol", "", "login name carol" },
	{ 0, "alice carol", "", "login name carol" },
	{ 0, "root", "", "login name root" },
	{ 0, "", "sshd", NULL },
	{ 0, "", "sshd:read", NULL },
	{ 0, "", "sshd sudo", NULL },
	{ 0, "", "vsftpd", "not open vsftpd" },
	{ 0, "", "sshd vsftpd:full", "not open vsftpd:" },
	{ 0, "", ":full", "SERVICE" },
	{ 0, "", "s\x01", "SERVICE" },
	{ 86400, "", "", NULL },
	{ 86401, "", "", "24h" },
	{ UINT64_MAX, "", "", "24h" },
};

START_TEST(a_pair_is_narrower_only)
{
	struct record access, refresh;
	int rv;

	parent.spec.users = list_of("alice bob");
	input.lifetime = narrowings[_i].lifetime;
	input.users = list_of(narrowings[_i].users);
	input.allow = list_of(narrowings[_i].allow);
	rv = lineage_begin(&input, &access, &refresh, &refusal);
	if (narrowings[_i].words != NULL) {
		ck_assert_int_lt(rv, 0);
		ck_assert_msg(
		    strstr(refusal.message, narrowings[_i].words) != NULL, "%s",
		    refusal.message);
		return;
	}
	ck_assert_msg(rv == 0, "%s", refusal.message);
	ck_assert_uint_eq(access.spec.users.count,
	    input.users.count > 0 ? input.users.count : 2);
	ck_assert_int_eq(access.spec.type,
	    input.allow.count > 0 ? TYPE_CUSTOM : TYPE_FULL_ACCESS);
	ck_assert_uint_eq(access.spec.allow.count, input.allow.count);
}
END_TEST

/* Families. */

/* A refresh token as an exchange makes it. */
static void
begin(struct record *refresh, struct token *token)
{
	struct record access;

	ck_assert_int_eq(lineage_begin(&input, &access, refresh, &refusal), 0);
	crypto_new_token(TOKEN_REFRESH, token);
	refresh->lineage.partner = span_of("access0000");
	crypto_verifier(token, refresh->secrets[0].verifier);
}

/* One refresh: *token is then the next one. */
static void
step(struct record *refresh, struct token *token)
{
	const struct lineage_step now = { NOW, 1000, 1 };
	struct record access, next;
	struct pair pair;

	lineage_derive(refresh, token, key, &pair);
	lineage_renew(refresh, &parent, &now, &pair, &access, &next);
	*refresh = next;
	*token = pair.refresh;
}

START_TEST(each_secret_is_known_for_what_it_is)
{
	struct token first, token, previous, before;
	struct record refresh;

	begin(&refresh, &token);
	first = before = previous = token;
	ck_assert_int_eq(lineage_match(&refresh, &token, key), LINEAGE_CURRENT);
	for (int i = 1; i <= LINEAGE_GENERATIONS + 1; i++) {
		before = previous;
		previous = token;
		step(&refresh, &token);
		ck_assert_int_eq(
		    lineage_match(&refresh, &token, key), LINEAGE_CURRENT);
		ck_assert_int_eq(
		    lineage_match(&refresh, &previous, key), LINEAGE_PREVIOUS);
		if (i > 1)
			ck_assert_int_eq(lineage_match(&refresh, &before, key),
			    LINEAGE_OLDER);
		/* So far back, and no farther: work is bounded. */
		if (i > 1 && i <= LINEAGE_GENERATIONS)
			ck_assert_int_eq(lineage_match(&refresh, &first, key),
			    LINEAGE_OLDER);
	}
	ck_assert_int_eq(lineage_match(&refresh, &first, key), LINEAGE_NONE);
}
END_TEST

START_TEST(nothing_else_is_known)
{
	struct token token, other;
	struct record refresh;
	uint8_t wrong[CRYPTO_KEY_SIZE] = { 0 };

	begin(&refresh, &token);
	other = token;
	step(&refresh, &other);
	for (unsigned bit = 0; bit < 8 * TOKEN_SECRET_SIZE; bit++) {
		other = token;
		other.secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(
		    lineage_match(&refresh, &other, key), LINEAGE_NONE);
	}
	other = token;
	other.id[0] ^= 1;
	ck_assert_int_eq(lineage_match(&refresh, &other, key), LINEAGE_NONE);
	other = token;
	other.kind = TOKEN_ACCESS;
	ck_assert_int_eq(lineage_match(&refresh, &other, key), LINEAGE_NONE);
	/* Without the key nobody follows a secret. */
	ck_assert_int_eq(lineage_match(&refresh, &token, wrong), LINEAGE_NONE);
	/* It has one secret, always. */
	refresh.secret_count = 2;
	ck_assert_int_eq(lineage_match(&refresh, &token, key), LINEAGE_NONE);
	refresh.secret_count = 1;
	refresh.spec.kind = TOKEN_ACCESS;
	ck_assert_int_eq(lineage_match(&refresh, &token, key), LINEAGE_NONE);
}
END_TEST

/* The secrets of a pair follow from one, but neither from the other. */
START_TEST(a_pair_is_derived_again_the_same)
{
	struct pair pair, again;
	struct token token;
	struct record refresh;

	begin(&refresh, &token);
	lineage_derive(&refresh, &token, key, &pair);
	lineage_derive(&refresh, &token, key, &again);
	ck_assert_mem_eq(
	    pair.access.secret, again.access.secret, TOKEN_SECRET_SIZE);
	ck_assert_mem_eq(
	    pair.refresh.secret, again.refresh.secret, TOKEN_SECRET_SIZE);
	ck_assert_mem_ne(
	    pair.access.secret, pair.refresh.secret, TOKEN_SECRET_SIZE);
	ck_assert_mem_ne(pair.refresh.secret, token.secret, TOKEN_SECRET_SIZE);
	ck_assert_str_eq(pair.access.id, "access0000");
	ck_assert_str_eq(pair.refresh.id, token.id);
	ck_assert_int_eq(pair.access.kind, TOKEN_ACCESS);
	ck_assert_int_eq(pair.refresh.kind, TOKEN_REFRESH);
	key[0] ^= 1;
	lineage_derive(&refresh, &token, key, &again);
	ck_assert_mem_ne(
	    pair.access.secret, again.access.secret, TOKEN_SECRET_SIZE);
}
END_TEST

START_TEST(a_renewal_replaces_both_secrets)
{
	const struct lineage_step now = { NOW + 50, 1000, 9 };
	struct record refresh, access, next;
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
	struct token token;
	struct pair pair;

	input.lifetime = 60;
	begin(&refresh, &token);
	lineage_derive(&refresh, &token, key, &pair);
	lineage_renew(&refresh, &parent, &now, &pair, &access, &next);
	ck_assert_uint_eq(access.secrets[0].number, 2);
	ck_assert_uint_eq(next.secrets[0].number, 2);
	ck_assert_uint_eq(access.secret_count, 1);
	crypto_verifier(&pair.access, verifier);
	ck_assert_mem_eq(
	    access.secrets[0].verifier, verifier, CRYPTO_VERIFIER_SIZE);
	crypto_verifier(&pair.refresh, verifier);
	ck_assert_mem_eq(
	    next.secrets[0].verifier, verifier, CRYPTO_VERIFIER_SIZE);
	ck_assert_uint_eq(access.spec.expires_at, NOW + 110);
	/* A family has one end, however often it is refreshed. */
	ck_assert_uint_eq(next.spec.expires_at, refresh.spec.expires_at);
	ck_assert_uint_eq(next.lineage.refreshed_at, NOW + 50);
	ck_assert_uint_eq(next.lineage.refreshed_by, 1000);
	ck_assert_uint_eq(next.lineage.key_number, 9);
	ck_assert(span_is(access.lineage.partner, token.id));
	ck_assert(span_is(next.lineage.partner, "access0000"));
	parent.spec.expires_at = NOW + 70;
	lineage_renew(&refresh, &parent, &now, &pair, &access, &next);
	ck_assert_uint_eq(access.spec.expires_at, NOW + 70);
}
END_TEST

/* From NOW: when the family, its API token and the secret of that end, 0 for
 * never; the lifetime of the access token; when that ends after a refresh. */
static const struct {
	uint64_t family, parent, secret, lifetime, access;
} renewals[] = {
	{ 3600, 0, 0, 900, 3599 + 1 },
	{ 3600, 0, 0, 86400, 3600 },
	{ 3600, 3601, 3602, 86400, 3600 },
	{ 0, 0, 0, 86400, 3599 + 86400 },
	{ 0, 4000, 0, 86400, 4000 },
	{ 0, 0, 3700, 86400, 3700 },
	{ 86400, 0, 0, 60, 3599 + 60 },
};

START_TEST(an_access_token_never_outlives_its_family)
{
	const struct lineage_step last = { NOW + 3599, 1000, 1 };
	struct record refresh, access, next;
	struct token token;
	struct pair pair;

	input.lifetime = renewals[_i].lifetime;
	limits.refresh_lifetime = renewals[_i].family;
	begin(&refresh, &token);
	if (renewals[_i].parent != 0)
		parent.spec.expires_at = NOW + renewals[_i].parent;
	if (renewals[_i].secret != 0)
		parent.secrets[0].expires_at = NOW + renewals[_i].secret;
	lineage_derive(&refresh, &token, key, &pair);
	lineage_renew(&refresh, &parent, &last, &pair, &access, &next);
	ck_assert_uint_eq(access.spec.expires_at, NOW + renewals[_i].access);
	ck_assert_uint_eq(next.spec.expires_at, refresh.spec.expires_at);
}
END_TEST

/* 0 means "no secret" elsewhere. */
START_TEST(numbers_of_secrets_go_round)
{
	struct record refresh;
	struct token token;

	begin(&refresh, &token);
	refresh.secrets[0].number = UINT8_MAX;
	step(&refresh, &token);
	ck_assert_uint_eq(refresh.secrets[0].number, 1);
}
END_TEST

static const struct {
	uint64_t refreshed_at;
	uint32_t uid;
	bool may;
} answers[] = {
	{ NOW, 1000, true },
	{ NOW - 10, 1000, true },
	{ NOW - 11, 1000, false },
	{ NOW + 1, 1000, false }, /* the clock stepped back */
	{ NOW, 1001, false },
	{ NOW, 0, false },
	{ 0, 1000, false },
};

START_TEST(an_answer_is_repeated_for_a_while)
{
	struct record refresh;
	struct token token;

	begin(&refresh, &token);
	refresh.lineage.refreshed_at = answers[_i].refreshed_at;
	refresh.lineage.refreshed_by = 1000;
	ck_assert(lineage_may_repeat(&refresh, answers[_i].uid, NOW) ==
		  answers[_i].may);
}
END_TEST

int
main(void)
{
	TCase *pairs = tcase_create("pairs"), *families;
	TCase *cases[2];

	if (crypto_init() < 0)
		return 1;
	tcase_add_checked_fixture(pairs, setup, teardown);
	tcase_add_loop_test(
	    pairs, a_token_that_is_not_good_has_no_pairs, 0, COUNT(parents));
	tcase_add_test(pairs, a_pair_has_what_its_parent_has);
	tcase_add_loop_test(
	    pairs, a_pair_never_outlives_its_parent, 0, COUNT(ends));
	tcase_add_loop_test(
	    pairs, a_pair_is_narrower_only, 0, COUNT(narrowings));
	families = tcase_create("families");
	tcase_set_timeout(families, 60);
	tcase_add_checked_fixture(families, setup, teardown);
	tcase_add_test(families, each_secret_is_known_for_what_it_is);
	tcase_add_test(families, nothing_else_is_known);
	tcase_add_test(families, a_pair_is_derived_again_the_same);
	tcase_add_test(families, a_renewal_replaces_both_secrets);
	tcase_add_loop_test(families, an_access_token_never_outlives_its_family,
	    0, COUNT(renewals));
	tcase_add_test(families, numbers_of_secrets_go_round);
	tcase_add_loop_test(
	    families, an_answer_is_repeated_for_a_while, 0, COUNT(answers));
	cases[0] = pairs;
	cases[1] = families;
	return run_cases("lineage", cases, COUNT(cases));
}
