/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_TOKENID_H
#define APITOKEN_CLI_TOKENID_H

#include "cli/ask.h"

/* The id of the token that somebody means by a selector: one that is gone has
 * its id only.  Says why unless OUTCOME_DONE. */
enum outcome tokenid_find(
    struct ask *ask, const char *selector, char id[TOKEN_ID_SIZE + 1]);

#endif
