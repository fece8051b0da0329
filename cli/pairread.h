/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAIRREAD_H
#define APITOKEN_CLI_PAIRREAD_H

#include <stdbool.h>

#include "common/secret.h"
#include "common/span.h"

/*
 * The answer of `exchange` and `refresh` as JSON, which a program keeps and
 * gives back whole.  All that held a part of it here is wiped.
 */

/* The largest answer, in bytes, with room for what else is in it one day. */
#define PAIRREAD_SIZE 4096

/* Whether it is meant as an object: no token begins so. */
bool pairread_is(struct span input);

/*
 * The member refresh_token.  ERROR_MALFORMED for what is no JSON object with
 * that as a text, ERROR_TOO_LONG for a longer one than a secret has; the
 * secret is then empty.
 */
int pairread_refresh(struct span input, struct secret *secret);

#endif
