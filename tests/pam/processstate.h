/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_PROCESSSTATE_H
#define APITOKEN_TESTS_PAM_PROCESSSTATE_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>

#define PROCESSSTATE_DESCRIPTORS 64

struct processaction {
	void (*handler)(int);
	int flags;
	uint64_t mask;
};

/* What a process is made of, and a library in it must leave alone. */
struct processstate {
	bool open[PROCESSSTATE_DESCRIPTORS];
	struct processaction actions[NSIG];
	sigset_t mask, pending;
	struct itimerval timers[3];
	struct rlimit limits[RLIM_NLIMITS];
	char posix_timers[4096]; /* /proc/self/timers */
	char cwd[PATH_MAX];
	char locale[256];
	char environment[8192]; /* its strings, each with a NUL */
	char name[16];
	mode_t umask;
	uid_t uids[3];
	gid_t gids[3];
	int dumpable, nice;
	unsigned mappings; /* of files */
	long blocks;	   /* of the heap, in use */
	size_t heap;	   /* bytes of it, those that are kept for later too */
};

void processstate_read(struct processstate *state);
/*
 * Has a state's memory be that of a later one: what libc and libpam keep, they
 * keep from the first login on.  All else is to be as it was before that.
 */
void processstate_use_memory(
    struct processstate *state, const struct processstate *later);
/* The heap may be larger by what malloc() keeps for later. */
bool processstate_same(
    const struct processstate *a, const struct processstate *b);
/* What is not the same, in words; "" if all is. */
const char *processstate_difference(
    const struct processstate *a, const struct processstate *b);

#endif
