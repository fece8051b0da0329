/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_LINEAGE_H
#define APITOKEN_MODEL_LINEAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/model/syntax.h"
#include "common/span.h"
#include "common/tokentext.h"

/*
 * What comes of an API token that is exchanged: pairs of an access token and
 * a refresh token.  The refresh token buys the next pair; all that follow one
 * exchange are a family.  A family has two records, one for each half of the
 * pair, whose ids stay and whose secrets change, and one end.  Pure.
 *
 * Threat model.  Secrets leak on their way.  No pair MUST do more than the
 * API token, or outlive it.  A refresh token that is presented twice is in two
 * hands: the family MUST then end, whoever came first.  A client whose answer
 * was lost is let off for LINEAGE_AGAIN seconds; whoever else took that answer
 * and used it MUST NOT be.  Nothing that is stored gives away a secret: the
 * next pair follows from the secret presented and a key.
 */
#define ACCESS_LIFETIME	    900	  /* seconds, unless asked otherwise */
#define ACCESS_LIFETIME_MAX 86400 /* seconds */
#define REFRESH_LIFETIME    (30 * 86400)
#define ACCESS_TOKENS	    16
#define ACCESS_TOKENS_MAX   1000

/* How many secrets back a refresh token is still known for an old one. */
#define LINEAGE_GENERATIONS 256

/* Seconds in which a lost answer may be given again. */
#define LINEAGE_AGAIN 10

/* [limits] */
struct lineage_limits {
	uint64_t refresh_lifetime; /* seconds; 0: as long as the API token */
	uint32_t access_tokens;	   /* of one API token at a time */
};

/* The two tokens; pair_wipe() it. */
struct pair {
	struct token access;
	struct token refresh;
};

void pair_wipe(struct pair *pair);

/* An exchange, as it was asked for. */
struct lineage_input {
	const struct record *parent;
	struct span parent_id;
	uint8_t parent_number; /* of the secret that was shown */
	uint64_t lifetime;     /* seconds; 0: ACCESS_LIFETIME */
	struct spanlist users; /* of the parent's; empty: all of them */
	struct spanlist allow; /* empty: what the parent opens */
	const struct lineage_limits *limits;
	/* whether a service of that name opens to the record */
	bool (*opens)(
	    void *arg, const struct record *record, struct span service);
	void *arg;
	struct span by;
	uint64_t now;
};

/*
 * Whether pairs may be had from an API token by the secret with that number.
 * ERROR_INVALID: the sentence is for who proved a secret.
 */
int lineage_check_parent(const struct record *parent, struct span id,
    uint8_t number, uint64_t now, struct refusal *refusal);

/*
 * The two records of a new family, which lack partners, key and verifiers.
 * They point into the parent and the input.
 */
int lineage_begin(const struct lineage_input *input, struct record *access,
    struct record *refresh, struct refusal *refusal);

/* What a token is to the family whose id it bears. */
enum lineage_match {
	LINEAGE_NONE, /* nothing: its secret never was the family's */
	LINEAGE_CURRENT,
	LINEAGE_PREVIOUS, /* the one that bought the pair of now */
	LINEAGE_OLDER,
};

/*
 * The record is the refresh token's, or the null record.  What is none takes
 * the same time whatever the record.
 */
enum lineage_match lineage_match(const struct record *record,
    const struct token *token, const uint8_t key[CRYPTO_KEY_SIZE]);

/* The pair that follows a refresh token of that record. */
void lineage_derive(const struct record *record, const struct token *token,
    const uint8_t key[CRYPTO_KEY_SIZE], struct pair *pair);

/* A refresh: by whom, when, with which key. */
struct lineage_step {
	uint64_t now;
	uint32_t uid;
	uint8_t key_number;
};

/* Both records with the secrets of the pair in place of those before; the
 * access token ends with its family at the latest. */
void lineage_renew(const struct record *before, const struct record *parent,
    const struct lineage_step *step, const struct pair *pair,
    struct record *access, struct record *refresh);

/* Whether that uid may have the answer again at that time. */
bool lineage_may_repeat(
    const struct record *record, uint32_t uid, uint64_t now);

#endif
