/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_ROLE_H
#define APITOKEN_SERVER_OP_ROLE_H

#include "agent/model/role.h"
#include "agent/server/ops.h"
#include "common/rolemessage.h"

/* A role that was found: good until the store's view ends. */
struct found_role {
	bool builtin;
	uint32_t version; /* VERSION_ABSENT if built in */
	struct role_record role;
	struct span body; /* of its row */
};

/* ERROR_NOT_FOUND, ERROR_CORRUPT. */
int op_load_role(
    struct operation *op, struct span name, struct found_role *found);

/* The same, with a refusal for one that is not there. */
int op_find_role(
    struct operation *op, struct span name, struct found_role *found);

/* As it is told; storage as of role_words(). */
struct role_info role_info_of(struct span name, bool builtin,
    const struct role_record *role, uint8_t storage[ROLE_WORDS_SIZE]);

/*
 * Into the operation's set, with entries in the audit: a new one, another one
 * in the place of one that is there, or one that goes, with its grants if the
 * request says so, whose number is left.  ERROR_INVALID with a refusal.
 */
int op_make_role(
    struct operation *op, struct span name, const struct role_record *role);
int op_change_role(struct operation *op, struct span name,
    const struct found_role *found, const struct role_record *after);
int op_remove_role(struct operation *op,
    const struct role_delete_request *request, const struct found_role *found,
    uint64_t *withdrawn);

/* Whether the caller may delete it, but for its grants. */
int op_check_remove_role(
    struct operation *op, struct span name, const struct found_role *found);

#endif
