/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_FIRSTSTART_H
#define APITOKEN_SERVER_FIRSTSTART_H

#include <stdint.h>

#include "agent/store/store.h"
#include "common/span.h"

/*
 * The two tokens that a store begins with, `full-access` and `read-only`, so
 * that nobody has to ask what to type first.  They have no secret and no login
 * name: neither opens anything until `apitoken regenerate --user` gives it
 * both.
 *
 * A store that anything was ever done to, be it that they were deleted, gets
 * none: its audit tells.  Before there is a writer.  Errors of store_apply().
 */
int firststart_apply(struct store *store, struct span owner, uint64_t now);

#endif
