/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/questions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/model/crypto.h"
#include "agent/server/answer.h"
#include "agent/server/opening.h"
#include "agent/server/saslauthd.h"
#include "common/error.h"
#include "common/secret.h"

/* Log lines a second that other uids can cause without a verdict. */
#define REFUSED_LINES 5

/* Of the places for questions that are put aside, how many saslauthd's clients
 * may take: a slow disk leaves room for root. */
#define SASL_SPENDING_MAX (SPENDING_MAX / 4)

int
questions_init(struct questions *questions, struct agent *agent)
{
	int rv = spending_new(&questions->spending);

	questions->agent = agent;
	/* Anywhere, so that one who was started anew does not repeat. */
	crypto_random(&questions->nonce, sizeof(questions->nonce));
	questions->handles = handles_new();
	if (rv == 0 && questions->handles == NULL)
		rv = ERROR_MEMORY;
	if (rv == 0 && agent->store != NULL)
		rv = store_reader_open(agent->store, &questions->reader);
	return rv;
}

void
questions_fini(struct questions *questions)
{
	spending_free(questions->spending);
	free(questions->handles);
	store_reader_close(questions->reader);
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

/* Sessions are no logins; what the log says of them is the registry's, but for
 * those that were refused. */
static bool
is_session(const struct attempt *attempt)
{
	return attempt->opcode == OP_SESSION_OPEN ||
	       attempt->opcode == OP_SESSION_CLOSE;
}

/* Anybody can have anything else said, as often as they like. */
static bool
is_verdict(uint8_t status)
{
	return status == STATUS_OK || status == STATUS_DENIED;
}

/* What was sent and is not looked at, for as long as there is something and it
 * is not too much: where any is left, the other end sees a reset. */
static void
drain(int fd)
{
	uint8_t bytes[1024];

	for (int i = 0; i < 64; i++)
		if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
			break;
	wipe(bytes, sizeof(bytes));
}

static bool
send_reply(
    int fd, enum listener listener, const uint8_t *reply, enum status status)
{
	struct span bytes = span_bytes(reply, PROTO_ANSWER_SIZE);

	if (listener == LISTENER_SASLAUTHD) {
		drain(fd);
		bytes = saslauthd_reply(status);
	}
	/* Nothing else was sent, so that there is room for all of it. */
	return span_empty(bytes) ||
	       send(fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT) ==
		   (ssize_t)bytes.size;
}

static void
send_answer(struct questions *questions, int fd, enum listener listener,
    const uint8_t *reply, struct attempt *attempt)
{
	/* Who gave up waiting let nobody in. */
	attempt->given_up = !send_reply(
	    fd, listener, reply, (enum status)attempt->status);
	if (is_session(attempt) && attempt->status == STATUS_OK)
		return;
	if (!is_session(attempt))
		count_answer(questions->agent, attempt->status);
	if (!is_verdict(attempt->status) && attempt->caller != 0 &&
	    attempt->caller != questions->agent->uid &&
	    !bucket_take(&questions->refused, attempt->at, REFUSED_LINES))
		return;
	writer_note(questions->agent->writer, attempt);
}

static struct asker
asker_of(struct questions *questions, const struct config *config,
    const struct ucred *peer, enum listener listener)
{
	return (struct asker) { .agent = questions->agent,
		.config = config,
		.reader = questions->reader,
		.peer = *peer,
		.admitted = listener == LISTENER_SASLAUTHD,
		.now = wall_seconds(),
		.nonce = questions->nonce++ };
}

/* Sessions are of who asks: not of a server that saslauthd's clients are. */
static struct changeset *
ask(struct questions *questions, const struct config *config,
    const struct origin *origin, struct span packet, uint8_t *reply,
    struct attempt *attempt, struct opening *opening)
{
	struct asker asker = asker_of(
	    questions, config, &origin->peer, origin->listener);

	*opening = (struct opening) { .handles = questions->handles };
	asker.fd = origin->fd;
	if (!asker.admitted && questions->agent->sessions != NULL)
		asker.opening = opening;

	return answer_question(&asker, packet, reply, attempt);
}

/* NULL if there is none for them. */
static struct spender *
find_place(struct questions *questions, enum listener listener)
{
	struct spender *spender = NULL;

	if (listener != LISTENER_SASLAUTHD ||
	    questions->sasl_spending < SASL_SPENDING_MAX)
		spender = spending_place(questions->spending);
	if (spender != NULL && listener == LISTENER_SASLAUTHD)
		questions->sasl_spending++;
	return spender;
}

/* To the registry, before the answer: a token that is revoked from now on ends
 * what it opens. */
static void
tell_registry(struct questions *questions, struct session_news *news)
{
	if (news != NULL)
		sessions_tell(questions->agent->sessions, news);
}

/*
 * There is no room to wait.  Only what must be durable is refused: a session
 * is watched by who remembers it.
 */
static enum progress
answer_at_once(struct questions *questions, const struct origin *origin,
    uint8_t *reply, struct attempt *attempt, struct changeset *set,
    struct opening *opening)
{
	changeset_free(set);
	if (opening->is_all)
		tell_registry(questions, opening->news);
	else {
		session_news_free(opening->news);
		answer_unavailable(reply, attempt);
	}
	send_answer(questions, origin->fd, origin->listener, reply, attempt);
	return PROGRESS_ANSWERED;
}

/* Puts a question aside until what it does is durable. */
static enum progress
put_aside(struct questions *questions, const struct origin *origin,
    struct span packet, uint8_t *reply, struct attempt *attempt,
    struct changeset *set, struct opening *opening)
{
	struct spender *spender = find_place(questions, origin->listener);

	if (spender == NULL)
		return answer_at_once(
		    questions, origin, reply, attempt, set, opening);
	spender->news = opening->news;
	spender->is_session = opening->is_all;
	spender->fd = origin->fd;
	spender->peer = origin->peer;
	spender->listener = origin->listener;
	spender->until = origin->until;
	spender->packet_size = packet.size;
	memcpy(spender->packet, packet.data, packet.size);
	memcpy(spender->reply, reply, sizeof(spender->reply));
	spender->attempt = *attempt;
	spending_submit(spender, questions->agent->writer, set);
	return PROGRESS_SPENDING;
}

enum progress
questions_ask(struct questions *questions, const struct config *config,
    const struct origin *origin, struct span packet)
{
	uint8_t reply[PROTO_ANSWER_SIZE];
	enum progress progress = PROGRESS_ANSWERED;
	struct opening opening;
	struct attempt attempt;
	struct changeset *set = ask(
	    questions, config, origin, packet, reply, &attempt, &opening);

	if (set != NULL)
		progress = put_aside(
		    questions, origin, packet, reply, &attempt, set, &opening);
	else {
		tell_registry(questions, opening.news);
		send_answer(
		    questions, origin->fd, origin->listener, reply, &attempt);
	}
	wipe(reply, sizeof(reply));
	return progress;
}

void
questions_refuse(struct questions *questions, const struct config *config,
    const struct origin *origin, const struct question *question,
    enum status status)
{
	const struct asker asker = asker_of(
	    questions, config, &origin->peer, origin->listener);
	struct attempt attempt;

	answer_unasked(&asker, question, status, &attempt);
	send_answer(questions, origin->fd, origin->listener, NULL, &attempt);
}

/* The same question anew; what it would have opened before is forgotten. */
static struct changeset *
ask_again(struct questions *questions, const struct config *config,
    struct spender *spender)
{
	const struct origin origin = { .fd = spender->fd,
		.listener = spender->listener,
		.peer = spender->peer };
	struct opening opening;
	struct changeset *set = ask(questions, config, &origin,
	    span_bytes(spender->packet, spender->packet_size), spender->reply,
	    &spender->attempt, &opening);

	session_news_free(spender->news);
	spender->news = opening.news;
	spender->is_session = opening.is_all;
	return set;
}

/* Where the disk took it, or need not have. */
static void
tell_spender(struct questions *questions, struct spender *spender)
{
	if (spender->news == NULL ||
	    spender->attempt.status != (uint8_t)STATUS_OK)
		return;
	spender->news->is_durable = spender->result == 0;
	tell_registry(questions, spender->news);
	spender->news = NULL;
}

/* A use is durable, or is not: then somebody else's may have been the last. */
static void
answer_spender(struct questions *questions, const struct config *config,
    struct spender *spender)
{
	struct changeset *set = NULL;
	bool failed = spender->result < 0 && spender->result != ERROR_STALE;

	if (spender->result == ERROR_STALE)
		set = ask_again(questions, config, spender);
	if (set != NULL && spender->tries < SPENDING_TRIES) {
		spending_submit(spender, questions->agent->writer, set);
		return;
	}
	if (set != NULL || (failed && !spender->is_session))
		answer_unavailable(spender->reply, &spender->attempt);
	changeset_free(set);
	tell_spender(questions, spender);
	send_answer(questions, spender->fd, spender->listener, spender->reply,
	    &spender->attempt);
	if (spender->listener == LISTENER_SASLAUTHD)
		questions->sasl_spending--;
	spending_done(spender);
}

void
questions_answer_spent(struct questions *questions, const struct config *config)
{
	struct spender *spender;

	while ((spender = spending_take(questions->spending)) != NULL)
		answer_spender(questions, config, spender);
}

enum progress
questions_try(struct questions *questions, const struct config *config, int fd,
    const struct ucred *peer)
{
	const struct origin origin = {
		.fd = fd, .peer = *peer, .listener = LISTENER_AUTH
	};
	uint8_t packet[PROTO_QUESTION_MAX];
	enum progress progress = PROGRESS_ANSWERED;
	ssize_t got = recv(
	    fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_TRUNC);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return PROGRESS_NONE;
	if (got > 0) {
		/* A longer packet is no message; its beginning neither. */
		size_t size = (size_t)got > sizeof(packet) ? 0 : (size_t)got;

		progress = questions_ask(
		    questions, config, &origin, span_bytes(packet, size));
		wipe(packet, size > 0 ? size : sizeof(packet));
	}
	return progress;
}
