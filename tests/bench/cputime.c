/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/cputime.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECOND	    UINT64_C(1000000000)
#define QUIET_TRIES 20
#define QUIET_STEP  100000 /* microseconds */
#define QUIET	    (SECOND / 40)

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t
timeval_ns(struct timeval t)
{
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_usec * 1000;
}

static uint64_t
ticks_ns(unsigned long long ticks)
{
	return ticks * (SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

uint64_t
cputime_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
cputime_own(void)
{
	struct rusage children;

	getrusage(RUSAGE_CHILDREN, &children);
	return clock_ns(CLOCK_PROCESS_CPUTIME_ID) +
	       timeval_ns(children.ru_utime) + timeval_ns(children.ru_stime);
}

/* Of the children that a process has waited for. */
static uint64_t
reaped(pid_t pid)
{
	unsigned long long user = 0, system = 0;
	char path[64], line[1024];
	const char *rest = NULL;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fgets(line, sizeof(line), file) != NULL)
		rest = strrchr(line, ')');
	/* What follows the name are the fields from the third on. */
	if (rest == NULL || sscanf(rest + 1,
				" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
				"%*u %*u %llu %llu",
				&user, &system) != 2)
		user = system = 0;
	fclose(file);
	return ticks_ns(user + system);
}

uint64_t
cputime_of(const pid_t *pids, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++) {
		clockid_t clock;

		if (clock_getcpuclockid(pids[i], &clock) == 0)
			sum += clock_ns(clock);
		sum += reaped(pids[i]);
	}
	return sum;
}

uint64_t
cputime_machine(uint64_t *stolen)
{
	unsigned long long user = 0, nice = 0, system = 0, idle = 0, wait = 0,
			   irq = 0, softirq = 0, steal = 0;
	FILE *file = fopen("/proc/stat", "r");

	*stolen = 0;
	if (file == NULL)
		return 0;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user,
		&nice, &system, &idle, &wait, &irq, &softirq, &steal) == 8)
		*stolen = ticks_ns(steal);
	fclose(file);
	return ticks_ns(user + nice + system + irq + softirq);
}

void
cputime_await_quiet(void)
{
	uint64_t stolen;

	for (int i = 0; i < QUIET_TRIES; i++) {
		uint64_t before = cputime_machine(&stolen);

		usleep(QUIET_STEP);
		if (cputime_machine(&stolen) - before < QUIET)
			return;
	}
}
