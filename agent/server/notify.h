/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_NOTIFY_H
#define APITOKEN_SERVER_NOTIFY_H

#include <stdint.h>

/*
 * Tells whoever started the agent how it is: systemd, over $NOTIFY_SOCKET in
 * the words of sd_notify(3) ("READY=1"), spoken directly since libsystemd is
 * large and this is one datagram.  Without the variable nothing happens.
 */
void notify_systemd(const char *state);

/*
 * Whether systemd ends the agent unless it hears "WATCHDOG=1" every so many ms
 * (sd_watchdog_enabled(3)); 0: no.
 */
uint64_t notify_watchdog_ms(void);

/* Writes "ready\n" to the descriptor of --ready-fd and closes it; -1: none. */
void notify_ready_fd(int fd);

#endif
