/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_WAITING_H
#define APITOKEN_SERVER_WAITING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Connections whose question has not come yet: a module sends right after it
 * connects, so few are here, and none for long.  A pool for each socket, so
 * that nobody takes root's places.
 */
#define WAITING_POOL 256
#define WAITING_MS   2000

struct waiting {
	int fd; /* -1: free */
	struct ucred peer;
	uint64_t deadline; /* ms, CLOCK_MONOTONIC */
};

struct waiting_pool {
	struct waiting slots[WAITING_POOL];
	size_t next; /* to be tried first */
	size_t count;
};

void waiting_init(struct waiting_pool *pool);
/* Closes them all. */
void waiting_fini(struct waiting_pool *pool);

/*
 * Takes the descriptor over.  Where no place is free the one who has waited
 * longest loses theirs.
 */
struct waiting *waiting_add(struct waiting_pool *pool, int fd,
    const struct ucred *peer, uint64_t now_ms);
/* Closes it and frees its place. */
void waiting_drop(struct waiting_pool *pool, struct waiting *waiting);
/* Frees its place and leaves the descriptor to the caller. */
void waiting_release(struct waiting_pool *pool, struct waiting *waiting);
/* NULL if nobody waits. */
struct waiting *waiting_oldest(struct waiting_pool *pool);
/* Closes those whose time is over. */
void waiting_drop_late(struct waiting_pool *pool, uint64_t now_ms);

#endif
