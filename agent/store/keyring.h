/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_KEYRING_H
#define APITOKEN_STORE_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/crypto.h"

/*
 * The master key's file and the sub-keys made from it.
 *
 * Threat model.  Whoever reads the file can make rows that this agent takes
 * for its own; whoever replaces it, with the store, is the agent.  The file
 * MUST belong to root or to the agent's user and MUST NOT be open to anybody
 * else; it MUST NOT lie in a backup of the store.
 *
 * The file is text, a line for each key, so that rotation is adding a line:
 *
 *	<number: 1 to 255> <64 hexadecimal digits>
 *
 * New rows are made with the highest number; rows say which made them.
 */
#define KEYRING_KEYS_MAX 16

struct keyring_key {
	uint8_t number;
	uint8_t records[CRYPTO_KEY_SIZE];
	uint8_t audit[CRYPTO_KEY_SIZE];
	uint8_t tickets[CRYPTO_KEY_SIZE];
	uint8_t lineage[CRYPTO_KEY_SIZE];
};

/* In locked memory. */
struct keyring {
	size_t count;
	struct keyring_key keys[KEYRING_KEYS_MAX]; /* the current one first */
};

/*
 * Reads the file.  ERROR_NOT_FOUND if there is none; ERROR_INVALID, with a
 * sentence in why, for a wrong owner, mode or content; ERROR_SYSTEM, errno.
 */
int keyring_load(
    const char *path, struct keyring **keyring, char *why, size_t size);
void keyring_free(struct keyring *keyring);

/*
 * Makes a file with a new key 1, mode 0400, owned by the caller, written to
 * the disk before it has its name.  ERROR_EXISTS, ERROR_SYSTEM (errno).
 */
int keyring_make(const char *path);

const struct keyring_key *keyring_current(const struct keyring *keyring);
/* NULL if there is no key with that number. */
const struct keyring_key *keyring_find(
    const struct keyring *keyring, uint8_t number);

#endif
