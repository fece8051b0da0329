/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/client.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/error.h"

/*
 * The socket stays blocking and the kernel keeps the time: a non-blocking
 * connect(2) to a full queue gives EAGAIN and leaves nothing to poll(2) for.
 * A wait that a signal cut short begins again with what is left of the
 * deadline, so signals neither shorten it nor stretch it.
 */

#define USEC_PER_SEC  INT64_C(1000000)
#define USEC_PER_MSEC 1000
#define NSEC_PER_USEC 1000

/* Microseconds on CLOCK_MONOTONIC. */
static int64_t
now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / NSEC_PER_USEC;
}

/* Limits what blocks next; ERROR_TIMEOUT once there is nothing left. */
static int
set_timeout(int fd, int option, int64_t deadline)
{
	const int64_t left = deadline - now_usec();
	const struct timeval timeout = {
		.tv_sec = (time_t)(left / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(left % USEC_PER_SEC),
	};

	if (left <= 0)
		return ERROR_TIMEOUT;
	if (setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof(timeout)) != 0)
		return ERROR_SYSTEM;
	return 0;
}

/* Not the end yet: a signal, or the kernel's clock being a tick ahead. */
static bool
is_again(int error)
{
	return error == EINTR || error == EAGAIN;
}

static int
connect_error(int error)
{
	static const int unreachable[] = { ENOENT, ECONNREFUSED, ENOTSOCK,
		EPROTOTYPE, EACCES, ENOTDIR, ELOOP };

	for (size_t i = 0; i < sizeof(unreachable) / sizeof(unreachable[0]);
	     i++)
		if (error == unreachable[i])
			return ERROR_UNREACHABLE;
	return ERROR_SYSTEM;
}

static int
packet_error(int error)
{
	return error == ECONNRESET || error == EPIPE ? ERROR_CLOSED
						     : ERROR_SYSTEM;
}

static int
connect_until(int fd, const char *path, int64_t deadline)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int error;

	memcpy(address.sun_path, path, strlen(path) + 1);
	do {
		error = set_timeout(fd, SO_SNDTIMEO, deadline);
		if (error != 0)
			return error;
		if (connect(fd, (const struct sockaddr *)&address,
			sizeof(address)) == 0)
			return 0;
	} while (is_again(errno));
	return connect_error(errno);
}

/* The kernel tells who called listen(2), whoever holds the socket now. */
static int
check_listener(int fd, uid_t uid)
{
	struct ucred listener;
	socklen_t size = sizeof(listener);

	if (uid == CLIENT_ANY_UID)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &size) != 0)
		return ERROR_SYSTEM;
	return listener.uid == uid ? 0 : ERROR_UNTRUSTED;
}

/*
 * The first packet of a connection waits for nobody's queue; the timeout that
 * connect_until() left behind is for a kernel that thinks otherwise.
 */
static int
send_until(int fd, const struct msghdr *packet, int64_t deadline)
{
	int error;

	while (sendmsg(fd, packet, MSG_NOSIGNAL) < 0) {
		if (!is_again(errno))
			return packet_error(errno);
		error = set_timeout(fd, SO_SNDTIMEO, deadline);
		if (error != 0)
			return error;
	}
	return 0;
}

/* The request, and the file unless it is negative, as one packet. */
static int
send_request(int fd, struct span request, int file, int64_t deadline)
{
	union {
		const uint8_t *from;
		void *to;
	} data = { request.data };
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	struct iovec bytes = { data.to, request.size };
	struct msghdr packet = { .msg_iov = &bytes, .msg_iovlen = 1 };

	if (file >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(file));
		memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
		packet.msg_control = &control;
		packet.msg_controllen = sizeof(control);
	}
	return send_until(fd, &packet, deadline);
}

static int
receive_until(int fd, void *reply, size_t size, size_t *got, int64_t deadline)
{
	ssize_t received;
	int error;

	do {
		error = set_timeout(fd, SO_RCVTIMEO, deadline);
		if (error != 0)
			return error;
		/* With MSG_TRUNC it is the packet's size, cut or not. */
		received = recv(fd, reply, size, MSG_TRUNC);
	} while (received < 0 && is_again(errno));
	if (received < 0)
		return packet_error(errno);
	if (received == 0)
		return ERROR_CLOSED;
	if ((size_t)received > size)
		return ERROR_MALFORMED;
	*got = (size_t)received;
	return 0;
}

static int
check_arguments(
    const struct client *client, struct span request, unsigned timeout_max)
{
	const struct sockaddr_un address;
	const size_t size = strlen(client->path);

	errno = size < sizeof(address.sun_path) ? EINVAL : ENAMETOOLONG;
	/* An empty path would name an abstract socket. */
	if (size == 0 || size >= sizeof(address.sun_path))
		return ERROR_INVALID;
	if (client->timeout_ms == 0 || client->timeout_ms > timeout_max ||
	    span_empty(request))
		return ERROR_INVALID;
	return 0;
}

static int
ask(const struct client *client, struct span request, int file, void *reply,
    size_t size, size_t *got)
{
	const int64_t deadline = now_usec() +
				 (int64_t)client->timeout_ms * USEC_PER_MSEC;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int error, reason;

	if (fd < 0)
		return ERROR_SYSTEM;
	error = connect_until(fd, client->path, deadline);
	if (error == 0)
		error = check_listener(fd, client->listener_uid);
	if (error == 0)
		error = send_request(fd, request, file, deadline);
	if (error == 0)
		error = receive_until(fd, reply, size, got, deadline);
	reason = errno;
	close(fd);
	errno = reason;
	return error;
}

int
client_ask(const struct client *client, struct span request, void *reply,
    size_t size, size_t *got)
{
	int error = check_arguments(client, request, CLIENT_TIMEOUT_MAX);

	return error != 0 ? error : ask(client, request, -1, reply, size, got);
}

int
client_ask_file(const struct client *client, struct span request, int fd,
    void *reply, size_t size, size_t *got)
{
	int error = check_arguments(client, request, CLIENT_FILE_TIMEOUT);

	return error != 0 ? error : ask(client, request, fd, reply, size, got);
}
