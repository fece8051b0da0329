/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_TICKET_H
#define APITOKEN_MODEL_TICKET_H

#include <stdint.h>

#include "agent/model/crypto.h"
#include "common/proto.h"
#include "common/span.h"
#include "common/tokentext.h"

/*
 * What a granted authentication leaves with the module: proof, for the
 * account phase, that a secret was shown for this login and service.
 *
 * Threat model.  A ticket may leak with the host process.  It MUST NOT open
 * anything by itself (OP_ACCOUNT only confirms, and all policy is asked
 * again), MUST NOT be good for another login or service, and MUST NOT be
 * makeable without the agent's key.
 */
#define TICKET_LIFETIME 900 /* seconds; a second factor may come between */

/* Of a ticket its MAC alone: it names a session, and opens nothing. */
#define TICKET_KEY_SIZE CRYPTO_MAC_SIZE

struct ticket {
	uint8_t key_number; /* of the master key it is made with */
	char id[TOKEN_ID_SIZE + 1];
	uint8_t secret_number;
	uint64_t issued_at;
	uint32_t nonce; /* no two of one second are the same handle */
};

void ticket_make(const struct ticket *ticket, struct span login,
    struct span service, const uint8_t key[CRYPTO_KEY_SIZE],
    uint8_t data[PROTO_TICKET_SIZE]);

/* The TICKET_KEY_SIZE bytes that are its MAC. */
struct span ticket_key(const uint8_t data[PROTO_TICKET_SIZE]);

/* Which key to check it with, by its own word. */
uint8_t ticket_key_number(const uint8_t data[PROTO_TICKET_SIZE]);

/*
 * ERROR_MALFORMED if it was not made with this key for this login and service,
 * or is older than TICKET_LIFETIME at `now` (a clock set back does not make it
 * older).  *ticket is then unchanged.
 */
int ticket_check(const uint8_t data[PROTO_TICKET_SIZE], struct span login,
    struct span service, const uint8_t key[CRYPTO_KEY_SIZE], uint64_t now,
    struct ticket *ticket);

#endif
