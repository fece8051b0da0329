/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_WATCHDOG_H
#define APITOKEN_SERVER_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/server/agent.h"

/*
 * Tells the service manager that all is well, as long as it is: called by the
 * admin thread, which goes on if it calls, once the other threads have shown
 * that they do too.  Of the admin thread alone.
 */
enum watched {
	WATCHED_SERVE,
	WATCHED_WRITER,
	WATCHED_COUNT,
};

struct watchdog {
	uint64_t every; /* ms between two beats; 0: nobody listens */
	uint64_t asked_at[WATCHED_COUNT]; /* ms, CLOCK_MONOTONIC */
	bool is_told; /* in the log, that a thread does not go on */
};

/* As the environment says. */
void watchdog_init(struct watchdog *watchdog);

/* A beat, at now (ms, CLOCK_MONOTONIC). */
void watchdog_beat(
    struct watchdog *watchdog, struct agent *agent, uint64_t now);

#endif
