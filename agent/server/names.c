/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/names.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"
#include "common/message.h"

#define ANSWER_MS  1000
#define CACHE_SIZE 64
#define CACHE_TIME 60 /* seconds */
#define NSS_BUFFER 16384

/* After the child did not answer, seconds until it is asked again: whoever
 * waits for a name makes everybody else wait. */
#define QUIET_TIME 5

/* In the place of a count: more than fit. */
#define GROUPS_TOO_MANY (-1)

enum want {
	WANT_LOGIN,
	WANT_UID,
	WANT_GROUPS,
	WANT_DROP,
};

/* Both ways: the child fills in what was asked for. */
struct entry {
	uint32_t number; /* of the question; a late answer has an old one */
	enum want want;
	int result;
	uid_t uid;
	gid_t gid;
	char login[LOGIN_MAX + 1];
	int group_count;
	gid_t groups[NAMES_GROUPS_MAX];
};

struct cached {
	struct entry entry;
	time_t at; /* CLOCK_MONOTONIC, seconds; 0: empty */
};

struct names {
	int fd;
	pid_t pid;
	uint32_t number;
	struct cached cache[CACHE_SIZE];
	size_t next;	    /* to be replaced */
	time_t quiet_until; /* CLOCK_MONOTONIC, seconds */
};

static int
set_entry(struct entry *entry, const struct passwd *found)
{
	if (found == NULL)
		return ERROR_NOT_FOUND;
	if (strlen(found->pw_name) >= sizeof(entry->login))
		return ERROR_TOO_LONG;
	entry->uid = found->pw_uid;
	entry->gid = found->pw_gid;
	strcpy(entry->login, found->pw_name);
	return 0;
}

static int
drop_to(const struct entry *entry)
{
	if (setgroups(0, NULL) < 0 ||
	    setresgid(entry->gid, entry->gid, entry->gid) < 0 ||
	    setresuid(entry->uid, entry->uid, entry->uid) < 0)
		return ERROR_SYSTEM;
	return 0;
}

static void
set_groups(struct entry *entry, const struct passwd *found)
{
	entry->group_count = NAMES_GROUPS_MAX;
	if (getgrouplist(found->pw_name, found->pw_gid, entry->groups,
		&entry->group_count) < 0)
		entry->group_count = GROUPS_TOO_MANY;
}

static void
answer_entry(struct entry *entry)
{
	char buffer[NSS_BUFFER];
	struct passwd *found = NULL;
	struct passwd space;

	switch (entry->want) {
	case WANT_LOGIN:
		getpwuid_r(entry->uid, &space, buffer, sizeof(buffer), &found);
		entry->result = set_entry(entry, found);
		break;
	case WANT_UID:
		entry->login[sizeof(entry->login) - 1] = '\0';
		getpwnam_r(
		    entry->login, &space, buffer, sizeof(buffer), &found);
		entry->result = set_entry(entry, found);
		break;
	case WANT_GROUPS:
		entry->login[sizeof(entry->login) - 1] = '\0';
		getpwnam_r(
		    entry->login, &space, buffer, sizeof(buffer), &found);
		entry->result = set_entry(entry, found);
		if (entry->result == 0)
			set_groups(entry, found);
		break;
	case WANT_DROP:
		entry->result = drop_to(entry);
		break;
	}
}

/* Ends when the agent does: its end of the socket is then closed. */
static _Noreturn void
names_child(int fd)
{
	struct entry entry;

	/* Nothing of what the agent was given, sockets from systemd included. */
	if (fd != STDERR_FILENO + 1)
		fd = dup2(fd, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	prctl(PR_SET_NAME, "apitokend-names");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (recv(fd, &entry, sizeof(entry), 0) == sizeof(entry)) {
		answer_entry(&entry);
		if (send(fd, &entry, sizeof(entry), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

int
names_start(struct names **names)
{
	struct names *started = calloc(1, sizeof(*started));
	int ends[2];

	if (started == NULL)
		return ERROR_MEMORY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		goto out;
	started->pid = fork();
	if (started->pid == 0) {
		close(ends[0]);
		names_child(ends[1]);
	}
	close(ends[1]);
	started->fd = ends[0];
	if (started->pid < 0) {
		close(ends[0]);
		goto out;
	}
	*names = started;
	return 0;
out:
	free(started);
	return ERROR_SYSTEM;
}

void
names_stop(struct names *names)
{
	if (names == NULL)
		return;
	close(names->fd);
	kill(names->pid, SIGKILL);
	waitpid(names->pid, NULL, 0);
	free(names);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the answer with that number; older ones are thrown away. */
static int
hear_answer(struct names *names, struct entry *entry)
{
	struct pollfd in = { .fd = names->fd, .events = POLLIN };
	int64_t deadline = now_ms() + ANSWER_MS;
	struct entry heard;

	for (;;) {
		int64_t left = deadline - now_ms();

		if (left <= 0)
			return ERROR_TIMEOUT;
		if (poll(&in, 1, (int)left) <= 0)
			continue;
		if (recv(names->fd, &heard, sizeof(heard), MSG_DONTWAIT) !=
		    sizeof(heard))
			return ERROR_CLOSED;
		if (heard.number != names->number)
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
	time_t now = (time_t)(now_ms() / 1000) + 1;
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
