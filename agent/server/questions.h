/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_QUESTIONS_H
#define APITOKEN_SERVER_QUESTIONS_H

#include <sys/socket.h>

#include "agent/server/agent.h"
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
	struct bucket refused; /* log lines */
};

/* Zeroed before; questions_fini() may follow in any case. */
int questions_init(struct questions *questions, struct agent *agent);
void questions_fini(struct questions *questions);

/* Where a question stands whose bytes were looked for. */
enum progress {
	PROGRESS_NONE,	   /* it has not come */
	PROGRESS_ANSWERED, /* the connection is to be closed */
	PROGRESS_SPENDING, /* the connection is kept until a use is durable */
};

/* Answers the question of a connection if it is there already. */
enum progress questions_try(struct questions *questions,
    const struct config *config, int fd, const struct ucred *peer);

/* Answers those whose use is durable, or is not; their connections end. */
void questions_answer_spent(
    struct questions *questions, const struct config *config);

#endif
