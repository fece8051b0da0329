/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_CLIENT_H
#define APITOKEN_COMMON_CLIENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/span.h"

/* Any uid may listen: only where a person named the socket. */
#define CLIENT_ANY_UID ((uid_t)-1)

#define CLIENT_TIMEOUT_DEFAULT 2000		     /* ms, of the module */
#define CLIENT_TIMEOUT_MAX     (60 * 1000)	     /* ms */
#define CLIENT_FILE_TIMEOUT    (24 * 60 * 60 * 1000) /* ms, at most */

struct client {
	const char *path;    /* of the socket */
	uid_t listener_uid;  /* who must listen there, or CLIENT_ANY_UID */
	unsigned timeout_ms; /* for the whole exchange, on CLOCK_MONOTONIC */
};

/*
 * Threat model.  Somebody else may listen at the path, or have put a file, a
 * link or a folder there, and whoever listens may hang or answer anything:
 * they MUST NOT get a byte of the request, nor keep the caller for longer than
 * its deadline.
 */

/*
 * Connects, checks the listener, sends one request packet and receives one
 * reply packet into reply (room for size bytes; *got of them on success).
 * All within one absolute deadline, whatever signals arrive.  Leaves no
 * descriptor open, raises no SIGPIPE, sends nothing to a listener that is not
 * trusted.
 *
 * ERROR_UNREACHABLE  no socket there, or nobody listens (errno says which)
 * ERROR_UNTRUSTED    somebody else listens
 * ERROR_TIMEOUT      the deadline passed: connecting, sending or waiting
 * ERROR_CLOSED       closed without an answer
 * ERROR_MALFORMED    an answer larger than size
 * ERROR_INVALID      a path, a timeout or an empty request that is not allowed
 *                    (errno; ENAMETOOLONG for a path); nothing was done
 * ERROR_SYSTEM       anything else (errno)
 */
int client_ask(const struct client *client, struct span request, void *reply,
    size_t size, size_t *got);

/*
 * The same with a descriptor that goes along; it stays the caller's and open.
 * The timeout may be as long as CLIENT_FILE_TIMEOUT: what is done to a file
 * takes its time.
 */
int client_ask_file(const struct client *client, struct span request, int fd,
    void *reply, size_t size, size_t *got);

#endif
