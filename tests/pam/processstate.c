/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/pam/processstate.h"

#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/faults/heap.h"

#define HEAP_KEPT 16384

#define MEMBER(member)                                                         \
	{                                                                      \
#member, offsetof(struct processstate, member),                \
		    sizeof(((struct processstate *)NULL)->member)              \
	}

static const struct {
	const char *name;
	size_t at, size;
} members[] = {
	MEMBER(open),
	MEMBER(actions),
	MEMBER(mask),
	MEMBER(pending),
	MEMBER(timers),
	MEMBER(limits),
	MEMBER(posix_timers),
	MEMBER(cwd),
	MEMBER(locale),
	MEMBER(environment),
	MEMBER(name),
	MEMBER(umask),
	MEMBER(uids),
	MEMBER(gids),
	MEMBER(dumpable),
	MEMBER(nice),
	MEMBER(mappings),
	MEMBER(blocks),
};

extern char **environ;

static void
read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!read(fd, text, size - 1);
	close(fd);
}

static void
read_environment(struct processstate *state)
{
	size_t at = 0;

	for (char **e = environ; *e != NULL; e++) {
		size_t size = strlen(*e) + 1;

		if (size > sizeof(state->environment) - at)
			break;
		memcpy(state->environment + at, *e, size);
		at += size;
	}
}

/* Mappings of memory come and go with malloc(); those of files are modules. */
static unsigned
count_mappings(void)
{
	char line[PATH_MAX + 128];
	unsigned count = 0;
	FILE *maps = fopen("/proc/self/maps", "re");

	if (maps == NULL)
		return 0;
	while (fgets(line, sizeof(line), maps) != NULL)
		count += strchr(line, '/') != NULL;
	fclose(maps);
	return count;
}

static void
read_signals(struct processstate *state)
{
	for (int i = 1; i < NSIG; i++) {
		struct sigaction action = { 0 };

		(void)!sigaction(i, NULL, &action);
		state->actions[i].handler = action.sa_handler;
		state->actions[i].flags = action.sa_flags;
		/* What is behind the kernel's 64 is anything. */
		memcpy(&state->actions[i].mask, &action.sa_mask,
		    sizeof(state->actions[i].mask));
	}
	(void)!sigprocmask(SIG_BLOCK, NULL, &state->mask);
	sigpending(&state->pending);
	for (int i = 0; i < 3; i++)
		(void)!getitimer((__itimer_which_t)i, &state->timers[i]);
	/* Check has one that ends the test. */
	memset(&state->timers[0].it_value, 0, sizeof(struct timeval));
}

void
processstate_read(struct processstate *state)
{
	memset(state, 0, sizeof(*state));
	read_signals(state);
	for (int i = 0; i < PROCESSSTATE_DESCRIPTORS; i++)
		state->open[i] = fcntl(i, F_GETFD) >= 0;
	for (int i = 0; i < RLIM_NLIMITS; i++)
		(void)!getrlimit((__rlimit_resource_t)i, &state->limits[i]);
	read_file("/proc/self/timers", state->posix_timers,
	    sizeof(state->posix_timers));
	(void)!getcwd(state->cwd, sizeof(state->cwd));
	(void)snprintf(state->locale, sizeof(state->locale), "%s",
	    setlocale(LC_ALL, NULL));
	read_environment(state);
	prctl(PR_GET_NAME, state->name, 0, 0, 0);
	state->umask = umask(0);
	umask(state->umask);
	(void)!getresuid(&state->uids[0], &state->uids[1], &state->uids[2]);
	(void)!getresgid(&state->gids[0], &state->gids[1], &state->gids[2]);
	state->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	state->nice = getpriority(PRIO_PROCESS, 0);
	state->mappings = count_mappings();
	state->blocks = heap_live();
	malloc_trim(0);
	state->heap = mallinfo2().uordblks;
}

void
processstate_use_memory(
    struct processstate *state, const struct processstate *later)
{
	state->mappings = later->mappings;
	state->blocks = later->blocks;
	state->heap = later->heap;
}

bool
processstate_same(const struct processstate *a, const struct processstate *b)
{
	return *processstate_difference(a, b) == '\0';
}

const char *
processstate_difference(
    const struct processstate *a, const struct processstate *b)
{
	static char text[256];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (memcmp((const char *)a + members[i].at,
			(const char *)b + members[i].at, members[i].size) == 0)
			continue;
		(void)snprintf(text, sizeof(text),
		    "another %s (%ld and %ld blocks)", members[i].name,
		    a->blocks, b->blocks);
		return text;
	}
	if (b->heap > a->heap + HEAP_KEPT) {
		(void)snprintf(text, sizeof(text),
		    "the heap grew from %zu to %zu bytes", a->heap, b->heap);
		return text;
	}
	return "";
}
