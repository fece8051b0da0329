/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/serve.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/server/questions.h"
#include "agent/server/saslclients.h"
#include "agent/server/waiting.h"
#include "common/clock.h"
#include "common/error.h"

/* Taken from each socket, before the next one's turn. */
#define AUTH_TURN 64
#define USER_TURN 4
#define SASL_TURN 8

/* Of whoever may not ask, so many at a time are waited for. */
#define STRANGERS 16

/* Whose connections wait: the sockets' and, apart from them, strangers'. */
enum pool {
	POOL_AUTH = LISTENER_AUTH,
	POOL_USER = LISTENER_USER,
	POOL_STRANGERS,
	POOLS,
};

struct serve {
	struct agent *agent;
	pthread_t thread;
	bool is_running; /* that thread */
	int epoll;
	int stop; /* eventfd */
	struct questions questions;
	struct waiting_pool waiting[POOLS];
	struct saslclients sasl;
	bool is_behind; /* something that came was left for the next round */
};

_Static_assert(POOL_AUTH == 0 && POOL_USER == 1, "pools");

/* What an epoll event is about: a place in a pool, counted through all of
 * them, or one of these. */
enum source {
	SOURCE_AUTH = POOLS * WAITING_POOL,
	SOURCE_USER,
	SOURCE_SASL,
	SOURCE_SPENT,
	SOURCE_PULSE,
	SOURCE_STOP,
	SOURCE_SASL_CLIENTS, /* and above: a place among them */
};

static bool
pool_make_room(struct waiting_pool *pool)
{
	if (pool->count == 0)
		return false;
	waiting_drop(pool, waiting_oldest(pool));
	return true;
}

/* Out of descriptors: somebody who waited long makes room, root last. */
static void
make_room(struct serve *serve)
{
	if (!pool_make_room(&serve->waiting[POOL_STRANGERS]) &&
	    !pool_make_room(&serve->waiting[POOL_USER]) &&
	    !saslclients_make_room(&serve->sasl))
		pool_make_room(&serve->waiting[POOL_AUTH]);
}

static void
wait_for_question(
    struct serve *serve, enum pool whose, int fd, const struct ucred *peer)
{
	struct waiting_pool *pool = &serve->waiting[whose];
	struct waiting *slot = waiting_add(pool, fd, peer, clock_ms());
	size_t at = (size_t)(slot - pool->slots);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = (uint64_t)whose * WAITING_POOL + at };

	if (epoll_ctl(serve->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		waiting_drop(pool, slot);
}

/*
 * Whose question is waited for: that of root, of the agent's own user and of
 * the callers of services.
 */
static bool
is_stranger(struct serve *serve, const struct config *config, uid_t uid)
{
	return uid != 0 && uid != serve->agent->uid &&
	       !config_has_caller(config, uid);
}

/* Without having heard the question. */
static void
refuse_unheard(int fd)
{
	const uint8_t refusal[PROTO_ANSWER_SIZE] = { PROTO_VERSION,
		OP_AUTHENTICATE | PROTO_REPLY, STATUS_REFUSED };

	(void)!send(fd, refusal, sizeof(refusal), MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

/*
 * Strangers get a refusal, and their question is what tells the log which
 * service lacks a caller.  It comes a moment after the connection; so it is
 * waited for, but by a few only and where they take nobody's place.
 */
static void
hear_later(
    struct serve *serve, enum pool whose, int fd, const struct ucred *peer)
{
	if (whose == POOL_STRANGERS && serve->waiting[whose].count >= STRANGERS)
		refuse_unheard(fd);
	else
		wait_for_question(serve, whose, fd, peer);
}

static void
begin_question(struct serve *serve, const struct config *config,
    enum pool whose, int fd, const struct ucred *peer)
{
	switch (questions_try(&serve->questions, config, fd, peer)) {
	case PROGRESS_NONE:
		hear_later(serve, whose, fd, peer);
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
	else if (listener == LISTENER_SASLAUTHD)
		saslclients_add(&serve->sasl, &serve->questions, config, fd,
		    &peer, clock_ms());
	else
		begin_question(serve, config,
		    is_stranger(serve, config, peer.uid) ? POOL_STRANGERS
							 : (enum pool)listener,
		    fd, &peer);
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
	progress = questions_try(
	    &serve->questions, config, slot->fd, &slot->peer);
	if (progress == PROGRESS_ANSWERED)
		waiting_drop(pool, slot);
	if (progress != PROGRESS_SPENDING)
		return;
	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, slot->fd, NULL);
	waiting_release(pool, slot);
}

static void
drop_late(struct serve *serve, uint64_t now)
{
	spending_hang_up(serve->questions.spending, now);
	if (serve->is_behind)
		return;
	for (int i = 0; i < POOLS; i++)
		waiting_drop_late(&serve->waiting[i], now);
	saslclients_drop_late(&serve->sasl, now);
}

static bool
somebody_waits(const struct serve *serve)
{
	for (int i = 0; i < POOLS; i++)
		if (serve->waiting[i].count > 0)
			return true;
	return serve->sasl.waiting.count > 0 ||
	       !spending_is_empty(serve->questions.spending);
}

/*
 * Takes nobody in any more.  Those who are put aside still get their answer,
 * and so does root or a caller whose question is on its way: an upgrade
 * refuses nobody.  Others may be long in coming.
 */
static void
close_doors(struct serve *serve)
{
	const int *fd = serve->agent->listeners.fd;

	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, fd[LISTENER_AUTH], NULL);
	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, fd[LISTENER_USER], NULL);
	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, fd[LISTENER_SASLAUTHD], NULL);
	epoll_ctl(serve->epoll, EPOLL_CTL_DEL, serve->stop, NULL);
	waiting_fini(&serve->waiting[POOL_STRANGERS]);
	saslclients_fini(&serve->sasl);
}

#define EVENTS_MAX 64

/* One round of events, root's first.  False when told to stop. */
static bool
serve_round(struct serve *serve, const struct config *config,
    const struct epoll_event *events, int count)
{
	bool on_user = false, on_sasl = false;
	int sasl_turn = SASL_TURN;
	bool going_on = true;

	for (int i = 0; i < count; i++) {
		uint64_t source = events[i].data.u64;

		if (source == SOURCE_AUTH)
			accept_turn(serve, config, LISTENER_AUTH, AUTH_TURN);
		else if (source == SOURCE_USER)
			on_user = true;
		else if (source == SOURCE_SASL)
			on_sasl = true;
		else if (source == SOURCE_SPENT)
			questions_answer_spent(&serve->questions, config);
		else if (source == SOURCE_PULSE)
			pulse_answer(&serve->agent->serve_pulse);
		else if (source == SOURCE_STOP) {
			close_doors(serve);
			going_on = false;
		} else if (source < SOURCE_AUTH)
			hear_waiting(serve, config, source);
		else if (sasl_turn-- > 0)
			saslclients_hear(&serve->sasl, &serve->questions,
			    config, source - SOURCE_SASL_CLIENTS, clock_ms());
		else
			serve->is_behind = true;
	}
	if (on_user)
		accept_turn(serve, config, LISTENER_USER, USER_TURN);
	if (on_sasl)
		accept_turn(serve, config, LISTENER_SASLAUTHD, SASL_TURN);
	return going_on;
}

static void *
serve_run(void *arg)
{
	struct serve *serve = arg;
	struct epoll_event events[EVENTS_MAX];
	bool going_on = true;

	while (going_on || somebody_waits(serve)) {
		int timeout = somebody_waits(serve) ? WAITING_MS / 4 : -1;
		/* What had come by then is among the events: nobody is late
		 * because this thread was kept from running. */
		uint64_t asked = clock_ms();
		int count = epoll_wait(
		    serve->epoll, events, EVENTS_MAX, timeout);
		const struct config *config = agent_config(serve->agent);

		serve->is_behind = count == EVENTS_MAX;
		going_on &= serve_round(
		    serve, config, events, count < 0 ? 0 : count);
		agent_config_release(serve->agent, config);
		if (somebody_waits(serve))
			drop_late(serve, asked);
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
	questions_fini(&serve->questions);
	for (int i = 0; i < POOLS; i++)
		waiting_fini(&serve->waiting[i]);
	saslclients_fini(&serve->sasl);
	if (serve->epoll >= 0)
		close(serve->epoll);
	if (serve->stop >= 0)
		close(serve->stop);
	free(serve);
}

int
serve_open(struct agent *agent, struct serve **serve)
{
	struct serve *started = calloc(1, sizeof(*started));
	int rv;

	if (started == NULL)
		return ERROR_MEMORY;
	started->agent = agent;
	for (int i = 0; i < POOLS; i++)
		waiting_init(&started->waiting[i]);
	started->epoll = epoll_create1(EPOLL_CLOEXEC);
	saslclients_init(&started->sasl, started->epoll, SOURCE_SASL_CLIENTS);
	started->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rv = questions_init(&started->questions, agent);
	if (rv == 0)
		rv = watch(
		    started, agent->listeners.fd[LISTENER_AUTH], SOURCE_AUTH);
	if (rv == 0)
		rv = watch(
		    started, agent->listeners.fd[LISTENER_USER], SOURCE_USER);
	if (rv == 0 && agent->listeners.fd[LISTENER_SASLAUTHD] >= 0)
		rv = watch(started, agent->listeners.fd[LISTENER_SASLAUTHD],
		    SOURCE_SASL);
	if (rv == 0)
		rv = watch(started, spending_fd(started->questions.spending),
		    SOURCE_SPENT);
	if (rv == 0)
		rv = watch(started, started->stop, SOURCE_STOP);
	if (rv == 0 && agent->serve_pulse.fd > 0)
		rv = watch(started, agent->serve_pulse.fd, SOURCE_PULSE);
	if (rv < 0) {
		serve_free(started);
		return rv;
	}
	*serve = started;
	return 0;
}

int
serve_start(struct serve *serve)
{
	serve->is_running = pthread_create(
				&serve->thread, NULL, serve_run, serve) == 0;
	return serve->is_running ? 0 : ERROR_SYSTEM;
}

void
serve_stop(struct serve *serve)
{
	uint64_t one = 1;

	if (serve == NULL)
		return;
	if (serve->is_running) {
		(void)!write(serve->stop, &one, sizeof(one));
		pthread_join(serve->thread, NULL);
	}
	serve_free(serve);
}
