/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_CORPUS_H
#define APITOKEN_TESTS_BENCH_CORPUS_H

#include <stdint.h>

#include "common/tokentext.h"

/*
 * The tokens that are measured: token NUMBER is a function of its number, so
 * that a load generator draws among ten million without a file of secrets.
 * Each has a name of 12 bytes, an owner of 8 who is the only login name it is
 * for, the project "default", and no description.
 *
 * Of every CORPUS_STRIDE numbers one token is revoked and one is expired, so
 * that what a refusal costs is compared among as many records as a yes.
 */
#define CORPUS_NAME_SIZE  12
#define CORPUS_OWNER_SIZE 8
#define CORPUS_OWNERS	  1000
#define CORPUS_STRIDE	  64

/* What is drawn.  All but CORPUS_ANY are drawn among count / STRIDE tokens. */
enum corpus_kind {
	CORPUS_ANY, /* any good token */
	CORPUS_GOOD,
	CORPUS_WRONG,	/* a good token's id with another secret */
	CORPUS_UNKNOWN, /* an id that is not there */
	CORPUS_REVOKED,
	CORPUS_EXPIRED,
};

/* NUL-terminated texts. */
struct corpus_token {
	enum corpus_kind kind; /* of a number: ANY, REVOKED or EXPIRED */
	struct token token;
	char text[TOKEN_TEXT_SIZE + 1];
	char name[CORPUS_NAME_SIZE + 1];
	char owner[CORPUS_OWNER_SIZE + 1];
};

/* A permutation of 64-bit numbers: choices that look random and repeat. */
uint64_t corpus_mix(uint64_t number);

void corpus_token(uint64_t number, struct corpus_token *token);

/* One of the kind from a corpus of count tokens; random decides which. */
void corpus_draw(uint64_t count, enum corpus_kind kind, uint64_t random,
    struct corpus_token *token);

#endif
