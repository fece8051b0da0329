/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/roundtrip.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

ssize_t
roundtrip(
    const char *path, const void *out, size_t size, void *back, size_t room)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	ssize_t got = -1;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0 &&
	    send(fd, out, size, MSG_NOSIGNAL) == (ssize_t)size)
		got = recv(fd, back, room, 0);
	close(fd);
	return got;
}
