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

/*
 * Messages under way at a time, where records do not rely on those before
 * them.  The agent commits together what comes meanwhile: a page of an index
 * that is in another order than the records is then written once for many of
 * them, and not for each.  More would help (with 64 a million tokens took half
 * the time) but for the agent's memory, which is why it commits no more rows
 * at a time than three or four of them have.  There are fewer where an answer
 * takes longer than IMPORTBATCH_MS: others have something to commit too.
 */
#define IMPORTBATCH_OUT 8
#define IMPORTBATCH_MS	500

/* As many records as one message holds, and what becomes of them; large. */
struct importbatch_sheet {
	size_t count;
	size_t used;
	struct importbatch_item items[IMPORTBATCH_ITEMS];
	uint8_t bytes[IMPORTBATCH_SIZE];
	const struct importbatch *batch;
	struct ask ask;
	bool has_thread; /* that waits for the answer */
	pthread_t thread;
	enum outcome outcome; /* of its message */
	bool was_slow;	      /* to be answered */
};

/*
 * Records on their way.  While the agent works at some sheets, each by a
 * thread that waits for its answer, another one is filled: both programs have
 * something to do.  Results come in the order of the records.
 */
struct importbatch {
	const struct ask *like;	       /* whom to ask, and as whom */
	struct import_request request; /* but for its count */
	/* So many may be out at the most; 0, as 1, where a record may rely on
	 * those before it.  To be changed only where nothing is under way. */
	unsigned most;
	/* What became of one; not OUTCOME_DONE ends the import. */
	enum outcome (*on_result)(void *arg,
	    const struct importbatch_item *item,
	    const struct import_result *result);
	void *arg;
	/* A ring, of which those from `first` on are out. */
	struct importbatch_sheet *sheets[IMPORTBATCH_OUT + 1];
	unsigned first;
	unsigned count; /* out */
	unsigned out;	/* so many may be, as fast as the agent is */
};

/*
 * Adds a copy, and sends those before it where they fill a message.  In a
 * dry run the next one relies on those of line 0 right before it.
 */
enum outcome importbatch_add(
    struct importbatch *batch, const struct importbatch_item *item);

/* Sends those before where so many more, of so many bytes with what surrounds
 * each, would not fit into the same message. */
enum outcome importbatch_reserve(
    struct importbatch *batch, size_t count, size_t bytes);

/* Sends what there is, in as many messages as the agent wants; all is answered
 * then. */
enum outcome importbatch_send(struct importbatch *batch);

/* Waits for what is under way, and has its results: where something else
 * failed, and nothing more is to be sent. */
enum outcome importbatch_wait(struct importbatch *batch);

/* Waits for what is under way, whatever becomes of it. */
void importbatch_fini(struct importbatch *batch);

#endif
