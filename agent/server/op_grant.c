/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_grant.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "agent/server/op_role.h"
#include "common/error.h"
#include "common/rolemessage.h"

/* The grants of a principal: good until the store's view ends. */
struct found_row {
	struct span principal;
	uint32_t version; /* VERSION_ABSENT: there never were any */
	struct grantrow row;
};

static int
load_row(struct operation *op, struct span principal, struct found_row *found)
{
	struct row row;
	int rv = store_get_authentic(op->reader, DB_GRANTS, principal, &row);

	*found = (struct found_row) { .principal = principal,
		.version = VERSION_ABSENT };
	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv == 0 && grantrow_decode(row.body, &found->row) < 0)
		rv = ERROR_CORRUPT;
	if (rv == 0)
		found->version = row.version;
	return rv;
}

/* Calls back for the grants of everybody, until that does not return 0. */
static int
each_row(struct operation *op,
    int (*visit)(struct operation *op, struct found_row *found, void *arg),
    void *arg)
{
	const struct span none = { NULL, 0 };
	struct store_cursor *cursor = NULL;
	int rv = store_cursor_open(op->reader, DB_GRANTS, &cursor);

	if (rv == 0)
		rv = store_cursor_seek(cursor, none, none);
	while (rv == 0) {
		struct found_row found = { .principal = store_cursor_key(
					       cursor) };
		struct row row;

		rv = store_cursor_row(cursor, &row);
		if (rv == 0 && grantrow_decode(row.body, &found.row) < 0)
			rv = ERROR_CORRUPT;
		if (rv < 0)
			break;
		found.version = row.version;
		rv = visit(op, &found, arg);
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* Those that match, while they are counted or dropped. */
struct sweep {
	const struct grant_match *match;
	const struct role_record *role;
	bool drop;
	uint64_t count;
};

static int
rewrite_row(struct operation *op, const struct found_row *found,
    const struct grant_match *match, const struct grant_record *added)
{
	uint8_t body[GRANTROW_SIZE_MAX];
	size_t size = grantrow_rewrite(
	    &found->row, match, added, body, sizeof(body));

	if (size == 0)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "%.*s has as many grants as are kept for one: %d, of %d "
		    "bytes together",
		    (int)found->principal.size,
		    (const char *)found->principal.data, GRANTROW_MAX,
		    GRANTROW_SIZE_MAX);
	changeset_put(op->set, DB_GRANTS, found->principal, found->version,
	    span_bytes(body, size));
	return 0;
}

/* Whether it is the caller's to withdraw. */
static int
check_withdraw(struct operation *op, const struct grant_record *grant,
    const struct role_record *role)
{
	int rv = grantrow_check_within(op->caller, grant, role, &op->refusal);

	return rv < 0 ? rv
		      : role_check_without(op->caller, op->config->default_role,
			    role, grant->project, &op->refusal);
}

static int
sweep_row(struct operation *op, struct found_row *found, void *arg)
{
	struct sweep *sweep = arg;
	struct grant_record grant;
	uint64_t before = sweep->count;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && grantrow_next(&found->row, &at, &grant)) {
		if (!grantrow_matches(sweep->match, &grant))
			continue;
		sweep->count++;
		if (sweep->role != NULL)
			rv = check_withdraw(op, &grant, sweep->role);
	}
	if (rv < 0 || !sweep->drop || sweep->count == before)
		return rv;
	return rewrite_row(op, found, sweep->match, NULL);
}

int
op_count_grants(
    struct operation *op, const struct grant_match *match, uint64_t *count)
{
	struct sweep sweep = { .match = match };
	int rv = each_row(op, sweep_row, &sweep);

	*count = sweep.count;
	return rv;
}

int
op_drop_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role, uint64_t *count)
{
	struct sweep sweep = { .match = match, .role = role, .drop = true };
	int rv = each_row(op, sweep_row, &sweep);

	*count = sweep.count;
	return rv;
}

static void
put_grant(struct operation *op, struct span principal,
    const struct grant_record *grant)
{
	const struct grant_info info = {
		.principal = principal,
		.role = grant->role,
		.project = grant->project,
		.login_as = grant->login_as,
		.granted_at = grant->granted_at,
		.granted_by = grant->granted_by,
	};

	grant_info_put(op->body, &info);
}

/* A management token does not look at its owner. */
static bool
is_own(const struct caller *caller, struct span principal)
{
	const struct grants *grants = caller->token == NULL ? caller->grants
							    : NULL;

	for (size_t i = 0; grants != NULL && i < grants->count; i++)
		if (span_equal(grants->items[i].principal, principal))
			return true;
	return false;
}

/* People see what they and their groups were granted, and what they might
 * withdraw. */
static int
put_grants(
    struct operation *op, struct span principal, const struct grantrow *row)
{
	bool own = is_own(op->caller, principal);
	struct grant_record grant;
	size_t at = 0;
	int count = 0;

	while (grantrow_next(row, &at, &grant)) {
		if (!own && caller_reach(op->caller, ROLE_GRANT,
				grant.project) < REACH_PROJECT)
			continue;
		put_grant(op, principal, &grant);
		count++;
	}
	return count;
}

static int
put_row(struct operation *op, struct span key, const struct row *row)
{
	struct grantrow grants;

	if (grantrow_decode(row->body, &grants) < 0)
		return ERROR_CORRUPT;
	return put_grants(op, key, &grants);
}

int
op_grant_list(struct operation *op)
{
	struct names_request request;
	struct found_row found;
	struct page page;
	int rv;

	names_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	page_begin(&page, op);
	if (span_empty(request.name))
		return page_walk(&page, DB_GRANTS, request.after, put_row);
	rv = grantrow_check_principal(request.name, &op->refusal);
	if (rv == 0)
		rv = load_row(op, request.name, &found);
	if (rv < 0)
		return rv;
	page.count = (uint16_t)put_grants(op, request.name, &found.row);
	page_end(&page, span_bytes(NULL, 0));
	return 0;
}

/* `principal="alice" project="web" login-as="deploy,www"` */
static void
describe_names(
    const char *word, const struct spanlist *names, char *detail, size_t size)
{
	char text[TOKEN_DESCRIPTION_MAX] = "";
	struct span name;
	size_t at = 0;

	while (spanlist_next(names, &at, &name)) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%s%.*s",
		    used == 0 ? "" : ",", (int)name.size,
		    (const char *)name.data);
	}
	if (names->count > 0)
		op_describe_text(detail, size, word, span_of(text));
}

static void
note_grant(struct operation *op, const char *action, struct span principal,
    const struct grant_record *before, const struct grant_record *after)
{
	const struct grant_record *grant = after != NULL ? after : before;
	char detail[AUDIT_DETAIL_MAX] = "";

	op_describe_text(detail, sizeof(detail), "principal", principal);
	op_describe_text(detail, sizeof(detail), "project",
	    span_empty(grant->project) ? span_of(ORGANIZATION_KEY)
				       : grant->project);
	describe_names("login-as", &grant->login_as, detail, sizeof(detail));
	if (after != NULL && before != NULL)
		describe_names(
		    "was", &before->login_as, detail, sizeof(detail));
	op_note_act(op, action, grant->role, detail);
}

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

static int
write_grant(struct operation *op, const struct found_row *found,
    const struct grant_record *before, const struct grant_record *grant,
    const struct found_role *role)
{
	const struct grant_match match = { &grant->role, &grant->project };
	int rv = 0;

	if (found->version == VERSION_ABSENT)
		rv = op_check_room(op, DB_GRANTS,
		    "users and groups with "
		    "grants");
	if (rv == 0)
		rv = op_begin_set(op);
	if (rv == 0)
		rv = rewrite_row(op, found, &match, grant);
	if (rv == 0)
		rv = hold_named(op, grant, role);
	if (rv == 0)
		note_grant(op, "role.grant", found->principal, before, grant);
	return rv;
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
	struct grant_record grant, before;
	struct grant_request request;
	struct found_role role;
	struct found_row found;
	struct grant_match match = { &grant.role, &grant.project };
	bool is_there;
	int rv;

	role_grant_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	grant = requested(op, &request);
	rv = check_grant(op, request.principal, &grant, &role);
	if (rv == 0)
		rv = load_row(op, request.principal, &found);
	if (rv < 0)
		return rv;
	is_there = grantrow_find(&found.row, &match, &before);
	/* Its login names go with the grant that this one replaces. */
	if (is_there)
		rv = grantrow_check_within(
		    op->caller, &before, &role.role, &op->refusal);
	if (rv < 0)
		return rv;
	if (is_there &&
	    span_equal(before.login_as.packed, grant.login_as.packed))
		grant = before;
	else
		rv = write_grant(
		    op, &found, is_there ? &before : NULL, &grant, &role);
	put_grant(op, request.principal, &grant);
	return rv;
}

/* Somebody else who is an owner of the organization, other than this grant. */
struct other_owner {
	struct span principal; /* whose grant goes */
	struct span found;
	uint32_t version;
};

static int
look_for_owner(struct operation *op, struct found_row *row, void *arg)
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
	    op->caller->role == ROLE_OWNER)
		return 0;
	rv = each_row(op, look_for_owner, &other);
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
	return check_withdraw(op, grant, &role.role);
}

static int
withdraw_grant(struct operation *op, const struct found_row *found,
    const struct grant_record *grant)
{
	const struct grant_match match = { &grant->role, &grant->project };
	int rv = check_gone(op, grant);

	if (rv == 0)
		rv = op_begin_set(op);
	if (rv == 0)
		rv = check_last_owner(op, found->principal, grant);
	if (rv == 0)
		rv = rewrite_row(op, found, &match, NULL);
	if (rv == 0)
		note_grant(op, "role.withdraw", found->principal, grant, NULL);
	return rv;
}

int
op_role_withdraw(struct operation *op)
{
	struct grant_request request;
	struct grant_match match = { &request.role, &request.project };
	char place[ROLE_PLACE_SIZE];
	struct grant_record grant;
	struct found_row found;
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
		rv = load_row(op, request.principal, &found);
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
	rv = withdraw_grant(op, &found, &grant);
	put_grant(op, request.principal, &grant);
	return rv;
}
