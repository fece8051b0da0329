/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_GRANT_H
#define APITOKEN_MODEL_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

/*
 * Who may do what: permissions are verbs with a reach, roles are columns, and
 * a grant is a role for a project or the organization.
 */
enum permission {
	TOKEN_READ,
	TOKEN_CREATE,
	TOKEN_UPDATE,
	TOKEN_REGENERATE,
	TOKEN_DISABLE,
	TOKEN_REVOKE,
	TOKEN_DELETE,
	TOKEN_LOGIN_AS,
	TOKEN_USE,
	MANAGEMENT_CREATE,
	MANAGEMENT_READ,
	AUDIT_READ,
	SESSION_READ,
	SESSION_END,
	PROJECT_CREATE,
	PROJECT_EDIT, /* and lock */
	PROJECT_DELETE,
	ROLE_CREATE,
	ROLE_DELETE,
	ROLE_GRANT, /* and withdraw */
	KEY_READ,
	KEY_ROTATE,
	STORE_EXPORT,  /* and backup */
	STORE_RESTORE, /* and import */
	PERMISSION_COUNT,
	PERMISSION_NONE = PERMISSION_COUNT, /* none is needed */
};

/* Ordered: each includes the ones before it. */
enum reach {
	REACH_NONE,
	REACH_OWN,
	REACH_PROJECT,
	REACH_ALL,
};

enum role {
	ROLE_NONE,
	ROLE_WATCH_ONLY,
	ROLE_MEMBER,
	ROLE_ADMIN,
	ROLE_OWNER,
	ROLE_COUNT,
};

/* What a role, built in or made here, permits: how far each permission. */
struct permissions {
	uint8_t reach[PERMISSION_COUNT]; /* enum reach */
};

/* A role that somebody has, somewhere. */
struct grant {
	struct span principal; /* a login name, or "%" and a gid */
	struct span role;
	struct span project; /* empty: the whole organization */
	struct spanlist login_as;
	struct permissions permissions; /* of the role */
};

#define GRANTS_MAX 128 /* of one caller, their groups' included */

#define GROUP_PRINCIPAL_MAX 12 /* "%4294967295" and a NUL */

struct grants {
	size_t count;
	bool incomplete; /* there are more than fit */
	/* Where the principals are kept that are groups. */
	char groups[GRANTS_MAX][GROUP_PRINCIPAL_MAX];
	struct grant items[GRANTS_MAX];
};

/* Whether it counts for a project; for the organization if that is empty. */
bool grant_is_for(const struct grant *grant, struct span project);

/*
 * How far it permits that.  Over one project nobody has more reach than that
 * project, whatever the role says.
 */
enum reach grant_permits(const struct grant *grant, enum permission permission);

/*
 * Whether its holder may make tokens for that login name: their own, those
 * that the grant names, or any.
 */
bool grant_speaks_for(
    const struct grant *grant, struct span holder, struct span login);

void permissions_of_role(enum role role, struct permissions *permissions);

enum reach grant_reach(enum role role, enum permission permission);

/* "token.create", "project", "member"; never NULL. */
const char *permission_word(enum permission permission);
const char *reach_word(enum reach reach);
const char *role_word(enum role role);
/* ROLE_COUNT if the word is none. */
enum role role_of(struct span word);

/* PERMISSION_COUNT if the word is none. */
enum permission permission_of(struct span word);
/* -1 if the word is none. */
int reach_of(struct span word);

#endif
