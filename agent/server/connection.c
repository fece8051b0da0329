/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/dispatch.h"
#include "agent/server/packet.h"
#include "agent/server/quote.h"
#include "agent/server/sessions.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/secret.h"

_Static_assert(LIMIT_UIDS *LIMIT_CONNECTIONS < CONNECTIONS_MAX,
    "there is room for root, however many others come");

/* How often a change is made anew when others were faster: each login with
 * a token of limited use changes its row, and whoever is to be stopped by a
 * change must not win against it by logging in. */
#define TRIES_MAX 256

static bool
is_trusted(const struct agent *agent, uid_t uid)
{
	return uid == 0 || uid == agent->uid;
}

/* Replies hold secrets. */
static void
free_bytes(uint8_t **bytes, size_t size)
{
	if (*bytes != NULL)
		wipe(*bytes, size);
	free(*bytes);
	*bytes = NULL;
}

static void
close_descriptor(struct connection *connection)
{
	if (connection->descriptor >= 0)
		close(connection->descriptor);
	connection->descriptor = -1;
}

static void
connection_close(struct connection *connection)
{
	free_bytes(&connection->request, PROTO_MESSAGE_MAX);
	free_bytes(&connection->reply, PROTO_MESSAGE_MAX);
	close_descriptor(connection);
	if (!is_trusted(connection->desk->agent, connection->identity.uid))
		limits_leave(
		    &connection->desk->limits, connection->identity.uid);
	close(connection->fd);
	connection->fd = -1;
	connection->committing = false;
}

static void
connection_reply(struct connection *connection)
{
	/* The send buffer of a new socket takes a whole packet; a client that
	 * is gone gets none. */
	(void)!send(connection->fd, connection->reply, connection->reply_size,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	connection_close(connection);
}

/* On the writer's thread, or the errand's. */
static void
on_committed(void *arg, int result)
{
	struct connection *connection = arg;
	struct desk *desk = connection->desk;
	uint64_t one = 1;

	connection->result = result;
	pthread_mutex_lock(&desk->lock);
	connection->next = desk->committed;
	desk->committed = connection;
	/* Within the lock: who takes the last one may free all of this. */
	(void)!write(desk->wake, &one, sizeof(one));
	pthread_mutex_unlock(&desk->lock);
}

/* "token.revoke 3fK9... and 2 more": the audit entries of a set. */
static void
note_acts(struct connection *connection, const struct changeset *set)
{
	const struct audit_entry *first = &set->audits[0];
	char detail[AUDIT_DETAIL_MAX + 1];
	size_t at;

	connection->acts[0] = '\0';
	if (set->audit_count == 0 ||
	    span_text(first->detail, detail, sizeof(detail)) < 0)
		return;
	snprintf(connection->acts, sizeof(connection->acts), "%.*s %.*s ",
	    (int)first->action.size, (const char *)first->action.data,
	    (int)first->subject.size, (const char *)first->subject.data);
	quote_append(connection->acts, sizeof(connection->acts) - 32, detail);
	at = strlen(connection->acts);
	if (set->audit_count > 1)
		snprintf(connection->acts + at, sizeof(connection->acts) - at,
		    " and %zu more", set->audit_count - 1);
}

static void
log_acts(const struct connection *connection)
{
	char by[128] = "";

	quote_append(by, sizeof(by), connection->identity.login);
	if (connection->acts[0] != '\0')
		log_post(connection->desk->agent->log, LOG_NOTICE,
		    "%s by=%s uid=%u", connection->acts, by,
		    connection->identity.uid);
}

static void
connection_commit(struct connection *connection, struct changeset *set)
{
	struct desk *desk = connection->desk;

	note_acts(connection, set);
	connection->committing = true;
	desk->committing++;
	connection->submission = (struct submission) {
		.set = set,
		.done = on_committed,
		.arg = connection,
	};
	writer_submit(desk->agent->writer, &connection->submission);
}

static void
connection_set_out(struct connection *connection, struct errand *errand)
{
	struct desk *desk = connection->desk;
	int rv;

	errand->done = on_committed;
	errand->arg = connection;
	connection->errand = errand;
	connection->committing = true;
	desk->committing++;
	desk->agent->has_errand = true;
	rv = errand_start(errand);
	if (rv == 0)
		return;
	desk->committing--;
	desk->agent->has_errand = false;
	connection->errand = NULL;
	errand_free(errand);
	dispatch_failed(connection->request[1], rv, connection->reply,
	    &connection->reply_size);
	connection_reply(connection);
}

static void
connection_come_back(struct connection *connection)
{
	struct errand *errand = connection->errand;

	errand_join(errand);
	dispatch_errand(errand, connection->request[1], connection->result,
	    connection->reply, &connection->reply_size);
	connection->desk->agent->has_errand = false;
	connection->errand = NULL;
	errand_free(errand);
	connection_reply(connection);
}

static void
connection_work(struct connection *connection)
{
	struct desk *desk = connection->desk;
	struct caller caller;
	struct operation op = { .agent = desk->agent,
		.caller = &caller,
		.grants = desk->grants,
		.descriptor = &connection->descriptor,
		.now = (uint64_t)time(NULL) };
	int rv;

	/* First the sessions, then a view of the store that has their rows. */
	if (desk->agent->sessions != NULL)
		sessions_hear(desk->agent->sessions);
	if (desk->reader != NULL && store_read_begin(desk->reader) == 0)
		op.reader = desk->reader;
	op.config = agent_config(desk->agent);
	rv = identity_caller(&connection->identity, op.config, op.reader,
	    &desk->grants[GRANTS_OWN], &caller);
	if (rv < 0)
		dispatch_failed(connection->request[1], rv, connection->reply,
		    &connection->reply_size);
	else
		dispatch(&op,
		    span_bytes(connection->request, connection->request_size),
		    connection->reply, &connection->reply_size);
	agent_config_release(desk->agent, op.config);
	if (op.reader != NULL)
		store_read_end(op.reader);
	close_descriptor(connection);
	if (op.errand != NULL)
		connection_set_out(connection, op.errand);
	else if (op.set != NULL)
		connection_commit(connection, op.set);
	else
		connection_reply(connection);
}

/* Reads the one packet; closes whoever sends none or too much. */
void
connection_read(struct connection *connection)
{
	ssize_t got;

	connection->request = malloc(PROTO_MESSAGE_MAX);
	connection->reply = malloc(PROTO_MESSAGE_MAX);
	if (connection->request == NULL || connection->reply == NULL) {
		connection_close(connection);
		return;
	}
	got = packet_receive(connection->fd, connection->request,
	    connection->identity.trusted ? &connection->descriptor : NULL);
	if (got <= 0 || got > PROTO_MESSAGE_MAX) {
		connection_close(connection);
		return;
	}
	connection->request_size = (size_t)got;
	connection_work(connection);
}

static void
connection_committed(struct connection *connection)
{
	struct desk *desk = connection->desk;

	connection->committing = false;
	desk->committing--;
	if (connection->errand != NULL) {
		connection_come_back(connection);
		return;
	}
	if (connection->result == ERROR_STALE &&
	    ++connection->tries < TRIES_MAX) {
		connection_work(connection);
		return;
	}
	if (connection->result < 0) {
		wipe(connection->reply, PROTO_MESSAGE_MAX);
		dispatch_failed(connection->request[1], connection->result,
		    connection->reply, &connection->reply_size);
	} else
		log_acts(connection);
	connection_reply(connection);
}

void
desk_take_committed(struct desk *desk)
{
	struct connection *connection;
	uint64_t count;

	(void)!read(desk->wake, &count, sizeof(count));
	pthread_mutex_lock(&desk->lock);
	connection = desk->committed;
	desk->committed = NULL;
	pthread_mutex_unlock(&desk->lock);
	while (connection != NULL) {
		struct connection *next = connection->next;

		connection_committed(connection);
		connection = next;
	}
}

static struct connection *
free_connection(struct desk *desk)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (desk->connections[i].fd < 0)
			return &desk->connections[i];
	return NULL;
}

static bool
admit(struct desk *desk, uid_t uid)
{
	return is_trusted(desk->agent, uid) ||
	       limits_enter(&desk->limits, uid, LIMIT_CONNECTIONS);
}

bool
desk_accept(struct desk *desk)
{
	struct connection *connection = free_connection(desk);
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd;

	if (connection == NULL)
		return false;
	fd = accept4(desk->agent->listeners.fd[LISTENER_ADMIN], NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    !admit(desk, peer.uid)) {
		close(fd);
		return true;
	}
	*connection = (struct connection) {
		.desk = desk,
		.fd = fd,
		.descriptor = -1,
		.deadline = clock_ms() + REQUEST_MS,
	};
	identity_of_peer(
	    desk->agent, fd, peer.uid, peer.gid, &connection->identity);
	return true;
}

void
desk_drop_late(struct desk *desk)
{
	uint64_t now = clock_ms();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &desk->connections[i];

		if (connection->fd >= 0 && !connection->committing &&
		    connection->deadline <= now)
			connection_close(connection);
	}
}

bool
desk_is_full(struct desk *desk)
{
	return free_connection(desk) == NULL;
}

int
desk_init(struct desk *desk, struct agent *agent)
{
	*desk = (struct desk) { .agent = agent };
	pthread_mutex_init(&desk->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		desk->connections[i].fd = desk->connections[i].descriptor = -1;
	desk->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (desk->wake < 0)
		return ERROR_SYSTEM;
	if (agent->store == NULL)
		return 0;
	return store_reader_open(agent->store, &desk->reader);
}

void
desk_fini(struct desk *desk)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (desk->connections[i].fd >= 0)
			connection_close(&desk->connections[i]);
	if (desk->wake >= 0)
		close(desk->wake);
	store_reader_close(desk->reader);
	pthread_mutex_destroy(&desk->lock);
}
