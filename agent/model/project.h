/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_PROJECT_H
#define APITOKEN_MODEL_PROJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/syntax.h"
#include "common/span.h"

/* The largest encoded project, in bytes. */
#define PROJECT_SIZE_MAX 2048

/*
 * What the store keeps of a project under its name.  The name is its
 * identity: tokens and grants say it, and it never changes.  Spans point into
 * the bytes it was decoded from, or wherever its maker had them.
 */
struct project {
	struct span description;
	bool locked;	     /* the scope of its tokens stays as it is */
	uint64_t created_at; /* seconds since 1970; 0: it always was */
	struct span created_by;
	uint64_t changed_at; /* 0 if never */
	struct span changed_by;
};

/* How many bytes were written; 0 if they do not fit into size. */
size_t project_encode(const struct project *project, void *data, size_t size);

/* ERROR_MALFORMED: *project is then not to be used. */
int project_decode(struct span body, struct project *project);

/* The one that is there without a row, and that nobody can delete. */
bool project_is_default(struct span name);

/* Name and description of a new one; ERROR_INVALID if refused. */
int project_check(
    struct span name, struct span description, struct refusal *refusal);

#endif
