/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_INBOX_H
#define APITOKEN_STORE_INBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/store/changeset.h"

/*
 * A change set that was given away to be committed.  done is called on the
 * writer thread once it is durable (0) or is not (enum error); the set is
 * freed after it.
 */
struct submission {
	struct changeset *set;
	void (*done)(void *arg, int result);
	void *arg;
	struct submission *next; /* the writer's */
};

struct submissions {
	struct submission *first;
	struct submission **last;
};

/*
 * What the writer thread has yet to commit, in the order in which it came.  Of
 * any thread, none of which waits.  For some of it nobody waits either: that
 * goes along with what somebody does wait for, or by itself after
 * INBOX_LATER_MS, so that it costs no flushes of its own where others come.
 */
#define INBOX_LATER_MS 100

struct inbox {
	pthread_mutex_t lock; /* of the rest */
	struct submissions now;
	struct submissions later;
	uint64_t later_due; /* ms, CLOCK_MONOTONIC: the first of those */
};

void inbox_init(struct inbox *inbox);
/* The submissions belong to whoever made them. */
void inbox_fini(struct inbox *inbox);

void inbox_put(struct inbox *inbox, struct submission *submission);
/* `now` is in ms, CLOCK_MONOTONIC.  Whether it is the first of those. */
bool inbox_put_later(
    struct inbox *inbox, struct submission *submission, uint64_t now);
bool inbox_has_later(struct inbox *inbox);

/* All that is to be committed now; UINT64_MAX: all there is.  Linked by next. */
struct submission *inbox_take(struct inbox *inbox, uint64_t now);

#endif
