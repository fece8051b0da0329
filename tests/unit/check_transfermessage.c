/* SPDX-License-Identifier: BSD-3-Clause */
/* Records, requests and results of exports and imports, there and back. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/transfermessage.h"

static uint8_t bytes[TRANSFER_BODY_MAX];

static struct transfer_token
some_token(void)
{
	static uint8_t verifiers[2][TRANSFER_VERIFIER_SIZE] = { { 1 }, { 2 } };

	return (struct transfer_token) {
		.info = { .id = span_of("0123456789"),
		    .spec = { .kind = TOKEN_API,
			.type = TYPE_CUSTOM,
			.name = span_of("n"),
			.owner = span_of("o"),
			.uses = 3 },
		    .state = STATE_ACTIVE,
		    .created_at = 4,
		    .created_by = span_of("c"),
		    .reason = span_of("r"),
		    .last_used_at = 5,
		    .last_used_from = span_of("f"),
		    .use_count = 6 },
		.lapsed = true,
		.secret_count = 2,
		.secrets = { { 7, 0,
				 span_bytes(
				     verifiers[0], sizeof(verifiers[0])) },
		    { 6, 8, span_bytes(verifiers[1], sizeof(verifiers[1])) } },
	};
}

static size_t
token_bytes(const struct transfer_token *token)
{
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof(bytes));
	transfer_token_put(&w, token);
	return wirebuf_size(&w);
}

START_TEST(token_comes_back)
{
	struct transfer_token token = some_token(), got;
	size_t size = token_bytes(&token);
	struct wirebuf w;

	ck_assert_uint_gt(size, 0);
	wirebuf_read(&w, bytes, size);
	memset(&got, 0xa5, sizeof(got));
	transfer_token_get(&w, &got);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	ck_assert(span_is(got.info.id, "0123456789"));
	ck_assert(span_is(got.info.spec.name, "n"));
	ck_assert_uint_eq(got.info.spec.uses, 3);
	ck_assert_uint_eq(got.info.created_at, 4);
	ck_assert(span_is(got.info.reason, "r"));
	ck_assert_uint_eq(got.info.use_count, 6);
	ck_assert(got.lapsed);
	ck_assert_uint_eq(got.secret_count, 2);
	ck_assert_uint_eq(got.info.secret_count, 0);
	ck_assert_uint_eq(got.secrets[1].number, 6);
	ck_assert_uint_eq(got.secrets[1].expires_at, 8);
	ck_assert_uint_eq(got.secrets[1].verifier.data[0], 2);
}
END_TEST

/* Cut anywhere it is none; nor with a byte more. */
START_TEST(cut_tokens_are_none)
{
	struct transfer_token token = some_token(), got;
	size_t size = token_bytes(&token);
	struct wirebuf w;

	for (size_t i = 0; i <= size + 1; i++) {
		wirebuf_read(&w, bytes, i);
		transfer_token_get(&w, &got);
		ck_assert_int_eq(
		    wirebuf_done(&w), i == size ? 0 : ERROR_MALFORMED);
	}
}
END_TEST

/* Any one byte changed: read or refused, and never out of bounds. */
START_TEST(changed_tokens_are_read_safely)
{
	struct transfer_token token = some_token(), got;
	size_t size = token_bytes(&token);

	for (size_t i = 0; i < size; i++)
		for (unsigned v = 0; v <= UINT8_MAX; v++) {
			uint8_t *copy = malloc(size);
			struct wirebuf w;

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, bytes, size);
			copy[i] = (uint8_t)v;
			wirebuf_read(&w, copy, size);
			transfer_token_get(&w, &got);
			if (wirebuf_done(&w) == 0)
				ck_assert_uint_le(
				    got.secret_count, TRANSFER_SECRETS_MAX);
			free(copy);
		}
}
END_TEST

/* Cut anywhere, or with a byte that is no answer, it is none. */
START_TEST(projects_come_back)
{
	const struct transfer_project project = {
		.info = { .name = span_of("web"),
		    .description = span_of("d"),
		    .locked = true,
		    .tokens = 7,
		    .created_at = 8,
		    .created_by = span_of("c"),
		    .changed_at = 9 },
		.tells_locked = true,
	};
	struct transfer_project got;
	struct wirebuf w;
	size_t size;

	wirebuf_write(&w, bytes, sizeof(bytes));
	transfer_project_put(&w, &project);
	size = wirebuf_size(&w);
	for (size_t i = 0; i <= size + 1; i++) {
		wirebuf_read(&w, bytes, i);
		transfer_project_get(&w, &got);
		ck_assert_int_eq(
		    wirebuf_done(&w), i == size ? 0 : ERROR_MALFORMED);
	}
	wirebuf_read(&w, bytes, size);
	transfer_project_get(&w, &got);
	ck_assert(span_is(got.info.name, "web"));
	ck_assert(span_is(got.info.description, "d"));
	ck_assert(got.info.locked && got.tells_locked);
	ck_assert_uint_eq(got.info.tokens, 7);
	ck_assert_uint_eq(got.info.created_at, 8);
	bytes[size - 1] = 2;
	wirebuf_read(&w, bytes, size);
	transfer_project_get(&w, &got);
	ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
}
END_TEST

START_TEST(ids_are_ids)
{
	static const char *const ids[] = { "short", "123456789-", "12345678901",
		"" };
	struct wirebuf w;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		wirebuf_write(&w, bytes, sizeof(bytes));
		transfer_deletion_put(&w, span_of(ids[i]));
		wirebuf_read(&w, bytes, wirebuf_size(&w));
		(void)transfer_deletion_get(&w);
		ck_assert_int_eq(wirebuf_done(&w), ERROR_MALFORMED);
	}
}
END_TEST

START_TEST(requests_come_back)
{
	const struct export_request export = { true, span_of("o"), span_of("p"),
		{ 1, span_of("k") } };
	const struct import_request import = { true, false, true, 9 };
	const struct import_result result = { IMPORT_TAKEN,
		span_of("0123456789"), span_of("m") };
	struct export_request got;
	struct import_request import_got;
	struct import_result result_got;
	struct wirebuf w;

	wirebuf_write(&w, bytes, sizeof(bytes));
	export_request_put(&w, &export);
	import_request_put(&w, &import);
	import_result_put(&w, &result);
	wirebuf_read(&w, bytes, wirebuf_size(&w));
	export_request_get(&w, &got);
	import_request_get(&w, &import_got);
	import_result_get(&w, &result_got);
	ck_assert_int_eq(wirebuf_done(&w), 0);
	ck_assert(got.verifiers && span_is(got.owner, "o") &&
		  span_is(got.project, "p") && got.position.kind == 1 &&
		  span_is(got.position.after, "k"));
	ck_assert(import_got.exact && !import_got.whole && import_got.dry_run &&
		  import_got.count == 9);
	ck_assert(result_got.outcome == IMPORT_TAKEN &&
		  span_is(result_got.id, "0123456789") &&
		  span_is(result_got.message, "m"));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("transfermessage");
	TCase *tcase = tcase_create("transfermessage");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, token_comes_back);
	tcase_add_test(tcase, cut_tokens_are_none);
	tcase_add_test(tcase, changed_tokens_are_read_safely);
	tcase_add_test(tcase, projects_come_back);
	tcase_add_test(tcase, ids_are_ids);
	tcase_add_test(tcase, requests_come_back);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
