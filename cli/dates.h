/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_DATES_H
#define APITOKEN_CLI_DATES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/tokeninfo.h"

/*
 * Times as people give them to options.  Each function says on standard error
 * what an option takes where it returns false; *when is then unchanged.
 */

/* --expires and --not-before into a spec; NULL leaves what is there, an empty
 * --not-before is at once. */
bool dates_fill(
    struct token_spec *spec, const char *expires, const char *not_before);

/* A date, or a duration before now; NULL leaves what is there. */
bool dates_past(const char *option, const char *text, uint64_t *when);

/* A duration in seconds; NULL leaves what is there. */
bool dates_duration(const char *option, const char *text, uint64_t *seconds);

/* The exact expiry, on standard error. */
void dates_note_expiry(const struct token_spec *spec);

#endif
