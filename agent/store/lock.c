/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/error.h"

#define LOCK_FILE "agent.lock"

struct store_lock {
	int fd;
};

static int
check_directory(int fd, const char *directory, char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ERROR_SYSTEM;
	if (st.st_uid != geteuid()) {
		snprintf(why, size,
		    "store directory %s belongs to uid %u: it must belong to "
		    "the agent's user, uid %u",
		    directory, st.st_uid, geteuid());
		return ERROR_INVALID;
	}
	if ((st.st_mode & 077) != 0) {
		snprintf(why, size,
		    "store directory %s has mode %04o: it must be open to its "
		    "owner only (chmod 0700)",
		    directory, st.st_mode & 07777U);
		return ERROR_INVALID;
	}
	return 0;
}

static int
open_directory(const char *directory, int *fd, char *why, size_t size)
{
	int rv;

	snprintf(why, size, "store directory %s cannot be used", directory);
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return ERROR_SYSTEM;
	*fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return ERROR_SYSTEM;
	rv = check_directory(*fd, directory, why, size);
	if (rv < 0)
		close(*fd);
	return rv;
}

static int
lock_file(int directory_fd, struct store_lock *lock, const char *directory,
    char *why, size_t size)
{
	lock->fd = openat(directory_fd, LOCK_FILE,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock->fd < 0)
		return ERROR_SYSTEM;
	if (flock(lock->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return ERROR_SYSTEM;
	snprintf(why, size,
	    "another apitokend uses the store %s: stop it first", directory);
	return ERROR_INVALID;
}

int
store_lock(const char *directory, struct store_lock **lock, bool *unclean,
    char *why, size_t size)
{
	struct store_lock *taken = calloc(1, sizeof(*taken));
	int directory_fd = -1;
	struct stat st;
	int rv = ERROR_MEMORY;

	if (taken == NULL)
		return rv;
	taken->fd = -1;
	rv = open_directory(directory, &directory_fd, why, size);
	if (rv < 0)
		goto out;
	rv = lock_file(directory_fd, taken, directory, why, size);
	if (rv < 0)
		goto out;
	rv = ERROR_SYSTEM;
	if (fstat(taken->fd, &st) < 0)
		goto out;
	*unclean = st.st_size > 0;
	/* On the disk before the first change is. */
	if (pwrite(taken->fd, "running\n", 8, 0) != 8 || fsync(taken->fd) < 0 ||
	    fsync(directory_fd) < 0)
		goto out;
	*lock = taken;
	taken = NULL;
	rv = 0;
out:
	if (directory_fd >= 0)
		close(directory_fd);
	store_unlock(taken, false);
	return rv;
}

void
store_unlock(struct store_lock *lock, bool clean)
{
	if (lock == NULL)
		return;
	if (clean && ftruncate(lock->fd, 0) == 0)
		fdatasync(lock->fd);
	if (lock->fd >= 0)
		close(lock->fd);
	free(lock);
}
