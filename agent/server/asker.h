/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ASKER_H
#define APITOKEN_SERVER_ASKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/server/agent.h"

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
	int fd;			 /* the connection, where sessions are opened */
	struct opening *opening; /* NULL: none are */
};

#endif
