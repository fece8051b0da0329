/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ADMIN_H
#define APITOKEN_SERVER_ADMIN_H

#include "agent/server/agent.h"

/*
 * The admin thread, which is the main one: answers the CLI on admin.sock and
 * takes the signals.  It may wait for names and for commits, never for a
 * client.
 *
 * Threat model.  Anybody may connect; who they are is SO_PEERCRED.  They MUST
 * NOT hold more than a few connections each, none for longer than its
 * deadline, and a client that does not read MUST NOT hold up another.
 */
struct admin;

/* SIGTERM, SIGINT and SIGHUP must be blocked in every thread. */
int admin_open(struct agent *agent, struct admin **admin);
/* For a writer or a serve thread that are there only after admin_open(). */
void admin_close(struct admin *admin);

/*
 * Until SIGTERM or SIGINT: 0.  On SIGHUP calls reload.  What was given to the
 * writer is still answered.
 */
int admin_run(struct admin *admin, void (*reload)(void *arg), void *arg);

#endif
