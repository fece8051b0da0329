/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_KEYRING_H
#define APITOKEN_STORE_KEYRING_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/crypto.h"
#include "common/keyline.h"

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
#define KEYRING_KEYS_MAX 255 /* all numbers: none may ever be taken out */

struct keyring_key {
	uint8_t number;
	uint8_t records[CRYPTO_KEY_SIZE];
	uint8_t audit[CRYPTO_KEY_SIZE];
	uint8_t tickets[CRYPTO_KEY_SIZE];
	uint8_t lineage[CRYPTO_KEY_SIZE];
	uint8_t backups[CRYPTO_KEY_SIZE];
};

/*
 * In locked memory.  Any thread reads it without a lock: keys are only ever
 * added, behind the last one, and are whole before the count says so.
 */
struct keyring {
	_Atomic size_t count;
	struct keyring_key keys[KEYRING_KEYS_MAX]; /* the current one last */
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

/*
 * Makes the next key the current one, while others read; of one thread at a
 * time.  0 also for a key that is there already.  ERROR_EXISTS if its number
 * has another key, ERROR_INVALID if it is not the current number + 1,
 * ERROR_FULL; nothing is changed then.
 */
int keyring_extend(struct keyring *keyring, const struct keyline *line);

#endif
