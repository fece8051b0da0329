/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/corpus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where in each stride the tokens of a kind are. */
enum {
	AT_GOOD = CORPUS_STRIDE - 4,
	AT_WRONG,
	AT_REVOKED,
	AT_EXPIRED,
};

#define IDS UINT64_C(839299365868340224) /* 62^10 */

uint64_t
corpus_mix(uint64_t number)
{
	number += UINT64_C(0x9e3779b97f4a7c15);
	number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
	return number ^ (number >> 31);
}

static enum corpus_kind
kind_of(uint64_t number)
{
	switch (number % CORPUS_STRIDE) {
	case AT_REVOKED:
		return CORPUS_REVOKED;
	case AT_EXPIRED:
		return CORPUS_EXPIRED;
	default:
		return CORPUS_ANY;
	}
}

/*
 * Two of ten million would have the same id once in 17,000 such corpora; this
 * one is always the same, and an import would say so.
 */
void
corpus_token(uint64_t number, struct corpus_token *token)
{
	uint64_t secret[3];

	memset(token, 0, sizeof(*token));
	token->kind = kind_of(number);
	token->token.kind = TOKEN_API;
	tokentext_base62(
	    corpus_mix(number) % IDS, token->token.id, TOKEN_ID_SIZE);
	for (uint64_t i = 0; i < 3; i++)
		secret[i] = corpus_mix(~(3 * number + i));
	memcpy(token->token.secret, secret, TOKEN_SECRET_SIZE);
	tokentext_format(&token->token, token->text);
	(void)snprintf(token->name, sizeof(token->name), "t%011" PRIu64,
	    number % UINT64_C(100000000000));
	(void)snprintf(token->owner, sizeof(token->owner), "o%07" PRIu64,
	    number % CORPUS_OWNERS);
}

static void
draw_any(uint64_t count, uint64_t random, struct corpus_token *token)
{
	uint64_t number = random % count;

	while (kind_of(number) != CORPUS_ANY)
		number = number == 0 ? count - 1 : number - 1;
	corpus_token(number, token);
}

void
corpus_draw(uint64_t count, enum corpus_kind kind, uint64_t random,
    struct corpus_token *token)
{
	static const uint64_t at[] = {
		[CORPUS_GOOD] = AT_GOOD,
		[CORPUS_WRONG] = AT_WRONG,
		[CORPUS_REVOKED] = AT_REVOKED,
		[CORPUS_EXPIRED] = AT_EXPIRED,
	};
	const uint64_t strides = count / CORPUS_STRIDE;

	if (kind == CORPUS_ANY || strides == 0) {
		draw_any(count, random, token);
		return;
	}
	random %= strides;
	if (kind == CORPUS_UNKNOWN)
		corpus_token(count + random, token);
	else
		corpus_token(random * CORPUS_STRIDE + at[kind], token);
	if (kind == CORPUS_WRONG) {
		token->token.secret[TOKEN_SECRET_SIZE - 1] ^= 1;
		tokentext_format(&token->token, token->text);
	}
	token->kind = kind;
}
