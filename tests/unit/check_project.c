/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <string.h>

#include "agent/model/project.h"
#include "common/error.h"
#include "tests/unit/model_fixture.h"

static uint8_t bytes[PROJECT_SIZE_MAX];

static size_t
encode_sample(void)
{
	const struct project project = {
		.description = span_of("the shop"),
		.locked = true,
		.created_at = NOW,
		.created_by = span_of("root"),
		.changed_at = NOW + 1,
		.changed_by = span_of("alice"),
	};

	return project_encode(&project, bytes, sizeof(bytes));
}

START_TEST(a_project_comes_back)
{
	size_t size = encode_sample();
	struct project project;

	ck_assert_uint_gt(size, 0);
	ck_assert_int_eq(project_decode(span_bytes(bytes, size), &project), 0);
	ck_assert(span_is(project.description, "the shop"));
	ck_assert(project.locked);
	ck_assert_uint_eq(project.created_at, NOW);
	ck_assert(span_is(project.created_by, "root"));
	ck_assert_uint_eq(project.changed_at, NOW + 1);
	ck_assert(span_is(project.changed_by, "alice"));
}
END_TEST

START_TEST(anything_else_is_malformed)
{
	size_t size = encode_sample();
	struct project project;

	for (size_t part = 0; part < size; part++)
		ck_assert_int_eq(
		    project_decode(span_bytes(bytes, part), &project),
		    ERROR_MALFORMED);
	bytes[size] = 0;
	ck_assert_int_eq(project_decode(span_bytes(bytes, size + 1), &project),
	    ERROR_MALFORMED);
	bytes[0] = 2; /* of a later release */
	ck_assert_int_eq(
	    project_decode(span_bytes(bytes, size), &project), ERROR_MALFORMED);
}
END_TEST

START_TEST(the_longest_fits)
{
	static char text[TOKEN_DESCRIPTION_MAX + 1], login[LOGIN_MAX + 1];
	struct project project = { 0 };

	memset(text, 'x', sizeof(text));
	memset(login, 'y', sizeof(login));
	project.description = span_bytes(text, TOKEN_DESCRIPTION_MAX);
	project.created_by = project.changed_by = span_bytes(login, LOGIN_MAX);
	ck_assert_uint_gt(project_encode(&project, bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(project_encode(&project, bytes, 100), 0);
}
END_TEST

static const struct {
	const char *name, *description;
	bool good;
} names[] = {
	{ "web", "", true },
	{ "web", "the shop, and more: \xc3\xa9", true },
	{ "default", "", true },
	{ "a.b_c-d@e+f", "", true },
	{ "", "", false },
	{ "-web", "", false },
	{ "two words", "", false },
	{ "*", "", false },
	{ "%1000", "", false },
	{ "a/b", "", false },
	{ "web\n", "", false },
	{ "web", "a\033[2Jb", false },
	{ "1234567890123456789012345678901234567890123456789012345678901234",
	    "", true },
	{ "12345678901234567890123456789012345678901234567890123456789012345",
	    "", false },
};

START_TEST(names_are_words)
{
	struct refusal refusal = { 0 };
	int rv = project_check(
	    span_of(names[_i].name), span_of(names[_i].description), &refusal);

	ck_assert_int_eq(rv, names[_i].good ? 0 : ERROR_INVALID);
	if (!names[_i].good)
		ck_assert_int_eq(refusal.status, STATUS_INVALID);
}
END_TEST

START_TEST(one_is_always_there)
{
	ck_assert(project_is_default(span_of("default")));
	ck_assert(!project_is_default(span_of("Default")));
	ck_assert(!project_is_default(span_of("defaul")));
	ck_assert(!project_is_default(span_of("")));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("project");

	tcase_add_test(tcase, a_project_comes_back);
	tcase_add_test(tcase, anything_else_is_malformed);
	tcase_add_test(tcase, the_longest_fits);
	tcase_add_loop_test(tcase, names_are_words, 0, COUNT(names));
	tcase_add_test(tcase, one_is_always_there);
	return run_cases("project", &tcase, 1);
}
