/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_AGENT_STARTUP_H
#define APITOKEN_AGENT_STARTUP_H

#include <stdbool.h>

#include "agent/server/agent.h"
#include "agent/store/check.h"

/*
 * What the agent opens before it has threads, and the order of it.
 *
 * Threat model.  Sockets and key are opened while the agent is who started
 * it; then it becomes its own user for good, and only then opens the store,
 * whose bytes it did not choose.
 */
struct startup {
	struct agent *agent;
	const char *config_path; /* NULL: the default, which need not exist */
	struct store_lock *lock;
	bool unclean;		     /* the last exit was */
	char starter[LOGIN_MAX + 1]; /* who started it */
	char why[1024];		     /* it failed */
};

/* Errors are with a sentence in why; ERROR_SYSTEM, errno. */
int startup_load_config(struct startup *startup, struct config **config);
int startup_make_key(struct startup *startup, const struct config *config);
int startup_open(struct startup *startup, const struct config *config);
/* Whatever of it is open. */
void startup_close(struct startup *startup);

#endif
