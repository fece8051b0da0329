/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_REGISTRY_H
#define APITOKEN_SERVER_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/server/proctree.h"
#include "agent/server/sessionend.h"
#include "agent/server/sessions.h"

/*
 * The registry, as the files behind sessions.h see it: where each session has
 * its place.  Of the admin thread, but for the queue and the count.
 */
struct sessions {
	struct agent *agent;
	struct store_reader *reader; /* NULL while sealed */
	int epoll;
	int wake;	      /* eventfd: there are news */
	pthread_mutex_t lock; /* of the queue */
	struct session_news *news;
	struct session_news **last;
	struct session_place **places; /* by number */
	size_t count;
	size_t room;
	_Atomic uint64_t counted;
	uint64_t numbers;
	size_t most;	/* how many there may be */
	size_t endings; /* that go on */
	size_t held;	/* processes that these hold */
	size_t held_most;
	uint64_t state; /* of the store, when they were all looked at */
	uint64_t until; /* when that is to be done again, s since 1970 */
	bool is_stale;	/* there is one that was not looked at */
	struct proctree tree;
};

/*
 * Gives a session a place; the pidfd becomes its own, with success only.
 * ERROR_FULL, ERROR_MALFORMED, ERROR_MEMORY, ERROR_SYSTEM.
 */
int registry_add(struct sessions *sessions, const uint8_t *key,
    struct span body, int pidfd, bool is_durable);

/* Forgets it, and its row. */
void registry_remove(struct sessions *sessions, struct session_place *place);
void registry_delete_row(struct sessions *sessions, const uint8_t *key);
/* Frees one that has no place any more. */
void registry_free(struct session_place *place);

/*
 * Its process has ended, or says that it is over; an end that was begun goes
 * on until nothing is left.
 */
void registry_over(struct sessions *sessions, struct session_place *place);

/* Whether the same process has a session of the same secret already, as one has
 * that asks again and again. */
bool registry_has_peer(
    const struct sessions *sessions, const struct session *session);

/* NULL if there is none. */
struct session_place *registry_find(
    struct sessions *sessions, const uint8_t *key);

/* "session opened: token=... service=sshd ...". */
void registry_log(struct sessions *sessions, int level, const char *what,
    const struct session_place *place);

#endif
