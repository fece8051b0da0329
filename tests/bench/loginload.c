/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loginload [load options] LABEL COMMAND... [: LABEL COMMAND...]: clients that
 * run a command over and over, whole logins, say; where there are more than
 * one, one drawn at random each time.  No input, no output; an exit status
 * other than 0 is bad.
 */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/load.h"

extern char **environ;

static char **commands[LOAD_CLASSES_MAX];
static posix_spawn_file_actions_t quiet;

static void
draw(size_t class, uint64_t random)
{
	(void)class;
	(void)random;
}

static bool
op(size_t class)
{
	char **argv = commands[class];
	int status = -1;
	pid_t child;

	return posix_spawnp(&child, argv[0], &quiet, NULL, argv, environ) ==
		   0 &&
	       waitpid(child, &status, 0) == child && status == 0;
}

/* Each command ends at the colon, which becomes its NULL. */
static void
add_commands(struct load *load, char **argv)
{
	while (*argv != NULL && load->classes < LOAD_CLASSES_MAX) {
		load->labels[load->classes] = argv[0];
		commands[load->classes++] = argv + 1;
		while (*argv != NULL && strcmp(*argv, ":") != 0)
			argv++;
		if (*argv != NULL)
			*argv++ = NULL;
	}
}

int
main(int argc, char **argv)
{
	struct load load = { .clients = 8,
		.seconds = 10,
		.warm = 0.5,
		.block = 1,
		.draw = draw,
		.op = op };

	for (int o; (o = getopt(argc, argv, "+" LOAD_OPTIONS)) != -1;)
		if (!load_option(&load, o, optarg))
			load_die("loginload: bad option");
	add_commands(&load, argv + optind);
	if (load.classes == 0 || commands[0][0] == NULL)
		load_die("usage: loginload LABEL COMMAND... "
			 "[: LABEL COMMAND...]");
	posix_spawn_file_actions_init(&quiet);
	for (int fd = 0; fd < 3; fd++)
		posix_spawn_file_actions_addopen(
		    &quiet, fd, "/dev/null", O_RDWR, 0);
	return load_run(&load) ? 0 : 1;
}
