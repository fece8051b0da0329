/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_ROLE_H
#define APITOKEN_SERVER_OP_ROLE_H

#include "agent/model/role.h"
#include "agent/server/ops.h"

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

#endif
