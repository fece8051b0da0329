/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/holding.h"

#include <string.h>

#include "agent/model/role.h"
#include "agent/model/warrant.h"
#include "common/error.h"

enum permission
holding_permission(const struct token_spec *spec)
{
	return spec->kind == TOKEN_MANAGEMENT ? MANAGEMENT_CREATE
					      : TOKEN_CREATE;
}

bool
holding_reaches_others(
    const struct caller *caller, const struct token_spec *spec)
{
	return caller_reach_over(caller, TOKEN_CREATE, spec) > REACH_OWN;
}

/* In each of the token's projects. */
static bool
speaks_for(const struct caller *caller, const struct token_spec *spec,
    struct span login)
{
	const struct span organization = { 0 };
	struct span project;
	size_t at = 0;

	if (spec->organization)
		return caller_speaks_for(caller, organization, login);
	while (spanlist_next(&spec->projects, &at, &project))
		if (!caller_speaks_for(caller, project, login))
			return false;
	return true;
}

/* Where it is that the caller may make none. */
static int
refuse_place(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	enum permission permission = holding_permission(spec);
	struct span project = span_of("");
	size_t at = 0;

	while (spanlist_next(&spec->projects, &at, &project) &&
	       caller_reach(in->caller, permission, project) != REACH_NONE)
		continue;
	if (spec->organization)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s lacks %s over the organization, which is every project",
		    in->caller->login, permission_word(permission));
	return refuse(refusal, STATUS_FORBIDDEN,
	    "%s lacks %s over project %.*s: --project NAME names another",
	    in->caller->login, permission_word(permission), (int)project.size,
	    (const char *)project.data);
}

/* Whose token, and as whom it may log in. */
static int
check_people(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	struct span user;
	size_t at = 0;

	if (caller_reach_over(in->caller, TOKEN_CREATE, spec) == REACH_NONE)
		return refuse_place(in, spec, refusal);
	if (!caller_covers(in->caller, TOKEN_CREATE, spec))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s may make tokens that %s owns only: it takes %s beyond "
		    "one's own",
		    in->caller->login, in->caller->login,
		    permission_word(holding_permission(spec)));
	while (spanlist_next(&spec->users, &at, &user)) {
		bool speaks = speaks_for(in->caller, spec, user);

		if (!speaks && in->caller->token != NULL)
			return refuse(refusal, STATUS_FORBIDDEN,
			    "the management token %s makes no tokens for the "
			    "login name %.*s (token.login-as): it was not made "
			    "with --user %.*s",
			    in->caller->token_id, (int)user.size,
			    (const char *)user.data, (int)user.size,
			    (const char *)user.data);
		if (!speaks)
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%s may not make tokens for the login name %.*s: "
			    "it takes %s for that name",
			    in->caller->login, (int)user.size,
			    (const char *)user.data,
			    permission_word(TOKEN_LOGIN_AS));
	}
	return 0;
}

static struct span
allowed_service(struct span entry)
{
	const uint8_t *colon = memchr(entry.data, ':', entry.size);

	if (colon != NULL)
		entry.size = (size_t)(colon - entry.data);
	return entry;
}

static int
check_elevated(const struct issue_input *in, const struct token_spec *spec,
    bool elevated, struct refusal *refusal)
{
	struct span entry;
	size_t at = 0;

	while (!elevated && spanlist_next(&spec->allow, &at, &entry)) {
		struct span service = allowed_service(entry);

		if (in->is_elevated(in->arg, service))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%.*s is an elevated service: a token that opens "
			    "it takes %s beyond one's own",
			    (int)service.size, (const char *)service.data,
			    permission_word(TOKEN_CREATE));
	}
	return 0;
}

/* The roles of a management token exist and are not more than the caller's. */
static int
check_management_roles(const struct issue_input *in,
    const struct token_spec *spec, struct refusal *refusal)
{
	const struct span organization = { 0 };
	struct permissions permissions;
	struct role_record role = { 0 };
	struct span name, project;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(&spec->roles, &at, &name)) {
		size_t at_project = 0;

		if (!in->role(in->arg, name, &permissions))
			return refuse(refusal, STATUS_NOT_FOUND,
			    "there is no role %.*s: apitoken role list shows "
			    "those that there are",
			    (int)name.size, (const char *)name.data);
		memcpy(role.reach, permissions.reach, sizeof(role.reach));
		if (spec->organization)
			rv = role_check_within(
			    in->caller, name, &role, organization, refusal);
		while (rv == 0 &&
		       spanlist_next(&spec->projects, &at_project, &project))
			rv = role_check_within(
			    in->caller, name, &role, project, refusal);
	}
	return rv;
}

/*
 * A management token may do what its owner may do: whoever could name another
 * would keep, through them, what is taken from themselves.  And a token that
 * makes others would outlive its own revocation in them.
 */
static int
check_management_owner(const struct issue_input *in,
    const struct token_spec *spec, struct refusal *refusal)
{
	if (in->caller->token != NULL)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "management tokens are not made or changed by a management "
		    "token");
	if (in->caller->role != ROLE_OWNER &&
	    !span_is(spec->owner, in->caller->login))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s may have management tokens of their own only",
		    in->caller->login);
	return 0;
}

/* What a role opens is not everybody's to give. */
static int
check_roles(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	if (spec->kind == TOKEN_MANAGEMENT) {
		int rv = check_management_owner(in, spec, refusal);

		return rv < 0 ? rv : check_management_roles(in, spec, refusal);
	}
	if (spec->roles.count > 0 && !holding_reaches_others(in->caller, spec))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "a token that carries a role takes %s beyond one's own",
		    permission_word(TOKEN_CREATE));
	return 0;
}

int
holding_check(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	int rv = check_people(in, spec, refusal);

	if (rv == 0)
		rv = check_roles(in, spec, refusal);
	if (rv == 0)
		rv = check_elevated(in, spec,
		    holding_reaches_others(in->caller, spec), refusal);
	return rv;
}

int
holding_vouch(const struct issue_input *in, struct issue_storage *storage,
    struct record *record, struct refusal *refusal)
{
	int rv = warrant_collect(
	    in->caller, &record->spec, storage->warrants, &record->warrants);

	record->voucher = record->warrants.count > 0
			      ? span_of(in->caller->login)
			      : span_of(NULL);
	if (rv == ERROR_NOT_FOUND)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "no single grant of %s gives both %s and %s for all of "
		    "its login names",
		    in->caller->login,
		    permission_word(holding_permission(&record->spec)),
		    permission_word(TOKEN_LOGIN_AS));
	if (rv < 0)
		return refuse(refusal, STATUS_INVALID,
		    "a token may rest on at most %d grants: name fewer "
		    "projects, or have a grant for the organization",
		    WARRANTS_MAX);
	return 0;
}
