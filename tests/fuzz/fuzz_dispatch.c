/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent's side of admin.sock: any request by root, a member, whoever may
 * do nothing.  There is a whole reply to each, one that refuses has no body,
 * and who may do nothing and knows no secret has nothing changed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/server/dispatch.h"
#include "common/message.h"
#include "tests/fuzz/begin.h"
#include "tests/unit/agent_fixture.h"

#define BODY_MAX 4096

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct caller callers[] = {
	{ .uid = 0, .login = "root", .role = ROLE_OWNER },
	{ .uid = UID_ALICE, .login = "alice", .role = ROLE_MEMBER },
	{ .uid = 999, .login = "eve", .role = ROLE_NONE },
};

static struct fixture fixture;

static void
close_fixture(void)
{
	fixture_close(&fixture);
}

/* A token of alice's and one of root's, under ids that fuzzing finds. */
static void
place(const char *id, const char *owner)
{
	struct record record;
	struct token token;

	good_token(&record, &token);
	memcpy(token.id, id, TOKEN_ID_SIZE + 1);
	set_secret(&record, 0, &token);
	record.spec.owner = span_of(owner);
	record.spec.name = span_of(id);
	fixture_add(&fixture, &token, &record);
}

START_TEST(begin)
{
	ck_assert_int_eq(crypto_init(), 0);
	fixture_open(&fixture, "[service web]\nrole = operator\n");
	atexit(close_fixture);
	place("aaaaaaaaaa", "alice");
	place("rrrrrrrrrr", "root");
}
END_TEST

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_begin("fuzz_dispatch", begin);
	return 0;
}

static void
check_reply(const struct operation *op, const uint8_t *bytes, size_t size)
{
	struct message_header header;
	struct wirebuf reply;

	wirebuf_read(&reply, bytes, size);
	message_header_get(&reply, &header);
	(void)wirebuf_get_str16(&reply);
	if (reply.failed || (header.opcode & PROTO_REPLY) == 0)
		abort();
	if (header.status == STATUS_OK || header.status == STATUS_DENIED)
		return;
	if (wirebuf_done(&reply) < 0 || (op->set != NULL && !op->stands))
		abort();
}

/* Holding a secret is the right to these; there is none in what is sent. */
static void
check_changes(const struct operation *op)
{
	if (op->caller->role == ROLE_NONE && op->set != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t reply[PROTO_MESSAGE_MAX];
	uint8_t packet[PROTO_HEADER_SIZE + BODY_MAX] = { PROTO_VERSION };
	struct operation op = { .agent = &fixture.agent,
		.config = fixture.config,
		.reader = fixture.reader,
		.now = NOW };
	size_t reply_size = 0;
	int file;

	if (size < 2 || size - 2 > BODY_MAX)
		return 0;
	op.caller = &callers[data[0] % COUNT(callers)];
	packet[1] = data[1];
	memcpy(packet + PROTO_HEADER_SIZE, data + 2, size - 2);
	file = memfd_create("file", MFD_CLOEXEC);
	op.descriptor = &file;
	if (store_read_begin(fixture.reader) < 0)
		abort();
	dispatch(&op, span_bytes(packet, PROTO_HEADER_SIZE + size - 2), reply,
	    &reply_size);
	store_read_end(fixture.reader);
	check_reply(&op, reply, reply_size);
	check_changes(&op);
	changeset_free(op.set);
	errand_free(op.errand);
	if (file >= 0)
		close(file);
	return 0;
}
