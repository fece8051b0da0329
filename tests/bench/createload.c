/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * createload [load options] [-r RATE] [-F FOLDER] ADMIN-SOCKET: clients that
 * make one durable token after the other, shaped like those of the corpus.
 *
 *	-r	so many a second, all clients together, if that can be
 *	-F	at random from one to the next, a bare LMDB commit of a row of
 *		200 bytes in that folder instead: class "commit"
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/adminmessage.h"
#include "common/changemessage.h"
#include "common/client.h"
#include "common/duration.h"
#include "tests/bench/commit.h"
#include "tests/bench/corpus.h"
#include "tests/bench/cputime.h"
#include "tests/bench/load.h"

enum kind {
	KIND_CREATE,
	KIND_COMMIT,
};

static struct client agent = { .listener_uid = CLIENT_ANY_UID,
	.timeout_ms = CLIENT_TIMEOUT_MAX };
static const char *folder;
static struct MDB_env *env;
static double interval; /* nanoseconds, of a client; 0: at once */
static double due;
static uint64_t serial;
static struct corpus_token token; /* whose owner is drawn */
static int clients;

static void
begin(int client)
{
	/* Names of this second's run; 23 bits are left to count in. */
	serial = ((uint64_t)time(NULL) & 0x7fff) << 29 | (uint64_t)client << 23;
	due = (double)cputime_now() + interval * client / clients;
	/* LMDB is not to be taken through a fork. */
	if (folder != NULL)
		env = commit_open(folder, 0);
}

/* Waits for its turn; late ones follow at once. */
static void
draw(size_t class, uint64_t random)
{
	double early = due - (double)cputime_now();

	(void)class;
	corpus_token(random % CORPUS_OWNERS, &token);
	serial++;
	if (interval > 0 && early > 0)
		usleep((useconds_t)(early / 1e3));
	due += interval;
}

static size_t
put_request(uint8_t *packet, const char *name)
{
	struct create_request request = { 0 };
	struct token_spec *spec = &request.spec;
	uint8_t projects[16];
	struct wirebuf w;

	spec->kind = TOKEN_API;
	spec->type = TYPE_FULL_ACCESS;
	spec->name = span_of(name);
	spec->owner = span_of(token.owner);
	spec->expires_at = TIME_NEVER;
	spec->uses = USES_UNLIMITED;
	(void)spanlist_add(
	    &spec->projects, projects, sizeof(projects), span_of("default"));
	wirebuf_write(&w, packet, PROTO_MESSAGE_MAX);
	request_begin(&w, OP_CREATE);
	create_request_put(&w, &request);
	return wirebuf_size(&w);
}

static bool
create(void)
{
	static uint8_t packet[PROTO_MESSAGE_MAX], reply[PROTO_MESSAGE_MAX];
	char name[CORPUS_NAME_SIZE + 1];
	struct admin_reply answer;
	struct wirebuf w;
	size_t size, got = 0;

	(void)snprintf(name, sizeof(name), "c%011" PRIx64, serial);
	size = put_request(packet, name);
	if (client_ask(&agent, span_bytes(packet, size), reply, sizeof(reply),
		&got) < 0)
		return false;
	wirebuf_read(&w, reply, got);
	return admin_reply_get(&w, OP_CREATE, &answer) == 0 &&
	       answer.status == STATUS_OK;
}

static bool
op(size_t class)
{
	return class == KIND_CREATE ? create() : commit_row(env, serial);
}

int
main(int argc, char **argv)
{
	struct load load = { .clients = 1,
		.seconds = 2,
		.warm = 0.2,
		.block = 1,
		.labels = { "create", "commit" },
		.classes = 1,
		.begin = begin,
		.draw = draw,
		.op = op };
	double rate = 0;

	for (int o; (o = getopt(argc, argv, LOAD_OPTIONS "r:F:")) != -1;)
		if (o == 'r')
			rate = atof(optarg);
		else if (o == 'F')
			folder = optarg;
		else if (!load_option(&load, o, optarg))
			load_die("createload: bad option");
	if (optind != argc - 1)
		load_die("usage: createload [options] ADMIN-SOCKET");
	agent.path = argv[optind];
	load.classes += folder != NULL;
	clients = load.clients;
	interval = rate > 0 ? 1e9 * load.clients / rate : 0;
	return load_run(&load) ? 0 : 1;
}
