/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_PROJECTMESSAGE_H
#define APITOKEN_COMMON_PROJECTMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/*
 * The requests about projects and their replies as structs, both directions;
 * as in message.h.
 */

/* The tokens of a project that the caller may not count. */
#define TOKENS_UNKNOWN UINT64_MAX

struct project_info {
	struct span name;
	struct span description;
	bool locked;
	uint64_t tokens;     /* or TOKENS_UNKNOWN */
	uint64_t created_at; /* seconds since 1970; 0: it always was */
	struct span created_by;
	uint64_t changed_at; /* 0 if never */
	struct span changed_by;
};

/* What an edit of a project changes. */
enum project_field {
	PROJECT_FIELD_DESCRIPTION = 1 << 0,
	PROJECT_FIELD_LOCKED = 1 << 1,
};

#define PROJECT_FIELDS_ALL ((PROJECT_FIELD_LOCKED << 1) - 1)

/* OP_PROJECT_CREATE has name and description only. */
struct project_request {
	struct span name;
	uint8_t fields; /* enum project_field, or'ed; not 0 */
	struct span description;
	bool locked;
};

struct project_delete_request {
	struct span name;
	bool dry_run; /* whether it could be, but for its tokens */
};

/* Of projects, roles and grants: one of them, or a page of all. */
struct names_request {
	struct span name;  /* the one; empty: all */
	struct span after; /* the last one that was seen; empty: the start */
};

void project_create_put(struct wirebuf *w, const struct project_request *r);
void project_create_get(struct wirebuf *w, struct project_request *r);
void project_edit_put(struct wirebuf *w, const struct project_request *r);
void project_edit_get(struct wirebuf *w, struct project_request *r);
void project_delete_put(
    struct wirebuf *w, const struct project_delete_request *r);
void project_delete_get(struct wirebuf *w, struct project_delete_request *r);
void project_info_put(struct wirebuf *w, const struct project_info *info);
void project_info_get(struct wirebuf *w, struct project_info *info);

void names_request_put(struct wirebuf *w, const struct names_request *r);
void names_request_get(struct wirebuf *w, struct names_request *r);

#endif
