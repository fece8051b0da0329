/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/admin.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent/server/connection.h"
#include "agent/server/duties.h"
#include "agent/server/sessions.h"
#include "common/clock.h"
#include "common/error.h"

struct admin {
	int signals;
	struct duties *duties;
	struct sessions *sessions;
	struct desk desk;
};

#define ACCEPT_TURN 16

static void
accept_turn(struct desk *desk)
{
	for (int i = 0; i < ACCEPT_TURN && desk_accept(desk); i++)
		continue;
}

enum poll_slot {
	POLL_SIGNALS,
	POLL_WAKE,
	POLL_LISTENER,
	POLL_SESSIONS,
	POLL_CONNECTIONS,
};

/* Those whose request is awaited; poll() passes over negative ones. */
static nfds_t
fill_polls(struct admin *admin, struct pollfd *polls, bool accepting)
{
	int listener = admin->desk.agent->listeners.fd[LISTENER_ADMIN];

	if (desk_is_full(&admin->desk))
		accepting = false;
	polls[POLL_SIGNALS] = (struct pollfd) { admin->signals, POLLIN, 0 };
	polls[POLL_WAKE] = (struct pollfd) { admin->desk.wake, POLLIN, 0 };
	polls[POLL_LISTENER] = (struct pollfd) { accepting ? listener : -1,
		POLLIN, 0 };
	polls[POLL_SESSIONS] = (struct pollfd) { sessions_fd(admin->sessions),
		POLLIN, 0 };
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		const struct connection *c = &admin->desk.connections[i];

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
		struct connection *connection = &admin->desk.connections[i];

		if (polls[POLL_CONNECTIONS + i].revents != 0 &&
		    connection->fd >= 0 && !connection->committing)
			connection_read(connection);
	}
}

/* One wait, for at most so many ms, and what came of it. */
static void
admin_round(struct admin *admin, bool accepting, int timeout, bool *signalled)
{
	struct pollfd polls[POLL_CONNECTIONS + CONNECTIONS_MAX];
	nfds_t count = fill_polls(admin, polls, accepting);
	int ready = poll(
	    polls, count, timeout < REQUEST_MS ? timeout : REQUEST_MS);

	*signalled = ready > 0 && polls[POLL_SIGNALS].revents != 0;
	if (ready <= 0) {
		desk_drop_late(&admin->desk);
		return;
	}
	if (polls[POLL_WAKE].revents != 0)
		desk_take_committed(&admin->desk);
	hear_connections(admin, polls);
	if (polls[POLL_LISTENER].revents != 0)
		accept_turn(&admin->desk);
	desk_drop_late(&admin->desk);
}

/* What is done unasked; in how many ms there is more of it. */
static int
admin_unasked(struct admin *admin)
{
	uint64_t now = clock_ms();
	int duties = duties_run(admin->duties, now);
	int sessions = sessions_run(admin->sessions, now);

	return sessions < duties ? sessions : duties;
}

int
admin_run(struct admin *admin, void (*reload)(void *arg), void *arg)
{
	struct signalfd_siginfo info;
	bool stopping = false;
	bool signalled;

	while (!stopping) {
		int timeout = admin_unasked(admin);

		admin_round(admin, true, timeout, &signalled);
		if (!signalled ||
		    read(admin->signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo == SIGHUP)
			reload(arg);
		else
			stopping = true;
	}
	atomic_store(&admin->desk.agent->stopping, true);
	while (admin->desk.committing > 0)
		admin_round(admin, false, REQUEST_MS, &signalled);
	return 0;
}

int
admin_open(struct agent *agent, struct admin **admin)
{
	struct admin *opened = calloc(1, sizeof(*opened));
	sigset_t signals;
	int rv;

	if (opened == NULL)
		return ERROR_MEMORY;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	opened->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	rv = desk_init(&opened->desk, agent);
	if (rv == 0)
		rv = duties_new(agent, &opened->duties);
	if (rv == 0)
		rv = sessions_new(agent, &opened->sessions);
	agent->sessions = opened->sessions;
	if (rv == 0 && opened->signals < 0)
		rv = ERROR_SYSTEM;
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
	if (admin->signals >= 0)
		close(admin->signals);
	duties_free(admin->duties);
	admin->desk.agent->sessions = NULL;
	sessions_free(admin->sessions);
	desk_fini(&admin->desk);
	free(admin);
}
