/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_COMMIT_H
#define APITOKEN_TESTS_BENCH_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/tokentext.h"

/*
 * The floor of whatever is kept: bare LMDB with its default flags, one
 * database, and rows with a key as long as a token's id.
 */
#define COMMIT_KEY_SIZE	  TOKEN_ID_SIZE
#define COMMIT_VALUE_SIZE 200

struct MDB_env;

/* The environment in a folder that is there; ends the program if it cannot. */
struct MDB_env *commit_open(const char *folder, unsigned flags);

/* The key of row NUMBER: random, as those of tokens are. */
void commit_key(uint64_t number, char key[COMMIT_KEY_SIZE]);

/* One new row in a transaction of its own, flushed. */
bool commit_row(struct MDB_env *env, uint64_t number);

#endif
