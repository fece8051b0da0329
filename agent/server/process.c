/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"

#ifndef SO_PEERPIDFD /* of Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

#define PROCESS_IS_KERNEL 0x00200000 /* PF_KTHREAD */

/* A whole small file as a text; -1 if it cannot be read or is larger. */
static ssize_t
file_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;

	if (fd >= 0) {
		got = read(fd, text, size);
		close(fd);
	}
	if (got < 0 || (size_t)got == size)
		got = -1;
	text[got < 0 ? 0 : got] = '\0';
	return got;
}

static uint32_t
read_audit(pid_t pid)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "/proc/%d/sessionid", pid);
	if (file_read(path, text, sizeof(text)) <= 0)
		return UINT32_MAX;
	return (uint32_t)strtoul(text, NULL, 10);
}

/* What is behind the name, which may hold anything: see proc(5). */
static bool
parse_stat(const char *text, struct process *process)
{
	const char *rest = strrchr(text, ')');
	unsigned long long started;
	unsigned flags;
	int parent, leader;

	if (rest == NULL ||
	    sscanf(rest + 1,
		" %*c %d %*d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d "
		"%*d %*d %*d %*d %llu",
		&parent, &leader, &flags, &started) != 4)
		return false;
	process->parent = parent;
	process->leader = leader;
	process->is_kernel = (flags & PROCESS_IS_KERNEL) != 0;
	process->started = started;
	return true;
}

int
process_read(pid_t pid, struct process *process)
{
	struct process seen = { .pid = pid };
	char path[64], text[1024];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (pid <= 0 || file_read(path, text, sizeof(text)) <= 0 ||
	    !parse_stat(text, &seen))
		return ERROR_NOT_FOUND;
	seen.audit = read_audit(pid);
	*process = seen;
	return 0;
}

/* "session-12.scope" is all that pam_systemd makes. */
static bool
is_session_scope(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t size = name != NULL ? strlen(++name) : 0;

	return size > 14 && strncmp(name, "session-", 8) == 0 &&
	       strcmp(name + size - 6, ".scope") == 0 &&
	       strstr(path, "/../") == NULL;
}

void
process_scope(pid_t pid, char *scope, size_t size)
{
	char path[64], text[4096];
	char *rest = text;
	char *line;

	scope[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (file_read(path, text, sizeof(text)) <= 0)
		return;
	/* "0::/path", or of version 1 "1:name=systemd:/path". */
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *at = strchr(line, ':');

		at = at != NULL ? strchr(at + 1, ':') : NULL;
		if (at == NULL || (strncmp(line, "0::", 3) != 0 &&
				      strstr(line, ":name=systemd:") == NULL))
			continue;
		if (is_session_scope(at + 1) && strlen(at + 1) < size)
			strcpy(scope, at + 1);
	}
}

void
process_each_of_scope(
    const char *scope, void (*found)(void *arg, pid_t pid), void *arg)
{
	static const char *const roots[] = { "/sys/fs/cgroup",
		"/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd" };
	char path[512];
	FILE *file = NULL;
	int pid;

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		snprintf(
		    path, sizeof(path), "%s%s/cgroup.procs", roots[i], scope);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		while (fscanf(file, "%d", &pid) == 1)
			found(arg, pid);
		fclose(file);
		return;
	}
}

static int
open_pid(pid_t pid, int *pidfd)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return errno == ESRCH || errno == EINVAL ? ERROR_NOT_FOUND
							 : ERROR_SYSTEM;
	*pidfd = fd;
	return 0;
}

int
process_open(const struct process *process, int *pidfd)
{
	struct process now;
	int fd;
	int rv = open_pid(process->pid, &fd);

	if (rv < 0)
		return rv;
	/* The pidfd holds on to whatever it is: that must be the same one. */
	if (process_read(process->pid, &now) < 0 ||
	    now.started != process->started) {
		close(fd);
		return ERROR_NOT_FOUND;
	}
	*pidfd = fd;
	return 0;
}

/* Whoever waits for an answer has neither closed nor said more. */
static bool
is_waiting(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	       errno == EAGAIN;
}

int
process_of_peer(int fd, pid_t pid, int *pidfd)
{
	socklen_t size = sizeof(*pidfd);
	struct process before, after;
	int opened = -1;
	int rv;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &opened, &size) == 0) {
		*pidfd = opened;
		return 0;
	}
	/* An older kernel: a pid is not reused while its process waits. */
	if (process_read(pid, &before) < 0)
		return ERROR_NOT_FOUND;
	rv = open_pid(pid, &opened);
	if (rv < 0)
		return rv;
	if (!is_waiting(fd) || process_read(pid, &after) < 0 ||
	    before.started != after.started) {
		close(opened);
		return ERROR_NOT_FOUND;
	}
	*pidfd = opened;
	return 0;
}

int
process_signal(int pidfd, int number)
{
	if (syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0) == 0)
		return 0;
	return errno == ESRCH ? ERROR_NOT_FOUND : ERROR_SYSTEM;
}

bool
process_has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents != 0;
}

void
process_boot(uint8_t boot[16])
{
	char text[64];
	unsigned value;
	size_t at = 0;

	memset(boot, 0, 16);
	if (file_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) <
	    36)
		return;
	for (const char *c = text; at < 16 && *c != '\0'; c++)
		if (*c != '-' && sscanf(c++, "%2x", &value) == 1)
			boot[at++] = (uint8_t)value;
}
