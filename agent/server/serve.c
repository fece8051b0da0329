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
#include "agent/server/spending.h"
#include "agent/server/waiting.h"
#include "common/error.h"
#include "common/secret.h"

/* Taken from auth.sock, and from user.sock, before the other's turn. */
#define AUTH_TURN 64
#define USER_TURN 4

/* Log lines a second that other uids can cause without a verdict. */
#define REFUSED_LINES 5

struct serve {
	struct agent *agent;
	pthread_t thread;
	int epoll;
	int stop; /* eventfd */
	struct store_reader *reader;
	struct waiting_pool waiting[2]; /* by enum listener */
	struct spending *spending;
	struct bucket refused;
};

_Static_assert(LISTENER_AUTH == 0 && LISTENER_USER == 1, "pools");

/* What an epoll event is about: a place in a pool, counted through both of
 * them, or one of these. */
enum source {
	SOURCE_AUTH = 2 * WAITING_POOL,
	SOURCE_USER,
	SOURCE_SPENT,
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

/* Anybody can have anything else said, as often as they like. */
static bool
is_verdict(uint8_t status)
{
	return status == STATUS_OK || status == STATUS_DENIED;
}

static void
send_answer(
    struct serve *serve, int fd, const uint8_t *reply, struct attempt *attempt)
{
	/* Who gave up waiting let nobody in. */
	attempt->given_up = send(fd, reply, PROTO_ANSWER_SIZE,
				MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
	count_answer(serve->agent, attempt->status);
	if (!is_verdict(attempt->status) && attempt->caller != 0 &&
	    attempt->caller != serve->agent->uid &&
	    !bucket_take(&serve->refused, attempt->at, REFUSED_LINES))
		return;
	writer_note(serve->agent->writer, attempt);
}

static struct changeset *
ask(struct serve *serve, const struct config *config, const struct ucred *peer,
    struct span packet, uint8_t *reply, struct attempt *attempt)
{
	const struct asker asker = { .agent = serve->agent,
		.config = config,
		.reader = serve->reader,
		.peer = *peer,
		.now = wall_seconds() };

	return answer_question(&asker, packet, reply, attempt);
}

/* Where a question stands whose bytes were looked for. */
enum progress {
	PROGRESS_NONE,	   /* it has not come */
	PROGRESS_ANSWERED, /* the connection is to be closed */
	PROGRESS_SPENDING, /* the connection is kept until a use is durable */
};

/* Puts a question aside until the use that it spends is durable. */
static enum progress
put_aside(struct serve *serve, int fd, const struct ucred *peer,
    struct span packet, uint8_t *reply, struct attempt *attempt,
    struct changeset *set)
{
	struct spender *spender = spending_place(serve->spending);

	if (spender == NULL) {
		changeset_free(set);
		answer_unavailable(reply, attempt);
		send_answer(serve, fd, reply, attempt);
		return PROGRESS_ANSWERED;
	}
	spender->fd = fd;
	spender->peer = *peer;
	spender->packet_size = packet.size;
	memcpy(spender->packet, packet.data, packet.size);
	memcpy(spender->reply, reply, sizeof(spender->reply));
	spender->attempt = *attempt;
	spending_submit(spender, serve->agent->writer, set);
	return PROGRESS_SPENDING;
}

static enum progress
answer_packet(struct serve *serve, const struct config *config, int fd,
    const struct ucred *peer, struct span packet)
{
	uint8_t reply[PROTO_ANSWER_SIZE];
	enum progress progress = PROGRESS_ANSWERED;
	struct attempt attempt;
	struct changeset *set = ask(
	    serve, config, peer, packet, reply, &attempt);

	if (set != NULL)
		progress = put_aside(
		    serve, fd, peer, packet, reply, &attempt, set);
	else
		send_answer(serve, fd, reply, &attempt);
	wipe(reply, sizeof(reply));
	return progress;
}

/* A use is durable, or is not: then somebody else's may have been the last. */
static void
answer_spender(
    struct serve *serve, const struct config *config, struct spender *spender)
{
	struct changeset *set = NULL;

	if (spender->result == ERROR_STALE)
		set = ask(serve, config, &spender->peer,
		    span_bytes(spender->packet, spender->packet_size),
		    spender->reply, &spender->attempt);
	if (set != NULL && spender->tries < SPENDING_TRIES) {
		spending_submit(spender, serve->agent->writer, set);
		return;
	}
	if (set != NULL ||
	    (spender->result < 0 && spender->result != ERROR_STALE))
		answer_unavailable(spender->reply, &spender->attempt);
	changeset_free(set);
	send_answer(serve, spender->fd, spender->reply, &spender->attempt);
	spending_done(spender);
}

static void
answer_spenders(struct serve *serve, const struct config *config)
{
	struct spender *spender;

	while ((spender = spending_take(serve->spending)) != NULL)
		answer_spender(serve, config, spender);
}

/* Answers if the question is there already. */
static enum progress
try_question(struct serve *serve, const struct config *config, int fd,
    const struct ucred *peer)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	enum progress progress = PROGRESS_ANSWERED;
	ssize_t got = recv(
	    fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PROGRESS_NONE;
	if (got > 0) {
		/* A longer packet is no message; its beginning neither. */
		size_t size = (size_t)got > sizeof(packet) ? 0 : (size_t)got;

		progress = answer_packet(
		    serve, config, fd, peer, span_bytes(packet, size));
	}
	wipe(packet, sizeof(packet));
	return progress;
}

/* Out of descriptors: somebody who waited long makes room, root last. */
static void
make_room(struct serve *serve)
{
	struct waiting_pool *pool = &serve->waiting[LISTENER_USER];

	if (pool->count == 0)
		pool = &serve->waiting[LISTENER_AUTH];
	if (pool->count > 0)
		waiting_drop(pool, waiting_oldest(pool));
}

static void
wait_for_question(struct serve *serve, enum listener listener, int fd,
    const struct ucred *peer)
{
	struct waiting_pool *pool = &serve->waiting[listener];
	struct waiting *slot = waiting_add(pool, fd, peer, monotonic_ms());
	size_t at = (size_t)(slot - pool->slots);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = (uint64_t)listener * WAITING_POOL + at };

	if (epoll_ctl(serve->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		waiting_drop(pool, slot);
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

	enum progress progress = try_question(serve, config, fd, peer);

	if (progress == PROGRESS_NONE)
		(void)!send(
		    fd, refusal, sizeof(refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
	if (progress != PROGRESS_SPENDING)
		close(fd);
}

static void
begin_question(struct serve *serve, const struct config *config,
    enum listener listener, int fd, const struct ucred *peer)
{
	switch (try_question(serve, config, fd, peer)) {
	case PROGRESS_NONE:
		wait_for_question(serve, listener, fd, peer);
		break;
	case PROGRESS_ANSWERED:
		close(fd);
		break;
	case PROGRESS_SPENDING:
		break;
	}
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
	else
		begin_question(serve, config, listener, fd, &peer);
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
hear_waiting(struct serve *serve, const struct config *config, uint64_t source)
{
	struct waiting_pool *pool = &serve->waiting[source / WAITING_POOL];
	struct waiting *slot = &pool->slots[source % WAITING_POOL];

	enum progress progress;

	/* An earlier event of the same round may have closed it. */
	if (slot->fd < 0)
		return;
	progress = try_question(serve, config, slot->fd, &slot->peer);
	if (progress == PROGRESS_ANSWERED)
		waiting_drop(pool, slot);
	if (progress != PROGRESS_SPENDING)
		return;
	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, slot->fd, NULL);
	waiting_release(pool, slot);
}

static void
drop_late(struct serve *serve)
{
	uint64_t now = monotonic_ms();

	waiting_drop_late(&serve->waiting[LISTENER_AUTH], now);
	waiting_drop_late(&serve->waiting[LISTENER_USER], now);
}

static bool
somebody_waits(const struct serve *serve)
{
	return serve->waiting[LISTENER_AUTH].count +
		   serve->waiting[LISTENER_USER].count >
	       0;
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
		else if (source == SOURCE_SPENT)
			answer_spenders(serve, config);
		else if (source == SOURCE_STOP)
			going_on = false;
		else
			hear_waiting(serve, config, source);
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

	while (going_on || !spending_is_empty(serve->spending)) {
		int timeout = somebody_waits(serve) ? WAITING_MS / 4 : -1;
		int count = epoll_wait(
		    serve->epoll, events, EVENTS_MAX, timeout);
		const struct config *config = agent_config(serve->agent);

		going_on &= serve_round(
		    serve, config, events, count < 0 ? 0 : count);
		agent_config_release(serve->agent, config);
		if (somebody_waits(serve))
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
	spending_free(serve->spending);
	waiting_fini(&serve->waiting[LISTENER_AUTH]);
	waiting_fini(&serve->waiting[LISTENER_USER]);
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
	waiting_init(&started->waiting[LISTENER_AUTH]);
	waiting_init(&started->waiting[LISTENER_USER]);
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
		rv = spending_new(&started->spending);
	if (rv == 0)
		rv = watch(
		    started, spending_fd(started->spending), SOURCE_SPENT);
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
