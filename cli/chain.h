/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_CHAIN_H
#define APITOKEN_CLI_CHAIN_H

#include "cli/command.h"

/*
 * `audit --anchor` and `audit --verify`: is the chain of entries whole, and is
 * it the one that it was?  Who has the key can make another chain that is
 * sound in itself, or cut its end off; who kept an anchor sees that.
 */
enum outcome chain_anchor(const struct invocation *in);
/* The text of an anchor that was kept; NULL: none was. */
enum outcome chain_verify(const struct invocation *in, const char *anchor);

#endif
