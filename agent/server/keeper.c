/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/keeper.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"

#define NSS_BUFFER   16384
#define GROUP_BUFFER 262144 /* its members are looked up with it */

/* Seconds that a plugin may hang in the child before that one is given up. */
#define HANG_TIME 30

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
answer_gid(struct entry *entry)
{
	static char buffer[GROUP_BUFFER];
	struct group *found = NULL;
	struct group space;

	entry->login[sizeof(entry->login) - 1] = '\0';
	getgrnam_r(entry->login, &space, buffer, sizeof(buffer), &found);
	entry->result = found == NULL ? ERROR_NOT_FOUND : 0;
	if (found != NULL)
		entry->gid = found->gr_gid;
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
	case WANT_GID:
		answer_gid(entry);
		break;
	case WANT_DROP:
	case WANT_NOTHING:
		break;
	}
}

/* Answers until the agent ends: its end of the socket is then closed. */
static _Noreturn void
keeper_child(int fd, pid_t keeper)
{
	struct entry entry;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(1);
	while (recv(fd, &entry, sizeof(entry), MSG_PEEK) == sizeof(entry)) {
		if (entry.want == WANT_DROP)
			_exit(0);
		if (recv(fd, &entry, sizeof(entry), 0) != sizeof(entry))
			break;
		alarm(HANG_TIME);
		answer_entry(&entry);
		alarm(0);
		if (send(fd, &entry, sizeof(entry), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

/* Where a drop is asked for, the keeper drops, and not its child: those that
 * follow are born so.  Whether that was it. */
static bool
keeper_drop(int fd, struct entry *entry)
{
	if (entry->want != WANT_DROP ||
	    recv(fd, entry, sizeof(*entry), MSG_DONTWAIT) != sizeof(*entry))
		return false;
	entry->result = drop_to(entry);
	(void)!send(fd, entry, sizeof(*entry), MSG_NOSIGNAL | MSG_DONTWAIT);
	return true;
}

static void
wait_for(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		continue;
}

/* One child, from its birth to its death; false once the agent has ended. */
static bool
keeper_round(int fd, pid_t keeper)
{
	struct entry entry = { .want = WANT_NOTHING };
	pid_t child = fork();
	ssize_t got;

	if (child == 0)
		keeper_child(fd, keeper);
	if (child > 0)
		wait_for(child);
	got = recv(fd, &entry, sizeof(entry), MSG_PEEK | MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN))
		return false;
	if (got == sizeof(entry) && keeper_drop(fd, &entry))
		return true;
	/* No child could take what is no question out of the way. */
	if (got > 0 && got != sizeof(entry))
		(void)!recv(fd, &entry, sizeof(entry), MSG_DONTWAIT);
	entry = (struct entry) { .want = WANT_NOTHING };
	(void)!send(fd, &entry, sizeof(entry), MSG_NOSIGNAL | MSG_DONTWAIT);
	/* A child that cannot live is not made as fast as it dies. */
	sleep(1);
	return true;
}

/*
 * A service manager may have given the agent the right to end anybody's
 * processes: it is not for plugins.  Root's keeper loses all with the drop.
 */
static void
give_up_capabilities(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	const struct __user_cap_data_struct none[2] = { 0 };

	/* What is not permitted is not ambient either. */
	if (geteuid() != 0 && syscall(SYS_capset, &header, none) < 0)
		_exit(1);
}

void
keeper_run(int fd)
{
	const pid_t self = getpid();

	/* Nothing of what the agent was given, sockets from systemd included. */
	if (fd != STDERR_FILENO + 1)
		fd = dup2(fd, STDERR_FILENO + 1);
	close_range(STDERR_FILENO + 2, ~0U, 0);
	prctl(PR_SET_NAME, "apitokend-names");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	give_up_capabilities();
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (keeper_round(fd, self))
		continue;
	_exit(0);
}
