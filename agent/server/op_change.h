/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_CHANGE_H
#define APITOKEN_SERVER_OP_CHANGE_H

#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "common/changemessage.h"

/*
 * What a change does to one token, within op->set: 1, 0 if it has nothing to
 * do, or an error, and then nothing was done.  What was found is then as it
 * will be.
 */
typedef int token_change(struct operation *op,
    const struct change_request *request, struct found_token *found);

struct change_kind_row {
	enum permission permission;
	const char *action; /* for the audit */
	token_change *apply;
};

extern const struct change_kind_row op_change_revoke;

/* Applies it, with its audit entry; counts it in *changed if it did anything. */
int op_change_one(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request, struct found_token *found,
    size_t *changed);

/* Rows that any one token takes, of COMMIT_ROWS_MAX. */
#define COMMIT_ROWS_OF_ANYONE (LIST_MAX + 16)

/* Whether there is room in op->set for one token more. */
bool op_change_has_room(const struct operation *op);

/*
 * Whoever proved a secret of it and came too late does so from now on: the
 * record is to say so, once, although the request is refused.  Do it before
 * refusing.
 */
int op_lapse(struct operation *op, const struct found_token *found);

/* A brief request: each token for itself, counts as the answer. */
int op_batch(struct operation *op, const struct change_kind_row *kind,
    const struct change_request *request);

#endif
