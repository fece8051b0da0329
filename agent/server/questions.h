/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_QUESTIONS_H
#define APITOKEN_SERVER_QUESTIONS_H

#include <sys/socket.h>

#include "agent/server/agent.h"
#include "agent/server/handles.h"
#include "agent/server/limits.h"
#include "agent/server/spending.h"

/*
 * From a connection's bytes to its answer: what the serve thread does with
 * each of them, and those that are put aside until a use is durable.
 */
struct questions {
	struct agent *agent;
	struct store_reader *reader; /* NULL while sealed */
	struct spending *spending;
	struct handles *handles;
	uint32_t nonce;		/* of the next question */
	struct bucket refused;	/* log lines */
	unsigned sasl_spending; /* of those put aside, saslauthd's clients */
};

/* Zeroed before; questions_fini() may follow in any case. */
int questions_init(struct questions *questions, struct agent *agent);
void questions_fini(struct questions *questions);

/* Where a question comes from and its answer goes. */
struct origin {
	int fd;
	struct ucred peer;
	/* LISTENER_SASLAUTHD: who asks is admitted by the socket, and answered
	 * in saslauthd's protocol; else in the module's */
	enum listener listener;
	/* ms, CLOCK_MONOTONIC: when it ends should a use not be durable by
	 * then; 0: the other end looks to that itself */
	uint64_t until;
};

/* Where a question stands whose bytes were looked for. */
enum progress {
	PROGRESS_NONE,	   /* it has not come */
	PROGRESS_ANSWERED, /* the connection is to be closed */
	PROGRESS_SPENDING, /* the connection is kept until a use is durable */
};

/* Answers the question of a connection if it is there already. */
enum progress questions_try(struct questions *questions,
    const struct config *config, int fd, const struct ucred *peer);

/* Answers a question in the module's encoding, wherever it comes from. */
enum progress questions_ask(struct questions *questions,
    const struct config *config, const struct origin *origin,
    struct span packet);

/* Answers one that is decided without the store. */
void questions_refuse(struct questions *questions, const struct config *config,
    const struct origin *origin, const struct question *question,
    enum status status);

/* Answers those whose use is durable, or is not; their connections end. */
void questions_answer_spent(
    struct questions *questions, const struct config *config);

#endif
