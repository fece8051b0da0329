/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SERVE_H
#define APITOKEN_SERVER_SERVE_H

#include "agent/server/agent.h"

/*
 * The serve thread: answers the questions of PAM modules on auth.sock and
 * user.sock, and of saslauthd's clients on its socket, from memory alone.  It
 * never waits for a disk, a log, a name or another thread.
 *
 * Threat model.  On auth.sock everybody is root.  On user.sock anybody is, and
 * they MUST NOT get a verdict unless a service names them as a caller, MUST
 * NOT keep root's questions waiting (root's are taken first, and only a few of
 * theirs between), and MUST NOT hold more than a bounded number of
 * connections, none of them for longer than its deadline.  The same holds for
 * saslauthd's clients, who get verdicts, as the socket's mode says who they are:
 * see saslauthd.h and saslclients.h.
 */
struct serve;

/* All that it needs, so that what is made here may be forbidden then. */
int serve_open(struct agent *agent, struct serve **serve);
/* The thread.  ERROR_SYSTEM. */
int serve_start(struct serve *serve);
/* Answers what was accepted, then ends the thread if there is one; frees.
 * NULL is fine. */
void serve_stop(struct serve *serve);

#endif
