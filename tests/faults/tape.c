/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/tape.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/client.h"
#include "common/proto.h"
#include "common/tokentext.h"
#include "tests/pam/login.h"

#define ASK_MS 10000

static void
keep(FILE *kept, const uint8_t *request, size_t size)
{
	const uint32_t header = (uint32_t)size;

	fwrite(&header, sizeof(header), 1, kept);
	fwrite(request, size, 1, kept);
	fflush(kept);
}

/* A request, and the descriptor that came along or -1. */
static ssize_t
hear(int fd, uint8_t *request, int *file)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec bytes = { request, PROTO_MESSAGE_MAX };
	struct msghdr message = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	*file = -1;
	if (got > 0 && rights != NULL)
		memcpy(file, CMSG_DATA(rights), sizeof(*file));
	return got;
}

static void
pass_on(int fd, const struct client *client, FILE *kept)
{
	static uint8_t request[PROTO_MESSAGE_MAX], reply[PROTO_MESSAGE_MAX];
	int file;
	ssize_t got = hear(fd, request, &file);
	struct span asked = span_bytes(request, got < 0 ? 0 : (size_t)got);
	size_t size;
	int rv;

	if (got > 0) {
		keep(kept, request, (size_t)got);
		rv = file < 0 ? client_ask(
				    client, asked, reply, sizeof(reply), &size)
			      : client_ask_file(client, asked, file, reply,
				    sizeof(reply), &size);
		if (rv == 0)
			(void)!send(fd, reply, size, MSG_NOSIGNAL);
	}
	if (file >= 0)
		close(file);
}

static _Noreturn void
record(int listener, const char *agent, FILE *kept)
{
	const struct client client = { agent, CLIENT_ANY_UID, ASK_MS };

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		pass_on(fd, &client, kept);
		close(fd);
	}
}

pid_t
tape_start(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *agent = login_path("admin.sock");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	FILE *kept = fopen(login_path("tape"), "w");
	pid_t child;

	ck_assert_ptr_nonnull(kept);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    login_path("tape.sock"));
	ck_assert_int_eq(
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		record(fd, agent, kept);
	}
	close(fd);
	fclose(kept);
	setenv("APITOKEN_SOCKET", address.sun_path, 1);
	return child;
}

void
tape_stop(pid_t recorder, struct tape *tape)
{
	FILE *kept = fopen(login_path("tape"), "r");
	uint32_t size;

	ck_assert_ptr_nonnull(kept);
	ck_assert_int_eq(kill(recorder, SIGKILL), 0);
	ck_assert_int_eq(waitpid(recorder, NULL, 0), recorder);
	setenv("APITOKEN_SOCKET", login_path("admin.sock"), 1);
	while (fread(&size, sizeof(size), 1, kept) == 1) {
		struct taped *taped = &tape->requests[tape->count++];

		ck_assert_uint_le(tape->count, TAPE_MAX);
		taped->size = size;
		taped->bytes = malloc(size);
		ck_assert_ptr_nonnull(taped->bytes);
		ck_assert_uint_eq(fread(taped->bytes, size, 1, kept), 1);
	}
	fclose(kept);
}

int
tape_has(const struct tape *tape, uint8_t opcode)
{
	for (size_t i = 0; i < tape->count; i++)
		if (tape->requests[i].bytes[1] == opcode)
			return 1;
	return 0;
}

static void
forge_at(uint8_t *text)
{
	char forged[TOKEN_TEXT_SIZE + 1];
	struct token token;

	if (tokentext_parse((const char *)text, TOKEN_TEXT_SIZE, &token) < 0)
		return;
	token.secret[0] ^= 1;
	tokentext_format(&token, forged);
	memcpy(text, forged, TOKEN_TEXT_SIZE);
}

void
tape_forge(struct tape *tape)
{
	for (size_t i = 0; i < tape->count; i++) {
		struct taped *taped = &tape->requests[i];

		for (size_t at = 0; at + TOKEN_TEXT_SIZE <= taped->size; at++)
			forge_at(taped->bytes + at);
	}
}

void
tape_act(struct tape *tape, const char *token)
{
	for (size_t i = 0; i < tape->count; i++) {
		struct taped *taped = &tape->requests[i];
		const size_t more = TAPE_OPCODE_AS + 1 - PROTO_HEADER_SIZE;
		uint8_t *bytes = malloc(taped->size + more);

		ck_assert_ptr_nonnull(bytes);
		memcpy(bytes, taped->bytes, PROTO_HEADER_SIZE);
		memcpy(bytes + PROTO_HEADER_SIZE, token, TOKEN_TEXT_SIZE);
		memcpy(bytes + TAPE_OPCODE_AS + 1,
		    taped->bytes + PROTO_HEADER_SIZE,
		    taped->size - PROTO_HEADER_SIZE);
		bytes[TAPE_OPCODE_AS] = taped->bytes[1];
		bytes[1] = OP_AS;
		free(taped->bytes);
		*taped = (struct taped) { bytes, taped->size + more };
	}
}
