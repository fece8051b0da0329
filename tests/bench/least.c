/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * least fill FOLDER COUNT: makes the least table of that many tokens.
 * least serve SOCKET [FOLDER]: the least agent there can be: accepts, asks
 * who the peer is, hashes, looks up, compares, answers, closes.  Without a
 * table it accepts, answers and closes: the floor of a round trip.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/proto.h"
#include "tests/bench/leasttable.h"
#include "tests/bench/load.h"
#include "tests/bench/roundtrip.h"

#define EVENTS	64
#define BACKLOG 1024

static bool has_table;

static int
listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	unlink(path);
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0666) != 0 || listen(fd, BACKLOG) != 0)
		load_die("%s: nobody can listen there", path);
	return fd;
}

/* Whether there was a question. */
static bool
answer(int fd)
{
	char question[ROUNDTRIP_OUT + 1] = { 0 };
	uint8_t back[ROUNDTRIP_BACK] = { STATUS_OK };

	if (recv(fd, question, ROUNDTRIP_OUT, 0) < 0)
		return false;
	if (has_table && !leasttable_has(question))
		back[0] = STATUS_DENIED;
	(void)send(fd, back, sizeof(back), MSG_NOSIGNAL);
	return true;
}

/* Answers at once if the question is there already. */
static void
take(int epoll, int listener)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct ucred peer;
	socklen_t size = sizeof(peer);
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (has_table)
		(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
	event.data.fd = fd;
	if (answer(fd) || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		close(fd);
}

static void
serve(int listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener };
	struct epoll_event events[EVENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener) {
				take(epoll, listener);
			} else {
				(void)answer(fd);
				close(fd);
			}
		}
	}
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "fill") == 0) {
		leasttable_fill(argv[2], strtoull(argv[3], NULL, 10));
		return 0;
	}
	if (argc < 3 || strcmp(argv[1], "serve") != 0)
		load_die("usage: least fill FOLDER COUNT\n"
			 "       least serve SOCKET [FOLDER]");
	has_table = argc > 3;
	if (has_table)
		leasttable_open(argv[3]);
	serve(listen_at(argv[2]));
	return 0;
}
