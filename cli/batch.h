/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_BATCH_H
#define APITOKEN_CLI_BATCH_H

#include "cli/ask.h"
#include "common/transfermessage.h"

/* A record of an import on its way to the agent. */
struct batch_item {
	uint64_t line; /* of the file */
	struct transfer_record record;
};

#define BATCH_ITEMS 1000
/* Room for header and request in front of the records. */
#define BATCH_SIZE  (PROTO_MESSAGE_MAX - 64)

/* As many of them as one message holds; large. */
struct batch {
	struct import_request request; /* but for its count */
	/* What became of one; not OUTCOME_DONE ends the import. */
	enum outcome (*on_result)(void *arg, const struct batch_item *item,
	    const struct import_result *result);
	void *arg;
	size_t count;
	size_t used;
	struct batch_item items[BATCH_ITEMS];
	uint8_t bytes[BATCH_SIZE];
};

/* Adds a copy, and sends those before it where they fill a message. */
enum outcome batch_add(
    struct batch *batch, struct ask *ask, const struct batch_item *item);

/* Sends what there is, in as many messages as the agent wants. */
enum outcome batch_send(struct batch *batch, struct ask *ask);

#endif
