/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_LIMITS_H
#define APITOKEN_SERVER_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* How many connections each uid may have open at a time on admin.sock. */
#define LIMIT_UIDS	  128 /* uids with a connection at a time */
#define LIMIT_CONNECTIONS 16  /* of an ordinary uid */
#define LIMIT_TRUSTED	  256 /* of root, and of the agent's own */

struct limits {
	size_t count;
	struct {
		uid_t uid;
		unsigned connections;
	} uids[LIMIT_UIDS];
};

/* Counts a connection of that uid, unless it would be the one too many. */
bool limits_enter(struct limits *limits, uid_t uid, unsigned most);
void limits_leave(struct limits *limits, uid_t uid);

/*
 * A bucket that lets so many through in a second, and counts the others:
 * for log lines that somebody else can cause.
 */
struct bucket {
	uint64_t second;
	unsigned used;
	unsigned long withheld;
};

bool bucket_take(struct bucket *bucket, uint64_t now, unsigned a_second);

#endif
