/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_grant.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/op_named.h"
#include "common/error.h"
#include "common/rolemessage.h"

int
op_load_grants(
    struct operation *op, struct span principal, struct found_grants *found)
{
	struct row row;
	int rv = op_get_named(op, DB_GRANTS, principal, &row);

	*found = (struct found_grants) { .principal = principal,
		.version = VERSION_ABSENT };
	if (rv == ERROR_NOT_FOUND)
		return 0;
	if (rv == 0 && grantrow_decode(row.body, &found->row) < 0)
		rv = ERROR_CORRUPT;
	if (rv == 0)
		found->version = row.version;
	return rv;
}

int
op_each_grants(struct operation *op,
    int (*visit)(struct operation *op, struct found_grants *found, void *arg),
    void *arg)
{
	const struct span none = { NULL, 0 };
	struct store_cursor *cursor = NULL;
	int rv = store_cursor_open(op->reader, DB_GRANTS, &cursor);

	if (rv == 0)
		rv = store_cursor_seek(cursor, none, none);
	while (rv == 0) {
		struct found_grants found = { .principal = store_cursor_key(
						  cursor) };
		struct row row;

		rv = store_cursor_row(cursor, &row);
		if (rv == 0)
			op_renew_named(op, DB_GRANTS, found.principal, &row);
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

int
op_rewrite_grants(struct operation *op, const struct found_grants *found,
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
	op_put_named(op, DB_GRANTS, found->principal, found->version,
	    span_bytes(body, size));
	return 0;
}

int
op_check_withdraw(struct operation *op, const struct grant_record *grant,
    const struct role_record *role)
{
	int rv = grantrow_check_within(op->caller, grant, role, &op->refusal);

	return rv < 0 ? rv
		      : role_check_without(op->caller, op->config->default_role,
			    role, grant->project, &op->refusal);
}

static int
sweep_row(struct operation *op, struct found_grants *found, void *arg)
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
			rv = op_check_withdraw(op, &grant, sweep->role);
	}
	if (rv < 0 || !sweep->drop || sweep->count == before)
		return rv;
	return op_rewrite_grants(op, found, sweep->match, NULL);
}

int
op_count_grants(
    struct operation *op, const struct grant_match *match, uint64_t *count)
{
	struct sweep sweep = { .match = match };
	int rv = op_each_grants(op, sweep_row, &sweep);

	*count = sweep.count;
	return rv;
}

int
op_check_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role)
{
	struct sweep sweep = { .match = match, .role = role };

	return op_each_grants(op, sweep_row, &sweep);
}

int
op_drop_grants(struct operation *op, const struct grant_match *match,
    const struct role_record *role, uint64_t *count)
{
	struct sweep sweep = { .match = match, .role = role, .drop = true };
	int rv = op_each_grants(op, sweep_row, &sweep);

	*count = sweep.count;
	return rv;
}

struct grant_info
grant_info_of(struct span principal, const struct grant_record *grant)
{
	return (struct grant_info) {
		.principal = principal,
		.role = grant->role,
		.project = grant->project,
		.login_as = grant->login_as,
		.granted_at = grant->granted_at,
		.granted_by = grant->granted_by,
	};
}

void
op_put_grant(struct operation *op, struct span principal,
    const struct grant_record *grant)
{
	const struct grant_info info = grant_info_of(principal, grant);

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
		op_put_grant(op, principal, &grant);
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
	struct found_grants found;
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
		rv = op_load_grants(op, request.name, &found);
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

void
op_note_grant(struct operation *op, const char *action, struct span principal,
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
