/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/hostile.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/message.h"

#define IDLE	    10000
#define DRIPS	    300
#define DESCRIPTORS 250 /* SCM_MAX_FD is 253 */

static int
connect_to(const char *path, int type)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address,
			   sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* One that the modules ask, and that the CLI could. */
static size_t
make_question(uint8_t *packet, size_t size)
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of("atk_000000000000000000000000000000000000000"
				 "00000"),
		.login = span_of("alice"),
		.service = span_of("svc") };
	struct wirebuf w;

	wirebuf_write(&w, packet, size);
	question_put(&w, &question);
	return wirebuf_size(&w);
}

static void
tell(int ready)
{
	(void)!write(ready, "", 1);
	close(ready);
}

void
hostile_idle(const char *path, int ready)
{
	static int fds[IDLE];

	for (int i = 0; i < IDLE; i++)
		fds[i] = connect_to(path, SOCK_SEQPACKET);
	tell(ready);
	/* Whoever was thrown out comes again, a hundred a second. */
	for (int i = 0;; i = (i + 1) % IDLE) {
		const struct timespec pause = { .tv_nsec = 10000000 };

		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = connect_to(path, SOCK_SEQPACKET);
		nanosleep(&pause, NULL);
	}
}

void
hostile_flood(const char *path, int ready)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = make_question(packet, sizeof(packet));

	tell(ready);
	for (;;) {
		int fd = connect_to(path, SOCK_SEQPACKET);

		if (fd < 0)
			continue;
		(void)!send(fd, packet, size, MSG_NOSIGNAL);
		close(fd);
	}
}

static void
send_descriptors(int fd, struct iovec *bytes)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(DESCRIPTORS * sizeof(int));
	for (size_t i = 0; i < DESCRIPTORS; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &null,
		    sizeof(int));
	(void)!sendmsg(fd, &message, MSG_NOSIGNAL);
	close(null);
}

void
hostile_descriptors(const char *path, int ready)
{
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = make_question(packet, sizeof(packet));
	struct iovec bytes = { packet, size };

	tell(ready);
	for (;;) {
		int fd = connect_to(path, SOCK_SEQPACKET);

		if (fd < 0)
			continue;
		send_descriptors(fd, &bytes);
		close(fd);
	}
}

/* A login name of 255 bytes, which takes them as many seconds. */
void
hostile_drip(const char *path, int ready)
{
	static int fds[DRIPS];
	static const uint8_t begin[] = { 0, 255 };

	for (size_t i = 0; i < DRIPS; i++)
		fds[i] = connect_to(path, SOCK_STREAM);
	tell(ready);
	for (size_t at = 0;; at++) {
		const struct timespec second = { .tv_sec = 1 };

		for (size_t i = 0; i < DRIPS; i++) {
			uint8_t byte = at < 2 ? begin[at] : 'a';

			if (fds[i] >= 0 &&
			    send(fds[i], &byte, 1, MSG_NOSIGNAL) != 1) {
				close(fds[i]);
				fds[i] = connect_to(path, SOCK_STREAM);
			}
		}
		nanosleep(&second, NULL);
	}
}
