/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_SESSION_H
#define APITOKEN_SERVER_OP_SESSION_H

#include "agent/server/op_find.h"
#include "agent/server/ops.h"

/*
 * Adds to op->set that what a token opened, itself or by what came of it, goes
 * on whatever becomes of the token.  An error is the store's.
 */
int op_session_keep(struct operation *op, const struct found_token *found);

#endif
