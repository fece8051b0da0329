/* SPDX-License-Identifier: BSD-3-Clause */
/* Giving a role to somebody, and taking it away. */
#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "agent/server/op_role.h"
#include "common/error.h"
#include "common/rolemessage.h"

/*
 * Who deletes the role or the project at this moment does not know of the
 * grant: a row that was written again makes that deletion come too late.
 */
static int
hold_named(struct operation *op, const struct grant_record *grant,
    const struct found_role *role)
{
	struct found_project project;
	int rv;

	if (!role->builtin)
		changeset_put(
		    op->set, DB_ROLES, grant->role, role->version, role->body);
	if (span_empty(grant->project) || project_is_default(grant->project))
		return 0;
	rv = op_load_project(op, grant->project, &project);
	if (rv == 0)
		changeset_put(op->set, DB_PROJECTS, grant->project,
		    project.version, project.body);
	return rv;
}

/* What is asked for, and whether it is the caller's to give. */
static int
check_grant(struct operation *op, struct span principal,
    const struct grant_record *grant, struct found_role *role)
{
	struct found_project project;
	int rv = grantrow_check_principal(principal, &op->refusal);

	if (rv == 0)
		rv = op_may(op, ROLE_GRANT, grant->project);
	if (rv == 0)
		rv = op_find_role(op, grant->role, role);
	if (rv == 0)
		rv = grantrow_check(grant, &role->role, &op->refusal);
	if (rv == 0 && !span_empty(grant->project))
		rv = op_find_project(op, grant->project, &project);
	if (rv == 0)
		rv = grantrow_check_within(
		    op->caller, grant, &role->role, &op->refusal);
	return rv;
}

int
op_give_grant(struct operation *op, const struct grant_record *grant,
    const struct met_grant *met)
{
	const struct grant_match match = { &grant->role, &grant->project };
	int rv = 0;

	if (met->found.version == VERSION_ABSENT)
		rv = op_check_room(op, DB_GRANTS,
		    "users and groups with "
		    "grants");
	if (rv == 0)
		rv = op_begin_set(op);
	if (rv == 0)
		rv = op_rewrite_grants(op, &met->found, &match, grant);
	if (rv == 0)
		rv = hold_named(op, grant, &met->role);
	if (rv == 0)
		op_note_grant(op, "role.grant", met->found.principal,
		    met->is_there ? &met->before : NULL, grant);
	return rv;
}

int
op_meet_grant(struct operation *op, struct span principal,
    const struct grant_record *grant, struct met_grant *met)
{
	const struct grant_match match = { &grant->role, &grant->project };
	int rv = check_grant(op, principal, grant, &met->role);

	if (rv == 0)
		rv = op_load_grants(op, principal, &met->found);
	if (rv < 0)
		return rv;
	met->is_there = grantrow_find(&met->found.row, &match, &met->before);
	/* Its login names go with the grant that this one replaces. */
	return met->is_there ? grantrow_check_within(op->caller, &met->before,
				   &met->role.role, &op->refusal)
			     : 0;
}

static struct grant_record
requested(const struct operation *op, const struct grant_request *request)
{
	return (struct grant_record) {
		.role = request->role,
		.project = request->project,
		.login_as = request->login_as,
		.granted_at = op->now,
		.granted_by = span_of(op->caller->login),
	};
}

int
op_role_grant(struct operation *op)
{
	struct grant_request request;
	struct grant_record grant;
	struct met_grant met;
	int rv;

	role_grant_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	grant = requested(op, &request);
	rv = op_meet_grant(op, request.principal, &grant, &met);
	if (rv < 0)
		return rv;
	if (met.is_there &&
	    span_equal(met.before.login_as.packed, grant.login_as.packed))
		grant = met.before;
	else
		rv = op_give_grant(op, &grant, &met);
	op_put_grant(op, request.principal, &grant);
	return rv;
}

/* Somebody else who is an owner of the organization, other than this grant. */
struct other_owner {
	struct span principal; /* whose grant goes */
	struct span found;
	uint32_t version;
};

static int
look_for_owner(struct operation *op, struct found_grants *row, void *arg)
{
	const struct span owner = span_of(role_word(ROLE_OWNER));
	const struct span organization = { NULL, 0 };
	const struct grant_match match = { &owner, &organization };
	struct other_owner *other = arg;
	struct grant_record grant;

	(void)op;
	if (span_equal(row->principal, other->principal) ||
	    !grantrow_find(&row->row, &match, &grant))
		return 0;
	other->found = row->principal;
	other->version = row->version;
	return ERROR_EXISTS;
}

/*
 * The last owner does not lock themselves out: root and the agent's own user
 * may, since they are owners anyhow.  Two who withdraw each other's grant at
 * once both find one; the row that was found is expected to stay.
 */
static int
check_last_owner(struct operation *op, struct span principal,
    const struct grant_record *grant)
{
	struct other_owner other = { .principal = principal };
	int rv;

	if (role_of(grant->role) != ROLE_OWNER || !span_empty(grant->project) ||
	    (op->caller->role == ROLE_OWNER && op->caller->token == NULL))
		return 0;
	rv = op_each_grants(op, look_for_owner, &other);
	if (rv == ERROR_EXISTS) {
		changeset_expect(
		    op->set, DB_GRANTS, other.found, other.version);
		return 0;
	}
	if (rv < 0)
		return rv;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "it is the last grant of role %s for the organization: grant it to "
	    "somebody else first, or have root withdraw it",
	    role_word(ROLE_OWNER));
}

/* The role of a grant that is there; one that is gone gives nothing. */
static int
check_gone(struct operation *op, const struct grant_record *grant)
{
	struct found_role role;
	int rv = op_load_role(op, grant->role, &role);

	if (rv < 0 && rv != ERROR_NOT_FOUND)
		return rv;
	return op_check_withdraw(op, grant, &role.role);
}

int
op_take_grant(struct operation *op, const struct found_grants *found,
    const struct grant_record *grant)
{
	const struct grant_match match = { &grant->role, &grant->project };
	int rv = check_gone(op, grant);

	if (rv == 0)
		rv = op_begin_set(op);
	if (rv == 0)
		rv = check_last_owner(op, found->principal, grant);
	if (rv == 0)
		rv = op_rewrite_grants(op, found, &match, NULL);
	if (rv == 0)
		op_note_grant(
		    op, "role.withdraw", found->principal, grant, NULL);
	return rv;
}

int
op_role_withdraw(struct operation *op)
{
	struct grant_request request;
	struct grant_match match = { &request.role, &request.project };
	char place[ROLE_PLACE_SIZE];
	struct grant_record grant;
	struct found_grants found;
	int rv;

	role_withdraw_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = grantrow_check_principal(request.principal, &op->refusal);
	if (rv == 0)
		rv = syntax_check_word(
		    "a role's name", request.role, &op->refusal);
	if (rv == 0)
		rv = op_may(op, ROLE_GRANT, request.project);
	if (rv == 0)
		rv = op_load_grants(op, request.principal, &found);
	if (rv < 0)
		return rv;
	if (!grantrow_find(&found.row, &match, &grant))
		return refuse(&op->refusal, STATUS_NOT_FOUND,
		    "%.*s does not have role %.*s for %s: see apitoken role "
		    "grants",
		    (int)request.principal.size,
		    (const char *)request.principal.data,
		    (int)request.role.size, (const char *)request.role.data,
		    role_place(request.project, place));
	rv = op_take_grant(op, &found, &grant);
	op_put_grant(op, request.principal, &grant);
	return rv;
}
