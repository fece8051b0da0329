/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PROCTREE_H
#define APITOKEN_SERVER_PROCTREE_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/server/process.h"

/*
 * All processes at one moment, and those of them that are of one session.
 *
 * Threat model.  Whoever has a session chooses what it starts: they MUST NOT
 * have a process taken for it that is not of it, and the less they can have
 * left out the better.  pid 1, the kernel, the agent, what it came from and
 * what came of it are of no session.
 */
struct proctree {
	struct process *items; /* by pid */
	size_t count;
	size_t room;
	bool *marks;		  /* of the last proctree_mark() */
	struct proctree_kin *kin; /* of each item */
	size_t queued;		  /* to be followed yet */
};

/* Who came of an item and who is in its setsid() session, as lists of places:
 * however long a chain somebody makes, each is followed once. */
#define PROCTREE_NONE UINT32_MAX
struct proctree_kin {
	uint32_t first_child, next_child;
	uint32_t first_member, next_member;
	uint32_t queue; /* of the whole tree: the places that are queued */
	bool is_of_agent;
};

/* What a session began with, and what is known of it by now. */
struct proctree_root {
	pid_t leader;
	uint64_t started;	 /* the leader's; 0: not known, not found */
	uint32_t outer_audit;	 /* of the process that the leader came from */
	const char *outer_scope; /* and its control group */
	const struct process *known; /* found before; may have ended */
	size_t known_count;
};

/* Zeroed before the first; ERROR_MEMORY, ERROR_SYSTEM. */
int proctree_read(struct proctree *tree);
void proctree_free(struct proctree *tree);

/* The same of items that are there already, in order.  ERROR_MEMORY. */
int proctree_link(struct proctree *tree);

/* NULL if there is none. */
const struct process *proctree_find(const struct proctree *tree, pid_t pid);

/*
 * Marks what is of the session: the leader and all that came of it; what has
 * left its parent but not the setsid() session that one of these began; what
 * is in the same login's control group, or has the same audit session id,
 * unless what the leader came from has that too.
 */
void proctree_mark(struct proctree *tree, const struct proctree_root *root);

#endif
