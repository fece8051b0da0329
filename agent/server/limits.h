/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_LIMITS_H
#define APITOKEN_SERVER_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How many connections ordinary uids may have open at a time on admin.sock:
 * each, and how many uids.  Root and the agent's own user are not counted, and
 * the two numbers leave room for them.
 *
 * Threat model.  Somebody has many uids, or starts many processes with one.
 * Whatever they open, root MUST find a free place.
 */
#define LIMIT_UIDS	  24
#define LIMIT_CONNECTIONS 16

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
 * A bucket that lets so many through in a second: for log lines that somebody
 * else can cause.
 */
struct bucket {
	uint64_t second;
	unsigned used;
};

bool bucket_take(struct bucket *bucket, uint64_t now, unsigned a_second);

#endif
