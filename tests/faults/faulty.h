/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTY_H
#define APITOKEN_TESTS_FAULTY_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/faults/fault.h"

/*
 * The agent of realagent.h with the library of fault.h loaded, and programs
 * that try it: more than `make check` has time for, in a form of seconds and,
 * with APITOKEN_LONG set, in a long one.
 */

/* What is shared with it; all of it 0 at first. */
struct fault_control *faulty_control(void);

pid_t faulty_start(const char *config);
/* As realagent_try(). */
bool faulty_try(const char *config, pid_t *agent);

/* From now on `after` calls go well and the next one, or all, fail. */
void faulty_arm(
    unsigned kinds, int error, unsigned turn, uint64_t after, bool for_good);
void faulty_disarm(void);

/* The test's own word between those of the agent: JOURNAL_PROMISE. */
void faulty_promise(const void *data, uint32_t size);

/* A file of login_path(), up to 4 MiB, in the place of another one, as one of
 * the agent's own. */
void faulty_copy(const char *from, const char *to);

bool faulty_is_long(void);
uint64_t faulty_now_us(void);

/* Of one seed that is printed: tests that failed can be run again. */
unsigned faulty_random(unsigned below);

/* The end of main(): runs all and says how many passed. */
int faulty_run(const char *name, TCase *tcase);

#endif
