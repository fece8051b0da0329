/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SESSIONEND_H
#define APITOKEN_SERVER_SESSIONEND_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/server/proctree.h"

/*
 * The end of one session, step by step: nobody waits for it.
 *
 * The process that opened the session is asked first (SIGTERM): it does then
 * what it does at each logout.  It may leave behind what it started, as sshd
 * does without a terminal; and were it killed, its children would go on, as
 * sshd's do.  So all processes of the session are held by pidfds before the
 * first signal, and what is left after a while is killed, the leader last.
 *
 * Threat model.  Whoever has the session decides when its processes fork and
 * end: no signal goes to a pid, and none to a process that is not of the
 * session (proctree.h).
 */
#define ENDING_GRACE_MS 300  /* from SIGTERM to SIGKILL */
#define ENDING_MOST_MS	1500 /* until it is given up, for the time being */
#define ENDING_STEP_MS	25   /* between two steps */
#define ENDING_STEPS	20   /* at the least until then, on a slow machine */

enum ending_state {
	ENDING_GOES_ON,
	ENDING_DONE,
	ENDING_FAILED, /* `why` says why */
};

struct ending {
	uint64_t began; /* ms, CLOCK_MONOTONIC */
	unsigned steps; /* since it is killed, or asked, where it is spared */
	bool spares;	/* the leader alone, and never SIGKILL */
	bool killing;
	bool forbidden;	 /* a signal was not allowed */
	bool is_partial; /* /proc does not show the leader, or did not */
	int leader;	 /* pidfd, not its own */
	pid_t leader_pid;
	uint64_t started;
	uint32_t outer_audit;
	char *outer_scope;
	struct process *members; /* but the leader */
	int *pidfds;		 /* negative: it has ended, or is not held */
	size_t count;
	size_t held; /* pidfds that are open */
	size_t room;
	char why[128];
};

/* What is to be ended; see struct session.  spares: SIGTERM alone will do. */
struct ending_target {
	int pidfd; /* of the leader; stays the caller's and open */
	pid_t pid;
	uint64_t started;
	uint32_t outer_audit;
	const char *outer_scope;
	bool spares;
};

/*
 * Asks the leader to end.  The tree is as proctree_read() left it in the same
 * step; may be NULL where the leader alone is ended.  ERROR_MEMORY.
 */
int ending_begin(struct ending *ending, const struct ending_target *target,
    struct proctree *tree, uint64_t now);
void ending_fini(struct ending *ending);

/* Whether the next step looks at all processes. */
bool ending_needs_tree(const struct ending *ending, uint64_t now);

enum ending_state ending_step(
    struct ending *ending, struct proctree *tree, uint64_t now);

#endif
