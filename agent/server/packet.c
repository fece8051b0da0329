/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/packet.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void
drop(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

/* It is kept only if it is the single one, and regular. */
static void
take(const struct cmsghdr *control, int *descriptor)
{
	size_t size = control->cmsg_len - CMSG_LEN(0);
	struct stat st;
	int fd;

	for (size_t at = 0; at + sizeof(fd) <= size; at += sizeof(fd)) {
		memcpy(&fd, CMSG_DATA(control) + at, sizeof(fd));
		if (size == sizeof(fd) && *descriptor < 0 &&
		    fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			*descriptor = fd;
		else
			close(fd);
	}
}

static ssize_t
receive_both(int fd, uint8_t packet[PROTO_MESSAGE_MAX], int *descriptor)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = { packet, PROTO_MESSAGE_MAX };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		/* Not the padding behind it, where another one would fit. */
		.msg_controllen = CMSG_LEN(sizeof(int)) };
	ssize_t got = recvmsg(
	    fd, &message, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);

	if (got < 0)
		return got;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL;
	     c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take(c, descriptor);
	if ((message.msg_flags & MSG_CTRUNC) != 0)
		drop(descriptor);
	return got;
}

ssize_t
packet_receive(int fd, uint8_t packet[PROTO_MESSAGE_MAX], int *descriptor)
{
	if (descriptor != NULL)
		return receive_both(fd, packet, descriptor);
	return recv(fd, packet, PROTO_MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
}
