/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_CPUTIME_H
#define APITOKEN_TESTS_BENCH_CPUTIME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Clocks, all in nanoseconds. */

uint64_t cputime_now(void);

/* Of this process and the children it has waited for. */
uint64_t cputime_own(void);

/* Of others, and the children that they have waited for. */
uint64_t cputime_of(const pid_t *pids, size_t count);

/* Of the whole machine since it was started, and what was withheld of it. */
uint64_t cputime_machine(uint64_t *stolen);

/* Waits, two seconds at most, until the machine was all but idle for 0.1 s. */
void cputime_await_quiet(void);

#endif
