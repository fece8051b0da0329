/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/saslclients.h"

#include <errno.h>
#include <sys/epoll.h>

#include "common/secret.h"

void
saslclients_init(struct saslclients *clients, int epoll, uint64_t first)
{
	clients->epoll = epoll;
	clients->first = first;
	waiting_init(&clients->waiting);
}

/* Of places that are free. */
static void
wipe_requests(struct saslclients *clients)
{
	for (size_t i = 0; i < WAITING_POOL; i++)
		if (clients->waiting.slots[i].fd < 0 &&
		    clients->requests[i].size > 0)
			wipe(&clients->requests[i],
			    sizeof(clients->requests[i]));
}

void
saslclients_fini(struct saslclients *clients)
{
	waiting_fini(&clients->waiting);
	wipe_requests(clients);
}

static enum progress
ask(struct questions *questions, const struct config *config,
    const struct origin *origin, const struct question *question)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	struct wirebuf w;
	enum progress progress;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, question);
	/* A login that is too long leaves it empty, which is no question. */
	progress = questions_ask(
	    questions, config, origin, span_bytes(packet, wirebuf_size(&w)));
	wipe(packet, sizeof(packet));
	return progress;
}

static enum progress
answer(struct questions *questions, const struct config *config,
    const struct origin *origin, enum saslauthd_state state,
    const struct saslauthd_request *request)
{
	char login[SASLAUTHD_LOGIN_MAX];
	struct question question;
	int rv = saslauthd_question(
	    request, config->local_realms, login, &question);

	if (state == SASLAUTHD_WHOLE && rv == 0)
		return ask(questions, config, origin, &question);
	questions_refuse(questions, config, origin, &question,
	    state == SASLAUTHD_WHOLE ? STATUS_DENIED : STATUS_MALFORMED);
	return PROGRESS_ANSWERED;
}

/* Reads what is there, and answers where that is enough. */
static enum progress
read_more(struct saslclients *clients, struct questions *questions,
    const struct config *config, size_t place, uint64_t now_ms)
{
	struct saslclient *client = &clients->requests[place];
	const struct waiting *slot = &clients->waiting.slots[place];
	const struct origin origin = { .fd = slot->fd,
		.peer = slot->peer,
		.listener = LISTENER_SASLAUTHD,
		.until = now_ms + SASLCLIENTS_SPENDING_MS };
	struct saslauthd_request request;
	enum saslauthd_state state;
	ssize_t got = recv(slot->fd, client->bytes + client->size,
	    sizeof(client->bytes) - client->size, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PROGRESS_NONE;
	if (got <= 0)
		return PROGRESS_ANSWERED; /* it went away */
	client->size += (size_t)got;
	state = saslauthd_decode(
	    span_bytes(client->bytes, client->size), &request);
	if (state == SASLAUTHD_PART)
		return PROGRESS_NONE;
	return answer(questions, config, &origin, state, &request);
}

/* False if the place is free again. */
static bool
go_on(struct saslclients *clients, struct questions *questions,
    const struct config *config, size_t place, uint64_t now_ms)
{
	struct waiting_pool *pool = &clients->waiting;
	struct waiting *slot = &pool->slots[place];
	enum progress progress = read_more(
	    clients, questions, config, place, now_ms);

	if (progress == PROGRESS_NONE)
		return true;
	if (progress == PROGRESS_ANSWERED) {
		waiting_drop(pool, slot);
	} else {
		epoll_ctl(clients->epoll, EPOLL_CTL_DEL, slot->fd, NULL);
		waiting_release(pool, slot);
	}
	wipe(&clients->requests[place], sizeof(clients->requests[place]));
	return false;
}

void
saslclients_add(struct saslclients *clients, struct questions *questions,
    const struct config *config, int fd, const struct ucred *peer,
    uint64_t now_ms)
{
	struct waiting_pool *pool = &clients->waiting;
	struct waiting *slot = waiting_add(pool, fd, peer, now_ms);
	size_t place = (size_t)(slot - pool->slots);
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP,
		.data.u64 = clients->first + place };

	/* Somebody may have lost this place. */
	wipe(&clients->requests[place], sizeof(clients->requests[place]));
	if (!go_on(clients, questions, config, place, now_ms))
		return;
	if (epoll_ctl(clients->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		waiting_drop(pool, slot);
		wipe_requests(clients);
	}
}

void
saslclients_hear(struct saslclients *clients, struct questions *questions,
    const struct config *config, size_t place, uint64_t now_ms)
{
	/* An earlier event of the same round may have closed it. */
	if (clients->waiting.slots[place].fd >= 0)
		(void)go_on(clients, questions, config, place, now_ms);
}

bool
saslclients_make_room(struct saslclients *clients)
{
	struct waiting *oldest = waiting_oldest(&clients->waiting);

	if (oldest == NULL)
		return false;
	waiting_drop(&clients->waiting, oldest);
	wipe_requests(clients);
	return true;
}

void
saslclients_drop_late(struct saslclients *clients, uint64_t now_ms)
{
	waiting_drop_late(&clients->waiting, now_ms);
	wipe_requests(clients);
}
