/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SPENDING_H
#define APITOKEN_SERVER_SPENDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/server/listener.h"
#include "agent/store/attempt.h"
#include "agent/store/writer.h"
#include "common/proto.h"

/*
 * Questions about tokens with a limited number of uses, and sessions, between
 * the verdict and the answer: a use is durable before anybody is let in by it,
 * and a session before it begins, so that it is found again.  Of the serve
 * thread, which does not wait for them, but for what the writer says.
 *
 * Threat model.  Whoever holds such a token may send it as often and as
 * fast as they like, and may have the agent killed at any moment.  It MUST NOT
 * let in more often than it has uses; a use may be lost, never doubled.
 */
#define SPENDING_MAX 256

/* How often a question is asked anew when somebody else was faster: whoever
 * was, has gone, so that all who wait get the uses that there are. */
#define SPENDING_TRIES SPENDING_MAX

struct spending;

/* One question that waits for its commit. */
struct spender {
	struct spending *spending;
	struct spender *next; /* in the list of those committed */
	int fd;		      /* -1: free */
	struct ucred peer;
	enum listener listener;
	uint64_t until; /* see struct origin */
	unsigned tries;
	size_t packet_size;
	uint8_t packet[PROTO_QUESTION_MAX];
	uint8_t reply[PROTO_ANSWER_SIZE];
	struct attempt attempt;
	struct submission submission;
	int result;		   /* of the commit */
	struct session_news *news; /* what is opened, its own; or NULL */
	bool is_session;	   /* nothing else is committed */
};

int spending_new(struct spending **spending);
/* After the writer has ended: nothing waits for it any more. */
void spending_free(struct spending *spending);

/* Readable when spending_take() has something. */
int spending_fd(const struct spending *spending);

/* A free place, with fd -1; NULL if all are taken. */
struct spender *spending_place(struct spending *spending);

/* Gives the set to the writer; the spender's fd is set by then. */
void spending_submit(
    struct spender *spender, struct writer *writer, struct changeset *set);

/* The next one whose commit is decided; NULL if there is none. */
struct spender *spending_take(struct spending *spending);

/* Closes its connection, wipes it and frees its place. */
void spending_done(struct spender *spender);

/*
 * Ends the connections whose time is over, in ms of CLOCK_MONOTONIC.  Their use
 * may be spent all the same, but lets nobody in.
 */
void spending_hang_up(struct spending *spending, uint64_t now_ms);

/* Whether any waits. */
bool spending_is_empty(const struct spending *spending);

#endif
