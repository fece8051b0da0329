/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_GRANT_H
#define APITOKEN_SERVER_OP_GRANT_H

#include "agent/model/grantrow.h"
#include "agent/server/ops.h"

/* How many grants match, of whomever. */
int op_count_grants(
    struct operation *op, const struct grant_match *match, uint64_t *count);

/*
 * Takes away all that match in the operation's set.  Where a role is given,
 * which is that of them all, each must be the caller's to withdraw:
 * ERROR_INVALID with a refusal.
 */
int op_drop_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role, uint64_t *count);

#endif
