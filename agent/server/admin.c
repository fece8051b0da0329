/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/admin.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/dispatch.h"
#include "agent/server/limits.h"
#include "common/error.h"
#include "common/secret.h"

#define CONNECTIONS_MAX 512

_Static_assert(LIMIT_UIDS *LIMIT_CONNECTIONS < CONNECTIONS_MAX,
    "there is room for root, however many others come");

#define REQUEST_MS 5000 /* for a connection's request to come */

/* How often a change is made anew when others were faster. */
#define TRIES_MAX 16

/*
 * A connection, from accept to reply.  While its change set is with the
 * writer it is not touched but for `committed`.
 */
struct connection {
	struct admin *admin;
	struct connection *next; /* in the list of those committed */
	int fd;			 /* -1: free */
	bool committing;
	struct caller caller;
	uint64_t deadline; /* ms, CLOCK_MONOTONIC: of the request */
	unsigned tries;
	uint8_t *request; /* kept while committing, to be worked on again */
	size_t request_size;
	uint8_t *reply; /* PROTO_MESSAGE_MAX */
	size_t reply_size;
	struct submission submission;
	int result;	/* of the commit */
	char acts[512]; /* what it commits, for the log */
};

struct admin {
	struct agent *agent;
	struct store_reader *reader; /* NULL while sealed */
	int signals;
	int wake;	      /* eventfd: something is committed */
	pthread_mutex_t lock; /* of committed */
	struct connection *committed;
	struct limits limits;
	size_t committing; /* connections that are */
	struct connection connections[CONNECTIONS_MAX];
};

static uint64_t
monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

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
connection_close(struct connection *connection)
{
	free_bytes(&connection->request, connection->request_size);
	free_bytes(&connection->reply, PROTO_MESSAGE_MAX);
	if (!is_trusted(connection->admin->agent, connection->caller.uid))
		limits_leave(
		    &connection->admin->limits, connection->caller.uid);
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

/* On the writer thread. */
static void
on_committed(void *arg, int result)
{
	struct connection *connection = arg;
	struct admin *admin = connection->admin;
	uint64_t one = 1;

	connection->result = result;
	pthread_mutex_lock(&admin->lock);
	connection->next = admin->committed;
	admin->committed = connection;
	pthread_mutex_unlock(&admin->lock);
	(void)!write(admin->wake, &one, sizeof(one));
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
	at = (size_t)snprintf(connection->acts, sizeof(connection->acts),
	    "%.*s %.*s ", (int)first->action.size,
	    (const char *)first->action.data, (int)first->subject.size,
	    (const char *)first->subject.data);
	log_quote(connection->acts, sizeof(connection->acts) - 32, detail);
	at = strlen(connection->acts);
	if (set->audit_count > 1)
		snprintf(connection->acts + at, sizeof(connection->acts) - at,
		    " and %zu more", set->audit_count - 1);
}

static void
log_acts(const struct connection *connection)
{
	char by[128] = "";

	log_quote(by, sizeof(by), connection->caller.login);
	if (connection->acts[0] != '\0')
		log_post(connection->admin->agent->log, LOG_NOTICE,
		    "%s by=%s uid=%u", connection->acts, by,
		    connection->caller.uid);
}

static void
connection_commit(struct connection *connection, struct changeset *set)
{
	struct admin *admin = connection->admin;

	note_acts(connection, set);
	connection->committing = true;
	admin->committing++;
	connection->submission = (struct submission) {
		.set = set,
		.done = on_committed,
		.arg = connection,
	};
	writer_submit(admin->agent->writer, &connection->submission);
}

static void
connection_work(struct connection *connection)
{
	struct admin *admin = connection->admin;
	struct operation op = { .agent = admin->agent,
		.caller = &connection->caller,
		.now = (uint64_t)time(NULL) };

	if (admin->reader != NULL && store_read_begin(admin->reader) == 0)
		op.reader = admin->reader;
	op.config = agent_config(admin->agent);
	dispatch(&op, span_bytes(connection->request, connection->request_size),
	    connection->reply, &connection->reply_size);
	agent_config_release(admin->agent, op.config);
	if (op.reader != NULL)
		store_read_end(op.reader);
	if (op.set != NULL)
		connection_commit(connection, op.set);
	else
		connection_reply(connection);
}

/* Reads the one packet; closes whoever sends none or too much. */
static void
connection_read(struct connection *connection)
{
	ssize_t got;

	connection->request = malloc(PROTO_MESSAGE_MAX);
	connection->reply = malloc(PROTO_MESSAGE_MAX);
	if (connection->request == NULL || connection->reply == NULL) {
		connection_close(connection);
		return;
	}
	got = recv(connection->fd, connection->request, PROTO_MESSAGE_MAX,
	    MSG_DONTWAIT | MSG_TRUNC);
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
	struct admin *admin = connection->admin;

	connection->committing = false;
	admin->committing--;
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

static void
take_committed(struct admin *admin)
{
	struct connection *connection;
	uint64_t count;

	(void)!read(admin->wake, &count, sizeof(count));
	pthread_mutex_lock(&admin->lock);
	connection = admin->committed;
	admin->committed = NULL;
	pthread_mutex_unlock(&admin->lock);
	while (connection != NULL) {
		struct connection *next = connection->next;

		connection_committed(connection);
		connection = next;
	}
}

/* Who somebody is, and what they may do. */
static void
identify(struct admin *admin, uid_t uid, struct caller *caller)
{
	const struct config *config = agent_config(admin->agent);
	int rv;

	*caller = (struct caller) { .uid = uid, .role = ROLE_NONE };
	rv = names_login(
	    admin->agent->names, uid, caller->login, sizeof(caller->login));
	if (is_trusted(admin->agent, uid))
		caller->role = ROLE_OWNER;
	else if (rv == 0 && uid >= config->self_service_min_uid)
		caller->role = config->default_role;
	if (rv < 0)
		snprintf(caller->login, sizeof(caller->login), "uid-%u", uid);
	agent_config_release(admin->agent, config);
}

static struct connection *
free_connection(struct admin *admin)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (admin->connections[i].fd < 0)
			return &admin->connections[i];
	return NULL;
}

static bool
admit(struct admin *admin, uid_t uid)
{
	return is_trusted(admin->agent, uid) ||
	       limits_enter(&admin->limits, uid, LIMIT_CONNECTIONS);
}

static bool
accept_one(struct admin *admin)
{
	struct connection *connection = free_connection(admin);
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd;

	if (connection == NULL)
		return false;
	fd = accept4(admin->agent->listeners.fd[LISTENER_ADMIN], NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    !admit(admin, peer.uid)) {
		close(fd);
		return true;
	}
	*connection = (struct connection) {
		.admin = admin,
		.fd = fd,
		.deadline = monotonic_ms() + REQUEST_MS,
	};
	identify(admin, peer.uid, &connection->caller);
	return true;
}

#define ACCEPT_TURN 16

static void
accept_turn(struct admin *admin)
{
	for (int i = 0; i < ACCEPT_TURN && accept_one(admin); i++)
		continue;
}

static void
drop_late(struct admin *admin)
{
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &admin->connections[i];

		if (connection->fd >= 0 && !connection->committing &&
		    connection->deadline <= now)
			connection_close(connection);
	}
}

enum poll_slot {
	POLL_SIGNALS,
	POLL_WAKE,
	POLL_LISTENER,
	POLL_CONNECTIONS,
};

/* Those whose request is awaited; poll() passes over negative ones. */
static nfds_t
fill_polls(struct admin *admin, struct pollfd *polls, bool accepting)
{
	int listener = admin->agent->listeners.fd[LISTENER_ADMIN];

	if (free_connection(admin) == NULL)
		accepting = false;
	polls[POLL_SIGNALS] = (struct pollfd) { admin->signals, POLLIN, 0 };
	polls[POLL_WAKE] = (struct pollfd) { admin->wake, POLLIN, 0 };
	polls[POLL_LISTENER] = (struct pollfd) { accepting ? listener : -1,
		POLLIN, 0 };
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *c = &admin->connections[i];

		polls[POLL_CONNECTIONS + i] = (struct pollfd) {
			c->committing ? -1 : c->fd, POLLIN, 0
		};
	}
	return POLL_CONNECTIONS + CONNECTIONS_MAX;
}

static void
hear_connections(struct admin *admin, const struct pollfd *polls)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &admin->connections[i];

		if (polls[POLL_CONNECTIONS + i].revents != 0 &&
		    connection->fd >= 0 && !connection->committing)
			connection_read(connection);
	}
}

/* One wait and what came of it. */
static void
admin_round(struct admin *admin, bool accepting, bool *signalled)
{
	struct pollfd polls[POLL_CONNECTIONS + CONNECTIONS_MAX];
	nfds_t count = fill_polls(admin, polls, accepting);
	int ready = poll(polls, count, REQUEST_MS);

	*signalled = ready > 0 && polls[POLL_SIGNALS].revents != 0;
	if (ready <= 0) {
		drop_late(admin);
		return;
	}
	if (polls[POLL_WAKE].revents != 0)
		take_committed(admin);
	hear_connections(admin, polls);
	if (polls[POLL_LISTENER].revents != 0)
		accept_turn(admin);
	drop_late(admin);
}

int
admin_run(struct admin *admin, void (*reload)(void *arg), void *arg)
{
	struct signalfd_siginfo info;
	bool stopping = false;
	bool signalled;

	while (!stopping) {
		admin_round(admin, true, &signalled);
		if (!signalled ||
		    read(admin->signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGHUP)
			reload(arg);
		else
			stopping = true;
	}
	while (admin->committing > 0)
		admin_round(admin, false, &signalled);
	return 0;
}

int
admin_open(struct agent *agent, struct admin **admin)
{
	struct admin *opened = calloc(1, sizeof(*opened));
	sigset_t signals;
	int rv = 0;

	if (opened == NULL)
		return ERROR_MEMORY;
	opened->agent = agent;
	pthread_mutex_init(&opened->lock, NULL);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		opened->connections[i].fd = -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	opened->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	opened->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (opened->signals < 0 || opened->wake < 0)
		rv = ERROR_SYSTEM;
	if (rv == 0 && agent->store != NULL)
		rv = store_reader_open(agent->store, &opened->reader);
	if (rv < 0) {
		admin_close(opened);
		return rv;
	}
	*admin = opened;
	return 0;
}

void
admin_close(struct admin *admin)
{
	if (admin == NULL)
		return;
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (admin->connections[i].fd >= 0)
			connection_close(&admin->connections[i]);
	if (admin->signals >= 0)
		close(admin->signals);
	if (admin->wake >= 0)
		close(admin->wake);
	store_reader_close(admin->reader);
	pthread_mutex_destroy(&admin->lock);
	free(admin);
}
