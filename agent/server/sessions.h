/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SESSIONS_H
#define APITOKEN_SERVER_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/session.h"
#include "agent/server/agent.h"
#include "common/sessionmessage.h"

/*
 * The sessions that live: what each is, the process that it ends with, and
 * whether its token still lets it.  Of the admin thread, but for what the
 * serve thread hands over.
 *
 * A session is forgotten when its process has ended, or says that it is over.
 * It is ended when its token is no longer good (see session_reasons()), which
 * is looked at after each change to the store and when a time comes, or when
 * its row says so.  Rows keep them over a restart of the agent.
 */
#define SESSIONS_MAX 16384

struct sessions;

/* What the serve thread hands over: a session that begins, or is over. */
struct session_news {
	struct session_news *next;
	bool is_over;
	bool is_durable; /* it has a row */
	int pidfd;	 /* of the process; -1 */
	pid_t pid;	 /* of who asked */
	uint8_t key[SESSION_KEY_SIZE];
	size_t size; /* of the row's body, at most SESSION_SIZE_MAX */
	uint8_t body[];
};

/* Zeroed, with room for so many bytes; NULL without memory. */
struct session_news *session_news_new(size_t size);
void session_news_free(struct session_news *news);

/* One of them. */
struct session_place {
	uint64_t number; /* counts up; of this run of the agent */
	uint8_t key[SESSION_KEY_SIZE];
	int pidfd;
	struct session session; /* points into bytes */
	uint8_t *bytes;
	size_t size;
	bool is_durable;
	uint32_t version; /* of its row, as it was last seen */
	bool is_over;	  /* nothing is left to be seen of it but its end */
	enum session_state state;
	uint64_t retry_at; /* ms */
	struct ending *ending;
	char why[192];
};

/*
 * Finds those again that the store has and that still live.  Without a store
 * there are none.
 */
int sessions_new(struct agent *agent, struct sessions **sessions);
/* After the writer has ended; what lives goes on. */
void sessions_free(struct sessions *sessions);

/* Of any thread; takes the news over.  Never waits. */
void sessions_tell(struct sessions *sessions, struct session_news *news);
/* How many there are; of any thread. */
uint64_t sessions_count(const struct sessions *sessions);
/*
 * Whether there may be more: SESSIONS_MAX, or as descriptors allow.  For those
 * of auth-peer services, which are of other users, half of that: they take no
 * place from what root's services open.
 */
bool sessions_has_room(const struct sessions *sessions, bool for_peer);

/* Takes over what was told: sessions_next() has what was answered before. */
void sessions_hear(struct sessions *sessions);

/* Readable when there is work. */
int sessions_fd(const struct sessions *sessions);
/* Does what there is to do at that time (ms, CLOCK_MONOTONIC); in how many ms
 * there is more at the latest. */
int sessions_run(struct sessions *sessions, uint64_t now);

/* By ascending numbers from the first above `after`; NULL at the end.  Good
 * until sessions_run(). */
const struct session_place *sessions_next(
    const struct sessions *sessions, uint64_t after);

#endif
