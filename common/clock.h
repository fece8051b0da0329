/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_CLOCK_H
#define APITOKEN_COMMON_CLOCK_H

#include <stdint.h>

/* Milliseconds of CLOCK_MONOTONIC, which nobody sets: for deadlines. */
uint64_t clock_ms(void);

#endif
