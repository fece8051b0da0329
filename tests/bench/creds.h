/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_BENCH_CREDS_H
#define APITOKEN_TESTS_BENCH_CREDS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/bench/load.h"

/*
 * Who logs in, and with what.  Load generators take arguments of the form
 * LABEL=SOURCE, one for each class of operations; a source is
 *
 *	corpus:COUNT[:KIND]	a token of the corpus for its owner; KIND is
 *				any (the default), good, wrong, unknown,
 *				revoked or expired
 *	user:NAME:SECRET	always the same
 *	users:COUNT:SECRET	u00000000 and so on, all with one secret
 */

/* Takes the arguments as the classes of the load, or ends the program. */
void creds_classes(struct load *load, char **arguments);

/* Decides who is next. */
void creds_draw(size_t class, uint64_t random);

/* Who is: until the next draw. */
const char *creds_login(void);
const char *creds_secret(void);

/* Whether that class is to be let in. */
bool creds_are_good(size_t class);

#endif
