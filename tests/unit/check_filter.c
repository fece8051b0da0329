/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/filter.h"
#include "tests/unit/model_fixture.h"

#define BIT(state) (1U << (state))

static struct record record;
static struct service service;

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

	ck_assert(
	    filter_matches(&filter, NULL, &record, NOW) == filters[_i].matches);
	ck_assert(filter_matches(&filter, &service, &record, NOW) ==
		  filters[_i].matches);
}
END_TEST

START_TEST(a_state_is_the_one_that_is_seen)
{
	struct token_filter filter = { .states = BIT(STATE_ACTIVE) };

	record.spec.expires_at = NOW;
	ck_assert(filter_matches(&filter, NULL, &record, NOW - 1));
	ck_assert(!filter_matches(&filter, NULL, &record, NOW));
	filter.states = BIT(STATE_EXPIRED);
	ck_assert(!filter_matches(&filter, NULL, &record, NOW - 1));
	ck_assert(filter_matches(&filter, NULL, &record, NOW));
	for (int state = STATE_ACTIVE; state <= STATE_REVOKED; state++)
		for (int asked = STATE_ACTIVE; asked <= STATE_EXPIRED;
		     asked++) {
			record.state = (enum token_state)state;
			filter.states = (uint8_t)BIT(asked);
			ck_assert(filter_matches(&filter, NULL, &record, 1) ==
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

	ck_assert(filter_matches(&none, &service, &record, NOW));
	spoilers[_i]();
	ck_assert(!filter_matches(&none, &service, &record, NOW));
	ck_assert(filter_matches(&none, NULL, &record, NOW));
}
END_TEST

/* Asked is the scope, whatever the state. */
START_TEST(a_revoked_token_still_has_its_scope)
{
	const struct token_filter none = { 0 };

	record.state = STATE_REVOKED;
	ck_assert(filter_matches(&none, &service, &record, NOW));
	record.spec.allow = list_of("web");
	record.elevated = service.elevated = true;
	ck_assert(filter_matches(&none, &service, &record, NOW));
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
	return run_cases("filter", &tcase, 1);
}
