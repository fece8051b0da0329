/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/listener.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/proto.h"
#include "common/tokentext.h"

struct script {
	enum listener_play play;
	const uint8_t *data;
	size_t size;
};

static int
socket_at(const char *path, bool to_listen)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *sa = (const void *)&address;
	int fd = socket(AF_UNIX,
	    SOCK_SEQPACKET | SOCK_CLOEXEC | (to_listen ? 0 : SOCK_NONBLOCK), 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	strcpy(address.sun_path, path);
	if (to_listen) {
		ck_assert_int_eq(bind(fd, sa, sizeof(address)), 0);
		ck_assert_int_eq(listen(fd, 8), 0);
	} else if (connect(fd, sa, sizeof(address)) != 0) {
		ck_assert_int_eq(errno, EAGAIN);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The connections stay open until this process ends. */
static void
fill_queue(const char *path)
{
	while (socket_at(path, false) >= 0)
		continue;
}

static void
answer_status(int fd, const struct listener_seen *seen, uint8_t status)
{
	uint8_t answer[PROTO_ANSWER_SIZE] = { PROTO_VERSION,
		seen->packet[1] | PROTO_REPLY, status };
	size_t login = PROTO_HEADER_SIZE + TOKEN_TEXT_SIZE + 1;

	if (status == STATUS_OK && seen->packet[1] == OP_AUTHENTICATE)
		memset(answer + PROTO_HEADER_SIZE, seen->packet[login],
		    PROTO_TICKET_SIZE);
	send(fd, answer, sizeof(answer), MSG_NOSIGNAL);
}

static void
play(int fd, const struct script *script, struct listener_seen *seen)
{
	unsigned turn = seen->connections++;
	ssize_t got;

	if (script->play == LISTENER_HANGUP)
		return;
	got = recv(fd, seen->packet, sizeof(seen->packet), 0);
	if (got <= 0)
		return;
	seen->size = (size_t)got;
	seen->packets++;
	if (script->play == LISTENER_STATUS)
		answer_status(fd, seen,
		    script
			->data[turn < script->size ? turn : script->size - 1]);
	else if (script->play == LISTENER_BYTES)
		send(fd, script->data, script->size, MSG_NOSIGNAL);
	else if (script->play == LISTENER_EMPTY)
		send(fd, "", 0, MSG_NOSIGNAL);
	else if (script->play == LISTENER_SILENT)
		pause();
}

static _Noreturn void
serve(int fd, const struct script *script, struct listener_seen *seen)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (script->play == LISTENER_DEAF || script->play == LISTENER_FULL)
		pause();
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0)
			_exit(1);
		play(peer, script, seen);
		close(peer);
	}
}

void
listener_start(struct listener *listener, const char *path,
    enum listener_play how, const void *data, size_t size)
{
	const struct script script = { how, data, size };
	struct listener_seen *seen;
	int fd;

	unlink(path);
	fd = socket_at(path, true);
	if (how == LISTENER_FULL)
		fill_queue(path);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(seen, MAP_FAILED);
	listener->pid = fork();
	ck_assert_int_ge(listener->pid, 0);
	if (listener->pid == 0)
		serve(fd, &script, seen);
	close(fd);
	listener->seen = seen;
	listener->shared = seen;
}

void
listener_stop(struct listener *listener)
{
	kill(listener->pid, SIGKILL);
	waitpid(listener->pid, NULL, 0);
	munmap(listener->shared, sizeof(struct listener_seen));
	listener->pid = -1;
}

const char *
listener_field(const struct listener *listener, unsigned which)
{
	static char text[256];
	const uint8_t *packet = listener->seen->packet;
	size_t at = PROTO_HEADER_SIZE;

	at += packet[1] == OP_AUTHENTICATE ? TOKEN_TEXT_SIZE
					   : PROTO_TICKET_SIZE;
	while (which-- > 0)
		at += 1U + packet[at];
	ck_assert_uint_lt(at + packet[at], listener->seen->size);
	memcpy(text, packet + at + 1, packet[at]);
	text[packet[at]] = '\0';
	return text;
}
