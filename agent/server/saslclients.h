/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SASLCLIENTS_H
#define APITOKEN_SERVER_SASLCLIENTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/server/questions.h"
#include "agent/server/saslauthd.h"
#include "agent/server/waiting.h"

/*
 * The clients on saslauthd's socket, from their first byte to their answer.
 * Of the serve thread, and like everything there it waits for nobody.
 *
 * Threat model.  They are not root.  They MUST NOT take places, time or
 * descriptors from root's questions, which have others and come first; MUST
 * NOT, by stopping half way, keep anything for longer than their deadline; and
 * a password, right or wrong, MUST NOT stay in memory once it was answered.
 */

/* From the connection until a use is durable: the client would wait for
 * ever. */
#define SASLCLIENTS_SPENDING_MS 10000

struct saslclients {
	int epoll;
	uint64_t
	    first; /* what an event of the first place says; then counted */
	struct waiting_pool waiting;
	struct saslclient {
		size_t size;
		uint8_t bytes[SASLAUTHD_REQUEST_MAX];
	} requests[WAITING_POOL];
};

void saslclients_init(struct saslclients *clients, int epoll, uint64_t first);
/* Closes them all. */
void saslclients_fini(struct saslclients *clients);

/* Takes a connection over: it is answered, or watched for the rest. */
void saslclients_add(struct saslclients *clients, struct questions *questions,
    const struct config *config, int fd, const struct ucred *peer,
    uint64_t now_ms);
/* Something came to that place. */
void saslclients_hear(struct saslclients *clients, struct questions *questions,
    const struct config *config, size_t place, uint64_t now_ms);

/* Closes whoever has waited longest; false if nobody waits. */
bool saslclients_make_room(struct saslclients *clients);
/* Closes those whose time is over. */
void saslclients_drop_late(struct saslclients *clients, uint64_t now_ms);

#endif
