/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ANSWER_H
#define APITOKEN_SERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/server/asker.h"
#include "agent/store/attempt.h"

/*
 * From the bytes of a question to the bytes of its answer, which always has
 * PROTO_ANSWER_SIZE bytes, and to what the writer is to note of it.
 *
 * The change set that comes back, if any, spends one of the uses that the
 * token has left, or stores a session: the answer says what is true only once
 * it is durable, but for a session that a full disk does not take.  The
 * caller's to submit or to free, as is what asker->opening has then.
 */
struct changeset *answer_question(const struct asker *asker, struct span packet,
    uint8_t reply[PROTO_ANSWER_SIZE], struct attempt *attempt);

/*
 * What the writer is to note of a question that is decided without the store,
 * as there is no token to look for.
 */
void answer_unasked(const struct asker *asker, const struct question *question,
    enum status status, struct attempt *attempt);

/* Turns it into the answer of an agent that could not decide. */
void answer_unavailable(
    uint8_t reply[PROTO_ANSWER_SIZE], struct attempt *attempt);

#endif
