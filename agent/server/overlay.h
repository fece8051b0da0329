/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OVERLAY_H
#define APITOKEN_SERVER_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/store/changeset.h"

/*
 * The rows that one operation put or deleted so far, over those of the store,
 * so that what comes later in it sees what came before.
 */
struct overlay;

struct overlay *overlay_new(void);
void overlay_free(struct overlay *overlay);

/*
 * The row as it is then; a body of NULL: it is no more.  The version is that
 * of the row in the store, VERSION_ABSENT for none.  Copies both; what was
 * found before stays good.  ERROR_MEMORY.
 */
int overlay_put(struct overlay *overlay, enum database database,
    struct span key, uint32_t version, struct span body);

/* False where it is as in the store; NULL: there is nothing in it. */
bool overlay_find(const struct overlay *overlay, enum database database,
    struct span key, uint32_t *version, struct span *body);

/* How many rows of the database were put that are not in the store. */
unsigned overlay_made(const struct overlay *overlay, enum database database);

#endif
