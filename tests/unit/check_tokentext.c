/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/tokentext.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SECRET_AT    15
#define CHECK_AT     42

/* Made by another program (Python, zlib), so that both ends cannot err. */
static const struct {
	enum token_kind kind;
	const char *id;
	uint8_t secret; /* each byte of it */
	const char *text;
} vectors[] = {
	{ TOKEN_API, "0123456789", 0x00,
	    "atk_0123456789_0000000000000000000000000000SsWdB" },
	{ TOKEN_API, "0123456789", 0xff,
	    "atk_0123456789_aWgEPTl1tmebfsQzFP4bxwgy80V0BMgsC" },
	{ TOKEN_ACCESS, "ABCDEFGHIJ", 0x5a,
	    "ata_ABCDEFGHIJ_CtIYGHnQCOSv3q2EK1YRzH4DvX034RM51" },
	{ TOKEN_REFRESH, "zzzzzzzzzz", 0x80,
	    "atr_zzzzzzzzzz_IKmQgS49hnx2cWfkXzSKW2EH3I02ByRDx" },
	{ TOKEN_MANAGEMENT, "aZ0aZ0aZ0a", 0x01,
	    "atm_aZ0aZ0aZ0a_08scxQNHVpFTZAuVqZq347lZyZV3ltWiE" },
};

static const char digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Puts the right check after any 42 characters, by long division. */
static void
fix_check(char *text)
{
	uint32_t rest = 0xffffffff;

	for (size_t i = 0; i < CHECK_AT * 8; i++) {
		const uint32_t bit = (uint32_t)(uint8_t)text[i / 8] >> (i % 8);

		rest = (rest ^ bit) & 1 ? (rest >> 1) ^ 0xedb88320 : rest >> 1;
	}
	rest = ~rest;
	for (size_t i = TOKEN_TEXT_SIZE; i > CHECK_AT; i--) {
		text[i - 1] = digits[rest % 62];
		rest /= 62;
	}
}

static void
assert_refused(const char *text, size_t size)
{
	struct token token, before;

	memset(&before, 0x77, sizeof(before));
	memset(&token, 0x77, sizeof(token));
	ck_assert_msg(tokentext_parse(text, size, &token) == ERROR_MALFORMED,
	    "accepted: %.*s", (int)size, text);
	ck_assert_mem_eq(&token, &before, sizeof(token));
}

static void
assert_accepted(const char *text, size_t size)
{
	struct token token;

	ck_assert_msg(tokentext_parse(text, size, &token) == 0, "refused: %.*s",
	    (int)size, text);
}

START_TEST(vectors_hold)
{
	struct token token = { .kind = vectors[_i].kind }, parsed;
	char text[TOKEN_TEXT_SIZE + 1], fixed[TOKEN_TEXT_SIZE + 1];

	memcpy(token.id, vectors[_i].id, sizeof(token.id));
	memset(token.secret, vectors[_i].secret, sizeof(token.secret));
	tokentext_format(&token, text);
	ck_assert_str_eq(text, vectors[_i].text);
	memcpy(fixed, text, sizeof(fixed));
	fix_check(fixed);
	ck_assert_str_eq(fixed, text);
	ck_assert_int_eq(tokentext_parse(text, TOKEN_TEXT_SIZE, &parsed), 0);
	ck_assert_int_eq(parsed.kind, vectors[_i].kind);
	ck_assert_str_eq(parsed.id, vectors[_i].id);
	ck_assert_mem_eq(parsed.secret, token.secret, sizeof(token.secret));
}
END_TEST

/* Any good numbers will do; the same ones each time. */
static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

START_TEST(random_secrets_round_trip)
{
	uint64_t state = 88172645463325252;

	for (int i = 0; i < 20000; i++) {
		struct token token = { .kind = TOKEN_API }, parsed;
		char text[TOKEN_TEXT_SIZE + 1];

		tokentext_base62(
		    next_random(&state) >> 5, token.id, TOKEN_ID_SIZE);
		for (size_t j = 0; j < TOKEN_SECRET_SIZE; j++)
			token.secret[j] = (uint8_t)next_random(&state);
		tokentext_format(&token, text);
		ck_assert_uint_eq(strlen(text), TOKEN_TEXT_SIZE);
		ck_assert(tokentext_is_base62(text + SECRET_AT, 33));
		ck_assert_int_eq(
		    tokentext_parse(text, TOKEN_TEXT_SIZE, &parsed), 0);
		ck_assert_mem_eq(&parsed, &token, sizeof(token));
	}
}
END_TEST

START_TEST(single_bits_round_trip)
{
	for (size_t bit = 0; bit < 8 * TOKEN_SECRET_SIZE; bit++) {
		struct token token = { .kind = TOKEN_API, .id = "Abcdefghi0" };
		struct token parsed;
		char text[TOKEN_TEXT_SIZE + 1];

		token.secret[bit / 8] = (uint8_t)(1U << (bit % 8));
		tokentext_format(&token, text);
		ck_assert_int_eq(
		    tokentext_parse(text, TOKEN_TEXT_SIZE, &parsed), 0);
		ck_assert_mem_eq(
		    parsed.secret, token.secret, sizeof(token.secret));
	}
}
END_TEST

START_TEST(every_changed_character_is_refused)
{
	for (size_t at = 0; at < TOKEN_TEXT_SIZE; at++) {
		for (unsigned c = 0; c <= UINT8_MAX; c++) {
			char text[TOKEN_TEXT_SIZE + 1];

			memcpy(text, vectors[_i].text, sizeof(text));
			if ((uint8_t)text[at] == c)
				continue;
			text[at] = (char)c;
			assert_refused(text, TOKEN_TEXT_SIZE);
		}
	}
}
END_TEST

START_TEST(every_swap_of_neighbours_is_refused)
{
	for (size_t at = 0; at + 1 < TOKEN_TEXT_SIZE; at++) {
		char text[TOKEN_TEXT_SIZE + 1];
		char c;

		memcpy(text, vectors[_i].text, sizeof(text));
		c = text[at];
		if (c == text[at + 1])
			continue;
		text[at] = text[at + 1];
		text[at + 1] = c;
		assert_refused(text, TOKEN_TEXT_SIZE);
	}
}
END_TEST

/* With its check made right, so that the alphabet alone decides. */
START_TEST(alphabet_decides)
{
	for (size_t at = 4; at < CHECK_AT; at++) {
		for (unsigned c = 0; c <= UINT8_MAX; c++) {
			const bool good = c != 0 &&
					  strchr(digits, (int)c) != NULL;
			char text[TOKEN_TEXT_SIZE + 1];

			memcpy(text, vectors[0].text, sizeof(text));
			if (text[at] == '_' || (at == SECRET_AT && c > '9'))
				continue;
			text[at] = (char)c;
			fix_check(text);
			if (good)
				assert_accepted(text, TOKEN_TEXT_SIZE);
			else
				assert_refused(text, TOKEN_TEXT_SIZE);
		}
	}
}
END_TEST

/* Likewise for what separates the parts. */
START_TEST(frame_decides)
{
	static const size_t places[] = { 0, 1, 3, 14 };

	for (size_t i = 0; i < COUNT(places); i++) {
		for (unsigned c = 0; c <= UINT8_MAX; c++) {
			char text[TOKEN_TEXT_SIZE + 1];

			memcpy(text, vectors[0].text, sizeof(text));
			if ((uint8_t)text[places[i]] == c)
				continue;
			text[places[i]] = (char)c;
			fix_check(text);
			assert_refused(text, TOKEN_TEXT_SIZE);
		}
	}
}
END_TEST

START_TEST(prefix_decides_the_kind)
{
	for (unsigned c = 0; c <= UINT8_MAX; c++) {
		char text[TOKEN_TEXT_SIZE + 1];
		struct token token;
		enum token_kind kind = (enum token_kind)0;

		memcpy(text, vectors[0].text, sizeof(text));
		text[2] = (char)c;
		fix_check(text);
		for (size_t i = 0; i < COUNT(vectors); i++)
			if (memcmp(text, vectors[i].text, 4) == 0)
				kind = vectors[i].kind;
		if (kind == 0) {
			assert_refused(text, TOKEN_TEXT_SIZE);
			continue;
		}
		ck_assert_int_eq(
		    tokentext_parse(text, TOKEN_TEXT_SIZE, &token), 0);
		ck_assert_int_eq(token.kind, kind);
	}
}
END_TEST

START_TEST(prefixes_are_known)
{
	ck_assert_str_eq(tokentext_prefix(TOKEN_API), "atk");
	ck_assert_str_eq(tokentext_prefix(TOKEN_ACCESS), "ata");
	ck_assert_str_eq(tokentext_prefix(TOKEN_REFRESH), "atr");
	ck_assert_str_eq(tokentext_prefix(TOKEN_MANAGEMENT), "atm");
	ck_assert_str_eq(tokentext_prefix((enum token_kind)0), "");
	ck_assert_str_eq(tokentext_prefix((enum token_kind)5), "");
}
END_TEST

/* From 2^160 on, what 27 digits can write is no secret. */
static const struct {
	const char *secret;
	bool good;
} secrets[] = {
	{ "000000000000000000000000000", true },
	{ "aWgEPTl1tmebfsQzFP4bxwgy80U", true },
	{ "aWgEPTl1tmebfsQzFP4bxwgy80V", true },
	{ "aWgEPTl1tmebfsQzFP4bxwgy80W", false }, /* 2^160 */
	{ "aWgEPTl1tmebfsQzFP4bxwgy80X", false },
	{ "aWgEPTl1tmebfsQzFP4bxwgy810", false },
	{ "aWgEPTl1tmebfsQzFP4bxwgz000", false },
	{ "aWgEPTl1tmebfsQzFP4c0000000", false },
	{ "aX0000000000000000000000000", false },
	{ "b00000000000000000000000000", false },
	{ "z00000000000000000000000000", false },
	{ "zzzzzzzzzzzzzzzzzzzzzzzzzzz", false },
};

START_TEST(secrets_do_not_overflow)
{
	char text[TOKEN_TEXT_SIZE + 1];

	memcpy(text, vectors[0].text, sizeof(text));
	memcpy(text + SECRET_AT, secrets[_i].secret, 27);
	fix_check(text);
	if (secrets[_i].good)
		assert_accepted(text, TOKEN_TEXT_SIZE);
	else
		assert_refused(text, TOKEN_TEXT_SIZE);
}
END_TEST

/* The check's own overflow: 62^6 is above 2^32. */
START_TEST(check_does_not_wrap)
{
	char text[TOKEN_TEXT_SIZE + 1];
	uint64_t check = 0;

	memcpy(text, vectors[0].text, sizeof(text));
	for (size_t i = CHECK_AT; i < TOKEN_TEXT_SIZE; i++)
		check = check * 62 +
			(uint64_t)(strchr(digits, text[i]) - digits);
	for (int i = 1; i <= 12; i++) {
		tokentext_base62(check + ((uint64_t)i << 32), text + CHECK_AT,
		    TOKEN_TEXT_SIZE - CHECK_AT);
		assert_refused(text, TOKEN_TEXT_SIZE);
	}
}
END_TEST

/* Each of another size: text again and again, or text and then noise. */
START_TEST(only_one_size_is_a_token)
{
	static const size_t sizes[] = { 0, 1, 10, 47, 49, 60, 61, 62, 96, 127,
		128, 255, 256, 511, 512, 1024, 1 << 20 };
	char *text = malloc(1 << 20);

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t j = 0; j < sizes[i]; j++)
			text[j] = vectors[0].text[j % TOKEN_TEXT_SIZE];
		assert_refused(text, sizes[i]);
		for (size_t j = TOKEN_TEXT_SIZE; j < sizes[i]; j++)
			text[j] = (char)(j % 3 == 0 ? '\0' : ' ');
		assert_refused(text, sizes[i]);
		memset(text, 'a', sizes[i]);
		assert_refused(text, sizes[i]);
	}
	assert_refused(NULL, 0);
	free(text);
}
END_TEST

/* On the heap and of its exact size: a sanitizer sees one byte too many. */
START_TEST(every_truncation_is_refused)
{
	const char whole[] = TOKEN_URI_SCHEME
	    "atk_0123456789_0000000000000000000000000000SsWdB";

	for (size_t size = 0; size < sizeof(whole) - 1; size++) {
		char *text = malloc(size > 0 ? size : 1);

		ck_assert_ptr_nonnull(text);
		memcpy(text, whole, size);
		assert_refused(text, size);
		free(text);
	}
	assert_accepted(whole, sizeof(whole) - 1);
}
END_TEST

static const char *const schemes[] = { "", "secret-token:", "Secret-token:",
	"SECRET-TOKEN:", "secret_token:", "secret-token: ", "secret-token",
	"secret-token::", " secret-token:", "secret-token:secret-token:",
	"secret-tokem:", "https://token", "             " };

START_TEST(only_one_scheme_is_accepted)
{
	const size_t scheme = strlen(schemes[_i]);
	char text[128];

	memcpy(text, schemes[_i], scheme);
	memcpy(text + scheme, vectors[0].text, TOKEN_TEXT_SIZE + 1);
	if (_i < 2)
		assert_accepted(text, scheme + TOKEN_TEXT_SIZE);
	else
		assert_refused(text, scheme + TOKEN_TEXT_SIZE);
}
END_TEST

START_TEST(scheme_with_a_bad_token_is_refused)
{
	char text[128] = TOKEN_URI_SCHEME;
	const size_t scheme = sizeof(TOKEN_URI_SCHEME) - 1;

	memcpy(text + scheme, vectors[0].text, TOKEN_TEXT_SIZE);
	text[scheme + 20] = '1';
	assert_refused(text, scheme + TOKEN_TEXT_SIZE);
	assert_refused(TOKEN_URI_SCHEME, scheme);
}
END_TEST

START_TEST(base62_writes_and_knows_digits)
{
	char text[11] = { 0 };

	tokentext_base62(0, text, 4);
	ck_assert_str_eq(text, "0000");
	tokentext_base62(61, text, 4);
	ck_assert_str_eq(text, "000z");
	tokentext_base62(62, text, 4);
	ck_assert_str_eq(text, "0010");
	tokentext_base62(14776335, text, 4);
	ck_assert_str_eq(text, "zzzz");
	tokentext_base62(UINT64_C(839299365868340223), text, 10);
	ck_assert_str_eq(text, "zzzzzzzzzz");
	for (uint64_t v = 0; v < 62; v++) {
		tokentext_base62(v, text, 1);
		ck_assert_int_eq(text[0], digits[v]);
	}
	for (unsigned c = 0; c <= UINT8_MAX; c++) {
		const char byte = (char)c;

		ck_assert_int_eq(tokentext_is_base62(&byte, 1),
		    c != 0 && strchr(digits, (int)c) != NULL);
	}
	ck_assert(tokentext_is_base62(NULL, 0));
	ck_assert(tokentext_is_base62(digits, 62));
	ck_assert(!tokentext_is_base62(digits, 63));
	ck_assert(!tokentext_is_base62("_000", 4));
	ck_assert(!tokentext_is_base62("000_", 4));
}
END_TEST

START_TEST(wipe_leaves_nothing)
{
	struct token token, none;

	memset(&none, 0, sizeof(none));
	memset(&token, 0xff, sizeof(token));
	token_wipe(&token);
	ck_assert_mem_eq(&token, &none, sizeof(token));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tokentext");
	TCase *tcase = tcase_create("tokentext");
	SRunner *runner = srunner_create(suite);
	const int count = (int)COUNT(vectors);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, vectors_hold, 0, count);
	tcase_add_test(tcase, random_secrets_round_trip);
	tcase_add_test(tcase, single_bits_round_trip);
	tcase_add_loop_test(
	    tcase, every_changed_character_is_refused, 0, count);
	tcase_add_loop_test(
	    tcase, every_swap_of_neighbours_is_refused, 0, count);
	tcase_add_test(tcase, alphabet_decides);
	tcase_add_test(tcase, frame_decides);
	tcase_add_test(tcase, prefix_decides_the_kind);
	tcase_add_test(tcase, prefixes_are_known);
	tcase_add_loop_test(
	    tcase, secrets_do_not_overflow, 0, (int)COUNT(secrets));
	tcase_add_test(tcase, check_does_not_wrap);
	tcase_add_test(tcase, only_one_size_is_a_token);
	tcase_add_test(tcase, every_truncation_is_refused);
	tcase_add_loop_test(
	    tcase, only_one_scheme_is_accepted, 0, (int)COUNT(schemes));
	tcase_add_test(tcase, scheme_with_a_bad_token_is_refused);
	tcase_add_test(tcase, base62_writes_and_knows_digits);
	tcase_add_test(tcase, wipe_leaves_nothing);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
