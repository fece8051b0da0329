/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_CRYPTO_H
#define APITOKEN_MODEL_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"
#include "common/tokentext.h"

/*
 * All cryptography, and the only file that includes <sodium.h>.
 *
 * Threat model.  The attacker may read the whole store and every backup, and
 * may ask as often as they like.  They MUST NOT learn a secret from a
 * verifier (160 random bits: no guess is worth making, so the hash need not be
 * slow), MUST NOT turn a changed row into an authentic one without the master
 * key, and MUST NOT learn from the time of a comparison how much of a guess
 * was right.
 */
#define CRYPTO_VERIFIER_SIZE 32
#define CRYPTO_MAC_SIZE	     16
#define CRYPTO_KEY_SIZE	     32

/* What a sub-key of the master key is for.  The numbers never change. */
enum crypto_use {
	CRYPTO_RECORDS = 1, /* MAC of a row */
	CRYPTO_AUDIT = 2,   /* MAC of an audit entry */
	CRYPTO_TICKETS = 3, /* MAC of a ticket */
	CRYPTO_LINEAGE = 4, /* the secret that follows a refresh token's */
	CRYPTO_BACKUPS = 5, /* MAC of a whole backup */
};

/* Once, before anything else; ERROR_SYSTEM if there is no randomness. */
int crypto_init(void);

void crypto_random(void *data, size_t size);

/* Memory with guard pages that is locked and never dumped; NULL if none. */
void *crypto_alloc(size_t size);
/* Wipes it too.  NULL is fine. */
void crypto_free(void *data);
/* Overwrites what libsodium's functions left on this thread's stack. */
void crypto_wipe_stack(void);

/* A new token of that kind: random id, random secret.  Wipe it. */
void crypto_new_token(enum token_kind kind, struct token *token);

/*
 * BLAKE2b-256, personal "apitoken-verify", of kind (one byte), id and secret.
 * Unkeyed, so that tokens move between hosts and keys rotate without them.
 */
void crypto_verifier(
    const struct token *token, uint8_t verifier[CRYPTO_VERIFIER_SIZE]);

/*
 * The secret that follows from another token's, for a token whose kind and id
 * are given: BLAKE2b-160 under the key, of kind, id and secret of the one and
 * kind and id of the other.  Both may be the same struct.
 */
void crypto_successor(const uint8_t key[CRYPTO_KEY_SIZE],
    const struct token *token, struct token *next);

/* In constant time. */
bool crypto_equal(const void *a, const void *b, size_t size);

void crypto_subkey(const uint8_t master[CRYPTO_KEY_SIZE], enum crypto_use use,
    uint8_t key[CRYPTO_KEY_SIZE]);

/*
 * Keyed BLAKE2b, 16 bytes, of the parts, each preceded by its length, so that
 * no two different lists of parts give the same input.
 */
void crypto_mac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t mac[CRYPTO_MAC_SIZE]);

/*
 * The same function of bytes that come bit by bit, without their lengths:
 * whoever puts them says in them where each ends.
 */
struct crypto_stream;

/* NULL without memory. */
struct crypto_stream *crypto_stream_new(const uint8_t key[CRYPTO_KEY_SIZE]);
void crypto_stream_free(struct crypto_stream *stream);
void crypto_stream_put(
    struct crypto_stream *stream, const void *data, size_t size);
/* Of all that was put so far; more may follow. */
void crypto_stream_mac(
    const struct crypto_stream *stream, uint8_t mac[CRYPTO_MAC_SIZE]);

#endif
