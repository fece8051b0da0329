/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SANDBOX_H
#define APITOKEN_SERVER_SANDBOX_H

#include <sys/types.h>

/*
 * Threat model.  Whoever gets code to run in the agent MUST NOT become root or
 * anybody else again; whoever is the agent's user MUST NOT read its memory, in
 * which the key is.  What that code may ask of the kernel: see syscalls.h.
 */

/*
 * Becomes that user for good, without groups; verified.  Of root's privileges
 * CAP_KILL stays, where it was there, so that sessions can be ended: it signals
 * any process, and reads and writes none.  ERROR_SYSTEM.
 */
int sandbox_drop(uid_t uid, gid_t gid);

/*
 * No core dumps, no ptrace or /proc/PID/mem by the same user, no privileges
 * gained by exec; and as many descriptors as the agent's connections need.
 * After sandbox_drop(), which would undo part of it.
 */
int sandbox_harden(void);

#endif
