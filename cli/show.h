/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SHOW_H
#define APITOKEN_CLI_SHOW_H

#include "cli/ask.h"

/*
 * Reads a reply whose body is one token's info, to its end, and shows it on
 * standard output.  Says why unless OUTCOME_DONE.
 */
enum outcome show_reply(struct ask *ask, enum output_format format);

#endif
