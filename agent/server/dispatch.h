/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_DISPATCH_H
#define APITOKEN_SERVER_DISPATCH_H

#include "agent/server/ops.h"

/*
 * The requests of admin.sock as a table: opcode, the permission that it needs
 * at least in some reach, whether it needs the store, its handler.
 *
 * Threat model.  Anybody may send any bytes.  No handler runs for a caller
 * without the permission of its row; handlers themselves ask how far it
 * reaches.  A refused request MUST NOT have changed anything, but for a refresh
 * token that was presented twice: it ends its family.
 */

/*
 * Works on one request.  The reply, header included, is in reply (room for
 * PROTO_MESSAGE_MAX bytes): *reply_size bytes.  Where *set comes back, the
 * reply says what is true only once that set is durable.
 */
void dispatch(struct operation *op, struct span packet, uint8_t *reply,
    size_t *reply_size);

/* The reply to a request whose errand has ended with that result. */
void dispatch_errand(const struct errand *errand, uint8_t opcode, int result,
    uint8_t *reply, size_t *reply_size);

/* The reply to a request that a commit failed for. */
void dispatch_failed(
    uint8_t opcode, int error, uint8_t *reply, size_t *reply_size);

#endif
