/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watched [-1] [-P PID,...] COMMAND ARGUMENT...: runs it and reads all that it
 * prints.  Prints the seconds to its first line and to its end, the number of
 * lines, the most memory it had (KiB), and how much more memory of their own
 * the processes named had meanwhile than before (KiB).  Prints nothing and
 * fails if there was no line, or the command failed.
 *
 *	-1	ends it by SIGTERM at its first line
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/cputime.h"
#include "tests/bench/load.h"

#define EVERY 65536 /* bytes: how often the others are looked at */

struct watched {
	pid_t child;
	int output;
	double first; /* seconds */
	long lines;
	long most; /* KiB, of the others */
};

/* What a process has besides files that it maps, in KiB. */
static long
memory_of(pid_t pid)
{
	char path[64], line[256];
	long memory = 0, one;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "RssAnon: %ld", &one) == 1 ||
		    sscanf(line, "RssShmem: %ld", &one) == 1)
			memory += one;
	if (file != NULL)
		fclose(file);
	return memory;
}

static long
memory_of_all(const struct load *others)
{
	long memory = 0;

	for (size_t i = 0; i < others->pid_count; i++)
		memory += memory_of(others->pids[i]);
	return memory;
}

static void
start(struct watched *watched, char **argv)
{
	int ends[2];

	if (pipe(ends) != 0)
		load_die("pipe: %s", strerror(errno));
	watched->child = fork();
	if (watched->child < 0)
		load_die("fork: %s", strerror(errno));
	if (watched->child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	watched->output = ends[0];
}

static long
count_lines(const char *text, size_t size)
{
	long lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

static void
read_all(struct watched *watched, const struct load *others, uint64_t began,
    bool only_first)
{
	static char text[EVERY];
	ssize_t got;

	while ((got = read(watched->output, text, sizeof(text))) > 0) {
		long memory = memory_of_all(others);

		watched->lines += count_lines(text, (size_t)got);
		if (watched->first == 0 && watched->lines > 0) {
			watched->first = (double)(cputime_now() - began) / 1e9;
			if (only_first)
				kill(watched->child, SIGTERM);
		}
		if (memory > watched->most)
			watched->most = memory;
	}
}

int
main(int argc, char **argv)
{
	struct watched watched = { 0 };
	struct load others = { 0 };
	struct rusage usage;
	bool only_first = false;
	int status = 0;
	uint64_t began;
	long before;

	for (int o; (o = getopt(argc, argv, "+1P:")) != -1;)
		if (o == '1')
			only_first = true;
		else if (!load_option(&others, o, optarg))
			load_die("watched: bad option");
	if (optind == argc)
		load_die("usage: watched [-1] [-P PID,...] COMMAND...");
	before = memory_of_all(&others);
	began = cputime_now();
	start(&watched, argv + optind);
	read_all(&watched, &others, began, only_first);
	wait4(watched.child, &status, 0, &usage);
	if (watched.first == 0 || (status != 0 && !only_first)) {
		fprintf(stderr, "watched: %s: status %#x after %ld lines\n",
		    argv[optind], (unsigned)status, watched.lines);
		return 1;
	}
	printf("%.6f\t%.3f\t%ld\t%ld\t%ld\n", watched.first,
	    (double)(cputime_now() - began) / 1e9, watched.lines,
	    usage.ru_maxrss, watched.most > before ? watched.most - before : 0);
	return 0;
}
