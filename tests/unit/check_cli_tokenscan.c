/* SPDX-License-Identifier: BSD-3-Clause */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tokenscan.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* As large as tokenscan_room() ever is, and some more. */
#define LARGE 70000

static struct tokenscan scan;
static char token[TOKEN_TEXT_SIZE + 1];

static void
format(enum token_kind kind, const char *id, char text[TOKEN_TEXT_SIZE + 1])
{
	struct token made = { .kind = kind, .secret = "nobody guesses this" };

	memcpy(made.id, id, TOKEN_ID_SIZE);
	tokentext_format(&made, text);
}

static void
setup(void)
{
	memset(&scan, 0, sizeof scan);
	format(TOKEN_API, "a1b2c3d4e5", token);
}

/* How often `token` is found in a text that comes in pieces of that size. */
static unsigned
finds(const char *text, size_t size, size_t piece)
{
	unsigned found = 0;

	while (size > 0) {
		size_t room, part = size < piece ? size : piece;
		char *at = tokenscan_room(&scan, &room);
		const char *next;

		ck_assert_uint_gt(room, 0);
		part = part < room ? part : room;
		memcpy(at, text, part);
		tokenscan_fill(&scan, part);
		text += part;
		size -= part;
		while ((next = tokenscan_next(&scan)) != NULL) {
			ck_assert_mem_eq(next, token, TOKEN_TEXT_SIZE);
			found++;
		}
	}
	tokenscan_wipe(&scan);
	return found;
}

/* The 48 characters in pieces of every size, after a beginning of every size:
 * every place within the token is once the end of a piece. */
START_TEST(a_token_is_found_wherever_it_is_cut)
{
	char text[3 * TOKEN_TEXT_SIZE];

	for (size_t before = 0; before <= TOKEN_TEXT_SIZE; before++)
		for (size_t piece = 1; piece <= 2 * TOKEN_TEXT_SIZE; piece++) {
			memset(text, 'a', sizeof text);
			memcpy(text + before, token, TOKEN_TEXT_SIZE);
			ck_assert_uint_eq(finds(text, sizeof text, piece), 1);
		}
}
END_TEST

/* Also where the room for a piece ends. */
START_TEST(a_token_is_found_at_the_end_of_the_room)
{
	static char text[LARGE];

	for (size_t before = sizeof scan.bytes - 2 * TOKEN_TEXT_SIZE;
	     before <= sizeof scan.bytes; before++) {
		memset(text, '_', sizeof text);
		memcpy(text + before, token, TOKEN_TEXT_SIZE);
		ck_assert_uint_eq(finds(text, sizeof text, sizeof text), 1);
	}
}
END_TEST

START_TEST(every_kind_is_a_token)
{
	for (int kind = TOKEN_API; kind <= TOKEN_MANAGEMENT; kind++) {
		format((enum token_kind)kind, "0000000000", token);
		ck_assert_uint_eq(finds(token, TOKEN_TEXT_SIZE, 7), 1);
	}
}
END_TEST

/* What is around does not matter; @ stands for the token. */
static const struct {
	const char *text;
	unsigned found;
} texts[] = {
	{ "@", 1 },
	{ "@@", 2 },
	{ "@@@", 3 },
	{ "x@x", 1 },
	{ "atk_@", 1 },
	{ "atk_a1b2c3@", 1 },
	{ "aaaa@atk_", 1 },
	{ "at@t", 1 },
	{ "secret-token:@", 1 },
	{ "https://host/?token=@&x=@#", 2 },
	{ "\"@\",\n\"@\"\r\n", 2 },
	{ "\xff\x80@\xc0", 1 },
	{ "", 0 },
	{ "a", 0 },
	{ "atk_", 0 },
	{ "atk_a1b2c3d4e5_", 0 },
};

START_TEST(surroundings_do_not_matter)
{
	char text[512] = "", one[2] = "";

	for (const char *at = texts[_i].text; *at != '\0'; at++) {
		one[0] = *at;
		strcat(text, *at == '@' ? token : one);
	}
	for (size_t piece = 1; piece < 120; piece++)
		ck_assert_uint_eq(
		    finds(text, strlen(text), piece), texts[_i].found);
}
END_TEST

/* One wrong character anywhere, or one less, and there is none. */
START_TEST(what_is_nearly_a_token_is_none)
{
	char text[TOKEN_TEXT_SIZE];

	for (size_t i = 0; i < TOKEN_TEXT_SIZE; i++) {
		memcpy(text, token, sizeof text);
		text[i] = text[i] == 'x' ? 'y' : 'x';
		ck_assert_uint_eq(finds(text, sizeof text, 48), 0);
		text[i] = '\0';
		ck_assert_uint_eq(finds(text, sizeof text, 48), 0);
		ck_assert_uint_eq(finds(token, i, 48), 0);
	}
}
END_TEST

/* A long text of one letter, and one of beginnings. */
START_TEST(long_texts_take_no_more_room)
{
	static char text[LARGE];
	static const char beginning[] = "atk_a1b2c3d4e5_";

	memset(text, 'a', sizeof text);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(finds(text, sizeof text, sizeof text), 0);
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = beginning[i % (sizeof beginning - 1)];
	ck_assert_uint_eq(finds(text, sizeof text, 4096), 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("tokenscan");
	TCase *tcase = tcase_create("tokenscan");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, a_token_is_found_wherever_it_is_cut);
	tcase_add_test(tcase, a_token_is_found_at_the_end_of_the_room);
	tcase_add_test(tcase, every_kind_is_a_token);
	tcase_add_loop_test(tcase, surroundings_do_not_matter, 0, COUNT(texts));
	tcase_add_test(tcase, what_is_nearly_a_token_is_none);
	tcase_add_test(tcase, long_texts_take_no_more_room);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
