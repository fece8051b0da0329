/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_FIND_H
#define APITOKEN_SERVER_OP_FIND_H

#include "agent/model/record.h"
#include "agent/server/ops.h"

/* A token that was found: good until the store's view ends. */
struct found_token {
	char id[TOKEN_ID_SIZE + 1];
	uint32_t version;
	struct record record;
};

/*
 * The token that a selector names for the caller: its id, else its name, else
 * the beginning of its id; among those that the caller may read, so that what
 * others have cannot be guessed.  And then whether the permission covers it.
 * ERROR_INVALID with a refusal: not found, several (which are listed), or not
 * permitted.
 */
int op_find(struct operation *op, struct span selector,
    enum permission permission, struct found_token *found);

/* The same for a full id alone: no search, however many are asked for. */
int op_find_id(struct operation *op, struct span id, enum permission permission,
    struct found_token *found);

/* By its id alone; ERROR_NOT_FOUND, ERROR_CORRUPT. */
int op_load(struct operation *op, struct span id, struct found_token *found);

/* The one of that owner and name; ERROR_NOT_FOUND, ERROR_CORRUPT. */
int op_find_name(struct operation *op, struct span owner, struct span name,
    struct found_token *found);

/* Has the uses of whoever has just logged in counted: of op_info(), before. */
void op_settle(struct operation *op);

/* All but the secret, usage included, that which is not written yet too: good
 * until the next call. */
void op_info(struct operation *op, const struct found_token *found,
    struct token_info *info);

#endif
