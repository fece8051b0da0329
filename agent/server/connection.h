/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_CONNECTION_H
#define APITOKEN_SERVER_CONNECTION_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/server/agent.h"
#include "agent/server/errand.h"
#include "agent/server/identity.h"
#include "agent/server/limits.h"
#include "agent/server/ops.h"

/*
 * The connections of admin.sock, from accept to reply; of the admin thread
 * alone but for what the writer says of commits.
 *
 * Threat model.  Anybody may connect, as often as they like, and say nothing,
 * too much, or hang up half way.  They MUST NOT take root's place, hold one
 * for longer than their deadline, make the agent wait for them, or leave
 * behind a reply that is not wiped: it may hold a secret.
 */
#define CONNECTIONS_MAX 512
#define REQUEST_MS	5000 /* for a connection's request to come */

struct desk;

/*
 * A connection, from accept to reply.  While its change set is with the
 * writer, or its errand under way, it is not touched but for `committed`.
 */
struct connection {
	struct desk *desk;
	struct connection *next; /* in the list of those committed */
	int fd;			 /* -1: free */
	bool committing;
	struct identity identity;
	uint64_t deadline; /* ms, CLOCK_MONOTONIC: of the request */
	unsigned tries;
	uint8_t *request; /* kept while committing, to be worked on again */
	size_t request_size;
	uint8_t *reply; /* PROTO_MESSAGE_MAX */
	size_t reply_size;
	struct submission submission;
	struct errand *errand; /* NULL: it waits for a commit */
	int descriptor;	       /* what came with the request, or -1 */
	int result;	       /* of the commit, or of the errand */
	char acts[512];	       /* what it commits, for the log */
};

/* Where they are all served. */
struct desk {
	struct agent *agent;
	struct store_reader *reader; /* NULL while sealed */
	int wake;		     /* eventfd: something is committed */
	pthread_mutex_t lock;	     /* of committed */
	struct connection *committed;
	struct limits limits;
	struct grants grants[GRANTS_KINDS]; /* of the request at work */
	size_t committing;		    /* connections that are */
	struct connection connections[CONNECTIONS_MAX];
};

/* ERROR_SYSTEM, or an error of the store; desk_fini() may follow. */
int desk_init(struct desk *desk, struct agent *agent);
void desk_fini(struct desk *desk);

/* Takes one connection; false if there is none, or no place for it. */
bool desk_accept(struct desk *desk);
bool desk_is_full(struct desk *desk);
/* Closes those whose request did not come in time. */
void desk_drop_late(struct desk *desk);
/* Replies to those whose change is durable, or failed; tries stale ones again. */
void desk_take_committed(struct desk *desk);

/* Reads its request, which has come, and works on it. */
void connection_read(struct connection *connection);

#endif
