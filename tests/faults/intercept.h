/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_INTERCEPT_H
#define APITOKEN_TESTS_FAULTS_INTERCEPT_H

#include <stdbool.h>

/*
 * Every system call of this process, whoever makes it: libc, ld.so, libpam,
 * the module.  The kernel traps it (seccomp), a handler counts it, and makes
 * it or says that it failed.  For x86-64.
 */

/* Not an errno: the call does what it does, and tells of half of it. */
#define INTERCEPT_SHORT (-1)

struct intercept_plan {
	unsigned nth;  /* the call that fails, from 1; 0: none does */
	int error;     /* an errno, or INTERCEPT_SHORT */
	bool for_good; /* and all behind it */
};

#define INTERCEPT_KEPT 1024

struct intercept_seen {
	unsigned calls;
	unsigned failed;
	short numbers[INTERCEPT_KEPT]; /* what was called, as in <syscall.h> */
};

/* Whether the kernel may say that of that call. */
bool intercept_applies(int error, long number);

/*
 * From now on until the process ends; what it forks must not fork on.  False
 * where that cannot be done.
 */
bool intercept_install(void);

/* Counts from here; the calls between both are what a plan is about. */
void intercept_begin(const struct intercept_plan *plan);
bool intercept_failed(void); /* so far */
void intercept_end(struct intercept_seen *seen);

#endif
