/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/error.h"

#define PASSED_FIRST 3 /* SD_LISTEN_FDS_START */
#define BACKLOG	     4096

static const struct {
	const char *name; /* FileDescriptorName of the socket unit */
	size_t path;	  /* in struct config; empty: no such socket */
	int type;
	mode_t mode;
	bool is_groups; /* for saslauthd_gid; else the agent's own group */
} rows[LISTENER_COUNT] = {
	[LISTENER_AUTH] = { "auth", offsetof(struct config, auth_socket),
	    SOCK_SEQPACKET, 0600, false },
	[LISTENER_USER] = { "user", offsetof(struct config, user_socket),
	    SOCK_SEQPACKET, 0666, false },
	[LISTENER_SASLAUTHD] = { "saslauthd",
	    offsetof(struct config, saslauthd_socket), SOCK_STREAM, 0660,
	    true },
	[LISTENER_ADMIN] = { "admin", offsetof(struct config, admin_socket),
	    SOCK_SEQPACKET, 0666, false },
};

static const char *
row_path(const struct config *config, enum listener i)
{
	return (const char *)config + rows[i].path;
}

static int
row_of_name(const char *name, size_t size)
{
	for (int i = 0; i < LISTENER_COUNT; i++)
		if (strlen(rows[i].name) == size &&
		    strncmp(rows[i].name, name, size) == 0)
			return i;
	return -1;
}

/* Whether it is a listening socket of AF_UNIX and of that type. */
static bool
is_listener(int fd, int wanted)
{
	int type = 0;
	int domain = 0;
	int listening = 0;
	socklen_t size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ==
		   0 &&
	       type == wanted && domain == AF_UNIX && listening == 1;
}

static int
take_one(struct listeners *listeners, int fd, const char *name, size_t length,
    char *why, size_t size)
{
	int i = row_of_name(name, length);

	if (i < 0 || listeners->fd[i] >= 0 || !is_listener(fd, rows[i].type)) {
		snprintf(why, size,
		    "socket %.*s was passed in: it must be a listening "
		    "sequential-packet socket named auth, user or admin, or a "
		    "listening stream socket named saslauthd",
		    (int)length, name);
		return ERROR_INVALID;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	listeners->fd[i] = fd;
	return 0;
}

/* sd_listen_fds(3): the variables are for the process that they name. */
static int
take_passed(struct listeners *listeners, char *why, size_t size)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	const char *name = getenv("LISTEN_FDNAMES");
	long fds = count != NULL ? strtol(count, NULL, 10) : 0;
	int rv = 0;

	if (pid == NULL || strtol(pid, NULL, 10) != (long)getpid())
		return 0;
	for (int i = 0; i < fds && rv == 0; i++) {
		size_t length = name != NULL ? strcspn(name, ":") : 0;

		rv = take_one(listeners, PASSED_FIRST + i,
		    name != NULL ? name : "", length, why, size);
		if (name != NULL)
			name += length + (name[length] == ':');
	}
	return rv;
}

static int
set_address(const char *path, struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(address->sun_path))
		return ERROR_TOO_LONG;
	strcpy(address->sun_path, path);
	return 0;
}

/* The folder of a socket, where it is missing; the last level only. */
static void
make_folder(const char *path)
{
	char folder[CONFIG_PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = '\0';
	if (mkdir(folder, 0755) == 0 && chmod(folder, 0755) < 0)
		return;
}

/* A socket that an agent left behind when it was killed. */
static int
remove_stale(const char *path, const struct sockaddr_un *address, int type,
    char *why, size_t size)
{
	struct stat st;
	int fd;
	int connected;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : ERROR_SYSTEM;
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(why, size,
		    "%s is there already and is no socket: remove it", path);
		return ERROR_INVALID;
	}
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERROR_SYSTEM;
	connected = connect(
	    fd, (const struct sockaddr *)address, sizeof(*address));
	if (connected < 0 && errno == ECONNREFUSED)
		connected = unlink(path);
	else
		connected = 1;
	close(fd);
	if (connected == 0)
		return 0;
	snprintf(why, size,
	    "somebody listens on %s already: stop that agent first", path);
	return ERROR_INVALID;
}

/* The file gets its mode and group at once: nobody finds it with others, and
 * no path is looked up again to change it. */
static int
bind_with(int fd, const struct sockaddr_un *address, mode_t mode, gid_t gid)
{
	mode_t mask = umask(0);
	gid_t group = (gid_t)setfsgid(gid);
	int rv = fchmod(fd, mode);

	if (rv == 0)
		rv = bind(
		    fd, (const struct sockaddr *)address, sizeof(*address));
	setfsgid(group);
	umask(mask);
	return rv;
}

/* A user may be kept from giving a file away, and a setgid folder gives its
 * own group. */
static int
check_group(const char *path, gid_t gid, char *why, size_t size)
{
	struct stat st;

	if (lstat(path, &st) == 0 && st.st_gid == gid)
		return 0;
	snprintf(why, size,
	    "%s does not get group %u: start the agent as root or as a member "
	    "whose own group it is, and put the socket into a folder that is "
	    "not setgid",
	    path, gid);
	unlink(path);
	return ERROR_INVALID;
}

static int
make_listener(enum listener i, const char *path, gid_t gid, int *made,
    char *why, size_t size)
{
	struct sockaddr_un address;
	int fd = -1;
	int rv;

	snprintf(why, size, "cannot listen on %s", path);
	if (set_address(path, &address) < 0)
		return ERROR_INVALID;
	make_folder(path);
	rv = remove_stale(path, &address, rows[i].type, why, size);
	if (rv < 0)
		return rv;
	fd = socket(AF_UNIX, rows[i].type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERROR_SYSTEM;
	if (bind_with(fd, &address, rows[i].mode, gid) < 0) {
		snprintf(why, size, "cannot listen on %s: %s", path,
		    strerror(errno));
		rv = ERROR_INVALID;
		goto out;
	}
	if (rows[i].is_groups)
		rv = check_group(path, gid, why, size);
	if (rv == 0 && listen(fd, BACKLOG) < 0)
		rv = ERROR_SYSTEM;
out:
	if (rv < 0)
		close(fd);
	else
		*made = fd;
	return rv;
}

/* Those that were not passed and have a path. */
static int
make_missing(const struct config *config, struct listeners *listeners,
    char *why, size_t size)
{
	int rv = 0;

	for (int i = 0; i < LISTENER_COUNT && rv == 0; i++) {
		const char *path = row_path(config, (enum listener)i);
		gid_t gid = rows[i].is_groups ? config->saslauthd_gid
					      : getegid();

		if (listeners->fd[i] < 0 && path[0] != '\0')
			rv = make_listener((enum listener)i, path, gid,
			    &listeners->fd[i], why, size);
	}
	return rv;
}

int
listeners_open(const struct config *config, struct listeners *listeners,
    char *why, size_t size)
{
	int rv;

	for (int i = 0; i < LISTENER_COUNT; i++)
		listeners->fd[i] = -1;
	rv = take_passed(listeners, why, size);
	if (rv == 0)
		rv = make_missing(config, listeners, why, size);
	if (rv < 0)
		listeners_close(listeners);
	return rv;
}

void
listeners_close(struct listeners *listeners)
{
	for (int i = 0; i < LISTENER_COUNT; i++) {
		if (listeners->fd[i] >= 0)
			close(listeners->fd[i]);
		listeners->fd[i] = -1;
	}
}
