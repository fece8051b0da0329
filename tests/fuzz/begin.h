/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FUZZ_BEGIN_H
#define APITOKEN_TESTS_FUZZ_BEGIN_H

#include <check.h>

/*
 * The fixtures' checks count inside of a test only: this runs it once, in this
 * process, before the first input.  Where it fails there is nothing to try.
 */
void fuzz_begin(const char *name, const TTest *test);

#endif
