/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_RING_H
#define APITOKEN_STORE_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/store/attempt.h"

/*
 * Between exactly one thread that puts and one that takes.  The one that puts
 * never waits.
 */
struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *ring);
/* False if there is no room; that one is then counted as lost. */
bool ring_put(struct ring *ring, const struct attempt *attempt);
bool ring_take(struct ring *ring, struct attempt *attempt);
/* How many were put since the beginning.  Of any thread. */
size_t ring_count(const struct ring *ring);
/* Whether it is time to take some out.  Of the thread that puts. */
bool ring_is_filling(const struct ring *ring);
/* How many were lost since the last time this was asked. */
unsigned long ring_lost(struct ring *ring);

#endif
