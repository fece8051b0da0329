/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_PROJECT_H
#define APITOKEN_SERVER_OP_PROJECT_H

#include "agent/model/project.h"
#include "agent/server/ops.h"

/* A project that was found: good until the store's view ends. */
struct found_project {
	uint32_t version; /* VERSION_ABSENT: `default` without a row */
	struct project project;
	struct span body; /* of its row */
};

/* ERROR_NOT_FOUND, ERROR_CORRUPT; `default` is always there. */
int op_load_project(
    struct operation *op, struct span name, struct found_project *found);

/* The same, with a refusal for one that is not there. */
int op_find_project(
    struct operation *op, struct span name, struct found_project *found);

/* Into the body of the reply; its tokens are counted for who may read them. */
int op_put_project(
    struct operation *op, struct span name, const struct project *project);

/* Whether each project of a token is there; ERROR_INVALID with a refusal. */
int op_check_projects(struct operation *op, const struct token_spec *spec);

/* Whether any project of a token is locked. */
int op_is_locked(
    struct operation *op, const struct token_spec *spec, bool *locked);

/*
 * Has the operation's set come too late where a project of the token was
 * changed, locked or deleted meanwhile.
 */
int op_expect_projects(struct operation *op, const struct token_spec *spec);

#endif
