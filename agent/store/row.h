/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_ROW_H
#define APITOKEN_STORE_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/store/writing.h"

/* Rows as bytes (store.h says which), and the MACs that bind them. */

/* ERROR_CORRUPT if it is too short to be a row. */
int row_decode(struct span whole, struct row *row);

/* Whether its MAC is right for that database and key. */
bool row_is_authentic(const struct keyring *keyring, enum database database,
    struct span key, const struct row *row);

/*
 * Writes a row in place, so that it is never held twice.  Its MAC is copied to
 * mac_copy unless that is NULL.
 */
int row_put(struct writing *writing, enum database database, struct span key,
    uint32_t version, struct span body, uint8_t *mac_copy);

#endif
