/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_LOG_H
#define APITOKEN_SERVER_LOG_H

#include <stddef.h>
#include <syslog.h>

#include "agent/server/config.h"
#include "agent/store/attempt.h"

/*
 * The agent's log.  Lines are handed over by any thread and written by the
 * writer thread; a target that does not take them costs lines, never time.
 * No line holds a secret, and what came from outside is escaped (quote.h).
 *
 * Threat model.  Names, addresses and descriptions are whatever somebody
 * chose.  They MUST NOT look like another line or another field, nor mean
 * anything to whoever reads logs; and a log that nobody reads or that is
 * flooded MUST NOT keep a login waiting.
 */
struct log;

struct log *log_new(enum log_target target);
void log_free(struct log *log);

/* Hands a line over; level is syslog's.  wake has log_write() called. */
void log_post(struct log *log, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void log_set_wake(struct log *log, void (*wake)(void *arg), void *arg);

/* Writes what was handed over.  Of one thread at a time. */
void log_write(struct log *log);

/* Lines that were lost since the start. */
unsigned long log_lost(struct log *log);

/* Formats a login attempt; on the thread of log_write(), which writes it. */
void log_attempt(struct log *log, const struct attempt *attempt);

#endif
