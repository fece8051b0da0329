/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTCALL_H
#define APITOKEN_TESTS_FAULTCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/faults/fault.h"

/* What the library's files share. */

#define EXPORT	   __attribute__((visibility("default")))
#define ERRORS_MAX 6
#define FDS_MAX	   1024

extern struct fault_control *fault_shared; /* NULL: nothing is changed */

/* Of the store's file: 1, or 2 where it was opened with O_DSYNC. */
extern uint8_t fault_stores[FDS_MAX];

/* Whether this call is one that fails, with errno set to one of the errors. */
bool fault_fails(unsigned kinds, const int errors[ERRORS_MAX]);
/* Of every third call that fails, half is done before. */
bool fault_is_short(size_t size);

/* An eventfd: no call on one ever fails. */
void fault_set_wake(int fd, bool is_wake);
bool fault_is_wake(int fd);

#endif
