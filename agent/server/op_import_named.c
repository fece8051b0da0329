/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an import does to a project, a role and a grant.  Whoever imports one
 * does what the ordinary operation does, and needs what that takes: its
 * permission, and for roles and grants no less than they give.
 */
#include <stdio.h>
#include <string.h>

#include "agent/server/op_grant.h"
#include "agent/server/op_import.h"
#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "agent/server/op_role.h"
#include "common/duration.h"
#include "common/error.h"

/* A refusal of one field, which its name begins. */
static int
refuse_field(struct operation *op, const char *field)
{
	char why[sizeof(op->refusal.message)];

	snprintf(why, sizeof(why), "%s", op->refusal.message);
	return refuse(
	    &op->refusal, op->refusal.status, "%s: %.400s", field, why);
}

/* One field after the other, so that the one that is wrong is named. */
static int
check_field(struct operation *op, int rv, const char *field)
{
	return rv == ERROR_INVALID ? refuse_field(op, field) : rv;
}

static int
check_time(struct operation *op, const char *field, uint64_t when)
{
	if (when <= (uint64_t)TIME_MAX)
		return 0;
	return refuse(&op->refusal, STATUS_INVALID,
	    "%s: it is past the year 9999", field);
}

static int
check_text(struct operation *op, const char *field, struct span text)
{
	return check_field(
	    op, syntax_check_text("a text", text, &op->refusal), field);
}

static int
refuse_different(
    struct operation *op, const char *words, const char *what, struct span name)
{
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "%s: %s %.*s is here and differs in that: --exact changes it",
	    words, what, (int)name.size, (const char *)name.data);
}

/*
 * A name that was deleted here may be used again, but not by an old file that
 * nobody meant so; one that is deleted just now makes the set too late.
 */
static int
check_unburied(
    struct importing *importing, char kind, const char *what, struct span name)
{
	struct operation *op = importing->op;
	char when[TIME_TEXT_SIZE];
	uint64_t at = 0;
	int rv;

	if (importing->request.exact)
		return 0;
	rv = op_buried(op, kind, name, &at);
	if (rv == ERROR_NOT_FOUND) {
		op_expect_unburied(op, kind, name);
		return 0;
	}
	if (rv < 0)
		return rv;
	time_format(at, when);
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "name: the %s was deleted here on %s: make it with apitoken %s "
	    "create first, or give --exact",
	    what, when, what);
}

/* What is done counts; a dry run's set goes. */
static int
come_to(struct importing *importing, struct import_result *result,
    enum import_outcome outcome)
{
	result->outcome = outcome;
	importing->changed += !importing->request.dry_run;
	return 0;
}

static int
check_project(struct operation *op, const struct project_info *info)
{
	int rv = check_field(op,
	    syntax_check_word("a project's name", info->name, &op->refusal),
	    "name");

	if (rv == 0)
		rv = check_text(op, "description", info->description);
	if (rv == 0)
		rv = check_text(op, "created_by", info->created_by);
	if (rv == 0)
		rv = check_text(op, "changed_by", info->changed_by);
	if (rv == 0)
		rv = check_time(op, "created_at", info->created_at);
	return rv < 0 ? rv : check_time(op, "changed_at", info->changed_at);
}

static int
make_project(struct importing *importing, const struct project_info *info,
    struct import_result *result)
{
	struct operation *op = importing->op;
	bool is_told = info->created_at != 0;
	const struct project project = {
		.description = info->description,
		.locked = info->locked,
		.created_at = is_told ? info->created_at : op->now,
		.created_by = is_told ? info->created_by
				      : span_of(op->caller->login),
		.changed_at = info->changed_at,
		.changed_by = info->changed_by,
	};
	int rv = op_may(op, PROJECT_CREATE, span_bytes(NULL, 0));

	if (rv == 0)
		rv = check_unburied(importing, 'p', "project", info->name);
	if (rv == 0)
		rv = op_make_project(op, info->name, &project);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_MADE);
}

static uint8_t
project_differences(
    const struct transfer_project *line, const struct project *before)
{
	uint8_t fields = 0;

	if (!span_equal(line->info.description, before->description))
		fields |= PROJECT_FIELD_DESCRIPTION;
	if (line->tells_locked && line->info.locked != before->locked)
		fields |= PROJECT_FIELD_LOCKED;
	return fields;
}

static int
meet_project(struct importing *importing, const struct transfer_project *line,
    const struct found_project *found, struct import_result *result)
{
	static const char *const words[] = { "", "description", "locked",
		"description,locked" };
	struct operation *op = importing->op;
	const struct project_request request = {
		.name = line->info.name,
		.fields = project_differences(line, &found->project),
		.description = line->info.description,
		.locked = line->info.locked,
	};
	/* Nobody has said anything of `default` while it has no row. */
	bool is_open = importing->request.exact ||
		       found->version == VERSION_ABSENT;
	struct project after;
	int rv;

	if (request.fields == 0) {
		result->outcome = IMPORT_UNCHANGED;
		return 0;
	}
	if (!is_open)
		return refuse_different(
		    op, words[request.fields], "project", request.name);
	rv = op_may(op, PROJECT_EDIT, request.name);
	if (rv == 0)
		rv = op_change_project(op, &request, found, &after);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_CHANGED);
}

int
import_project(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct transfer_project line = { 0 };
	struct found_project found;
	int rv;

	transfer_project_get(body, &line);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	rv = check_project(op, &line.info);
	if (rv < 0)
		return rv;
	rv = op_load_project(op, line.info.name, &found);
	if (rv == ERROR_NOT_FOUND)
		return make_project(importing, &line.info, result);
	return rv < 0 ? rv : meet_project(importing, &line, &found, result);
}

static int
check_role(struct operation *op, const struct role_info *info,
    struct role_record *role)
{
	bool is_told = info->created_at != 0;
	int rv = check_field(op,
	    syntax_check_word("a role's name", info->name, &op->refusal),
	    "name");

	*role = (struct role_record) {
		.description = info->description,
		.created_at = is_told ? info->created_at : op->now,
		.created_by = is_told ? info->created_by
				      : span_of(op->caller->login),
	};
	if (rv == 0)
		rv = check_text(op, "description", info->description);
	if (rv == 0)
		rv = check_text(op, "created_by", info->created_by);
	if (rv == 0)
		rv = check_time(op, "created_at", info->created_at);
	if (rv == 0)
		rv = check_field(op,
		    role_read_words(&info->permissions, role, &op->refusal),
		    "permissions");
	return rv;
}

/* Nobody makes a role of what they have not, nor takes that from others. */
static int
check_role_within(
    struct operation *op, struct span name, const struct role_record *role)
{
	const struct span organization = { NULL, 0 };

	return role_check_within(
	    op->caller, name, role, organization, &op->refusal);
}

static int
make_role(struct importing *importing, struct span name,
    const struct role_record *role, struct import_result *result)
{
	struct operation *op = importing->op;
	int rv = check_role_within(op, name, role);

	if (rv == 0)
		rv = check_unburied(importing, 'r', "role", name);
	if (rv == 0)
		rv = op_make_role(op, name, role);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_MADE);
}

static int
change_role(struct importing *importing, struct span name,
    const struct found_role *found, struct role_record *after,
    struct import_result *result)
{
	const struct grant_match match = { .role = &name };
	struct operation *op = importing->op;
	int rv = op_may(op, ROLE_DELETE, span_bytes(NULL, 0));

	if (rv == 0)
		rv = check_role_within(op, name, &found->role);
	if (rv == 0)
		rv = check_role_within(op, name, after);
	/* Login names of its grants that meant nothing may mean something. */
	if (rv == 0)
		rv = op_check_grants(op, &match, after);
	if (rv < 0)
		return rv;
	after->created_at = found->role.created_at;
	after->created_by = found->role.created_by;
	rv = op_change_role(op, name, found, after);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_CHANGED);
}

static int
meet_role(struct importing *importing, struct span name,
    const struct found_role *found, struct role_record *role,
    struct import_result *result)
{
	struct operation *op = importing->op;
	bool same_reach = memcmp(role->reach, found->role.reach,
			      sizeof(role->reach)) == 0;
	bool same_text = span_equal(role->description, found->role.description);

	if (same_reach && (same_text || found->builtin)) {
		result->outcome = IMPORT_UNCHANGED;
		return 0;
	}
	if (found->builtin)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "name: %.*s is a built-in role: choose another name",
		    (int)name.size, (const char *)name.data);
	if (importing->request.exact)
		return change_role(importing, name, found, role, result);
	return refuse_different(op,
	    same_reach	? "description"
	    : same_text ? "permissions"
			: "permissions,description",
	    "role", name);
}

int
import_role(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct role_info info = { 0 };
	struct role_record role;
	struct found_role found;
	int rv;

	role_info_get(body, &info);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	rv = check_role(op, &info, &role);
	if (rv == 0)
		rv = op_may(op, ROLE_CREATE, span_bytes(NULL, 0));
	if (rv < 0)
		return rv;
	rv = op_load_role(op, info.name, &found);
	if (rv == ERROR_NOT_FOUND)
		return make_role(importing, info.name, &role, result);
	return rv < 0 ? rv
		      : meet_role(importing, info.name, &found, &role, result);
}

/* The fields by themselves; what they are together op_meet_grant() knows. */
static int
check_grant(struct operation *op, const struct grant_info *info)
{
	struct span login;
	size_t at = 0;
	int rv = check_field(op,
	    grantrow_check_principal(info->principal, &op->refusal),
	    "principal");

	if (rv == 0)
		rv = check_field(op,
		    syntax_check_word(
			"a role's name", info->role, &op->refusal),
		    "role");
	if (rv == 0 && !span_empty(info->project))
		rv = check_field(op,
		    syntax_check_word(
			"a project's name", info->project, &op->refusal),
		    "project");
	while (rv == 0 && spanlist_next(&info->login_as, &at, &login))
		rv = check_field(op,
		    syntax_check_login("a login name", login, &op->refusal),
		    "login_as");
	if (rv == 0)
		rv = check_text(op, "granted_by", info->granted_by);
	return rv < 0 ? rv : check_time(op, "granted_at", info->granted_at);
}

static int
read_grant(struct operation *op, struct wirebuf *body, struct grant_info *info)
{
	grant_info_get(body, info);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	return check_grant(op, info);
}

static int
meet_grant(struct importing *importing, const struct grant_record *grant,
    const struct met_grant *met, struct import_result *result)
{
	struct operation *op = importing->op;
	int rv;

	if (met->is_there &&
	    span_equal(met->before.login_as.packed, grant->login_as.packed)) {
		result->outcome = IMPORT_UNCHANGED;
		return 0;
	}
	if (met->is_there && !importing->request.exact)
		return refuse_different(
		    op, "login_as", "the grant of role", grant->role);
	rv = op_give_grant(op, grant, met);
	return rv < 0 ? rv
		      : come_to(importing, result,
			    met->is_there ? IMPORT_CHANGED : IMPORT_MADE);
}

int
import_grant(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct grant_info info = { 0 };
	struct grant_record grant;
	struct met_grant met;
	int rv = read_grant(op, body, &info);

	grant = (struct grant_record) {
		.role = info.role,
		.project = info.project,
		.login_as = info.login_as,
		.granted_at = info.granted_at != 0 ? info.granted_at : op->now,
		.granted_by = info.granted_at != 0 ? info.granted_by
						   : span_of(op->caller->login),
	};
	if (rv == 0)
		rv = op_meet_grant(op, info.principal, &grant, &met);
	return rv < 0 ? rv : meet_grant(importing, &grant, &met, result);
}

/* What an exact import deletes is not in its file; gone already is gone. */
static int
check_exact(struct importing *importing, struct import_result *result)
{
	result->outcome = IMPORT_UNCHANGED;
	return importing->request.exact ? 0 : op_malformed(importing->op);
}

int
import_project_gone(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct transfer_project line = { 0 };
	struct span name;
	struct found_project found;
	int rv;

	transfer_project_get(body, &line);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	name = line.info.name;
	rv = check_exact(importing, result);
	if (rv == 0)
		rv = op_load_project(op, name, &found);
	if (rv < 0)
		return rv == ERROR_NOT_FOUND ? 0 : rv;
	rv = op_may(op, PROJECT_DELETE, name);
	if (rv == 0)
		rv = op_remove_project(
		    op, name, &found, importing->request.dry_run);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_DELETED);
}

int
import_role_gone(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct role_delete_request request = { 0 };
	struct role_info info = { 0 };
	struct found_role found;
	uint64_t withdrawn = 0;
	int rv;

	role_info_get(body, &info);
	if (wirebuf_done(body) < 0)
		return op_malformed(op);
	request.name = info.name;
	rv = check_exact(importing, result);
	if (rv == 0)
		rv = op_load_role(op, info.name, &found);
	if (rv < 0)
		return rv == ERROR_NOT_FOUND ? 0 : rv;
	rv = op_may(op, ROLE_DELETE, span_bytes(NULL, 0));
	/* In a dry run its grants may be to go as well. */
	if (rv == 0)
		rv = importing->request.dry_run
			 ? op_check_remove_role(op, info.name, &found)
			 : op_remove_role(op, &request, &found, &withdrawn);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_DELETED);
}

int
import_grant_gone(struct importing *importing, struct wirebuf *body,
    struct import_result *result)
{
	struct operation *op = importing->op;
	struct grant_info info = { 0 };
	struct grant_match match = { &info.role, &info.project };
	struct grant_record grant;
	struct found_grants found;
	int rv = read_grant(op, body, &info);

	if (rv == 0)
		rv = check_exact(importing, result);
	if (rv == 0)
		rv = op_load_grants(op, info.principal, &found);
	if (rv < 0 || !grantrow_find(&found.row, &match, &grant))
		return rv;
	rv = op_may(op, ROLE_GRANT, info.project);
	if (rv == 0)
		rv = op_take_grant(op, &found, &grant);
	return rv < 0 ? rv : come_to(importing, result, IMPORT_DELETED);
}
