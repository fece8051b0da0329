/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_PROJECT_H
#define APITOKEN_SERVER_OP_PROJECT_H

#include "agent/model/project.h"
#include "agent/server/ops.h"
#include "common/projectmessage.h"

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

/* As it is told; how many tokens it has is unknown. */
struct project_info project_info_of(
    struct span name, const struct project *project);

/* Into the body of the reply; its tokens are counted for who may read them. */
int op_put_project(
    struct operation *op, struct span name, const struct project *project);

/*
 * Into the operation's set, with entries in the audit: a new one, one that is
 * there with the fields of the request (0 if none differs, which adds
 * nothing, else 1), or one that goes with its grants.  ERROR_INVALID with a
 * refusal.  A dry run of a deletion does not look for tokens, and adds
 * nothing.
 */
int op_make_project(
    struct operation *op, struct span name, const struct project *project);
int op_change_project(struct operation *op,
    const struct project_request *request, const struct found_project *found,
    struct project *after);
int op_remove_project(struct operation *op, struct span name,
    const struct found_project *found, bool dry_run);

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
