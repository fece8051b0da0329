/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_CLI_FORGER_H
#define APITOKEN_TESTS_CLI_FORGER_H

#include <stdint.h>

/*
 * Somebody who writes to the store of realagent.h while the agent is down,
 * as the agent's user, and so by what is there, not by what is allowed.
 */

/* With the key: only so many entries of the audit stay, and others follow. */
void forger_rewrite(uint64_t stay, unsigned others);

/* Without the key: what is done to the rows of two entries. */
enum forgery {
	FORGE_EDIT,    /* a byte of the first */
	FORGE_SWAP,    /* each has the other's place */
	FORGE_REPLACE, /* the first is the second once more */
};

void forger_touch(enum forgery forgery, uint64_t first, uint64_t second);

#endif
