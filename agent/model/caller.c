/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/caller.h"

static enum reach
wider(enum reach a, enum reach b)
{
	return a > b ? a : b;
}

static enum reach
narrower(enum reach a, enum reach b)
{
	return a < b ? a : b;
}

/* Of the grants that count there; *counts says whether any does. */
static enum reach
grants_reach(const struct grants *grants, enum permission permission,
    struct span project, bool *counts)
{
	enum reach reach = REACH_NONE;

	*counts = false;
	for (size_t i = 0; grants != NULL && i < grants->count; i++) {
		const struct grant *grant = &grants->items[i];

		if (!grant_is_for(grant, project))
			continue;
		*counts = true;
		reach = wider(reach, grant_permits(grant, permission));
	}
	return reach;
}

/* Where no grant counts; one that did not fit might have. */
static enum reach
by_role(const struct caller *caller, enum permission permission)
{
	bool unsure = caller->grants != NULL && caller->grants->incomplete;

	return unsure && caller->role != ROLE_OWNER
		   ? REACH_NONE
		   : grant_reach(caller->role, permission);
}

enum reach
caller_reach(const struct caller *caller, enum permission permission,
    struct span project)
{
	bool counts;
	enum reach reach = grants_reach(
	    caller->grants, permission, project, &counts);

	if (!counts || caller->role == ROLE_OWNER)
		reach = by_role(caller, permission);
	if (caller->token != NULL)
		reach = narrower(reach,
		    grants_reach(caller->token, permission, project, &counts));
	return reach;
}

/* What does to a management token what that does to others. */
enum permission
caller_for_management(enum permission permission)
{
	switch ((int)permission) {
	case TOKEN_READ:
		return MANAGEMENT_READ;
	case TOKEN_CREATE:
	case TOKEN_UPDATE:
	case TOKEN_REGENERATE:
	case TOKEN_DISABLE:
	case TOKEN_REVOKE:
	case TOKEN_DELETE:
		return MANAGEMENT_CREATE;
	default:
		return permission;
	}
}

static enum reach
reach_anywhere(const struct caller *caller, enum permission permission)
{
	const struct span organization = { 0 };
	enum reach reach = caller_reach(caller, permission, organization);
	const struct grants *const lists[] = { caller->grants, caller->token };

	/* Without a grant of the organization, the role may still count in
	 * projects that no grant is for: the organization stands for them. */
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (size_t j = 0; lists[i] != NULL && j < lists[i]->count; j++)
			reach = wider(reach, caller_reach(caller, permission,
						 lists[i]->items[j].project));
	return reach;
}

enum reach
caller_reach_anywhere(const struct caller *caller, enum permission permission)
{
	return wider(reach_anywhere(caller, permission),
	    reach_anywhere(caller, caller_for_management(permission)));
}

static bool
grants_speak_for(const struct grants *grants, struct span project,
    struct span holder, struct span login)
{
	for (size_t i = 0; i < grants->count; i++)
		if (grant_is_for(&grants->items[i], project) &&
		    grant_speaks_for(&grants->items[i], holder, login))
			return true;
	return false;
}

/* A management token speaks for whom it names, its owner not excepted. */
static bool
token_speaks_for(
    const struct grants *token, struct span project, struct span login)
{
	for (size_t i = 0; i < token->count; i++) {
		const struct grant *grant = &token->items[i];
		enum reach reach = grant_permits(grant, TOKEN_LOGIN_AS);

		if (grant_is_for(grant, project) &&
		    (reach == REACH_ALL ||
			(reach != REACH_NONE &&
			    spanlist_has(&grant->login_as, login))))
			return true;
	}
	return false;
}

/* By the role alone. */
static bool
role_speaks_for(const struct caller *caller, struct span login)
{
	struct grant grant = { 0 };

	permissions_of_role(caller->role, &grant.permissions);
	if (by_role(caller, TOKEN_LOGIN_AS) == REACH_NONE)
		return false;
	return grant_speaks_for(&grant, span_of(caller->login), login);
}

bool
caller_speaks_for(
    const struct caller *caller, struct span project, struct span login)
{
	struct span holder = span_of(caller->login);
	bool counts;
	bool may;

	(void)grants_reach(caller->grants, TOKEN_LOGIN_AS, project, &counts);
	if (counts && caller->role != ROLE_OWNER)
		may = grants_speak_for(caller->grants, project, holder, login);
	else
		may = role_speaks_for(caller, login);
	return may && (caller->token == NULL ||
			  token_speaks_for(caller->token, project, login));
}

static bool
is_reading(enum permission permission)
{
	return permission == TOKEN_READ || permission == SESSION_READ ||
	       permission == AUDIT_READ || permission == MANAGEMENT_READ;
}

/* In the organization, and in every project that they have a grant for. */
static enum reach
reach_everywhere(const struct caller *caller, enum permission permission)
{
	const struct span organization = { 0 };
	const struct grants *grants = caller->grants;
	enum reach reach = caller_reach(caller, permission, organization);

	for (size_t i = 0; grants != NULL && i < grants->count; i++)
		reach = narrower(reach,
		    caller_reach(caller, permission, grants->items[i].project));
	return reach;
}

enum reach
caller_reach_over(const struct caller *caller, enum permission permission,
    const struct token_spec *spec)
{
	bool reading = is_reading(permission);
	const struct span organization = { 0 };
	struct span project;
	enum reach reach;
	size_t at = 0;

	if (spec->kind == TOKEN_MANAGEMENT)
		permission = reading ? MANAGEMENT_READ : MANAGEMENT_CREATE;
	if (spec->organization || spec->projects.count == 0)
		return reading ? caller_reach(caller, permission, organization)
			       : reach_everywhere(caller, permission);
	reach = reading ? REACH_NONE : REACH_ALL;
	while (spanlist_next(&spec->projects, &at, &project)) {
		enum reach here = caller_reach(caller, permission, project);

		reach = reading ? wider(reach, here) : narrower(reach, here);
	}
	return reach;
}

bool
caller_covers(const struct caller *caller, enum permission permission,
    const struct token_spec *spec)
{
	enum reach reach = caller_reach_over(caller, permission, spec);

	return reach > REACH_OWN ||
	       (reach == REACH_OWN && span_is(spec->owner, caller->login));
}
