/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_LISTENER_H
#define APITOKEN_TESTS_PAM_LISTENER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Something that listens where the agent should, and behaves as told. */
enum listener_play {
	LISTENER_STATUS, /* a well-formed answer with the next status */
	LISTENER_BYTES,	 /* these bytes, whatever was asked */
	LISTENER_EMPTY,	 /* an empty packet */
	LISTENER_SILENT, /* reads the question and never answers */
	LISTENER_CLOSE,	 /* reads the question and closes */
	LISTENER_HANGUP, /* closes at once */
	LISTENER_DEAF,	 /* never accepts */
	LISTENER_FULL,	 /* never accepts, and its queue is full */
};

/* Shared with the listening process. */
struct listener_seen {
	unsigned connections;
	unsigned packets;
	size_t size; /* of the last packet */
	uint8_t packet[2048];
};

struct listener {
	pid_t pid;
	const struct listener_seen *seen;
	void *shared;
};

/*
 * Listens at path before it returns.  data are the answer's bytes, or one
 * status for each connection, of which the last one is repeated.  A ticket
 * is given with STATUS_OK to OP_AUTHENTICATE: 40 times the login's first
 * byte.
 */
void listener_start(struct listener *listener, const char *path,
    enum listener_play play, const void *data, size_t size);
void listener_stop(struct listener *listener);

/* A field of the last packet, by its place behind token or ticket. */
const char *listener_field(const struct listener *listener, unsigned which);

#endif
