/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_AUDIT_H
#define APITOKEN_STORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/crypto.h"
#include "common/span.h"

/*
 * An administrative act, as it is kept: every change set carries one, and
 * store_apply() writes it in the same transaction.  Entries are numbered from
 * 1 without gaps, and each holds the MAC of the one before: an entry edited,
 * removed, inserted or moved breaks the chain at that place.
 *
 * Threat model.  Somebody who can write to the store, but has no key, MUST NOT
 * change what was done without its being seen; who has the key neither, where
 * an anchor was kept elsewhere.
 */
#define AUDIT_DETAIL_MAX 512

/* The actor of what nobody asked for. */
#define ACTOR_AGENT "apitokend"

struct audit_entry {
	uint64_t at;
	struct span actor;   /* login name, or "uid 1000" without one */
	struct span action;  /* "token.create" */
	struct span subject; /* a token's id */
	struct span detail;
};

/* An entry's number as the key of its row. */
void audit_key(uint64_t number, uint8_t key[8]);

/* The body of an entry's row; 0 if it does not fit. */
size_t audit_encode(const struct audit_entry *entry,
    const uint8_t previous[CRYPTO_MAC_SIZE], void *data, size_t size);
/* ERROR_MALFORMED. */
int audit_decode(struct span body, struct audit_entry *entry,
    uint8_t previous[CRYPTO_MAC_SIZE]);

#endif
