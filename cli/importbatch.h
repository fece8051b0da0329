/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_IMPORTBATCH_H
#define APITOKEN_CLI_IMPORTBATCH_H

#include <pthread.h>

#include "cli/ask.h"
#include "common/transfermessage.h"

/* A record of an import on its way to the agent. */
struct importbatch_item {
	uint64_t line; /* of the file; 0: of none */
	struct transfer_record record;
};

#define IMPORTBATCH_ITEMS 1000
/* Room for header and request in front of the records. */
#define IMPORTBATCH_SIZE  (PROTO_MESSAGE_MAX - 64)

/* As many of them as one message holds; large. */
struct importbatch_sheet {
	size_t count;
	size_t used;
	struct importbatch_item items[IMPORTBATCH_ITEMS];
	uint8_t bytes[IMPORTBATCH_SIZE];
};

/*
 * Records on their way, one message after the other.  While the agent works
 * at one sheet, by a thread that waits for it, the other one is filled: both
 * programs have something to do.  Whoever adds records leaves the ask alone
 * until importbatch_send() or importbatch_end().
 */
struct importbatch {
	struct import_request request; /* but for its count */
	/* What became of one; not OUTCOME_DONE ends the import. */
	enum outcome (*on_result)(void *arg,
	    const struct importbatch_item *item,
	    const struct import_result *result);
	void *arg;
	struct importbatch_sheet sheets[2];
	unsigned filling; /* of them */
	bool is_out;	  /* the other one */
	pthread_t thread;
	struct ask *ask;      /* the thread's */
	enum outcome outcome; /* of its message */
};

/*
 * Adds a copy, and sends those before it where they fill a message.  In a
 * dry run the next one relies on those of line 0 right before it. */
enum outcome importbatch_add(struct importbatch *batch, struct ask *ask,
    const struct importbatch_item *item);

/* Sends those before where so many more, of so many bytes with what surrounds
 * each, would not fit into the same message. */
enum outcome importbatch_reserve(
    struct importbatch *batch, struct ask *ask, size_t count, size_t bytes);

/* Sends what there is, in as many messages as the agent wants; all is answered
 * then. */
enum outcome importbatch_send(struct importbatch *batch, struct ask *ask);

/* Waits for what is under way, whatever becomes of it. */
void importbatch_end(struct importbatch *batch);

#endif
