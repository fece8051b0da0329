/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_ROLEMESSAGE_H
#define APITOKEN_COMMON_ROLEMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/*
 * The requests about roles and grants and their replies as structs, both
 * directions; as in message.h.  Lists are asked for by struct names_request.
 */

struct role_info {
	struct span name;
	bool builtin;
	struct spanlist permissions; /* "token.create=own" */
	struct span description;
	uint64_t created_at; /* seconds since 1970; 0: built in */
	struct span created_by;
};

struct role_create_request {
	struct span name;
	struct spanlist permissions;
	struct span description;
};

struct role_delete_request {
	struct span name;
	bool withdraw; /* its grants too */
};

/* OP_ROLE_GRANT, and OP_ROLE_WITHDRAW without login_as. */
struct grant_request {
	struct span role;
	struct span principal; /* a login name, or "%" and a gid */
	struct span project;   /* empty: the organization */
	struct spanlist login_as;
};

struct grant_info {
	struct span principal;
	struct span role;
	struct span project;
	struct spanlist login_as;
	uint64_t granted_at; /* seconds since 1970 */
	struct span granted_by;
};

void role_create_put(struct wirebuf *w, const struct role_create_request *r);
void role_create_get(struct wirebuf *w, struct role_create_request *r);
void role_delete_put(struct wirebuf *w, const struct role_delete_request *r);
void role_delete_get(struct wirebuf *w, struct role_delete_request *r);
void role_info_put(struct wirebuf *w, const struct role_info *info);
void role_info_get(struct wirebuf *w, struct role_info *info);

void role_grant_put(struct wirebuf *w, const struct grant_request *r);
void role_grant_get(struct wirebuf *w, struct grant_request *r);
void role_withdraw_put(struct wirebuf *w, const struct grant_request *r);
void role_withdraw_get(struct wirebuf *w, struct grant_request *r);
void grant_info_put(struct wirebuf *w, const struct grant_info *info);
void grant_info_get(struct wirebuf *w, struct grant_info *info);

#endif
