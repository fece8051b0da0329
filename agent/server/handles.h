/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_HANDLES_H
#define APITOKEN_SERVER_HANDLES_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/session.h"

/*
 * The handles that opened a session within PROTO_HANDLE_LIFETIME: each opens
 * one.  Bounded; in a flood of logins the oldest of a row is forgotten, and
 * is then known by its session alone, as long as there is one.  Of the serve
 * thread.
 *
 * Threat model.  Whoever reads a handle in somebody's environment shows it a
 * second time: that MUST NOT open a session, nor may one who is not root use
 * it up.
 */
#define HANDLES_ROWS 2048
#define HANDLES_EACH 8

struct handles {
	struct handle_used {
		uint8_t key[SESSION_KEY_SIZE];
		uint64_t at; /* seconds since 1970; 0: free */
	} used[HANDLES_ROWS][HANDLES_EACH];
};

/* Zeroed; NULL without memory.  free() it. */
struct handles *handles_new(void);

/* Notes its use; false if it was used before. */
bool handles_use(
    struct handles *handles, const uint8_t key[SESSION_KEY_SIZE], uint64_t now);

#endif
