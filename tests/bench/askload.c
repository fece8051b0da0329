/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * askload -S SOCKET... [OPTION...] LABEL=SOURCE...: asks the agent what the
 * module asks it, over a new connection each time, by the least client there
 * can be.  With -f instead of -S it is a least agent's socket (see least.c).
 * The sockets are those of the classes, in order; the last one is that of all
 * the others.  See creds.h and load.h.
 */
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "tests/bench/creds.h"
#include "tests/bench/roundtrip.h"

static struct {
	const char *path;
	bool is_least;
} sockets[LOAD_CLASSES_MAX];
static size_t socket_count;

/* The text, where the least agent looks for it, and nothing else. */
static bool
ask_least(const char *path, size_t class)
{
	uint8_t back[ROUNDTRIP_BACK] = { 0 };
	char out[ROUNDTRIP_OUT] = { 0 };

	memcpy(out, creds_secret(), strlen(creds_secret()));
	return roundtrip(path, out, sizeof(out), back, sizeof(back)) ==
		   (ssize_t)sizeof(back) &&
	       (back[0] == STATUS_OK) == creds_are_good(class);
}

static bool
ask_agent(const char *path, size_t class)
{
	const struct question question = { .opcode = OP_AUTHENTICATE,
		.token = span_of(creds_secret()),
		.login = span_of(creds_login()),
		.service = span_of("bench"),
		.rhost = span_of("192.0.2.7"),
		.tty = span_of("ssh") };
	uint8_t packet[PROTO_QUESTION_MAX];
	uint8_t back[PROTO_ANSWER_SIZE] = { 0 };
	struct wirebuf w;

	wirebuf_write(&w, packet, sizeof(packet));
	question_put(&w, &question);
	if (roundtrip(path, packet, wirebuf_size(&w), back, sizeof(back)) !=
	    (ssize_t)sizeof(back))
		return false;
	return back[2] == (creds_are_good(class) ? STATUS_OK : STATUS_DENIED);
}

static bool
ask(size_t class)
{
	const size_t at = class < socket_count ? class : socket_count - 1;

	return sockets[at].is_least ? ask_least(sockets[at].path, class)
				    : ask_agent(sockets[at].path, class);
}

static void
add_socket(const char *path, bool is_least)
{
	if (socket_count == LOAD_CLASSES_MAX)
		load_die("askload: too many sockets");
	sockets[socket_count].path = path;
	sockets[socket_count++].is_least = is_least;
}

int
main(int argc, char **argv)
{
	struct load load = {
		.clients = 1, .seconds = 1, .warm = 0.2, .block = 1, .op = ask
	};
	int option;

	while ((option = getopt(argc, argv, LOAD_OPTIONS "S:f:")) != -1)
		if (option == 'S' || option == 'f')
			add_socket(optarg, option == 'f');
		else if (!load_option(&load, option, optarg))
			load_die("askload: a bad option");
	if (socket_count == 0)
		load_die("usage: askload -S SOCKET LABEL=SOURCE...");
	creds_classes(&load, argv + optind);
	return load_run(&load) ? 0 : 1;
}
