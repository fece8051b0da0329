/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sessions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "agent/server/registry.h"
#include "agent/server/sessionsread.h"
#include "agent/server/sessionwatch.h"
#include "common/error.h"

#define LOOK_MS 1000 /* between two looks at all of them, at the most */

struct session_news *
session_news_new(size_t size)
{
	struct session_news *news = calloc(1, sizeof(*news) + size);

	if (news == NULL)
		return NULL;
	news->pidfd = -1;
	news->size = size;
	return news;
}

void
session_news_free(struct session_news *news)
{
	if (news == NULL)
		return;
	if (news->pidfd >= 0)
		close(news->pidfd);
	free(news);
}

void
sessions_tell(struct sessions *sessions, struct session_news *news)
{
	uint64_t one = 1;

	news->next = NULL;
	pthread_mutex_lock(&sessions->lock);
	*sessions->last = news;
	sessions->last = &news->next;
	pthread_mutex_unlock(&sessions->lock);
	(void)!write(sessions->wake, &one, sizeof(one));
}

uint64_t
sessions_count(const struct sessions *sessions)
{
	return sessions == NULL ? 0 : atomic_load(&sessions->counted);
}

bool
sessions_has_room(const struct sessions *sessions, bool for_peer)
{
	return sessions_count(sessions) <
	       (for_peer ? sessions->most / 2 : sessions->most);
}

int
sessions_fd(const struct sessions *sessions)
{
	return sessions->epoll;
}

/* Whether it is a process's that has the same session already. */
static bool
is_repeated(const struct sessions *sessions, const struct session_news *news)
{
	struct session session;

	return session_decode(span_bytes(news->body, news->size), &session) ==
		   0 &&
	       (session.flags & SESSION_PEER) != 0 &&
	       registry_has_peer(sessions, &session);
}

static void
hear_opened(struct sessions *sessions, struct session_news *news)
{
	int rv = ERROR_EXISTS;

	if (!is_repeated(sessions, news))
		rv = registry_add(sessions, news->key,
		    span_bytes(news->body, news->size), news->pidfd,
		    news->is_durable);
	if (rv == ERROR_EXISTS) {
		if (news->is_durable)
			registry_delete_row(sessions, news->key);
		return;
	}
	if (rv == 0) {
		news->pidfd = -1;
		registry_log(sessions, LOG_INFO,
		    news->is_durable ? "opened" : "opened, and not stored",
		    sessions->places[sessions->count - 1]);
		return;
	}
	log_post(sessions->agent->log, LOG_ERR,
	    "a session of pid %d is not watched and will not be ended: %s",
	    news->pid, error_text(rv));
	if (news->is_durable)
		registry_delete_row(sessions, news->key);
}

static void
hear_over(struct sessions *sessions, const struct session_news *news)
{
	struct session_place *place = registry_find(sessions, news->key);

	if (place != NULL && place->session.pid == (uint32_t)news->pid)
		registry_over(sessions, place);
}

void
sessions_hear(struct sessions *sessions)
{
	struct session_news *news;

	pthread_mutex_lock(&sessions->lock);
	news = sessions->news;
	sessions->news = NULL;
	sessions->last = &sessions->news;
	pthread_mutex_unlock(&sessions->lock);
	while (news != NULL) {
		struct session_news *next = news->next;

		if (news->is_over)
			hear_over(sessions, news);
		else
			hear_opened(sessions, news);
		session_news_free(news);
		news = next;
	}
}

#define EVENTS_MAX 64

static void
hear_deaths(struct sessions *sessions)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(sessions->epoll, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++)
		if (events[i].data.ptr != NULL)
			registry_over(sessions, events[i].data.ptr);
}

int
sessions_run(struct sessions *sessions, uint64_t now)
{
	bool is_seen = false;
	uint64_t count;

	(void)!read(sessions->wake, &count, sizeof(count));
	sessions_hear(sessions);
	hear_deaths(sessions);
	sessionwatch_step(sessions, now, &is_seen);
	sessionwatch_look(sessions, now, &is_seen);
	if (sessions->endings > 0)
		return ENDING_STEP_MS;
	return sessions->count > 0 ? LOOK_MS : INT32_MAX;
}

const struct session_place *
sessions_next(const struct sessions *sessions, uint64_t after)
{
	size_t low = 0, high = sessions != NULL ? sessions->count : 0;

	/* They are in the order of their numbers. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sessions->places[middle]->number > after)
			high = middle;
		else
			low = middle + 1;
	}
	if (sessions == NULL || low == sessions->count)
		return NULL;
	return sessions->places[low];
}

/* One that the store has; whether it lives. */
static bool
find_again(void *arg, struct span key, struct span body)
{
	struct sessions *sessions = arg;
	int pidfd = -1;
	int rv = sessionsread_find(body, &pidfd);

	if (rv == 0)
		rv = registry_add(sessions, key.data, body, pidfd, true);
	if (rv < 0 && pidfd >= 0)
		close(pidfd);
	if (rv == 0)
		registry_log(sessions, LOG_INFO, "found again",
		    sessions->places[sessions->count - 1]);
	return rv == 0;
}

static void
forget(void *arg, struct span key)
{
	registry_delete_row(arg, key.data);
}

/* Of the descriptors that there may be, half are for sessions, a quarter for
 * those that are ended, and the rest is for who asks. */
static void
set_bounds(struct sessions *sessions)
{
	struct rlimit files = { .rlim_cur = 1024 };

	getrlimit(RLIMIT_NOFILE, &files);
	sessions->most = SESSIONS_MAX;
	if (files.rlim_cur / 2 < SESSIONS_MAX)
		sessions->most = files.rlim_cur / 2;
	sessions->held_most = sessions->most / 2;
}

int
sessions_new(struct agent *agent, struct sessions **sessions)
{
	struct sessions *made = calloc(1, sizeof(*made));
	struct epoll_event event = { .events = EPOLLIN };
	int rv = 0;

	if (made == NULL)
		return ERROR_MEMORY;
	made->agent = agent;
	set_bounds(made);
	made->last = &made->news;
	pthread_mutex_init(&made->lock, NULL);
	made->epoll = epoll_create1(EPOLL_CLOEXEC);
	made->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_ctl(made->epoll, EPOLL_CTL_ADD, made->wake, &event) < 0)
		rv = ERROR_SYSTEM;
	if (rv == 0 && agent->store != NULL)
		rv = store_reader_open(agent->store, &made->reader);
	if (rv == 0 && made->reader != NULL)
		rv = sessionsread_all(made->reader, find_again, forget, made);
	if (rv < 0) {
		sessions_free(made);
		return rv;
	}
	*sessions = made;
	return 0;
}

void
sessions_free(struct sessions *sessions)
{
	if (sessions == NULL)
		return;
	while (sessions->news != NULL) {
		struct session_news *next = sessions->news->next;

		session_news_free(sessions->news);
		sessions->news = next;
	}
	for (size_t i = 0; i < sessions->count; i++)
		registry_free(sessions->places[i]);
	free((void *)sessions->places);
	proctree_free(&sessions->tree);
	if (sessions->epoll >= 0)
		close(sessions->epoll);
	if (sessions->wake >= 0)
		close(sessions->wake);
	store_reader_close(sessions->reader);
	pthread_mutex_destroy(&sessions->lock);
	free(sessions);
}
