/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_GRANT_H
#define APITOKEN_SERVER_OP_GRANT_H

#include "agent/model/grantrow.h"
#include "agent/server/op_role.h"
#include "agent/server/ops.h"
#include "common/rolemessage.h"

/* The grants of a principal: good until the store's view ends. */
struct found_grants {
	struct span principal;
	uint32_t version; /* VERSION_ABSENT: there never were any */
	struct grantrow row;
};

/* ERROR_CORRUPT; who never had any has none. */
int op_load_grants(
    struct operation *op, struct span principal, struct found_grants *found);

/* Calls back for the grants of everybody, until that does not return 0. */
int op_each_grants(struct operation *op,
    int (*visit)(struct operation *op, struct found_grants *found, void *arg),
    void *arg);

/*
 * Into the operation's set: the row without what matches, and with `added`
 * unless that is NULL.  ERROR_INVALID with a refusal if it has no room.
 */
int op_rewrite_grants(struct operation *op, const struct found_grants *found,
    const struct grant_match *match, const struct grant_record *added);

/* What a grant that is to be given meets: good until the store's view ends. */
struct met_grant {
	struct found_role role;
	struct found_grants found;
	bool is_there;		    /* one of that role and project */
	struct grant_record before; /* if so */
};

/* Whether the caller may give it; ERROR_INVALID with a refusal. */
int op_meet_grant(struct operation *op, struct span principal,
    const struct grant_record *grant, struct met_grant *met);
/* Into the operation's set, in the place of what it met, with an entry. */
int op_give_grant(struct operation *op, const struct grant_record *grant,
    const struct met_grant *met);
/* Whether the caller may withdraw one that is there, and into the operation's
 * set, with an entry. */
int op_take_grant(struct operation *op, const struct found_grants *found,
    const struct grant_record *grant);

/* As it is told. */
struct grant_info grant_info_of(
    struct span principal, const struct grant_record *grant);

/* Whether the caller may withdraw it; ERROR_INVALID with a refusal. */
int op_check_withdraw(struct operation *op, const struct grant_record *grant,
    const struct role_record *role);

/* The audit entry of a grant that was (NULL: was not) and is (is not). */
void op_note_grant(struct operation *op, const char *action,
    struct span principal, const struct grant_record *before,
    const struct grant_record *after);

/* Into the body of the reply. */
void op_put_grant(struct operation *op, struct span principal,
    const struct grant_record *grant);

/* How many grants match, of whomever. */
int op_count_grants(
    struct operation *op, const struct grant_match *match, uint64_t *count);

/* Whether the caller may give and take all that match as if the role of them
 * all were that one; ERROR_INVALID with a refusal. */
int op_check_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role);

/*
 * Takes away all that match in the operation's set.  Where a role is given,
 * which is that of them all, each must be the caller's to withdraw:
 * ERROR_INVALID with a refusal.
 */
int op_drop_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role, uint64_t *count);

#endif
