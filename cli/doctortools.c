/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/doctor.h"

#define RUN_LIMIT_MS 10000

extern char **environ;

/* Anybody may write there, but only to what is their own. */
static bool
is_shared(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;
}

/* What decides about a service's logins is root's; what the agent has may be
 * its own, or that of whoever tries it out. */
static bool
is_ours(const struct doctor *d, uid_t uid)
{
	const struct passwd *user;

	if (uid == 0)
		return true;
	if (d->service != NULL)
		return d->root[0] != '\0' && uid == geteuid();
	if (uid == geteuid())
		return true;
	user = getpwnam(d->config.user);
	return user != NULL && user->pw_uid == uid;
}

/* One part of a path; false if it could not be looked at. */
static bool
part_trusts(struct doctor *d, const char *path, bool last)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (last && (errno == ENOENT || errno == ENOTDIR))
			return false;
		doctor_say(d, DOCTOR_UNKNOWN, "%s cannot be looked at: %s",
		    path, strerror(errno));
		return false;
	}
	if (!is_ours(d, st.st_uid)) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s belongs to uid %u, who may change what is there", path,
		    (unsigned)st.st_uid);
		doctor_mend(d, "chown root: %s", path);
	} else if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 && !is_shared(&st) &&
		   !S_ISSOCK(st.st_mode)) {
		doctor_say(d, DOCTOR_WRONG,
		    "%s has mode %04o: others may change what is there", path,
		    (unsigned)st.st_mode & 07777U);
		doctor_mend(d, "chmod go-w %s", path);
	}
	return true;
}

bool
doctor_misses(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

bool
doctor_trusts(struct doctor *d, const char *path)
{
	char part[DOCTOR_PATH];
	size_t root = strlen(d->root);
	size_t at = strncmp(path, d->root, root) == 0 ? root : 0;

	if (strlen(path) >= sizeof(part))
		return false;
	/* What lies above --root is not what is looked at. */
	for (at++; path[at] != '\0'; at++) {
		if (path[at] != '/')
			continue;
		memcpy(part, path, at);
		part[at] = '\0';
		if (!part_trusts(d, part, false))
			return false;
	}
	return part_trusts(d, path, true);
}

/* Milliseconds until the deadline, from 0. */
static int
time_left(const struct timespec *begun)
{
	struct timespec now;
	long passed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (now.tv_sec - begun->tv_sec) * 1000 +
		 (now.tv_nsec - begun->tv_nsec) / 1000000;
	return passed >= RUN_LIMIT_MS ? 0 : (int)(RUN_LIMIT_MS - passed);
}

/* To the end of file, or of the time; what does not fit is dropped. */
static bool
read_said(int fd, char *said, size_t size)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	struct timespec begun;
	char rest[512];
	size_t at = 0;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	for (;;) {
		bool full = at == size - 1;
		ssize_t n;

		if (poll(&in, 1, time_left(&begun)) == 0)
			break;
		n = read(fd, full ? rest : said + at,
		    full ? sizeof(rest) : size - 1 - at);
		if (n == 0 || (n < 0 && errno != EINTR)) {
			said[at] = '\0';
			return n == 0;
		}
		if (n > 0 && !full)
			at += (size_t)n;
	}
	said[at] = '\0';
	return false;
}

static int
spawn(char *const *argv, int out, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_addopen(
	    &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(
		    &actions, out, STDOUT_FILENO);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(
		    &actions, out, STDERR_FILENO);
	if (error == 0)
		error = posix_spawn(
		    child, argv[0], &actions, NULL, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

int
doctor_run(char *const *argv, char *said, size_t size)
{
	int out[2], status = -1, error;
	pid_t child;
	bool ended;

	said[0] = '\0';
	if (pipe2(out, O_CLOEXEC) != 0)
		return -1;
	error = spawn(argv, out[1], &child);
	(void)close(out[1]);
	if (error != 0) {
		(void)close(out[0]);
		return -1;
	}
	ended = read_said(out[0], said, size);
	(void)close(out[0]);
	if (!ended)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		continue;
	return ended && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
