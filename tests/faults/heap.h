/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_HEAP_H
#define APITOKEN_TESTS_FAULTS_HEAP_H

#include <stdbool.h>

/*
 * malloc(), calloc() and realloc() of this program, which come before libc's
 * for everybody in it.  Where a sanitizer has its own, these are none.
 */

/* Whether they are ours: else nothing is counted and nothing fails. */
bool heap_is_ours(void);

/* From now on the nth allocation fails, from 1 (0: none), or all from it on. */
void heap_begin(unsigned nth, bool for_good);
/* How many were tried since. */
unsigned heap_end(void);
/* Whether one has failed since, so far. */
bool heap_failed(void);

/* Blocks that were allocated and not freed, by whomever, ever. */
long heap_live(void);

#endif
