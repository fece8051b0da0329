/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/grant.h"

/* The matrix of ARCHITECTURE.md, "Owners, projects, roles". */
static const struct {
	const char *word;
	enum reach reach[ROLE_COUNT];
} permissions[PERMISSION_COUNT] = {
#define COLUMNS(o, a, m, w)                                                    \
	{                                                                      \
		[ROLE_OWNER] = REACH_##o, [ROLE_ADMIN] = REACH_##a,            \
		[ROLE_MEMBER] = REACH_##m, [ROLE_WATCH_ONLY] = REACH_##w       \
	}
	[TOKEN_READ] = { "token.read", COLUMNS(ALL, PROJECT, OWN, PROJECT) },
	[TOKEN_CREATE] = { "token.create", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_UPDATE] = { "token.update", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_REGENERATE] = { "token.regenerate",
	    COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_DISABLE] = { "token.disable", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_REVOKE] = { "token.revoke", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_DELETE] = { "token.delete", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_LOGIN_AS] = { "token.login-as",
	    COLUMNS(ALL, PROJECT, OWN, NONE) },
	[TOKEN_USE] = { "token.use", COLUMNS(OWN, OWN, OWN, NONE) },
	[MANAGEMENT_CREATE] = { "management.create",
	    COLUMNS(ALL, PROJECT, NONE, NONE) },
	[MANAGEMENT_READ] = { "management.read",
	    COLUMNS(ALL, PROJECT, NONE, NONE) },
	[AUDIT_READ] = { "audit.read", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[SESSION_READ] = { "session.read", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[SESSION_END] = { "session.end", COLUMNS(ALL, PROJECT, OWN, NONE) },
	[PROJECT_CREATE] = { "project.create", COLUMNS(ALL, NONE, NONE, NONE) },
	[PROJECT_EDIT] = { "project.edit", COLUMNS(ALL, PROJECT, NONE, NONE) },
	[PROJECT_DELETE] = { "project.delete", COLUMNS(ALL, NONE, NONE, NONE) },
	[ROLE_CREATE] = { "role.create", COLUMNS(ALL, NONE, NONE, NONE) },
	[ROLE_DELETE] = { "role.delete", COLUMNS(ALL, NONE, NONE, NONE) },
	[ROLE_GRANT] = { "role.grant", COLUMNS(ALL, PROJECT, NONE, NONE) },
	[KEY_READ] = { "key.read", COLUMNS(ALL, NONE, NONE, NONE) },
	[KEY_ROTATE] = { "key.rotate", COLUMNS(ALL, NONE, NONE, NONE) },
	[STORE_EXPORT] = { "store.export", COLUMNS(ALL, NONE, NONE, NONE) },
	[STORE_RESTORE] = { "store.restore", COLUMNS(ALL, NONE, NONE, NONE) },
#undef COLUMNS
};

static const char *const reaches[] = {
	[REACH_NONE] = "none",
	[REACH_OWN] = "own",
	[REACH_PROJECT] = "project",
	[REACH_ALL] = "all",
};

static const char *const roles[ROLE_COUNT] = {
	[ROLE_NONE] = "none",
	[ROLE_WATCH_ONLY] = "watch-only",
	[ROLE_MEMBER] = "member",
	[ROLE_ADMIN] = "admin",
	[ROLE_OWNER] = "owner",
};

enum reach
grant_reach(enum role role, enum permission permission)
{
	if (permission >= PERMISSION_COUNT || role >= ROLE_COUNT)
		return REACH_NONE;
	return permissions[permission].reach[role];
}

const char *
permission_word(enum permission permission)
{
	return permission < PERMISSION_COUNT ? permissions[permission].word
					     : "";
}

const char *
reach_word(enum reach reach)
{
	return reaches[reach];
}

const char *
role_word(enum role role)
{
	return role < ROLE_COUNT ? roles[role] : roles[ROLE_NONE];
}

enum role
role_of(struct span word)
{
	for (enum role role = 0; role < ROLE_COUNT; role++)
		if (span_is(word, roles[role]))
			return role;
	return ROLE_COUNT;
}

enum permission
permission_of(struct span word)
{
	enum permission p = 0;

	while (p < PERMISSION_COUNT && !span_is(word, permissions[p].word))
		p++;
	return p;
}

int
reach_of(struct span word)
{
	for (int i = REACH_NONE; i <= REACH_ALL; i++)
		if (span_is(word, reaches[i]))
			return i;
	return -1;
}

void
permissions_of_role(enum role role, struct permissions *all)
{
	for (enum permission p = 0; p < PERMISSION_COUNT; p++)
		all->reach[p] = (uint8_t)grant_reach(role, p);
}

bool
grant_is_for(const struct grant *grant, struct span project)
{
	return span_empty(grant->project) ||
	       span_equal(grant->project, project);
}

enum reach
grant_permits(const struct grant *grant, enum permission permission)
{
	enum reach reach = permission < PERMISSION_COUNT
			       ? grant->permissions.reach[permission]
			       : REACH_NONE;

	if (!span_empty(grant->project) && reach > REACH_PROJECT)
		return REACH_PROJECT;
	return reach;
}

bool
grant_speaks_for(
    const struct grant *grant, struct span holder, struct span login)
{
	switch (grant_permits(grant, TOKEN_LOGIN_AS)) {
	case REACH_ALL:
		return true;
	case REACH_PROJECT:
		return span_equal(holder, login) ||
		       spanlist_has(&grant->login_as, login);
	case REACH_OWN:
		return span_equal(holder, login);
	case REACH_NONE:
		break;
	}
	return false;
}
