/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_project.h"

#include <stdio.h>
#include <string.h>

#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "common/error.h"

/* A description in an audit entry, as much of it as leaves room for two. */
#define SHOWN_MAX 160

int
op_load_project(
    struct operation *op, struct span name, struct found_project *found)
{
	struct row row;
	int rv = store_get_authentic(op->reader, DB_PROJECTS, name, &row);

	*found = (struct found_project) { .version = VERSION_ABSENT };
	if (rv == ERROR_NOT_FOUND && project_is_default(name))
		return 0;
	if (rv == 0 && project_decode(row.body, &found->project) < 0)
		rv = ERROR_CORRUPT;
	if (rv == 0) {
		found->version = row.version;
		found->body = row.body;
	}
	return rv;
}

int
op_find_project(
    struct operation *op, struct span name, struct found_project *found)
{
	int rv = syntax_check_word("a project's name", name, &op->refusal);

	if (rv == 0)
		rv = op_load_project(op, name, found);
	if (rv != ERROR_NOT_FOUND)
		return rv;
	return refuse(&op->refusal, STATUS_NOT_FOUND,
	    "there is no project %.*s: apitoken project create %.*s makes it",
	    (int)name.size, (const char *)name.data, (int)name.size,
	    (const char *)name.data);
}

int
op_check_projects(struct operation *op, const struct token_spec *spec)
{
	struct found_project found;
	struct span name;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(&spec->projects, &at, &name))
		rv = op_find_project(op, name, &found);
	return rv;
}

int
op_is_locked(struct operation *op, const struct token_spec *spec, bool *locked)
{
	struct found_project found;
	struct span name;
	size_t at = 0;

	*locked = false;
	while (spanlist_next(&spec->projects, &at, &name)) {
		int rv = op_load_project(op, name, &found);

		if (rv < 0 && rv != ERROR_NOT_FOUND)
			return rv;
		*locked = *locked || (rv == 0 && found.project.locked);
	}
	return 0;
}

int
op_expect_projects(struct operation *op, const struct token_spec *spec)
{
	struct found_project found;
	struct span name;
	size_t at = 0;

	while (spanlist_next(&spec->projects, &at, &name)) {
		int rv = op_load_project(op, name, &found);

		if (rv < 0 && rv != ERROR_NOT_FOUND)
			return rv;
		changeset_expect(op->set, DB_PROJECTS, name, found.version);
	}
	return 0;
}

/* Who reaches none of its tokens and may not change it does not see it. */
static bool
is_visible(const struct operation *op, struct span name)
{
	static const enum permission any[] = { TOKEN_READ, TOKEN_CREATE,
		PROJECT_EDIT, PROJECT_DELETE, ROLE_GRANT };

	for (size_t i = 0; i < sizeof(any) / sizeof(*any); i++)
		if (caller_reach(op->caller, any[i], name) != REACH_NONE)
			return true;
	return false;
}

static int
put_project(
    struct operation *op, struct span name, const struct project *project)
{
	struct project_info info = {
		.name = name,
		.description = project->description,
		.locked = project->locked,
		.tokens = TOKENS_UNKNOWN,
		.created_at = project->created_at,
		.created_by = project->created_by,
		.changed_at = project->changed_at,
		.changed_by = project->changed_by,
	};
	int rv = 0;

	if (caller_reach(op->caller, TOKEN_READ, name) >= REACH_PROJECT)
		rv = store_count_under(
		    op->reader, DB_TOKENS_BY_PROJECT, name, &info.tokens);
	project_info_put(op->body, &info);
	return rv;
}

static int
put_row(struct operation *op, struct span key, const struct row *row)
{
	struct project project;
	int rv;

	if (project_decode(row->body, &project) < 0)
		return ERROR_CORRUPT;
	if (!is_visible(op, key))
		return 0;
	rv = put_project(op, key, &project);
	return rv < 0 ? rv : 1;
}

static int
list_one(struct operation *op, struct span name)
{
	struct found_project found;
	struct page page;
	int rv;

	page_begin(&page, op);
	rv = op_load_project(op, name, &found);
	if (rv == ERROR_NOT_FOUND || (rv == 0 && !is_visible(op, name)))
		return refuse(&op->refusal, STATUS_NOT_FOUND,
		    "there is no such project: see apitoken project list");
	if (rv == 0)
		rv = put_project(op, name, &found.project);
	page.count = 1;
	if (rv == 0)
		page_end(&page, span_bytes(NULL, 0));
	return rv;
}

int
op_project_list(struct operation *op)
{
	const struct span name = span_of(PROJECT_DEFAULT);
	struct found_project found;
	struct names_request request;
	struct page page;
	int rv = 0;

	names_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	if (!span_empty(request.name))
		return list_one(op, request.name);
	page_begin(&page, op);
	/* It is there without a row, too: then it is the first. */
	if (span_empty(request.after))
		rv = op_load_project(op, name, &found);
	if (rv == 0 && span_empty(request.after) &&
	    found.version == VERSION_ABSENT && is_visible(op, name)) {
		rv = put_project(op, name, &found.project);
		page.count = 1;
	}
	if (rv < 0 && rv != ERROR_CORRUPT)
		return rv;
	return page_walk(&page, DB_PROJECTS, request.after, put_row);
}

static void
write_project(struct operation *op, struct span name, uint32_t version,
    const struct project *project)
{
	uint8_t body[PROJECT_SIZE_MAX];
	size_t size = project_encode(project, body, sizeof(body));

	if (size == 0)
		op->set->failed = true;
	changeset_put(
	    op->set, DB_PROJECTS, name, version, span_bytes(body, size));
}

static struct span
shown(struct span text)
{
	return span_bytes(
	    text.data, text.size < SHOWN_MAX ? text.size : SHOWN_MAX);
}

int
op_project_create(struct operation *op)
{
	char detail[AUDIT_DETAIL_MAX] = "";
	struct project_request request;
	struct found_project found;
	struct project project;
	int rv;

	project_create_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_may(op, PROJECT_CREATE, span_bytes(NULL, 0));
	if (rv == 0)
		rv = project_check(
		    request.name, request.description, &op->refusal);
	if (rv < 0)
		return rv;
	rv = op_load_project(op, request.name, &found);
	if (rv == 0)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "there is a project %.*s already", (int)request.name.size,
		    (const char *)request.name.data);
	if (rv != ERROR_NOT_FOUND)
		return rv;
	rv = op_check_room(op, DB_PROJECTS, "projects");
	if (rv == 0)
		rv = op_begin_set(op);
	if (rv < 0)
		return rv;
	project = (struct project) { .description = request.description,
		.created_at = op->now,
		.created_by = span_of(op->caller->login) };
	write_project(op, request.name, VERSION_ABSENT, &project);
	op_unbury(op, 'p', request.name);
	op_describe_text(
	    detail, sizeof(detail), "description", shown(project.description));
	op_note_act(op, "project.create", request.name, detail);
	return put_project(op, request.name, &project);
}

/* Takes what differs over, and notes each; whether anything does. */
static bool
take_fields(struct operation *op, const struct project_request *request,
    struct project *project)
{
	char detail[AUDIT_DETAIL_MAX] = "";
	bool any = false;

	if ((request->fields & PROJECT_FIELD_DESCRIPTION) != 0 &&
	    !span_equal(request->description, project->description)) {
		op_describe_text(detail, sizeof(detail), "description",
		    shown(project->description));
		op_describe_text(detail, sizeof(detail), "becomes",
		    shown(request->description));
		op_note_act(op, "project.edit", request->name, detail);
		project->description = request->description;
		any = true;
	}
	if ((request->fields & PROJECT_FIELD_LOCKED) != 0 &&
	    request->locked != project->locked) {
		op_note_act(op,
		    request->locked ? "project.lock" : "project.unlock",
		    request->name,
		    request->locked ? "locked=no->yes" : "locked=yes->no");
		project->locked = request->locked;
		any = true;
	}
	return any;
}

int
op_project_edit(struct operation *op)
{
	struct project_request request;
	struct found_project found;
	struct project after;
	int rv;

	project_edit_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_may(op, PROJECT_EDIT, request.name);
	if (rv == 0)
		rv = op_find_project(op, request.name, &found);
	if (rv == 0)
		rv = project_check(
		    request.name, request.description, &op->refusal);
	if (rv == 0)
		rv = op_begin_set(op);
	if (rv < 0)
		return rv;
	after = found.project;
	if (take_fields(op, &request, &after)) {
		after.changed_at = op->now;
		after.changed_by = span_of(op->caller->login);
		write_project(op, request.name, found.version, &after);
	} else {
		changeset_free(op->set);
		op->set = NULL;
	}
	return put_project(op, request.name, &after);
}

/* A service that nobody has a token for any more would be one too many. */
static int
check_services(struct operation *op, struct span name)
{
	const struct config *config = op->config;

	for (size_t i = 0; i < config->service_count; i++)
		if (span_is(name, config->services[i].project))
			return refuse(&op->refusal, STATUS_CONFLICT,
			    "service %s of the configuration belongs to "
			    "project %.*s: change its `project' in "
			    "apitokend.conf first",
			    config->services[i].name, (int)name.size,
			    (const char *)name.data);
	return 0;
}

static int
check_tokens(struct operation *op, struct span name)
{
	uint64_t tokens;
	int rv = store_count_under(
	    op->reader, DB_TOKENS_BY_PROJECT, name, &tokens);

	if (rv < 0 || tokens == 0)
		return rv;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "project %.*s has %llu token%s: delete them first, or give "
	    "--with-tokens",
	    (int)name.size, (const char *)name.data, (unsigned long long)tokens,
	    tokens == 1 ? "" : "s");
}

static int
check_delete(struct operation *op, struct span name)
{
	if (project_is_default(name))
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "project %s is where tokens are made unless another one "
		    "is named: it cannot be deleted",
		    PROJECT_DEFAULT);
	return check_services(op, name);
}

/* Row, grants and a tombstone; tokens that are made meanwhile find either the
 * project gone or this set too late. */
static int
delete_project(
    struct operation *op, struct span name, const struct found_project *found)
{
	const struct grant_match match = { .project = &name };
	char detail[AUDIT_DETAIL_MAX] = "";
	uint64_t withdrawn = 0;
	int rv = op_begin_set(op);

	if (rv == 0)
		rv = op_drop_grants(op, &match, NULL, &withdrawn);
	if (rv < 0)
		return rv;
	changeset_expect(op->set, DB_TOKENS_BY_PROJECT, name, VERSION_ABSENT);
	changeset_delete(op->set, DB_PROJECTS, name, found->version);
	op_bury(op, 'p', name);
	op_describe_text(detail, sizeof(detail), "description",
	    shown(found->project.description));
	snprintf(detail + strlen(detail), sizeof(detail) - strlen(detail),
	    " locked=%s grants-withdrawn=%llu",
	    found->project.locked ? "yes" : "no",
	    (unsigned long long)withdrawn);
	op_note_act(op, "project.delete", name, detail);
	return 0;
}

int
op_project_delete(struct operation *op)
{
	struct project_delete_request request;
	struct found_project found;
	int rv;

	project_delete_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = op_may(op, PROJECT_DELETE, request.name);
	if (rv == 0)
		rv = op_find_project(op, request.name, &found);
	if (rv == 0)
		rv = check_delete(op, request.name);
	if (rv == 0 && !request.dry_run)
		rv = check_tokens(op, request.name);
	if (rv == 0 && !request.dry_run)
		rv = delete_project(op, request.name, &found);
	return rv < 0 ? rv : put_project(op, request.name, &found.project);
}
