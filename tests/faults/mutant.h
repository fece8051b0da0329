/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_MUTANT_H
#define APITOKEN_TESTS_FAULTS_MUTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/tokentext.h"

/* Texts that look like tokens and are none: the same for the same seed. */

#define MUTANT_SIZE 128 /* bytes, with the NUL */

struct mutant {
	char text[MUTANT_SIZE];
	bool has_check;	  /* its checksum is right */
	bool has_live_id; /* it is the id of one of the live ones */
};

/* Out of `count` live tokens' texts; never one of theirs. */
void mutant_make(struct mutant *mutant, uint64_t *seed,
    char (*live)[TOKEN_TEXT_SIZE + 1], size_t count);

#endif
