/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/mutant.h"

#include <string.h>

#define SECRET_AT (4 + TOKEN_ID_SIZE + 1)
#define CHECK_AT  (TOKEN_TEXT_SIZE - 6)

static const char digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Knuth's numbers; the high half is the random one. */
static uint32_t
pick(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % below;
}

static char
pick_digit(uint64_t *seed)
{
	return digits[pick(seed, 62)];
}

/* Written once more, so that one mistake does not hide another. */
static uint32_t
crc(const char *text, size_t size)
{
	uint32_t sum = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		sum ^= (uint8_t)text[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (sum >> 1) ^ (0xedb88320U & (0U - (sum & 1)));
	}
	return ~sum;
}

static void
put_check(char *text)
{
	uint32_t sum = crc(text, CHECK_AT);

	for (size_t i = TOKEN_TEXT_SIZE; i > CHECK_AT; i--) {
		text[i - 1] = digits[sum % 62];
		sum /= 62;
	}
}

/* Any digits from `at` up to `end`. */
static void
forge(char *text, size_t at, size_t end, uint64_t *seed)
{
	for (; at < end; at++)
		text[at] = pick_digit(seed);
}

static void
change_one(char *text, uint64_t *seed)
{
	text[SECRET_AT + pick(seed, CHECK_AT - SECRET_AT)] = pick_digit(seed);
}

/* The digits that hold the last 32 bits, or the first. */
static void
change_tail(char *text, uint64_t *seed)
{
	forge(text, CHECK_AT - 1 - pick(seed, 6), CHECK_AT, seed);
}

static void
change_head(char *text, uint64_t *seed)
{
	forge(text, SECRET_AT, SECRET_AT + 1 + pick(seed, 6), seed);
}

static void
swap_two(char *text, uint64_t *seed)
{
	const size_t a = SECRET_AT + pick(seed, CHECK_AT - SECRET_AT);
	const size_t b = SECRET_AT + pick(seed, CHECK_AT - SECRET_AT);
	const char kept = text[a];

	text[a] = text[b];
	text[b] = kept;
}

static void
forge_secret(char *text, uint64_t *seed)
{
	forge(text, SECRET_AT, CHECK_AT, seed);
}

static void
change_kind(char *text, uint64_t *seed)
{
	text[2] = "karmx"[1 + pick(seed, 4)];
}

static void
no_digit(char *text, uint64_t *seed)
{
	text[SECRET_AT + pick(seed, CHECK_AT - SECRET_AT)] =
	    (char)(1 + pick(seed, 255));
}

static void (*const changes[])(char *text, uint64_t *seed) = {
	change_one,
	change_tail,
	change_head,
	swap_two,
	forge_secret,
	change_kind,
	no_digit,
};

static const char *
pick_live(char (*live)[TOKEN_TEXT_SIZE + 1], size_t count, uint64_t *seed)
{
	return live[pick(seed, (uint32_t)count)];
}

/* The id of one and the secret of another, from anywhere on. */
static void
splice(char *text, const char *other, uint64_t *seed)
{
	const size_t at = SECRET_AT + pick(seed, CHECK_AT - SECRET_AT);

	memcpy(text + at, other + at, CHECK_AT - at);
}

/* Shorter or longer than a token. */
static void
change_size(char *text, uint64_t *seed)
{
	size_t size = pick(seed, MUTANT_SIZE);

	if (size > TOKEN_TEXT_SIZE)
		forge(text, TOKEN_TEXT_SIZE, size, seed);
	text[size] = '\0';
}

static bool
is_live(const char *text, char (*live)[TOKEN_TEXT_SIZE + 1], size_t count)
{
	static const char scheme[] = "secret-token:";

	if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
		text += sizeof(scheme) - 1;
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, live[i]) == 0)
			return true;
	return false;
}

static bool
id_is_live(const char *text, char (*live)[TOKEN_TEXT_SIZE + 1], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(text + 4, live[i] + 4, TOKEN_ID_SIZE) == 0)
			return true;
	return false;
}

static void
mutate(struct mutant *mutant, uint64_t *seed, char (*live)[TOKEN_TEXT_SIZE + 1],
    size_t count)
{
	const uint32_t kind = pick(seed, 9);
	char *text = mutant->text;

	memset(text, 0, MUTANT_SIZE);
	strcpy(text, pick_live(live, count, seed));
	mutant->has_live_id = pick(seed, 2) == 0;
	mutant->has_check = pick(seed, 10) != 0;
	if (!mutant->has_live_id)
		forge(text, 4, 4 + TOKEN_ID_SIZE, seed);
	if (kind < 7)
		changes[kind](text, seed);
	else if (kind == 7)
		splice(text, pick_live(live, count, seed), seed);
	if (mutant->has_check)
		put_check(text);
	/* Not before: it would be what a check is put on. */
	if (kind == 8)
		change_size(text, seed);
}

void
mutant_make(struct mutant *mutant, uint64_t *seed,
    char (*live)[TOKEN_TEXT_SIZE + 1], size_t count)
{
	do
		mutate(mutant, seed, live, count);
	while (is_live(mutant->text, live, count));
	mutant->has_live_id = strlen(mutant->text) >= 4 + TOKEN_ID_SIZE &&
			      id_is_live(mutant->text, live, count);
	mutant->has_check = strlen(mutant->text) == TOKEN_TEXT_SIZE &&
			    mutant->has_check;
}
