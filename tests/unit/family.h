/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAMILY_H
#define APITOKEN_TESTS_FAMILY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/server/process.h"

/*
 * Real processes, none of them the caller's child: what came of the agent is
 * of no session, and the caller is the agent.
 */
enum kin {
	KIN_LEADER,
	KIN_CHILD,
	KIN_SETSID,   /* has left the leader's setsid() session */
	KIN_ORPHAN,   /* has not, but its parent has ended */
	KIN_STRANGER, /* none of them */
	KIN_COUNT,
};

struct family {
	struct process kin[KIN_COUNT];
	int pidfd; /* of the leader */
	int hold;  /* all of them end when it is closed */
};

#define FAMILY_MORE 300

enum family_way {
	FAMILY_POLITE = 0,
	FAMILY_STUBBORN = 1 << 0, /* takes no notice of SIGTERM */
	FAMILY_INNER =
	    1 << 1, /* the leader is in a setsid() session of others */
	FAMILY_LARGE = 1 << 2, /* the leader has FAMILY_MORE more children */
};

/* Returns when all of them are there. */
void family_begin(struct family *family, int ways);
void family_end(struct family *family);

/* Whether it lives now; a zombie does not. */
bool family_lives(const struct family *family, enum kin kin);

/* A step of a loop that has a deadline: 20 ms, or 0 ms once it passed. */
bool family_waits(uint64_t until);

#endif
