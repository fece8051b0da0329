/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that make descriptors, wait and move bytes. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/faults/faultcall.h"

extern ssize_t __read_chk(int fd, void *data, size_t size, size_t room);

static const int fd_errors[ERRORS_MAX] = { EMFILE, ENOMEM };

EXPORT int
socket(int family, int type, int protocol)
{
	return fault_fails(FAULT_CALLS, fd_errors)
		   ? -1
		   : (int)syscall(SYS_socket, family, type, protocol);
}

EXPORT int
accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	static const int errors[ERRORS_MAX] = { EMFILE, ECONNABORTED, EINTR,
		EAGAIN, ENOMEM };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : (int)syscall(SYS_accept4, fd, address, size, flags);
}

EXPORT int
eventfd(unsigned count, int flags)
{
	int fd = fault_fails(FAULT_CALLS, fd_errors)
		     ? -1
		     : (int)syscall(SYS_eventfd2, count, flags);

	fault_set_wake(fd, fd >= 0);
	return fd;
}

EXPORT int
epoll_create1(int flags)
{
	return fault_fails(FAULT_CALLS, fd_errors)
		   ? -1
		   : (int)syscall(SYS_epoll_create1, flags);
}

EXPORT int
pipe2(int ends[2], int flags)
{
	return fault_fails(FAULT_CALLS, fd_errors)
		   ? -1
		   : (int)syscall(SYS_pipe2, ends, flags);
}

EXPORT int
socketpair(int family, int type, int protocol, int ends[2])
{
	return fault_fails(FAULT_CALLS, fd_errors)
		   ? -1
		   : (int)syscall(SYS_socketpair, family, type, protocol, ends);
}

/* What waits and moves bytes. */

static const int read_errors[ERRORS_MAX] = { EIO, EINTR, EAGAIN, ECONNRESET,
	ENOMEM };

EXPORT ssize_t
read(int fd, void *data, size_t size)
{
	if (!fault_is_wake(fd) && fault_fails(FAULT_CALLS, read_errors)) {
		if (!fault_is_short(size))
			return -1;
		size /= 2;
	}
	return syscall(SYS_read, fd, data, size);
}

EXPORT ssize_t
__read_chk(int fd, void *data, size_t size, size_t room)
{
	return size > room ? (abort(), -1) : read(fd, data, size);
}

EXPORT ssize_t
pread(int fd, void *data, size_t size, off_t offset)
{
	if (fault_fails(FAULT_CALLS, read_errors)) {
		if (!fault_is_short(size))
			return -1;
		size /= 2;
	}
	return syscall(SYS_pread64, fd, data, size, offset);
}

EXPORT ssize_t
pread64(int fd, void *data, size_t size, off_t offset)
{
	return pread(fd, data, size, offset);
}

EXPORT ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	return fault_fails(FAULT_CALLS, read_errors)
		   ? -1
		   : syscall(SYS_recvmsg, fd, message, flags);
}

EXPORT ssize_t
recv(int fd, void *data, size_t size, int flags)
{
	return fault_fails(FAULT_CALLS, read_errors)
		   ? -1
		   : syscall(SYS_recvfrom, fd, data, size, flags, NULL, NULL);
}

EXPORT ssize_t
send(int fd, const void *data, size_t size, int flags)
{
	static const int errors[ERRORS_MAX] = { ECONNRESET, EINTR, EAGAIN,
		ENOMEM, EPIPE };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : syscall(SYS_sendto, fd, data, size, flags, NULL, 0);
}

EXPORT ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	static const int errors[ERRORS_MAX] = { ECONNRESET, EINTR, EAGAIN,
		ENOMEM, EPIPE };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : syscall(SYS_sendmsg, fd, message, flags);
}

EXPORT ssize_t
sendto(int fd, const void *data, size_t size, int flags,
    const struct sockaddr *to, socklen_t to_size)
{
	static const int errors[ERRORS_MAX] = { ECONNRESET, EINTR, EAGAIN,
		ENOMEM, EPIPE };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : syscall(SYS_sendto, fd, data, size, flags, to, to_size);
}

EXPORT int
poll(struct pollfd *fds, nfds_t count, int timeout)
{
	static const int errors[ERRORS_MAX] = { EINTR, ENOMEM };

	return fault_fails(FAULT_WAITS, errors)
		   ? -1
		   : (int)syscall(SYS_poll, fds, count, timeout);
}

EXPORT int
epoll_wait(int fd, struct epoll_event *events, int count, int timeout)
{
	static const int errors[ERRORS_MAX] = { EINTR };

	return fault_fails(FAULT_WAITS, errors)
		   ? -1
		   : (int)syscall(SYS_epoll_wait, fd, events, count, timeout);
}

EXPORT int
epoll_ctl(int fd, int what, int other, struct epoll_event *event)
{
	static const int errors[ERRORS_MAX] = { ENOMEM, ENOSPC };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : (int)syscall(SYS_epoll_ctl, fd, what, other, event);
}

EXPORT int
getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	static const int errors[ERRORS_MAX] = { ENOMEM, ENOTCONN };

	return fault_fails(FAULT_CALLS, errors)
		   ? -1
		   : (int)syscall(SYS_getsockopt, fd, level, name, value, size);
}
