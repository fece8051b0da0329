/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ACTING_H
#define APITOKEN_SERVER_ACTING_H

#include <stdint.h>

#include "agent/server/ops.h"

/*
 * Acting with a management token (OP_AS).
 *
 * Threat model.  Anybody may present anything.  Whoever holds a good token
 * MUST NOT do more than its roles permit in its projects, nor more than its
 * owner may do at that moment, whoever they are: root included.  Who holds
 * none learns nothing but "no".
 */

/*
 * Reads the token and the opcode of the request proper from op->in and has
 * op->caller be who the token makes of them.  ERROR_INVALID with a refusal.
 */
int acting_begin(struct operation *op, uint8_t *opcode);

#endif
