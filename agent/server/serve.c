/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/answer.h"
#include "agent/server/limits.h"
#include "common/error.h"
#include "common/secret.h"

/* Connections whose question has not come yet, at a time, half of them for
 * each socket, so that nobody takes root's places.  Past it the oldest one is
 * closed: a module sends right after it connects. */
#define WAITING_MAX 512
#define POOL_SIZE   (WAITING_MAX / 2)
#define WAITING_MS  2000

/* Taken from auth.sock, and from user.sock, before the other's turn. */
#define AUTH_TURN 64
#define USER_TURN 4

/* Log lines a second that uids who may not ask can cause. */
#define REFUSED_LINES 5

struct waiting {
	int fd; /* -1: free */
	struct ucred peer;
	uint64_t deadline; /* ms, CLOCK_MONOTONIC */
};

struct serve {
	struct agent *agent;
	pthread_t thread;
	int epoll;
	int stop; /* eventfd */
	struct store_reader *reader;
	struct waiting waiting[WAITING_MAX];
	size_t next[2]; /* of each pool, the slot to be tried first */
	size_t count;
	struct bucket refused;
};

/* What an epoll event is about: a slot, or one of these. */
enum source {
	SOURCE_AUTH = WAITING_MAX,
	SOURCE_USER,
	SOURCE_STOP,
};

static uint64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t
wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0;
}

static void
count_answer(struct agent *agent, uint8_t status)
{
	if (status == STATUS_OK)
		agent->granted++;
	else if (status == STATUS_DENIED)
		agent->denied++;
	else
		agent->unavailable++;
}

static void
answer_packet(struct serve *serve, const struct config *config, int fd,
    const struct ucred *peer, struct span packet)
{
	struct asker asker = { .agent = serve->agent,
		.config = config,
		.reader = serve->reader,
		.peer = *peer,
		.now = wall_seconds() };
	uint8_t reply[PROTO_ANSWER_SIZE];
	struct attempt attempt;

	answer_question(&asker, packet, reply, &attempt);
	/* Who gave up waiting let nobody in. */
	attempt.given_up = send(fd, reply, sizeof(reply),
			       MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
	wipe(reply, sizeof(reply));
	count_answer(serve->agent, attempt.status);
	if (attempt.status == STATUS_REFUSED &&
	    !bucket_take(&serve->refused, asker.now, REFUSED_LINES))
		return;
	writer_note(serve->agent->writer, &attempt);
}

/* Answers if the question is there already; false if it is not. */
static bool
try_question(struct serve *serve, const struct config *config, int fd,
    const struct ucred *peer)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	ssize_t got = recv(
	    fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got > 0) {
		/* A longer packet is no message; its beginning neither. */
		size_t size = (size_t)got > sizeof(packet) ? 0 : (size_t)got;

		answer_packet(
		    serve, config, fd, peer, span_bytes(packet, size));
	}
	wipe(packet, sizeof(packet));
	return true;
}

static void
drop_waiting(struct serve *serve, struct waiting *waiting)
{
	close(waiting->fd);
	waiting->fd = -1;
	serve->count--;
}

static struct waiting *
pool_of(struct serve *serve, enum listener listener)
{
	return &serve->waiting[(size_t)listener * POOL_SIZE];
}

/* NULL if nobody waits. */
static struct waiting *
find_oldest(struct waiting *pool)
{
	struct waiting *oldest = NULL;

	for (size_t i = 0; i < POOL_SIZE; i++)
		if (pool[i].fd >= 0 &&
		    (oldest == NULL || pool[i].deadline < oldest->deadline))
			oldest = &pool[i];
	return oldest;
}

/* A free slot, or that of the oldest, which loses its connection. */
static struct waiting *
take_slot(struct serve *serve, enum listener listener)
{
	struct waiting *pool = pool_of(serve, listener);
	size_t *next = &serve->next[listener];
	struct waiting *oldest;

	for (size_t i = 0; i < POOL_SIZE; i++) {
		size_t at = (*next + i) % POOL_SIZE;

		if (pool[at].fd >= 0)
			continue;
		*next = (at + 1) % POOL_SIZE;
		return &pool[at];
	}
	oldest = find_oldest(pool);
	drop_waiting(serve, oldest);
	return oldest;
}

/* Out of descriptors: somebody who waited long makes room, root last. */
static void
make_room(struct serve *serve)
{
	struct waiting *oldest = find_oldest(pool_of(serve, LISTENER_USER));

	if (oldest == NULL)
		oldest = find_oldest(pool_of(serve, LISTENER_AUTH));
	if (oldest != NULL)
		drop_waiting(serve, oldest);
}

static void
wait_for_question(struct serve *serve, enum listener listener, int fd,
    const struct ucred *peer)
{
	struct waiting *slot = take_slot(serve, listener);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = (uint64_t)(slot - serve->waiting) };

	if (epoll_ctl(serve->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		close(fd);
		return;
	}
	*slot = (struct waiting) {
		.fd = fd,
		.peer = *peer,
		.deadline = monotonic_ms() + WAITING_MS,
	};
	serve->count++;
}

/*
 * Whether it may wait for its question: root, the agent's own user and the
 * callers of services.  Others get their refusal at once and never a slot.
 */
static bool
may_wait(struct serve *serve, const struct config *config, uid_t uid)
{
	return uid == 0 || uid == serve->agent->uid ||
	       config_has_caller(config, uid);
}

static void
refuse_caller(struct serve *serve, const struct config *config, int fd,
    const struct ucred *peer)
{
	const uint8_t refusal[PROTO_ANSWER_SIZE] = { PROTO_VERSION,
		OP_AUTHENTICATE | PROTO_REPLY, STATUS_REFUSED };

	if (!try_question(serve, config, fd, peer))
		(void)!send(
		    fd, refusal, sizeof(refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/* Takes one connection; false if there is none. */
static bool
accept_one(
    struct serve *serve, const struct config *config, enum listener listener)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = accept4(serve->agent->listeners.fd[listener], NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE))
		make_room(serve);
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		close(fd);
	else if (!may_wait(serve, config, peer.uid))
		refuse_caller(serve, config, fd, &peer);
	else if (try_question(serve, config, fd, &peer))
		close(fd);
	else
		wait_for_question(serve, listener, fd, &peer);
	return true;
}

static void
accept_turn(struct serve *serve, const struct config *config,
    enum listener listener, int turn)
{
	while (turn-- > 0 && accept_one(serve, config, listener))
		continue;
}

static void
hear_waiting(
    struct serve *serve, const struct config *config, struct waiting *slot)
{
	/* An earlier event of the same round may have closed it. */
	if (slot->fd >= 0 && try_question(serve, config, slot->fd, &slot->peer))
		drop_waiting(serve, slot);
}

static void
drop_late(struct serve *serve)
{
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < WAITING_MAX && serve->count > 0; i++)
		if (serve->waiting[i].fd >= 0 &&
		    serve->waiting[i].deadline <= now)
			drop_waiting(serve, &serve->waiting[i]);
}

#define EVENTS_MAX 64

/* One round of events, root's first.  False when told to stop. */
static bool
serve_round(struct serve *serve, const struct config *config,
    const struct epoll_event *events, int count)
{
	bool on_user = false;
	bool going_on = true;

	for (int i = 0; i < count; i++) {
		uint64_t source = events[i].data.u64;

		if (source == SOURCE_AUTH)
			accept_turn(serve, config, LISTENER_AUTH, AUTH_TURN);
		else if (source == SOURCE_USER)
			on_user = true;
		else if (source == SOURCE_STOP)
			going_on = false;
		else
			hear_waiting(serve, config, &serve->waiting[source]);
	}
	if (on_user)
		accept_turn(serve, config, LISTENER_USER, USER_TURN);
	return going_on;
}

static void *
serve_run(void *arg)
{
	struct serve *serve = arg;
	struct epoll_event events[EVENTS_MAX];
	bool going_on = true;

	while (going_on) {
		int timeout = serve->count > 0 ? WAITING_MS / 4 : -1;
		int count = epoll_wait(
		    serve->epoll, events, EVENTS_MAX, timeout);
		const struct config *config = agent_config(serve->agent);

		going_on = serve_round(
		    serve, config, events, count < 0 ? 0 : count);
		agent_config_release(serve->agent, config);
		if (serve->count > 0)
			drop_late(serve);
	}
	return NULL;
}

static int
watch(struct serve *serve, int fd, uint64_t source)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = source };

	return epoll_ctl(serve->epoll, EPOLL_CTL_ADD, fd, &event) < 0
		   ? ERROR_SYSTEM
		   : 0;
}

static void
serve_free(struct serve *serve)
{
	for (size_t i = 0; i < WAITING_MAX; i++)
		if (serve->waiting[i].fd >= 0)
			close(serve->waiting[i].fd);
	if (serve->epoll >= 0)
		close(serve->epoll);
	if (serve->stop >= 0)
		close(serve->stop);
	store_reader_close(serve->reader);
	free(serve);
}

int
serve_start(struct agent *agent, struct serve **serve)
{
	struct serve *started = calloc(1, sizeof(*started));
	int rv = 0;

	if (started == NULL)
		return ERROR_MEMORY;
	started->agent = agent;
	for (size_t i = 0; i < WAITING_MAX; i++)
		started->waiting[i].fd = -1;
	started->epoll = epoll_create1(EPOLL_CLOEXEC);
	started->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (agent->store != NULL)
		rv = store_reader_open(agent->store, &started->reader);
	if (rv == 0)
		rv = watch(
		    started, agent->listeners.fd[LISTENER_AUTH], SOURCE_AUTH);
	if (rv == 0)
		rv = watch(
		    started, agent->listeners.fd[LISTENER_USER], SOURCE_USER);
	if (rv == 0)
		rv = watch(started, started->stop, SOURCE_STOP);
	if (rv == 0 &&
	    pthread_create(&started->thread, NULL, serve_run, started) != 0)
		rv = ERROR_SYSTEM;
	if (rv < 0) {
		serve_free(started);
		return rv;
	}
	*serve = started;
	return 0;
}

void
serve_stop(struct serve *serve)
{
	uint64_t one = 1;

	if (serve == NULL)
		return;
	(void)!write(serve->stop, &one, sizeof(one));
	pthread_join(serve->thread, NULL);
	serve_free(serve);
}
