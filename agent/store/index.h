/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_INDEX_H
#define APITOKEN_STORE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

/* Keys and entries of the indexes. */

/*
 * In the indexes a token's age is its creation time counted down, 8 bytes
 * big-endian, so that the newest comes first.
 */
#define AGE_SIZE	 8
#define AGE_ID_SIZE	 (AGE_SIZE + TOKEN_ID_SIZE)
#define NAME_KEY_SIZE	 (LOGIN_MAX + 1 + TOKEN_NAME_MAX)
/* The tokens of the whole organization, among those of projects. */
#define ORGANIZATION_KEY "*"

/* Big-endian, so that numbers are in order. */
void index_number(uint64_t value, uint8_t bytes[8]);

void index_age(uint64_t created_at, uint8_t age[AGE_SIZE]);
void index_age_id(
    uint64_t created_at, struct span id, uint8_t value[AGE_ID_SIZE]);
/* The key in DB_TOKEN_NAMES; ERROR_TOO_LONG. */
int index_name_key(struct span owner, struct span name,
    uint8_t key[NAME_KEY_SIZE], size_t *size);

#endif
