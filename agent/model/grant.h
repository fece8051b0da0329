/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_GRANT_H
#define APITOKEN_MODEL_GRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/message.h"

/*
 * Who may do what: permissions are verbs with a reach, roles are columns.
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

/* Who asks on admin.sock: by peer credentials, never by what they say. */
struct caller {
	uid_t uid;
	char login[LOGIN_MAX + 1];
	enum role role;
	bool nameless; /* their name could not be found out just now */
};

enum reach grant_reach(enum role role, enum permission permission);

/* "token.create", "project", "member"; never NULL. */
const char *permission_word(enum permission permission);
const char *reach_word(enum reach reach);
const char *role_word(enum role role);
/* ROLE_COUNT if the word is none. */
enum role role_of(struct span word);

/*
 * Whether the caller's reach covers a token of that owner.  (Reach over a
 * project comes with grants for projects; without one it covers the owner's
 * own.)
 */
bool grant_covers(
    const struct caller *caller, enum permission permission, struct span owner);

#endif
