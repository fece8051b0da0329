/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import does to a role. */
#include <string.h>

#include "agent/server/importing.h"
#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "agent/server/op_role.h"
#include "common/error.h"

static int
check_role(struct operation *op, const struct role_info *info,
    struct role_record *role)
{
	bool is_told = info->created_at != 0;
	int rv = importing_check_field(op,
	    syntax_check_word("a role's name", info->name, &op->refusal),
	    "name");

	*role = (struct role_record) {
		.description = info->description,
		.created_at = is_told ? info->created_at : op->now,
		.created_by = is_told ? info->created_by
				      : span_of(op->caller->login),
	};
	if (rv == 0)
		rv = importing_check_text(op, "description", info->description);
	if (rv == 0)
		rv = importing_check_text(op, "created_by", info->created_by);
	if (rv == 0)
		rv = importing_check_time(op, "created_at", info->created_at);
	if (rv == 0)
		rv = importing_check_field(op,
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
		rv = importing_check_unburied(importing, 'r', "role", name);
	if (rv == 0)
		rv = op_make_role(op, name, role);
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_MADE);
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
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_CHANGED);
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
	return importing_refuse_different(op,
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
	rv = importing_check_exact(importing, result);
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
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_DELETED);
}
