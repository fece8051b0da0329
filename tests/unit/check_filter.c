/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/filter.h"
#include "common/listmessage.h"
#include "tests/unit/model_fixture.h"

#define BIT(state) (1U << (state))

static struct record record;
static struct service service;

/* Of a filter without an address. */
static bool
matches(const struct token_filter *asked, const struct service *opened,
    const struct record *candidate, uint64_t now)
{
	struct filter filter;

	ck_assert_int_eq(filter_init(&filter, asked, opened, now), 0);
	ck_assert(!filter_has_usage(&filter));
	return filter_matches(&filter, candidate);
}

static void
setup(void)
{
	struct token token;

	good_token(&record, &token);
	record.spec.projects = list_of("default shop");
	service_init(&service, "web");
}

static const struct {
	const char *owner, *project;
	uint8_t type, states;
	bool matches;
} filters[] = {
	{ "", "", 0, 0, true },
	{ "alice", "", 0, 0, true },
	{ "bob", "", 0, 0, false },
	{ "alic", "", 0, 0, false },
	{ "alicea", "", 0, 0, false },
	{ "", "shop", 0, 0, true },
	{ "", "default", 0, 0, true },
	{ "", "bank", 0, 0, false },
	{ "", "default shop", 0, 0, false },
	{ "", "", TYPE_FULL_ACCESS, 0, true },
	{ "", "", TYPE_READ_ONLY, 0, false },
	{ "", "", TYPE_CUSTOM, 0, false },
	{ "", "", 0, BIT(STATE_ACTIVE), true },
	{ "", "", 0, BIT(STATE_REVOKED), false },
	{ "", "", 0, BIT(STATE_REVOKED) | BIT(STATE_ACTIVE), true },
	{ "", "", 0, BIT(STATE_EXPIRED), false },
	/* all at once, and with one that does not fit */
	{ "alice", "shop", TYPE_FULL_ACCESS, BIT(STATE_ACTIVE), true },
	{ "bob", "shop", TYPE_FULL_ACCESS, BIT(STATE_ACTIVE), false },
	{ "alice", "bank", TYPE_FULL_ACCESS, BIT(STATE_ACTIVE), false },
	{ "alice", "shop", TYPE_CUSTOM, BIT(STATE_ACTIVE), false },
	{ "alice", "shop", TYPE_FULL_ACCESS, BIT(STATE_PENDING), false },
};

START_TEST(every_field_narrows)
{
	const struct token_filter filter = {
		.owner = span_of(filters[_i].owner),
		.project = span_of(filters[_i].project),
		.type = filters[_i].type,
		.states = filters[_i].states,
	};

	ck_assert(matches(&filter, NULL, &record, NOW) == filters[_i].matches);
	ck_assert(
	    matches(&filter, &service, &record, NOW) == filters[_i].matches);
}
END_TEST

START_TEST(a_state_is_the_one_that_is_seen)
{
	struct token_filter filter = { .states = BIT(STATE_ACTIVE) };

	record.spec.expires_at = NOW;
	ck_assert(matches(&filter, NULL, &record, NOW - 1));
	ck_assert(!matches(&filter, NULL, &record, NOW));
	filter.states = BIT(STATE_EXPIRED);
	ck_assert(!matches(&filter, NULL, &record, NOW - 1));
	ck_assert(matches(&filter, NULL, &record, NOW));
	for (int state = STATE_ACTIVE; state <= STATE_REVOKED; state++)
		for (int asked = STATE_ACTIVE; asked <= STATE_EXPIRED;
		     asked++) {
			record.state = (enum token_state)state;
			filter.states = (uint8_t)BIT(asked);
			ck_assert(matches(&filter, NULL, &record, 1) ==
				  (state == asked));
		}
}
END_TEST

static void
other_project(void)
{
	strcpy(service.project, "bank");
}

static void
other_environment(void)
{
	record.spec.environment = span_of("test");
}

static void
other_role(void)
{
	strcpy(service.role, "operator");
}

static void
other_type(void)
{
	record.spec.type = TYPE_READ_ONLY;
}

static void
elevated(void)
{
	record.elevated = true;
	service.elevated = true;
}

static void
elevated_by_a_member(void)
{
	record.spec.allow = list_of("web");
	service.elevated = true;
}

static void (*const spoilers[])(void) = { other_project, other_environment,
	other_role, other_type, elevated, elevated_by_a_member };

START_TEST(a_service_is_one_that_it_opens)
{
	const struct token_filter none = { 0 };

	ck_assert(matches(&none, &service, &record, NOW));
	spoilers[_i]();
	ck_assert(!matches(&none, &service, &record, NOW));
	ck_assert(matches(&none, NULL, &record, NOW));
}
END_TEST

/* Asked is the scope, whatever the state. */
START_TEST(a_revoked_token_still_has_its_scope)
{
	const struct token_filter none = { 0 };

	record.state = STATE_REVOKED;
	ck_assert(matches(&none, &service, &record, NOW));
	record.spec.allow = list_of("web");
	record.elevated = service.elevated = true;
	ck_assert(matches(&none, &service, &record, NOW));
}
END_TEST

START_TEST(a_kind_is_asked_for)
{
	for (uint8_t kind = 0; kind <= TOKEN_MANAGEMENT; kind++) {
		const struct token_filter filter = { .kind = kind };

		ck_assert(matches(&filter, NULL, &record, NOW) ==
			  (kind == 0 || kind == TOKEN_API));
	}
}
END_TEST

#define DAY UINT64_C(86400)

static const struct {
	uint64_t expires_at;
	enum token_state state;
	uint64_t within;
	bool matches;
} endings[] = {
	{ NOW + DAY, STATE_ACTIVE, DAY, true },
	{ NOW + DAY + 1, STATE_ACTIVE, DAY, false },
	{ NOW + 1, STATE_ACTIVE, 1, true },
	{ NOW, STATE_ACTIVE, DAY, false }, /* it has ended */
	{ NOW - 1, STATE_ACTIVE, DAY, false },
	{ 0, STATE_ACTIVE, UINT64_MAX, false }, /* never */
	{ NOW + DAY, STATE_DISABLED, DAY, false },
	{ NOW + DAY, STATE_REVOKED, DAY, false },
	{ NOW + DAY, STATE_PENDING, DAY, false },
	{ UINT64_MAX, STATE_ACTIVE, UINT64_MAX, true },
};

START_TEST(what_ends_soon_is_found)
{
	const struct token_filter filter = { .expiring = endings[_i].within };

	record.spec.expires_at = endings[_i].expires_at;
	record.state = endings[_i].state;
	ck_assert(matches(&filter, NULL, &record, NOW) == endings[_i].matches);
}
END_TEST

static const struct {
	uint64_t created_at, last_used_at;
	enum token_state state;
	uint64_t unused_for;
	bool matches;
} uses[] = {
	{ NOW - DAY, 0, STATE_ACTIVE, DAY, true },
	{ NOW - DAY + 1, 0, STATE_ACTIVE, DAY, false },
	{ NOW - 9 * DAY, NOW - DAY, STATE_ACTIVE, DAY, true },
	{ NOW - 9 * DAY, NOW - DAY + 1, STATE_ACTIVE, DAY, false },
	{ NOW - 9 * DAY, NOW - 8 * DAY, STATE_EXPIRED, DAY, false },
	{ NOW - 9 * DAY, 0, STATE_DISABLED, DAY, false },
	{ NOW - 9 * DAY, 0, STATE_REVOKED, DAY, false },
	{ NOW - 9 * DAY, NOW + DAY, STATE_ACTIVE, DAY, false },
	{ NOW + DAY, 0, STATE_ACTIVE, DAY, false },
	{ NOW - DAY, 0, STATE_ACTIVE, UINT64_MAX, false },
};

START_TEST(what_nobody_used_is_found)
{
	const struct token_filter asked = { .unused_for = uses[_i].unused_for };
	const struct token_info info = { .state = uses[_i].state,
		.created_at = uses[_i].created_at,
		.last_used_at = uses[_i].last_used_at };
	struct filter filter;

	ck_assert_int_eq(filter_init(&filter, &asked, NULL, NOW), 0);
	ck_assert(filter_has_usage(&filter));
	ck_assert(filter_matches_usage(&filter, &info) == uses[_i].matches);
}
END_TEST

static const struct {
	const char *asked, *used;
	int matches; /* -1: it is refused */
} addresses[] = {
	{ "192.0.2.7", "192.0.2.7", 1 },
	{ "192.0.2.7", "192.0.2.8", 0 },
	{ "192.0.2.0/24", "192.0.2.8", 1 },
	{ "192.0.2.0/24", "192.0.3.8", 0 },
	{ "192.0.2.0/24", "::ffff:192.0.2.8", 1 },
	{ "2001:db8::/32", "2001:db8::1", 1 },
	{ "2001:db8::/32", "2001:db9::1", 0 },
	{ "0.0.0.0/0", "", 0 },
	{ "0.0.0.0/0", "host.example", 0 },
	{ "::/0", "192.0.2.8", 1 },
	{ "192.0.2.7/24", "192.0.2.7", -1 }, /* host bits */
	{ "192.0.2", "", -1 },
	{ "host.example", "", -1 },
	{ "192.0.2.0/33", "", -1 },
	{ " 192.0.2.1", "", -1 },
};

START_TEST(an_address_is_where_it_was_used_from)
{
	const struct token_filter asked = { .from_address = span_of(
						addresses[_i].asked) };
	const struct token_info info = { .state = STATE_REVOKED,
		.last_used_from = span_of(addresses[_i].used) };
	struct filter filter;
	int error = filter_init(&filter, &asked, NULL, NOW);

	ck_assert_int_eq(
	    error < 0 ? -1 : 0, addresses[_i].matches < 0 ? -1 : 0);
	if (error < 0)
		return;
	ck_assert(filter_has_usage(&filter));
	ck_assert(filter_matches_usage(&filter, &info) ==
		  (addresses[_i].matches == 1));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("filter");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, every_field_narrows, 0, COUNT(filters));
	tcase_add_test(tcase, a_state_is_the_one_that_is_seen);
	tcase_add_loop_test(
	    tcase, a_service_is_one_that_it_opens, 0, COUNT(spoilers));
	tcase_add_test(tcase, a_revoked_token_still_has_its_scope);
	tcase_add_test(tcase, a_kind_is_asked_for);
	tcase_add_loop_test(tcase, what_ends_soon_is_found, 0, COUNT(endings));
	tcase_add_loop_test(tcase, what_nobody_used_is_found, 0, COUNT(uses));
	tcase_add_loop_test(
	    tcase, an_address_is_where_it_was_used_from, 0, COUNT(addresses));
	return run_cases("filter", &tcase, 1);
}
