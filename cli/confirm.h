/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_CONFIRM_H
#define APITOKEN_CLI_CONFIRM_H

#include <stdbool.h>

#include "cli/command.h"

/* Whether there is a terminal to ask on, or no need to. */
bool confirm_can_ask(const struct globals *globals);

/*
 * Whether a command that asks first can go on: there is --yes, or a terminal
 * to ask on.  Said on standard error where not.
 */
bool confirm_is_possible(const struct globals *globals, const char *verb);

/*
 * Asks the question, escaped, with "? [y/N] " behind, unless there is --yes.
 * Says that nothing was done (done: "revoked") unless the answer is a yes.
 */
bool confirm(
    const struct globals *globals, const char *question, const char *done);

#endif
