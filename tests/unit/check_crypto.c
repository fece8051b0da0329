/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/model/crypto.h"
#include "tests/unit/model_fixture.h"

/*
 * Expected bytes were computed once by Python's hashlib.blake2b, which has
 * its own implementation:
 *
 *	verifier  blake2b(kind + id + secret, person=b"apitoken-verify",
 *	          digest_size=32)
 *	sub-key   blake2b(b"", key=master, digest_size=32, person=b"apitoken",
 *	          salt=number.to_bytes(8, "little"))
 *	MAC       blake2b(lengths and parts, key=master, digest_size=16)
 *	successor blake2b(kind + id + secret + kind + id, key=master,
 *	          digest_size=20)
 */
static void
hex(const uint8_t *bytes, size_t size, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * size] = '\0';
}

static void
counting(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)i;
}

START_TEST(verifier_is_the_documented_one)
{
	struct token token = { .kind = TOKEN_API, .id = "0123456789" };
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
	char text[2 * CRYPTO_VERIFIER_SIZE + 1];

	counting(token.secret, sizeof(token.secret));
	crypto_verifier(&token, verifier);
	hex(verifier, sizeof(verifier), text);
	ck_assert_str_eq(text,
	    "98fe01e1aa104468eba24515f2f3d3f764c88ef4517f96d6ee7b0a2432e0447e");
}
END_TEST

START_TEST(verifier_depends_on_every_bit)
{
	struct token token = { .kind = TOKEN_API, .id = "0123456789" };
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
	uint8_t other[CRYPTO_VERIFIER_SIZE];

	crypto_verifier(&token, verifier);
	for (unsigned bit = 0; bit < 8 * TOKEN_SECRET_SIZE; bit++) {
		token.secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
		crypto_verifier(&token, other);
		ck_assert_mem_ne(verifier, other, 8);
		token.secret[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (unsigned bit = 0; bit < 8 * TOKEN_ID_SIZE; bit++) {
		token.id[bit / 8] ^= (char)(1 << bit % 8);
		crypto_verifier(&token, other);
		ck_assert_mem_ne(verifier, other, 8);
		token.id[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (int kind = TOKEN_ACCESS; kind <= TOKEN_MANAGEMENT; kind++) {
		token.kind = (enum token_kind)kind;
		crypto_verifier(&token, other);
		ck_assert_mem_ne(verifier, other, 8);
	}
}
END_TEST

static const struct {
	enum crypto_use use;
	const char *key;
} subkeys[] = {
	{ CRYPTO_RECORDS, "95df5aa3e602d9ba7ce662afeef512fc"
			  "59126026670c8fe209b38eb29abf428e" },
	{ CRYPTO_AUDIT, "6ef3d9633a750da6e8311762110a94bb"
			"14c4e141d9331e1313d2eabb3e378ace" },
	{ CRYPTO_TICKETS, "5cf4de2add7dc62d77df79f8e9a6642d"
			  "ea5308136db8efc1b874a7343d1e486a" },
	{ CRYPTO_LINEAGE, "65ef92c5c82258c5b3f8a1dc6b17a928"
			  "c6476f8bebca89cd64451b12b5bdd40a" },
};

START_TEST(subkeys_are_the_documented_ones)
{
	uint8_t master[CRYPTO_KEY_SIZE];
	uint8_t key[CRYPTO_KEY_SIZE];
	char text[2 * CRYPTO_KEY_SIZE + 1];

	counting(master, sizeof(master));
	crypto_subkey(master, subkeys[_i].use, key);
	hex(key, sizeof(key), text);
	ck_assert_str_eq(text, subkeys[_i].key);
}
END_TEST

START_TEST(successor_is_the_documented_one)
{
	struct token token = { .kind = TOKEN_REFRESH, .id = "0123456789" };
	struct token next = { .kind = TOKEN_ACCESS, .id = "abcdefghij" };
	uint8_t key[CRYPTO_KEY_SIZE];
	char text[2 * TOKEN_SECRET_SIZE + 1];

	counting(key, sizeof(key));
	counting(token.secret, sizeof(token.secret));
	crypto_successor(key, &token, &next);
	hex(next.secret, sizeof(next.secret), text);
	ck_assert_str_eq(text, "75b4cca52aa83babbfa9dca64a2334ff999d1cb0");
	/* In place, as long as kind and id are the same. */
	next = token;
	crypto_successor(key, &token, &next);
	crypto_successor(key, &token, &token);
	ck_assert_mem_eq(token.secret, next.secret, TOKEN_SECRET_SIZE);
}
END_TEST

START_TEST(mac_is_the_documented_one)
{
	const struct span parts[] = { span_of("tokens"), { NULL, 0 },
		span_of("body") };
	uint8_t key[CRYPTO_KEY_SIZE];
	uint8_t mac[CRYPTO_MAC_SIZE];
	char text[2 * CRYPTO_MAC_SIZE + 1];

	counting(key, sizeof(key));
	crypto_mac(key, parts, COUNT(parts), mac);
	hex(mac, sizeof(mac), text);
	ck_assert_str_eq(text, "75293e20300ca53769d3e56be44472a7");
}
END_TEST

/* Lists of parts that are the same bytes when they are run together. */
START_TEST(mac_knows_where_parts_end)
{
	static const char *const lists_of_parts[][3] = {
		{ "ab", "c", "" },
		{ "a", "bc", "" },
		{ "abc", "", "" },
		{ "", "abc", "" },
		{ "", "", "abc" },
		{ "a", "b", "c" },
	};
	uint8_t key[CRYPTO_KEY_SIZE] = { 1 };
	uint8_t macs[COUNT(lists_of_parts)][CRYPTO_MAC_SIZE];

	for (size_t i = 0; i < COUNT(lists_of_parts); i++) {
		struct span parts[3];

		for (size_t j = 0; j < 3; j++)
			parts[j] = span_of(lists_of_parts[i][j]);
		crypto_mac(key, parts, 3, macs[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_mem_ne(macs[i], macs[j], CRYPTO_MAC_SIZE);
	}
}
END_TEST

START_TEST(mac_depends_on_the_key)
{
	const struct span part = span_of("the same");
	uint8_t key[CRYPTO_KEY_SIZE] = { 0 };
	uint8_t mac[CRYPTO_MAC_SIZE];
	uint8_t other[CRYPTO_MAC_SIZE];

	crypto_mac(key, &part, 1, mac);
	for (unsigned bit = 0; bit < 8 * CRYPTO_KEY_SIZE; bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		crypto_mac(key, &part, 1, other);
		ck_assert_mem_ne(mac, other, 8);
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

/* However it is cut, it is the MAC of all of it so far. */
START_TEST(stream_is_the_mac_of_its_bytes)
{
	const uint8_t key[CRYPTO_KEY_SIZE] = "a key of thirty-two bytes, 123";
	struct crypto_stream *one = crypto_stream_new(key);
	struct crypto_stream *two = crypto_stream_new(key);
	uint8_t a[CRYPTO_MAC_SIZE], b[CRYPTO_MAC_SIZE], c[CRYPTO_MAC_SIZE];

	crypto_stream_put(one, "one and two", 11);
	crypto_stream_put(two, "one", 3);
	crypto_stream_mac(two, c);
	crypto_stream_put(two, " and two", 8);
	crypto_stream_mac(one, a);
	crypto_stream_mac(two, b);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_mem_ne(a, c, sizeof(a));
	crypto_stream_put(one, "", 1);
	crypto_stream_mac(one, a);
	ck_assert_mem_ne(a, b, sizeof(a));
	crypto_stream_free(one);
	crypto_stream_free(two);
}
END_TEST

START_TEST(equal_looks_at_every_byte)
{
	uint8_t a[CRYPTO_VERIFIER_SIZE];
	uint8_t b[CRYPTO_VERIFIER_SIZE];

	counting(a, sizeof(a));
	counting(b, sizeof(b));
	ck_assert(crypto_equal(a, b, sizeof(a)));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		ck_assert(!crypto_equal(a, b, sizeof(a)));
		b[i] ^= 0x80;
	}
	/* Whatever the size, those that have a function of their own too. */
	for (size_t size = 0; size <= sizeof(a); size++) {
		ck_assert(crypto_equal(a, b, size));
		if (size == 0)
			continue;
		b[size - 1] ^= 1;
		ck_assert(!crypto_equal(a, b, size));
		b[size - 1] ^= 1;
	}
}
END_TEST

START_TEST(new_tokens_are_whole_and_new)
{
	static struct token tokens[200];
	char text[TOKEN_TEXT_SIZE + 1];
	struct token parsed;

	for (size_t i = 0; i < COUNT(tokens); i++) {
		crypto_new_token(TOKEN_ACCESS, &tokens[i]);
		ck_assert_int_eq(tokens[i].kind, TOKEN_ACCESS);
		ck_assert_uint_eq(strlen(tokens[i].id), TOKEN_ID_SIZE);
		tokentext_format(&tokens[i], text);
		ck_assert_int_eq(
		    tokentext_parse(text, TOKEN_TEXT_SIZE, &parsed), 0);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(tokens[i].id, tokens[j].id);
			ck_assert_mem_ne(tokens[i].secret, tokens[j].secret, 8);
		}
	}
}
END_TEST

/* 62 digits at 10 places: every one comes up somewhere in 2000 ids. */
START_TEST(new_ids_use_the_whole_alphabet)
{
	unsigned seen[TOKEN_ID_SIZE][256] = { 0 };
	struct token token;

	for (int i = 0; i < 2000; i++) {
		crypto_new_token(TOKEN_API, &token);
		for (size_t j = 0; j < TOKEN_ID_SIZE; j++)
			seen[j][(uint8_t)token.id[j]]++;
	}
	for (size_t j = 0; j < TOKEN_ID_SIZE; j++) {
		unsigned digits = 0;

		for (size_t c = 0; c < 256; c++) {
			digits += seen[j][c] > 0;
			ck_assert_uint_lt(seen[j][c], 200);
		}
		ck_assert_uint_eq(digits, 62);
	}
}
END_TEST

START_TEST(locked_memory_is_there)
{
	uint8_t *memory = crypto_alloc(100);

	ck_assert_ptr_nonnull(memory);
	memset(memory, 0xa5, 100);
	crypto_free(memory);
	crypto_free(NULL);
	crypto_wipe_stack();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("crypto");

	if (crypto_init() < 0)
		return EXIT_FAILURE;
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, verifier_is_the_documented_one);
	tcase_add_test(tcase, verifier_depends_on_every_bit);
	tcase_add_loop_test(
	    tcase, subkeys_are_the_documented_ones, 0, COUNT(subkeys));
	tcase_add_test(tcase, successor_is_the_documented_one);
	tcase_add_test(tcase, mac_is_the_documented_one);
	tcase_add_test(tcase, mac_knows_where_parts_end);
	tcase_add_test(tcase, mac_depends_on_the_key);
	tcase_add_test(tcase, stream_is_the_mac_of_its_bytes);
	tcase_add_test(tcase, equal_looks_at_every_byte);
	tcase_add_test(tcase, new_tokens_are_whole_and_new);
	tcase_add_test(tcase, new_ids_use_the_whole_alphabet);
	tcase_add_test(tcase, locked_memory_is_there);
	return run_cases("crypto", &tcase, 1);
}
