/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_COVERAGE_H
#define APITOKEN_TESTS_COVERAGE_H

/*
 * In front of every file of a build with --enable-coverage: what a process
 * reached that ends itself by _exit(2) counts too.
 */
#include <unistd.h>

void __gcov_dump(void);

#define _exit(status) (__gcov_dump(), _exit(status))

#endif
