/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_LEASTTABLE_H
#define APITOKEN_TESTS_BENCH_LEASTTABLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The least table of tokens: one LMDB database, id to LEASTTABLE_VALUE bytes
 * that begin with a keyed BLAKE2b of the token's text.  What cannot be done
 * ends the program.
 */
#define LEASTTABLE_VALUE 200

/* Fills a new one with the corpus of so many tokens. */
void leasttable_fill(const char *folder, uint64_t count);

/* Opens it to be read by this thread. */
void leasttable_open(const char *folder);

/* One hash, one lookup, one comparison. */
bool leasttable_has(const char *text);

#endif
