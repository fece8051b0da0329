/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ANSWER_H
#define APITOKEN_SERVER_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/server/agent.h"
#include "agent/store/attempt.h"

/* What a question is answered from. */
struct asker {
	struct agent *agent;
	const struct config *config;
	struct store_reader *reader; /* NULL while sealed */
	struct ucred peer;
	uint64_t now; /* seconds since 1970 */
};

/*
 * From the bytes of a question to the bytes of its answer, which always has
 * PROTO_ANSWER_SIZE bytes, and to what the writer is to note of it.
 */
void answer_question(const struct asker *asker, struct span packet,
    uint8_t reply[PROTO_ANSWER_SIZE], struct attempt *attempt);

#endif
