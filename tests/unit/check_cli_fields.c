/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fields.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The documented names, and what a token with nothing has there. */
static const struct {
	const char *name;
	json_type bare;
} names[] = {
	{ "id", JSON_STRING },
	{ "name", JSON_STRING },
	{ "description", JSON_NULL },
	{ "kind", JSON_STRING },
	{ "owner", JSON_STRING },
	{ "users", JSON_ARRAY },
	{ "type", JSON_STRING },
	{ "allow", JSON_ARRAY },
	{ "projects", JSON_ARRAY },
	{ "roles", JSON_ARRAY },
	{ "environment", JSON_NULL },
	{ "state", JSON_STRING },
	{ "created_at", JSON_STRING },
	{ "created_by", JSON_STRING },
	{ "expires_at", JSON_NULL },
	{ "not_before", JSON_NULL },
	{ "from", JSON_ARRAY },
	{ "uses_left", JSON_NULL },
	{ "last_used_at", JSON_NULL },
	{ "last_used_service", JSON_NULL },
	{ "last_used_from", JSON_NULL },
	{ "use_count", JSON_INTEGER },
	{ "secrets", JSON_ARRAY },
	{ "changed_at", JSON_NULL },
	{ "changed_by", JSON_NULL },
	{ "reason", JSON_NULL },
};

#define NAMES (sizeof names / sizeof names[0])

static uint8_t packed[64];

static struct token_info
bare_info(void)
{
	struct token_info info = {
		.id = span_of("a1b2c3d4e5"),
		.state = STATE_ACTIVE,
		.created_at = 1767225600,
		.created_by = span_of("root"),
		.spec = {
			.kind = TOKEN_API,
			.type = TYPE_FULL_ACCESS,
			.name = span_of("backup"),
			.owner = span_of("alice"),
			.uses = USES_UNLIMITED,
		},
	};

	return info;
}

START_TEST(json_has_the_documented_names)
{
	struct token_info info = bare_info();
	json_t *object = fields_json(&info);

	ck_assert_uint_eq(json_object_size(object), NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		const json_t *value = json_object_get(object, names[i].name);

		ck_assert_msg(value != NULL, "%s", names[i].name);
		ck_assert_msg(
		    json_typeof(value) == names[i].bare, "%s", names[i].name);
	}
	json_decref(object);
}
END_TEST

static void
is_text(const json_t *object, const char *name, const char *expected)
{
	ck_assert_str_eq(
	    json_string_value(json_object_get(object, name)), expected);
}

START_TEST(json_has_the_values)
{
	struct token_info info = bare_info();
	json_t *object, *users;

	ck_assert_int_eq(spanlist_add(&info.spec.users, packed, sizeof packed,
			     span_of("alice")),
	    0);
	ck_assert_int_eq(spanlist_add(&info.spec.users, packed, sizeof packed,
			     span_of("bob")),
	    0);
	info.spec.organization = true;
	info.spec.uses = 3;
	info.spec.expires_at = 1798761600;
	info.last_used_at = UINT64_MAX;
	info.use_count = 12;
	info.state = STATE_REVOKED;
	object = fields_json(&info);
	users = json_object_get(object, "users");
	ck_assert_uint_eq(json_array_size(users), 2);
	ck_assert_str_eq(json_string_value(json_array_get(users, 1)), "bob");
	ck_assert(json_is_null(json_object_get(object, "projects")));
	ck_assert_int_eq(
	    json_integer_value(json_object_get(object, "uses_left")), 3);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(object, "use_count")), 12);
	is_text(object, "expires_at", "2027-01-01T00:00:00Z");
	is_text(object, "created_at", "2026-01-01T00:00:00Z");
	is_text(object, "last_used_at", "9999-12-31T23:59:59Z");
	is_text(object, "state", "revoked");
	is_text(object, "type", "full-access");
	json_decref(object);
}
END_TEST

START_TEST(secrets_say_which_was_used_last)
{
	struct token_info info = bare_info();
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	json_t *object, *old;

	info.secret_count = 2;
	info.secrets[0] = (struct token_secret) { .number = 3 };
	info.secrets[1] = (struct token_secret) { 2, 1798761600, 1767225600 };
	object = fields_json(&info);
	old = json_array_get(json_object_get(object, "secrets"), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(old, "number")), 2);
	is_text(old, "expires_at", "2027-01-01T00:00:00Z");
	is_text(old, "last_used_at", "2026-01-01T00:00:00Z");
	old = json_array_get(json_object_get(object, "secrets"), 0);
	ck_assert(json_is_null(json_object_get(old, "last_used_at")));
	json_decref(object);
	fields_show(stream, &info);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_ptr_nonnull(strstr(text,
	    "3 never used; 2 last used 2026-01-01T00:00:00Z, works until "
	    "2027-01-01T00:00:00Z\n"));
	free(text);
}
END_TEST

/* A number that is none of the words. */
START_TEST(unknown_numbers_are_absent)
{
	struct token_info info = bare_info();
	json_t *object;

	info.state = (enum token_state)99;
	object = fields_json(&info);
	ck_assert(json_is_null(json_object_get(object, "state")));
	json_decref(object);
}
END_TEST

/* All formats of one hostile token: no control byte gets out. */
START_TEST(no_format_lets_controls_out)
{
	struct token_info info = bare_info();
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	info.spec.name = span_of("\033[2J\r\xc2\x9b\xe2\x80\xae\xff");
	info.spec.description = span_of("a\nb");
	info.reason = span_of("\x7f\b");
	ck_assert_int_eq(spanlist_add(&info.spec.users, packed, sizeof packed,
			     span_of("\033]0;x\a")),
	    0);
	ck_assert_int_eq(
	    fields_put_one(stream, (enum output_format)_i, &info), 0);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_uint_gt(size, 0);
	for (size_t i = 0; i < size; i++)
		ck_assert(
		    text[i] == '\n' || ((unsigned char)text[i] >= 0x20 &&
					   (unsigned char)text[i] < 0x7f));
	free(text);
}
END_TEST

START_TEST(show_has_every_field)
{
	struct token_info info = bare_info();
	char *text = NULL, line[40];
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	fields_show(stream, &info);
	(void)fclose(stream);
	for (size_t i = 0; i < NAMES; i++) {
		(void)snprintf(line, sizeof line, "%-18s ", names[i].name);
		ck_assert_ptr_nonnull(strstr(text, line));
	}
	ck_assert_ptr_nonnull(strstr(text, "expires_at         never\n"));
	ck_assert_ptr_nonnull(strstr(text, "uses_left          unlimited\n"));
	free(text);
}
END_TEST

START_TEST(list_has_its_columns)
{
	struct token_info info = bare_info();
	struct output o;
	char *text = NULL, *save = NULL, *line;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_int_eq(fields_begin(&o, stream, FORMAT_TABLE), 0);
	ck_assert_int_eq(fields_put(&o, &info), 0);
	ck_assert_int_eq(output_end(&o, 0), 0);
	(void)fclose(stream);
	line = strtok_r(text, "\n", &save);
	ck_assert_str_eq(line,
	    "ID         NAME   OWNER TYPE        PROJECT STATE  "
	    "CREATED              EXPIRES LAST-USED");
	line = strtok_r(NULL, "\n", &save);
	ck_assert_str_eq(line,
	    "a1b2c3d4e5 backup alice full-access -       active "
	    "2026-01-01T00:00:00Z never   never");
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("cli/fields");
	TCase *tcase = tcase_create("fields");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, json_has_the_documented_names);
	tcase_add_test(tcase, json_has_the_values);
	tcase_add_test(tcase, secrets_say_which_was_used_last);
	tcase_add_test(tcase, unknown_numbers_are_absent);
	tcase_add_loop_test(
	    tcase, no_format_lets_controls_out, FORMAT_TABLE, FORMAT_ID + 1);
	tcase_add_test(tcase, show_has_every_field);
	tcase_add_test(tcase, list_has_its_columns);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
