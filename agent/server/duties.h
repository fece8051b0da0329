/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_DUTIES_H
#define APITOKEN_SERVER_DUTIES_H

#include <stdint.h>

#include "agent/server/agent.h"

/*
 * What the agent does without being asked, from time to time, on the admin
 * thread.  Each call does a slice of it that is small enough not to keep
 * anybody waiting.
 */
struct duties;

/* ERROR_MEMORY, or an error of the store. */
int duties_new(struct agent *agent, struct duties **duties);
/* After the writer has ended: it may have had something in hand. */
void duties_free(struct duties *duties);

/*
 * Does what is due at now (ms, CLOCK_MONOTONIC), each duty at the first call
 * too.  In so many ms something is due again, at the latest.
 */
int duties_run(struct duties *duties, uint64_t now);

/* Tells the log where the audit ends; nothing of a sealed store. */
void duties_log_anchor(struct agent *agent);

#endif
