/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_LISTENER_H
#define APITOKEN_SERVER_LISTENER_H

#include <stddef.h>

#include "agent/server/config.h"

enum listener {
	LISTENER_AUTH,
	LISTENER_USER,
	LISTENER_SASLAUTHD,
	LISTENER_ADMIN,
	LISTENER_COUNT,
};

/*
 * The agent's sockets.  They are made, or taken over from systemd, while the
 * agent is still who started it, and never again: the credentials of
 * listen(2) are what clients trust.
 *
 * Threat model.  Somebody may have put something at a socket's path.  It MUST
 * NOT be followed, given away or removed unless it is a socket that nobody
 * listens on; and at no moment may the socket be there with another mode or
 * group than its own.
 */
struct listeners {
	int fd[LISTENER_COUNT]; /* -1: none, which only saslauthd may be */
};

/*
 * Takes the sockets that systemd passed (LISTEN_FDS, LISTEN_FDNAMES auth,
 * user, saslauthd, admin) and makes those that it did not and that have a
 * path.  A socket file that nobody listens on is replaced; anything else at
 * the path is not.  ERROR_INVALID with the reason in why.
 */
int listeners_open(const struct config *config, struct listeners *listeners,
    char *why, size_t size);
void listeners_close(struct listeners *listeners);

#endif
