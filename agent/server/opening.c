/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/opening.h"

#include <string.h>
#include <unistd.h>

#include "agent/model/ticket.h"
#include "agent/server/process.h"
#include "agent/server/sessionsread.h"
#include "common/error.h"

static bool
is_trusted(const struct asker *asker)
{
	return asker->peer.uid == 0 || asker->peer.uid == asker->agent->uid;
}

/* What the process is, and what it came from. */
struct origin {
	int pidfd;
	struct process process;
	uint32_t outer_audit;
	char outer_scope[SESSION_SCOPE_MAX + 1];
};

static int
find_origin(const struct asker *asker, struct origin *origin)
{
	struct process parent;
	int rv;

	*origin = (struct origin) { .pidfd = -1,
		.process = { .pid = asker->peer.pid },
		.outer_audit = SESSION_NO_AUDIT };
	if (asker->peer.pid < 2)
		return ERROR_NOT_FOUND;
	rv = process_of_peer(asker->fd, asker->peer.pid, &origin->pidfd);
	/* Where /proc does not show it, it cannot be found after a restart. */
	if (rv < 0 || process_read(asker->peer.pid, &origin->process) < 0)
		return rv;
	if (process_read(origin->process.parent, &parent) == 0) {
		origin->outer_audit = parent.audit;
		process_scope(parent.pid, origin->outer_scope,
		    sizeof(origin->outer_scope));
	}
	return 0;
}

static void
describe(const struct asker *asker, const struct question *question,
    const struct origin *origin, const struct record *record,
    struct session *session)
{
	session->parent = record->lineage.parent;
	session->owner = record->spec.owner;
	session->name = record->spec.name;
	session->login = question->login;
	session->user = span_empty(question->user) ? question->login
						   : question->user;
	session->service = question->service;
	session->rhost = question->rhost;
	session->tty = question->tty;
	session->opened_at = asker->now;
	process_boot(session->boot);
	session->pid = (uint32_t)origin->process.pid;
	session->started = origin->process.started;
	session->outer_audit = origin->outer_audit;
	session->outer_scope = span_of(origin->outer_scope);
}

static int
make_news(const struct asker *asker, const struct question *question,
    const struct origin *origin, const uint8_t *data, struct session *session)
{
	uint8_t body[SESSION_SIZE_MAX];
	struct record record = { 0 };
	struct session_news *news;
	size_t size;
	int rv = sessionsread_token(asker->reader, session->token, &record);

	/* A token that is gone by now ends the session at once. */
	if (rv < 0 && rv != ERROR_NOT_FOUND)
		return rv;
	if (rv < 0)
		record = (struct record) { 0 };
	describe(asker, question, origin, &record, session);
	size = session_encode(session, body, sizeof(body));
	if (size == 0)
		return ERROR_TOO_LONG;
	news = session_news_new(size);
	if (news == NULL)
		return ERROR_MEMORY;
	memcpy(news->body, body, size);
	memcpy(news->key, ticket_key(data).data, sizeof(news->key));
	news->pid = asker->peer.pid;
	news->pidfd = origin->pidfd;
	asker->opening->news = news;
	return 0;
}

/* Into the opening and the set; logs what cannot be watched. */
static void
begin(const struct asker *asker, const struct question *question,
    const uint8_t *data, struct session *session, struct changeset **set)
{
	struct opening *opening = asker->opening;
	struct origin origin = { .pidfd = -1 };
	int rv = ERROR_FULL;

	if (sessions_has_room(
		asker->agent->sessions, (session->flags & SESSION_PEER) != 0))
		rv = find_origin(asker, &origin);
	if (rv == 0)
		rv = make_news(asker, question, &origin, data, session);
	if (rv < 0) {
		if (origin.pidfd >= 0)
			close(origin.pidfd);
		log_post(asker->agent->log, LOG_ERR,
		    "a session of pid %d is not watched and will not be "
		    "ended: %s",
		    asker->peer.pid,
		    rv == ERROR_FULL ? "there are too many" : error_text(rv));
		return;
	}
	opening->is_all = *set == NULL;
	if (*set == NULL)
		*set = changeset_new();
	if (*set != NULL)
		changeset_put(*set, DB_SESSIONS, ticket_key(data),
		    VERSION_ABSENT,
		    span_bytes(opening->news->body, opening->news->size));
}

enum status
opening_open(const struct asker *asker, const struct question *question,
    const struct service *service, struct changeset **set)
{
	const uint8_t *data = question->ticket.data;
	struct session session = { 0 };
	struct ticket ticket;

	if (asker_open_ticket(asker, question, &ticket) < 0 ||
	    (asker->now > ticket.issued_at &&
		asker->now - ticket.issued_at > PROTO_HANDLE_LIFETIME))
		return STATUS_DENIED;
	if (service->sessions != SESSIONS_PROCESS)
		return STATUS_OK;
	if (!is_trusted(asker))
		return STATUS_REFUSED;
	if (asker->opening == NULL)
		return STATUS_UNAVAILABLE;
	if (!handles_use(
		asker->opening->handles, ticket_key(data).data, asker->now))
		return STATUS_DENIED;
	session.token = span_of(ticket.id);
	session.secret_number = ticket.secret_number;
	begin(asker, question, data, &session, set);
	return STATUS_OK;
}

enum status
opening_close(const struct asker *asker, const struct question *question,
    const struct service *service)
{
	const uint8_t *data = question->ticket.data;
	const struct keyring_key *key = keyring_find(
	    asker->agent->keyring, ticket_key_number(data));
	struct session_news *news;
	struct ticket ticket;

	/* However old it is by now. */
	if (key == NULL || ticket_check(data, question->login,
			       question->service, key->tickets, 0, &ticket) < 0)
		return STATUS_DENIED;
	if (service->sessions != SESSIONS_PROCESS || asker->opening == NULL)
		return STATUS_OK;
	if (!is_trusted(asker))
		return STATUS_REFUSED;
	news = session_news_new(0);
	if (news == NULL)
		return STATUS_UNAVAILABLE;
	news->is_over = true;
	news->pid = asker->peer.pid;
	memcpy(news->key, ticket_key(data).data, sizeof(news->key));
	asker->opening->news = news;
	return STATUS_OK;
}

void
opening_peer(const struct asker *asker, const struct question *question,
    const struct service *service, const uint8_t ticket[PROTO_TICKET_SIZE],
    struct changeset **set)
{
	struct session session = { .flags = SESSION_PEER };
	struct ticket opened;
	struct question shown = *question;

	if (service->sessions != SESSIONS_AUTH_PEER || asker->opening == NULL)
		return;
	shown.ticket = span_bytes(ticket, PROTO_TICKET_SIZE);
	if (asker_open_ticket(asker, &shown, &opened) < 0)
		return;
	session.token = span_of(opened.id);
	session.secret_number = opened.secret_number;
	begin(asker, &shown, ticket, &session, set);
}
