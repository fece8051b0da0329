/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * impostor SOCKET UID: listens as that uid where the agent should, and says
 * yes to whatever it is asked.  Writes a line once it listens.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/message.h"

static int
make_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return fd;
}

/* The kernel keeps the credentials of listen(2), so it comes last. */
static bool
listen_as(int fd, uid_t uid)
{
	return setgroups(0, NULL) == 0 && setuid(uid) == 0 &&
	       listen(fd, 16) == 0;
}

static void
say_yes(int fd)
{
	const struct answer answer = { .status = STATUS_OK, .ticket = { 1 } };
	uint8_t packet[PROTO_QUESTION_MAX];
	uint8_t reply[PROTO_ANSWER_SIZE];
	struct question question;
	struct wirebuf w;
	ssize_t got = recv(fd, packet, sizeof(packet), 0);

	if (got <= 0)
		return;
	/* So that a test can tell that it was asked. */
	puts("asked");
	fflush(stdout);
	wirebuf_read(&w, packet, (size_t)got);
	if (question_get(&w, &question) != 0)
		return;
	wirebuf_write(&w, reply, sizeof(reply));
	answer_put(&w, question.opcode, &answer);
	(void)!send(fd, reply, sizeof(reply), MSG_NOSIGNAL);
}

int
main(int argc, char **argv)
{
	int listener, fd;

	if (argc != 3) {
		fprintf(stderr, "usage: impostor SOCKET UID\n");
		return EXIT_FAILURE;
	}
	listener = make_socket(argv[1]);
	if (listener < 0 ||
	    !listen_as(listener, (uid_t)strtoul(argv[2], NULL, 10))) {
		perror("impostor");
		return EXIT_FAILURE;
	}
	puts("listening");
	fflush(stdout);
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		say_yes(fd);
		close(fd);
	}
	return EXIT_FAILURE;
}
