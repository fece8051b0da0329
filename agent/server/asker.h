/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ASKER_H
#define APITOKEN_SERVER_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/model/ticket.h"
#include "agent/server/agent.h"
#include "common/message.h"

struct opening;

/* What a question is answered from. */
struct asker {
	struct agent *agent;
	const struct config *config;
	struct store_reader *reader; /* NULL while sealed */
	struct ucred peer;
	/* By the socket's mode: callers are not looked at, and whoever asks is
	 * never a session. */
	bool admitted;
	uint64_t now;		 /* seconds since 1970 */
	uint32_t nonce;		 /* of the ticket; each question has another */
	int fd;			 /* the connection, where sessions are opened */
	struct opening *opening; /* NULL: none are */
};

/*
 * Reads the ticket of a question, with the key that it was made with: logins
 * under way outlive a rotation.  ERROR_MALFORMED, as ticket_check().
 */
int asker_open_ticket(const struct asker *asker,
    const struct question *question, struct ticket *ticket);

#endif
