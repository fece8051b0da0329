/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/questions.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "agent/server/answer.h"
#include "common/error.h"
#include "common/secret.h"

/* Log lines a second that other uids can cause without a verdict. */
#define REFUSED_LINES 5

int
questions_init(struct questions *questions, struct agent *agent)
{
	int rv = spending_new(&questions->spending);

	questions->agent = agent;
	if (rv == 0 && agent->store != NULL)
		rv = store_reader_open(agent->store, &questions->reader);
	return rv;
}

void
questions_fini(struct questions *questions)
{
	spending_free(questions->spending);
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

/* Anybody can have anything else said, as often as they like. */
static bool
is_verdict(uint8_t status)
{
	return status == STATUS_OK || status == STATUS_DENIED;
}

static void
send_answer(struct questions *questions, int fd, const uint8_t *reply,
    struct attempt *attempt)
{
	/* Who gave up waiting let nobody in. */
	attempt->given_up = send(fd, reply, PROTO_ANSWER_SIZE,
				MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
	count_answer(questions->agent, attempt->status);
	if (!is_verdict(attempt->status) && attempt->caller != 0 &&
	    attempt->caller != questions->agent->uid &&
	    !bucket_take(&questions->refused, attempt->at, REFUSED_LINES))
		return;
	writer_note(questions->agent->writer, attempt);
}

static struct changeset *
ask(struct questions *questions, const struct config *config,
    const struct ucred *peer, struct span packet, uint8_t *reply,
    struct attempt *attempt)
{
	const struct asker asker = { .agent = questions->agent,
		.config = config,
		.reader = questions->reader,
		.peer = *peer,
		.now = wall_seconds() };

	return answer_question(&asker, packet, reply, attempt);
}

/* Puts a question aside until the use that it spends is durable. */
static enum progress
put_aside(struct questions *questions, int fd, const struct ucred *peer,
    struct span packet, uint8_t *reply, struct attempt *attempt,
    struct changeset *set)
{
	struct spender *spender = spending_place(questions->spending);

	if (spender == NULL) {
		changeset_free(set);
		answer_unavailable(reply, attempt);
		send_answer(questions, fd, reply, attempt);
		return PROGRESS_ANSWERED;
	}
	spender->fd = fd;
	spender->peer = *peer;
	spender->packet_size = packet.size;
	memcpy(spender->packet, packet.data, packet.size);
	memcpy(spender->reply, reply, sizeof(spender->reply));
	spender->attempt = *attempt;
	spending_submit(spender, questions->agent->writer, set);
	return PROGRESS_SPENDING;
}

static enum progress
answer_packet(struct questions *questions, const struct config *config, int fd,
    const struct ucred *peer, struct span packet)
{
	uint8_t reply[PROTO_ANSWER_SIZE];
	enum progress progress = PROGRESS_ANSWERED;
	struct attempt attempt;
	struct changeset *set = ask(
	    questions, config, peer, packet, reply, &attempt);

	if (set != NULL)
		progress = put_aside(
		    questions, fd, peer, packet, reply, &attempt, set);
	else
		send_answer(questions, fd, reply, &attempt);
	wipe(reply, sizeof(reply));
	return progress;
}

/* A use is durable, or is not: then somebody else's may have been the last. */
static void
answer_spender(struct questions *questions, const struct config *config,
    struct spender *spender)
{
	struct changeset *set = NULL;

	if (spender->result == ERROR_STALE)
		set = ask(questions, config, &spender->peer,
		    span_bytes(spender->packet, spender->packet_size),
		    spender->reply, &spender->attempt);
	if (set != NULL && spender->tries < SPENDING_TRIES) {
		spending_submit(spender, questions->agent->writer, set);
		return;
	}
	if (set != NULL ||
	    (spender->result < 0 && spender->result != ERROR_STALE))
		answer_unavailable(spender->reply, &spender->attempt);
	changeset_free(set);
	send_answer(questions, spender->fd, spender->reply, &spender->attempt);
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
		    questions, config, fd, peer, span_bytes(packet, size));
	}
	wipe(packet, sizeof(packet));
	return progress;
}
