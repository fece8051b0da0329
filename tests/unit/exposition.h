/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_UNIT_EXPOSITION_H
#define APITOKEN_TESTS_UNIT_EXPOSITION_H

#include <stdint.h>

/*
 * Reads the text format of Prometheus as strictly as its readers do: fails the
 * test at the first line that is not right.  Each family has one HELP and one
 * TYPE, in front of its samples, which stand together; no sample comes twice.
 */
void exposition_check(const char *text);

/* The value of a sample, "name" or "name{key=\"value\"}"; -1: there is none. */
int64_t exposition_value(const char *text, const char *sample);

#endif
