/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flood SECONDS SOCKET: connects and sends a question as fast as it can, over
 * and over, and reads no answer.  Prints how often it could, and how often it
 * was turned away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/message.h"
#include "tests/bench/corpus.h"
#include "tests/bench/cputime.h"
#include "tests/bench/load.h"

static size_t
put_question(uint8_t packet[PROTO_QUESTION_MAX])
{
	struct corpus_token token;
	struct question question = { .opcode = OP_AUTHENTICATE,
		.service = span_of("bench") };
	struct wirebuf w;

	corpus_token(0, &token);
	question.token = span_of(token.text);
	question.login = span_of(token.owner);
	wirebuf_write(&w, packet, PROTO_QUESTION_MAX);
	question_put(&w, &question);
	return wirebuf_size(&w);
}

static bool
once(const struct sockaddr_un *address, const uint8_t *packet, size_t size)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	bool sent = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)address,
			sizeof(*address)) == 0 &&
		    send(fd, packet, size, MSG_NOSIGNAL) == (ssize_t)size;

	if (fd >= 0)
		close(fd);
	return sent;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint8_t packet[PROTO_QUESTION_MAX];
	size_t size = put_question(packet);
	unsigned long sent = 0, refused = 0;
	uint64_t end;

	if (argc != 3 || strlen(argv[2]) >= sizeof(address.sun_path))
		load_die("usage: flood SECONDS SOCKET");
	strcpy(address.sun_path, argv[2]);
	end = cputime_now() + (uint64_t)(atof(argv[1]) * 1e9);
	while (cputime_now() < end)
		if (once(&address, packet, size))
			sent++;
		else
			refused++;
	printf("%lu\t%lu\n", sent, refused);
	return 0;
}
