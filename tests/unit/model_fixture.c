/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/model_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"

static uint8_t lists[1 << 17];
static size_t lists_used;

void
list_reset(void)
{
	lists_used = 0;
}

struct spanlist
list_of(const char *words)
{
	struct spanlist list = { { lists + lists_used, 0 }, 0 };

	while (*words != '\0') {
		size_t size = strcspn(words, " ");

		ck_assert_int_eq(
		    spanlist_add(&list, lists + lists_used,
			sizeof(lists) - lists_used, span_bytes(words, size)),
		    0);
		words += size + (words[size] == ' ');
	}
	lists_used += list.packed.size;
	return list;
}

void
set_secret(struct record *record, size_t slot, const struct token *token)
{
	record->secrets[slot].number = (uint8_t)(slot + 1);
	crypto_verifier(token, record->secrets[slot].verifier);
	if (record->secret_count <= slot)
		record->secret_count = (uint8_t)(slot + 1);
}

void
good_token(struct record *record, struct token *token)
{
	crypto_new_token(TOKEN_API, token);
	*record = (struct record) {
		.spec = {
			.kind = TOKEN_API,
			.type = TYPE_FULL_ACCESS,
			.name = span_of("laptop"),
			.owner = span_of("alice"),
			.users = list_of("alice"),
			.projects = list_of("default"),
			.expires_at = TIME_NEVER,
			.uses = USES_UNLIMITED,
		},
		.state = STATE_ACTIVE,
		.created_at = NOW - 1000,
		.created_by = span_of("alice"),
	};
	set_secret(record, 0, token);
}

/* xorshift32, Marsaglia 2003. */
void
give_grant(struct grants *grants, enum role role, const char *project,
    const char *login_as)
{
	struct grant *grant = &grants->items[grants->count++];

	*grant = (struct grant) { .principal = span_of("alice"),
		.role = span_of(role_word(role)),
		.project = span_of(project),
		.login_as = list_of(login_as) };
	permissions_of_role(role, &grant->permissions);
}

uint32_t
pseudo_random(void)
{
	static uint32_t state = 2463534242U;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

uint32_t
pseudo_below(uint32_t below)
{
	return (uint32_t)((uint64_t)pseudo_random() * below >> 32);
}

int
run_cases(const char *name, TCase *const *cases, size_t count)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	for (size_t i = 0; i < count; i++)
		suite_add_tcase(suite, cases[i]);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
