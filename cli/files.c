/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
files_open_folder(const char *path)
{
	char *copy = strdup(path);
	int fd = -1;
	int reason;

	if (copy != NULL)
		fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	reason = errno;
	free(copy);
	errno = reason;
	return fd;
}

int
files_sync_folder(const char *path)
{
	int fd = files_open_folder(path);
	int result, reason;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	reason = errno;
	(void)close(fd);
	errno = reason;
	return result;
}
