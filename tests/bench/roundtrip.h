/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_ROUNDTRIP_H
#define APITOKEN_TESTS_BENCH_ROUNDTRIP_H

#include <sys/types.h>

/*
 * The least that a question over a Unix socket takes: connect, send, receive,
 * close; of the socket type that the agent has.  What was received, or
 * negative.  Checks nobody and waits for ever: never a client's.
 */
ssize_t roundtrip(
    const char *path, const void *out, size_t size, void *back, size_t room);

/* What the floors ask and answer. */
#define ROUNDTRIP_OUT  200
#define ROUNDTRIP_BACK 64

#endif
