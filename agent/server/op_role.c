/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_role.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "common/error.h"
#include "common/rolemessage.h"

int
op_load_role(struct operation *op, struct span name, struct found_role *found)
{
	enum role role = role_of(name);
	struct row row;
	int rv;

	*found = (struct found_role) { .builtin = role != ROLE_COUNT,
		.version = VERSION_ABSENT };
	if (found->builtin) {
		role_builtin(role, &found->role);
		return 0;
	}
	rv = op_get_named(op, DB_ROLES, name, &row);
	if (rv == 0 && role_decode(row.body, &found->role) < 0)
		rv = ERROR_CORRUPT;
	if (rv == 0) {
		found->version = row.version;
		found->body = row.body;
	}
	return rv;
}

int
op_find_role(struct operation *op, struct span name, struct found_role *found)
{
	int rv = syntax_check_word("a role's name", name, &op->refusal);

	if (rv == 0)
		rv = op_load_role(op, name, found);
	if (rv != ERROR_NOT_FOUND)
		return rv;
	return refuse(&op->refusal, STATUS_NOT_FOUND,
	    "there is no role %.*s: see apitoken role list", (int)name.size,
	    (const char *)name.data);
}

struct role_info
role_info_of(struct span name, bool builtin, const struct role_record *role,
    uint8_t storage[ROLE_WORDS_SIZE])
{
	return (struct role_info) {
		.name = name,
		.builtin = builtin,
		.permissions = role_words(role, storage),
		.description = role->description,
		.created_at = role->created_at,
		.created_by = role->created_by,
	};
}

static void
put_role(struct operation *op, struct span name, bool builtin,
    const struct role_record *role)
{
	uint8_t storage[ROLE_WORDS_SIZE];
	struct role_info info = role_info_of(name, builtin, role, storage);

	role_info_put(op->body, &info);
}

static int
put_row(struct operation *op, struct span key, const struct row *row)
{
	struct role_record role;

	if (role_decode(row->body, &role) < 0)
		return ERROR_CORRUPT;
	put_role(op, key, false, &role);
	return 1;
}

static int
list_one(struct operation *op, struct span name)
{
	struct found_role found;
	struct page page;
	int rv = op_find_role(op, name, &found);

	if (rv < 0)
		return rv;
	page_begin(&page, op);
	put_role(op, name, found.builtin, &found.role);
	page.count = 1;
	page_end(&page, span_bytes(NULL, 0));
	return 0;
}

int
op_role_list(struct operation *op)
{
	struct names_request request;
	struct role_record role;
	struct page page;

	names_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	if (!span_empty(request.name))
		return list_one(op, request.name);
	page_begin(&page, op);
	for (enum role r = 0; r < ROLE_COUNT && span_empty(request.after);
	     r++) {
		role_builtin(r, &role);
		put_role(op, span_of(role_word(r)), true, &role);
		page.count++;
	}
	return page_walk(&page, DB_ROLES, request.after, put_row);
}

/* `all="token.read,token.create" own="token.use"`: the audit has little room,
 * and permissions many letters. */
static void
describe_role(const struct role_record *role, char *detail, size_t size)
{
	for (int reach = REACH_ALL; reach > REACH_NONE; reach--) {
		char words[TOKEN_DESCRIPTION_MAX] = "";

		for (enum permission p = 0; p < PERMISSION_COUNT; p++) {
			if (role->reach[p] != reach)
				continue;
			op_append(
			    words, sizeof(words), words[0] == '\0' ? "" : ",");
			op_append(words, sizeof(words), permission_word(p));
		}
		if (words[0] != '\0')
			op_describe_text(detail, size,
			    reach_word((enum reach)reach), span_of(words));
	}
}

/* What is asked for, and whether the caller may make it. */
static int
read_role(struct operation *op, const struct role_create_request *request,
    struct role_record *role)
{
	const struct span organization = { NULL, 0 };
	int rv = op_may(op, ROLE_CREATE, organization);

	*role = (struct role_record) {
		.description = request->description,
		.created_at = op->now,
		.created_by = span_of(op->caller->login),
	};
	if (rv == 0)
		rv = role_check(
		    request->name, request->description, &op->refusal);
	if (rv == 0)
		rv = role_read_words(&request->permissions, role, &op->refusal);
	if (rv == 0)
		rv = role_check_within(op->caller, request->name, role,
		    organization, &op->refusal);
	return rv;
}

static void
write_role(struct operation *op, struct span name, uint32_t version,
    const struct role_record *role)
{
	uint8_t body[ROLE_SIZE_MAX];
	size_t size = role_encode(role, body, sizeof(body));

	if (size == 0)
		op->set->failed = true;
	op_put_named(op, DB_ROLES, name, version, span_bytes(body, size));
}

static void
note_role(struct operation *op, const char *action, struct span name,
    const struct role_record *role)
{
	char detail[AUDIT_DETAIL_MAX] = "";

	describe_role(role, detail, sizeof(detail));
	op_note_act(op, action, name, detail);
}

int
op_make_role(
    struct operation *op, struct span name, const struct role_record *role)
{
	int rv = op_check_room(op, DB_ROLES, "roles");

	if (rv == 0)
		rv = op_begin_set(op);
	if (rv < 0)
		return rv;
	write_role(op, name, VERSION_ABSENT, role);
	note_role(op, "role.create", name, role);
	return 0;
}

/* Who changes it takes it away as it was and gives it as it is then. */
int
op_change_role(struct operation *op, struct span name,
    const struct found_role *found, const struct role_record *after)
{
	int rv = op_begin_set(op);

	if (rv < 0)
		return rv;
	write_role(op, name, found->version, after);
	note_role(op, "role.edit", name, after);
	return 0;
}

int
op_role_create(struct operation *op)
{
	struct role_create_request request;
	struct found_role found;
	struct role_record role;
	int rv;

	role_create_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = read_role(op, &request, &role);
	if (rv < 0)
		return rv;
	rv = op_load_role(op, request.name, &found);
	if (rv == 0)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "there is a role %.*s already", (int)request.name.size,
		    (const char *)request.name.data);
	if (rv != ERROR_NOT_FOUND)
		return rv;
	rv = op_make_role(op, request.name, &role);
	if (rv == 0)
		put_role(op, request.name, false, &role);
	return rv;
}

int
op_check_remove_role(
    struct operation *op, struct span name, const struct found_role *found)
{
	if (found->builtin)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "%.*s is a built-in role: it cannot be deleted",
		    (int)name.size, (const char *)name.data);
	return role_check_within(
	    op->caller, name, &found->role, span_bytes(NULL, 0), &op->refusal);
}

static int
check_delete(struct operation *op, const struct role_delete_request *request,
    const struct found_role *found)
{
	const struct grant_match match = { .role = &request->name };
	uint64_t granted = 0;
	int rv = op_check_remove_role(op, request->name, found);

	if (rv == 0)
		rv = op_count_grants(op, &match, &granted);
	if (rv < 0 || granted == 0 || request->withdraw)
		return rv;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "role %.*s is granted %llu time%s (see apitoken role grants): "
	    "withdraw that first, or give --withdraw",
	    (int)request->name.size, (const char *)request->name.data,
	    (unsigned long long)granted, granted == 1 ? "" : "s");
}

int
op_remove_role(struct operation *op, const struct role_delete_request *request,
    const struct found_role *found, uint64_t *withdrawn)
{
	struct grant_match match = { .role = &request->name };
	char detail[AUDIT_DETAIL_MAX] = "";
	int rv = check_delete(op, request, found);

	if (rv == 0)
		rv = op_begin_set(op);
	if (rv == 0)
		rv = op_drop_grants(op, &match, &found->role, withdrawn);
	if (rv < 0)
		return rv;
	op_delete_named(op, DB_ROLES, request->name, found->version);
	op_bury(op, 'r', request->name);
	snprintf(detail, sizeof(detail), "grants-withdrawn=%llu",
	    (unsigned long long)*withdrawn);
	describe_role(&found->role, detail, sizeof(detail));
	op_note_act(op, "role.delete", request->name, detail);
	return 0;
}

int
op_role_delete(struct operation *op)
{
	struct role_delete_request request;
	struct found_role found;
	uint64_t withdrawn = 0;
	int rv;

	role_delete_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_may(op, ROLE_DELETE, span_bytes(NULL, 0));
	if (rv == 0)
		rv = op_find_role(op, request.name, &found);
	if (rv == 0)
		rv = op_remove_role(op, &request, &found, &withdrawn);
	if (rv < 0)
		return rv;
	put_role(op, request.name, false, &found.role);
	wirebuf_put_u64(op->body, withdrawn);
	return 0;
}
