/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/names.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/server/keeper.h"
#include "agent/server/process.h"
#include "common/clock.h"
#include "common/error.h"

#define ANSWER_MS  1000
#define CACHE_SIZE 64
#define CACHE_TIME 60 /* seconds */

/* After the child did not answer, seconds until it is asked again: whoever
 * waits for a name makes everybody else wait. */
#define QUIET_TIME 5

struct cached {
	struct entry entry;
	time_t at; /* CLOCK_MONOTONIC, seconds; 0: empty */
};

struct names {
	int fd;
	int keeper; /* pidfd; -1 where the kernel has none */
	uint32_t number;
	struct cached cache[CACHE_SIZE];
	size_t next;	    /* to be replaced */
	time_t quiet_until; /* CLOCK_MONOTONIC, seconds */
	unsigned restarts;  /* of the child, as far as was heard */
	bool is_gone;	    /* so is its keeper */
};

int
names_start(struct names **names)
{
	struct names *started = calloc(1, sizeof(*started));
	int ends[2];
	pid_t pid;

	if (started == NULL)
		return ERROR_MEMORY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		goto out;
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		keeper_run(ends[1]);
	}
	close(ends[1]);
	started->fd = ends[0];
	if (pid > 0)
		started->keeper = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pid < 0) {
		close(ends[0]);
		goto out;
	}
	*names = started;
	return 0;
out:
	free(started);
	return ERROR_SYSTEM;
}

/* A confined agent may not wait for its child, but for the end of it.  Without
 * a pidfd the keeper is left to go by itself, as the socket is closed. */
void
names_stop(struct names *names)
{
	struct pollfd end;

	if (names == NULL)
		return;
	close(names->fd);
	end = (struct pollfd) { names->keeper, POLLIN, 0 };
	if (names->keeper >= 0) {
		if (process_signal(names->keeper, SIGKILL) == 0)
			poll(&end, 1, ANSWER_MS);
		close(names->keeper);
	}
	free(names);
}

/* Takes what came, if anything: 0, ERROR_TIMEOUT or ERROR_CLOSED. */
static int
hear(struct names *names, struct entry *heard)
{
	ssize_t got = recv(names->fd, heard, sizeof(*heard), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return ERROR_TIMEOUT;
	if (got != sizeof(*heard)) {
		names->is_gone = true;
		return ERROR_CLOSED;
	}
	/* Plugins did what they liked in the child that says so. */
	heard->login[sizeof(heard->login) - 1] = '\0';
	if (heard->result > 0)
		heard->result = ERROR_MALFORMED;
	names->restarts += heard->want == WANT_NOTHING;
	return 0;
}

/* Waits for the answer with that number; older ones are thrown away. */
static int
hear_answer(struct names *names, struct entry *entry)
{
	struct pollfd in = { .fd = names->fd, .events = POLLIN };
	const uint64_t deadline = clock_ms() + ANSWER_MS;
	struct entry heard;
	int rv;

	for (;;) {
		int64_t left = (int64_t)(deadline - clock_ms());

		if (left <= 0)
			return ERROR_TIMEOUT;
		if (poll(&in, 1, (int)left) <= 0)
			continue;
		rv = hear(names, &heard);
		if (rv == ERROR_CLOSED)
			return rv;
		if (rv < 0 || heard.number != names->number ||
		    heard.want == WANT_NOTHING)
			continue;
		*entry = heard;
		return heard.result;
	}
}

static int
ask_child(struct names *names, struct entry *entry)
{
	entry->number = ++names->number;
	if (send(names->fd, entry, sizeof(*entry),
		MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return errno == EAGAIN ? ERROR_TIMEOUT : ERROR_CLOSED;
	return hear_answer(names, entry);
}

static bool
same_question(const struct entry *a, const struct entry *b)
{
	return a->want == b->want &&
	       (a->want == WANT_LOGIN ? a->uid == b->uid
				      : strcmp(a->login, b->login) == 0);
}

/* NULL if the question was never answered. */
static struct cached *
find_cached(struct names *names, const struct entry *entry)
{
	for (size_t i = 0; i < CACHE_SIZE; i++) {
		struct cached *cached = &names->cache[i];

		if (cached->at != 0 && same_question(&cached->entry, entry))
			return cached;
	}
	return NULL;
}

static int
ask_unless_quiet(struct names *names, struct entry *entry, time_t now)
{
	int rv;

	if (now < names->quiet_until)
		return ERROR_TIMEOUT;
	rv = ask_child(names, entry);
	if (rv < 0 && rv != ERROR_NOT_FOUND)
		names->quiet_until = now + QUIET_TIME;
	return rv;
}

/*
 * What is not there is kept too, but no failure to find out; where the child
 * does not answer, an old answer is better than none.
 */
static int
ask(struct names *names, struct entry *entry)
{
	time_t now = (time_t)(clock_ms() / 1000) + 1;
	struct cached *cached = find_cached(names, entry);
	struct entry question = *entry;
	int rv;

	if (cached != NULL && now - cached->at < CACHE_TIME) {
		*entry = cached->entry;
		return entry->result;
	}
	rv = ask_unless_quiet(names, entry, now);
	if (rv < 0 && rv != ERROR_NOT_FOUND) {
		if (cached == NULL)
			return rv;
		*entry = cached->entry;
		return entry->result;
	}
	if (cached == NULL)
		cached = &names->cache[names->next++ % CACHE_SIZE];
	cached->entry = rv < 0 ? question : *entry;
	cached->entry.result = rv;
	cached->at = now;
	return rv;
}

bool
names_watch(struct names *names, unsigned *restarts)
{
	struct entry heard;

	while (!names->is_gone && hear(names, &heard) == 0)
		continue;
	*restarts = names->restarts;
	return !names->is_gone;
}

int
names_drop(struct names *names, uid_t uid, gid_t gid)
{
	struct entry entry = { .want = WANT_DROP, .uid = uid, .gid = gid };

	return ask_child(names, &entry);
}

int
names_login(struct names *names, uid_t uid, char *login, size_t size)
{
	struct entry entry = { .want = WANT_LOGIN, .uid = uid };
	int rv = ask(names, &entry);

	if (rv == 0 && strlen(entry.login) >= size)
		rv = ERROR_TOO_LONG;
	if (rv == 0)
		strcpy(login, entry.login);
	return rv;
}

int
names_uid(struct names *names, const char *login, uid_t *uid, gid_t *gid)
{
	struct entry entry = { .want = WANT_UID };
	int rv;

	if (strlen(login) >= sizeof(entry.login))
		return ERROR_NOT_FOUND;
	strcpy(entry.login, login);
	rv = ask(names, &entry);
	if (rv == 0) {
		*uid = entry.uid;
		*gid = entry.gid;
	}
	return rv;
}

int
names_groups(struct names *names, const char *login, uid_t *uid,
    gid_t groups[NAMES_GROUPS_MAX], size_t *count)
{
	struct entry entry = { .want = WANT_GROUPS };
	int rv;

	if (strlen(login) >= sizeof(entry.login))
		return ERROR_NOT_FOUND;
	strcpy(entry.login, login);
	rv = ask(names, &entry);
	if (rv < 0)
		return rv;
	*uid = entry.uid;
	if (entry.group_count == GROUPS_TOO_MANY)
		return ERROR_TOO_LONG;
	/* NSS plugins run in the child: its word is checked. */
	if (entry.group_count < 0 || entry.group_count > NAMES_GROUPS_MAX)
		return ERROR_MALFORMED;
	*count = (size_t)entry.group_count;
	memcpy(groups, entry.groups, *count * sizeof(*groups));
	return 0;
}

int
names_gid(struct names *names, const char *group, gid_t *gid)
{
	struct entry entry = { .want = WANT_GID };
	int rv;

	if (strlen(group) >= sizeof(entry.login))
		return ERROR_NOT_FOUND;
	strcpy(entry.login, group);
	rv = ask(names, &entry);
	if (rv == 0)
		*gid = entry.gid;
	return rv;
}
