/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * saslload -S SOCKET [OPTION...] LABEL=SOURCE...: asks in saslauthd's
 * protocol, over a new connection each time.  See creds.h and load.h.
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/bench/creds.h"

static struct sockaddr_un address = { .sun_family = AF_UNIX };

/* A length of two bytes and the text. */
static size_t
put(char *to, const char *text)
{
	size_t size = strlen(text);

	to[0] = (char)(size >> 8);
	to[1] = (char)size;
	memcpy(to + 2, text, size);
	return size + 2;
}

/* "OK" or "NO" after its length. */
static bool
receive(int fd, char answer[4])
{
	char buffer[256];
	size_t got = 0;

	while (got < 4) {
		ssize_t n = recv(fd, buffer + got, sizeof(buffer) - got, 0);

		if (n <= 0)
			return false;
		got += (size_t)n;
	}
	memcpy(answer, buffer, 4);
	return true;
}

static bool
ask(size_t class)
{
	char packet[1024], answer[4] = { 0 };
	size_t size = put(packet, creds_login());
	bool answered = false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	size += put(packet + size, creds_secret());
	size += put(packet + size, "bench");
	size += put(packet + size, "");
	if (fd < 0)
		return false;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
		0 &&
	    send(fd, packet, size, MSG_NOSIGNAL) == (ssize_t)size)
		answered = receive(fd, answer);
	close(fd);
	return answered &&
	       (memcmp(answer + 2, "OK", 2) == 0) == creds_are_good(class);
}

int
main(int argc, char **argv)
{
	struct load load = {
		.clients = 1, .seconds = 1, .warm = 0.2, .block = 1, .op = ask
	};
	int option;

	while ((option = getopt(argc, argv, LOAD_OPTIONS "S:")) != -1)
		if (option == 'S')
			strncpy(address.sun_path, optarg,
			    sizeof(address.sun_path) - 1);
		else if (!load_option(&load, option, optarg))
			load_die("saslload: a bad option");
	if (address.sun_path[0] == '\0')
		load_die("usage: saslload -S SOCKET LABEL=SOURCE...");
	creds_classes(&load, argv + optind);
	return load_run(&load) ? 0 : 1;
}
