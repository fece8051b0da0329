/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import does to a grant. */
#include "agent/server/importing.h"
#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "agent/server/op_role.h"
#include "common/error.h"

/* The fields by themselves; what they are together op_meet_grant() knows. */
static int
check_grant(struct operation *op, const struct grant_info *info)
{
	struct span login;
	size_t at = 0;
	int rv = importing_check_field(op,
	    grantrow_check_principal(info->principal, &op->refusal),
	    "principal");

	if (rv == 0)
		rv = importing_check_field(op,
		    syntax_check_word(
			"a role's name", info->role, &op->refusal),
		    "role");
	if (rv == 0 && !span_empty(info->project))
		rv = importing_check_field(op,
		    syntax_check_word(
			"a project's name", info->project, &op->refusal),
		    "project");
	while (rv == 0 && spanlist_next(&info->login_as, &at, &login))
		rv = importing_check_field(op,
		    syntax_check_login("a login name", login, &op->refusal),
		    "login_as");
	if (rv == 0)
		rv = importing_check_text(op, "granted_by", info->granted_by);
	return rv < 0
		   ? rv
		   : importing_check_time(op, "granted_at", info->granted_at);
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
		return importing_refuse_different(
		    op, "login_as", "the grant of role", grant->role);
	rv = op_give_grant(op, grant, met);
	return rv < 0 ? rv
		      : importing_end(importing, result,
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
		rv = importing_check_exact(importing, result);
	if (rv == 0)
		rv = op_load_grants(op, info.principal, &found);
	if (rv < 0 || !grantrow_find(&found.row, &match, &grant))
		return rv;
	rv = op_may(op, ROLE_GRANT, info.project);
	if (rv == 0)
		rv = op_take_grant(op, &found, &grant);
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_DELETED);
}
