/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sessions.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "agent/model/verify.h"
#include "agent/server/sessionend.h"
#include "agent/server/sessionsread.h"
#include "common/duration.h"
#include "common/error.h"

#define LOOK_MS	 1000  /* between two looks at all of them, at the most */
#define RETRY_MS 30000 /* until one that stays is tried again */

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
sessions_has_room(const struct sessions *sessions)
{
	return sessions_count(sessions) < sessions->most;
}

int
sessions_fd(const struct sessions *sessions)
{
	return sessions->epoll;
}

static uint64_t
wall_seconds(void)
{
	time_t now = time(NULL);

	return now > 0 ? (uint64_t)now : 0;
}

static void
place_free(struct session_place *place)
{
	if (place->ending != NULL)
		ending_fini(place->ending);
	free(place->ending);
	if (place->pidfd >= 0)
		close(place->pidfd);
	free(place->bytes);
	free(place);
}

/* `opened service=sshd login="alice" ...`, for the log. */
static void
log_place(struct sessions *sessions, int level, const char *what,
    const struct session_place *place)
{
	const struct session *s = &place->session;
	char text[512] = "", login[LOGIN_MAX + 1];

	(void)span_text(s->login, login, sizeof(login));
	log_quote(text, sizeof(text), login);
	log_post(sessions->agent->log, level,
	    "session %s: token=%.*s service=%.*s login=%s pid=%u%s%s", what,
	    (int)s->token.size, (const char *)s->token.data,
	    (int)s->service.size, (const char *)s->service.data, text, s->pid,
	    place->why[0] != '\0' ? " why=" : "", place->why);
}

static int
places_room(struct sessions *sessions)
{
	size_t room = sessions->room == 0 ? 64 : 2 * sessions->room;
	struct session_place **places;

	if (sessions->count < sessions->room)
		return 0;
	places = reallocarray(
	    (void *)sessions->places, room, sizeof(struct session_place *));
	if (places == NULL)
		return ERROR_MEMORY;
	sessions->places = places;
	sessions->room = room;
	return 0;
}

/* The pidfd becomes its own, with success only. */
static int
add_place(struct sessions *sessions, const uint8_t *key, struct span body,
    int pidfd, bool is_durable)
{
	struct session_place *place = calloc(1, sizeof(*place));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = place };
	int rv = place == NULL ? ERROR_MEMORY : places_room(sessions);

	if (rv == 0 && sessions->count >= sessions->most)
		rv = ERROR_FULL;
	if (rv == 0) {
		place->bytes = malloc(body.size);
		rv = place->bytes == NULL ? ERROR_MEMORY : 0;
	}
	if (rv < 0)
		goto out;
	memcpy(place->bytes, body.data, body.size);
	place->size = body.size;
	memcpy(place->key, key, sizeof(place->key));
	rv = session_decode(
	    span_bytes(place->bytes, place->size), &place->session);
	if (rv == 0 &&
	    epoll_ctl(sessions->epoll, EPOLL_CTL_ADD, pidfd, &event) < 0)
		rv = ERROR_SYSTEM;
	if (rv < 0)
		goto out;
	place->pidfd = pidfd;
	place->is_durable = is_durable;
	place->state = SESSION_LIVES;
	place->number = ++sessions->numbers;
	sessions->places[sessions->count++] = place;
	sessions->is_stale = true;
	atomic_store(&sessions->counted, sessions->count);
	return 0;
out:
	if (place != NULL)
		free(place->bytes);
	free(place);
	return rv;
}

/* On the writer thread. */
static void
on_deleted(void *arg, int result)
{
	(void)result;
	free(arg);
}

/* One that stays for want of space is found ended at the next start. */
static void
delete_row(struct sessions *sessions, const uint8_t *key)
{
	struct submission *submission = calloc(1, sizeof(*submission));
	struct changeset *set = changeset_new();

	if (sessions->agent->writer == NULL || submission == NULL ||
	    set == NULL) {
		changeset_free(set);
		free(submission);
		return;
	}
	changeset_delete(
	    set, DB_SESSIONS, span_bytes(key, SESSION_KEY_SIZE), VERSION_ANY);
	*submission = (struct submission) {
		.set = set, .done = on_deleted, .arg = submission
	};
	writer_submit(sessions->agent->writer, submission);
}

static void
remove_place(struct sessions *sessions, struct session_place *place)
{
	size_t at = 0;

	while (sessions->places[at] != place)
		at++;
	memmove((void *)&sessions->places[at],
	    (void *)&sessions->places[at + 1],
	    (sessions->count - at - 1) * sizeof(struct session_place *));
	sessions->count--;
	atomic_store(&sessions->counted, sessions->count);
	/* --keep-sessions and --end may give one its row later. */
	delete_row(sessions, place->key);
	if (place->ending != NULL)
		sessions->endings--;
	place_free(place);
}

/* Its process has ended, or says that it is; an end that was begun goes on
 * until nothing is left. */
static void
place_over(struct sessions *sessions, struct session_place *place)
{
	if (place->is_over)
		return;
	place->is_over = true;
	epoll_ctl(sessions->epoll, EPOLL_CTL_DEL, place->pidfd, NULL);
	if (place->ending != NULL)
		return;
	log_place(sessions, LOG_INFO, "closed", place);
	remove_place(sessions, place);
}

static struct session_place *
find_place(struct sessions *sessions, const uint8_t *key)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (memcmp(sessions->places[i]->key, key, SESSION_KEY_SIZE) ==
		    0)
			return sessions->places[i];
	return NULL;
}

static void
hear_opened(struct sessions *sessions, struct session_news *news)
{
	int rv = add_place(sessions, news->key,
	    span_bytes(news->body, news->size), news->pidfd, news->is_durable);

	if (rv == 0) {
		news->pidfd = -1;
		log_place(sessions, LOG_INFO,
		    news->is_durable ? "opened" : "opened, and not stored",
		    sessions->places[sessions->count - 1]);
		return;
	}
	log_post(sessions->agent->log, LOG_ERR,
	    "a session of pid %d is not watched and will not be ended: %s",
	    news->pid, error_text(rv));
	if (news->is_durable)
		delete_row(sessions, news->key);
}

static void
hear_over(struct sessions *sessions, const struct session_news *news)
{
	struct session_place *place = find_place(sessions, news->key);

	if (place != NULL && place->session.pid == (uint32_t)news->pid)
		place_over(sessions, place);
}

static void
take_news(struct sessions *sessions)
{
	struct session_news *news;
	uint64_t count;

	(void)!read(sessions->wake, &count, sizeof(count));
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
			place_over(sessions, events[i].data.ptr);
}

/* The row may say by now that it is kept, or to be ended. */
static void
read_row(struct sessions *sessions, struct session_place *place)
{
	const struct span key = { place->key, sizeof(place->key) };
	struct session seen;
	struct row row;

	if (store_get(sessions->reader, DB_SESSIONS, key, &row) < 0 ||
	    row.version == place->version ||
	    !store_is_authentic(sessions->reader, DB_SESSIONS, key, &row) ||
	    session_decode(row.body, &seen) < 0)
		return;
	place->version = row.version;
	place->is_durable = true;
	place->session.flags = seen.flags;
}

/* 0 with what speaks against it; an error is the store's. */
static int
ask_token(struct sessions *sessions, struct session_place *place, uint64_t now,
    uint32_t *reasons)
{
	struct record record, parent;
	uint64_t until = TIME_NEVER;
	int rv = sessionsread_token(
	    sessions->reader, place->session.token, &record);
	int above = ERROR_NOT_FOUND;

	if (!span_empty(place->session.parent))
		above = sessionsread_token(
		    sessions->reader, place->session.parent, &parent);
	if (rv < 0 && rv != ERROR_NOT_FOUND)
		return rv;
	if (above < 0 && above != ERROR_NOT_FOUND)
		return above;
	*reasons = session_reasons(&place->session, rv == 0 ? &record : NULL,
	    above == 0 ? &parent : NULL, now, &until);
	if (until != TIME_NEVER && until < sessions->until)
		sessions->until = until;
	return 0;
}

static void
set_why(struct session_place *place, uint32_t reasons)
{
	if ((place->session.flags & SESSION_ENDED) != 0)
		snprintf(place->why, sizeof(place->why), "it was to be ended");
	else
		verify_names(reasons, place->why, sizeof(place->why));
}

/* Whether it is to be ended now. */
static bool
is_condemned(
    struct sessions *sessions, struct session_place *place, uint64_t now)
{
	uint32_t reasons = 0;

	read_row(sessions, place);
	if ((place->session.flags & SESSION_ENDED) == 0) {
		if ((place->session.flags & SESSION_KEPT) != 0) {
			place->state = SESSION_IS_KEPT;
			return false;
		}
		if (ask_token(sessions, place, now, &reasons) < 0)
			return false;
		if (reasons == 0) {
			place->state = SESSION_LIVES;
			place->why[0] = '\0';
			return false;
		}
	}
	set_why(place, reasons);
	return true;
}

static void
begin_end(struct sessions *sessions, struct session_place *place, uint64_t now)
{
	char scope[SESSION_SCOPE_MAX + 1];
	const struct ending_target target = { .pidfd = place->pidfd,
		.pid = (pid_t)place->session.pid,
		.started = place->session.started,
		.outer_audit = place->session.outer_audit,
		.outer_scope = scope,
		.spares = (place->session.flags & SESSION_PEER) != 0 };

	(void)span_text(place->session.outer_scope, scope, sizeof(scope));
	place->ending = calloc(1, sizeof(*place->ending));
	if (place->ending == NULL)
		return;
	if (ending_begin(place->ending, &target, &sessions->tree, now) < 0) {
		free(place->ending);
		place->ending = NULL;
		return;
	}
	sessions->endings++;
	sessions->held += place->ending->count;
	place->state = SESSION_ENDS;
}

/* Reads /proc once for all whom a round needs it for; see below. */
static void
see_processes(struct sessions *sessions, bool *is_seen)
{
	int rv = *is_seen ? 0 : proctree_read(&sessions->tree);

	if (rv < 0)
		log_post(sessions->agent->log, LOG_ERR,
		    "/proc cannot be read: %s", error_text(rv));
	*is_seen = true;
}

static bool
is_due(const struct session_place *place, uint64_t now)
{
	return !place->is_over && place->ending == NULL &&
	       place->retry_at <= now;
}

/* Looks at every token, and begins to end what has none any more. */
static void
look_at_all(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	uint64_t wall = wall_seconds();

	sessions->until = UINT64_MAX;
	sessions->is_stale = false;
	for (size_t i = 0; i < sessions->count; i++) {
		struct session_place *place = sessions->places[i];

		if (!is_due(place, now)) {
			sessions->is_stale |= place->retry_at > now;
			continue;
		}
		if (!is_condemned(sessions, place, wall))
			continue;
		/* Others' turn first: logins need descriptors too. */
		if (sessions->held >= sessions->held_most) {
			sessions->is_stale = true;
			continue;
		}
		see_processes(sessions, is_seen);
		begin_end(sessions, place, now);
	}
}

static void
look(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	uint64_t state;

	if (sessions->count == 0 || sessions->reader == NULL ||
	    store_read_begin(sessions->reader) < 0)
		return;
	state = store_state(sessions->reader);
	if (state != sessions->state || sessions->is_stale ||
	    wall_seconds() >= sessions->until) {
		sessions->state = state;
		look_at_all(sessions, now, is_seen);
	}
	store_read_end(sessions->reader);
}

/* What came of the end of one; it is gone then, or stays for a while. */
static void
settle(struct sessions *sessions, struct session_place *place,
    enum ending_state state, uint64_t now)
{
	bool again = place->retry_at != 0;

	if (state == ENDING_DONE) {
		log_place(sessions, LOG_NOTICE, "ended", place);
		remove_place(sessions, place);
		return;
	}
	snprintf(place->why, sizeof(place->why), "%s", place->ending->why);
	if (!again)
		log_place(sessions, LOG_ERR, "could not be ended", place);
	ending_fini(place->ending);
	free(place->ending);
	place->ending = NULL;
	sessions->endings--;
	place->state = SESSION_STAYS;
	place->retry_at = now + RETRY_MS;
	sessions->is_stale = true;
	if (place->is_over)
		remove_place(sessions, place);
}

static void
step_endings(struct sessions *sessions, uint64_t now, bool *is_seen)
{
	sessions->held = 0;
	for (size_t i = sessions->count; i-- > 0 && sessions->endings > 0;) {
		struct session_place *place = sessions->places[i];
		enum ending_state state;

		if (place->ending == NULL)
			continue;
		if (ending_needs_tree(place->ending, now))
			see_processes(sessions, is_seen);
		state = ending_step(place->ending, &sessions->tree, now);
		if (state != ENDING_GOES_ON)
			settle(sessions, place, state, now);
		else
			sessions->held += place->ending->count;
	}
}

int
sessions_run(struct sessions *sessions, uint64_t now)
{
	bool is_seen = false;

	take_news(sessions);
	hear_deaths(sessions);
	step_endings(sessions, now, &is_seen);
	look(sessions, now, &is_seen);
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
		rv = add_place(sessions, key.data, body, pidfd, true);
	if (rv < 0 && pidfd >= 0)
		close(pidfd);
	if (rv == 0)
		log_place(sessions, LOG_INFO, "found again",
		    sessions->places[sessions->count - 1]);
	return rv == 0;
}

static void
forget(void *arg, struct span key)
{
	delete_row(arg, key.data);
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
		place_free(sessions->places[i]);
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
