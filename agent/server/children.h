/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_CHILDREN_H
#define APITOKEN_SERVER_CHILDREN_H

#include "agent/server/op_find.h"
#include "agent/server/ops.h"

/*
 * The access and refresh tokens that came of API tokens: how many there are,
 * and what a change to one token means to the others.  All add to op->set.
 *
 * There is a bound to them, so that what ends an API token can end them at
 * once: [limits] access_tokens of them are alive, and CHILDREN_IDLE pairs more
 * are kept that only their refresh tokens could bring back.
 */
#define CHILDREN_IDLE 64

/*
 * Makes room for another pair of that API token: forgets the one that has been
 * idle for longest, if there are too many of those.  ERROR_INVALID with a
 * refusal where too many are alive; the pair of `but`, if any, is not counted.
 */
int children_make_room(struct operation *op, const struct found_token *parent,
    const struct found_token *but);

/* The other one of a pair: 1, 0 if there is none or it is damaged, or an
 * error. */
int children_partner(struct operation *op, const struct found_token *found,
    struct found_token *partner);

/*
 * The record in another state; the caller's name and the time go with it, and
 * the other one of a pair.  What was found is then that too.
 */
int children_set_state(struct operation *op, struct found_token *found,
    enum token_state state, struct span reason);

/* Deletes what came of a token that is deleted, or the other one of its pair,
 * as far as a set takes them: the rest ends without its parent. */
int children_forget(struct operation *op, const struct found_token *found);

/* ERROR_INVALID for a token that is not edited because it is one of a pair. */
int children_refuse(struct operation *op, const struct found_token *found);

#endif
