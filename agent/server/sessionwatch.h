/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SESSIONWATCH_H
#define APITOKEN_SERVER_SESSIONWATCH_H

#include <stdbool.h>
#include <stdint.h>

struct sessions;

/*
 * Whether tokens still let their sessions be, and the end of those that they do
 * not.  `now` is in ms, CLOCK_MONOTONIC; *is_seen says whether /proc was read
 * in this round, which is done once for all.
 */

/* Looks at every token, if anything may have changed since it was done. */
void sessionwatch_look(struct sessions *sessions, uint64_t now, bool *is_seen);

/* Takes each end that was begun a step further. */
void sessionwatch_step(struct sessions *sessions, uint64_t now, bool *is_seen);

#endif
