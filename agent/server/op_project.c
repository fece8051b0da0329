/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_project.h"

#include "agent/server/op_named.h"
#include "common/error.h"

int
op_load_project(
    struct operation *op, struct span name, struct found_project *found)
{
	struct row row;
	int rv = op_get_named(op, DB_PROJECTS, name, &row);

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

struct project_info
project_info_of(struct span name, const struct project *project)
{
	return (struct project_info) {
		.name = name,
		.description = project->description,
		.locked = project->locked,
		.tokens = TOKENS_UNKNOWN,
		.created_at = project->created_at,
		.created_by = project->created_by,
		.changed_at = project->changed_at,
		.changed_by = project->changed_by,
	};
}

int
op_put_project(
    struct operation *op, struct span name, const struct project *project)
{
	struct project_info info = project_info_of(name, project);
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
	rv = op_put_project(op, key, &project);
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
		rv = op_put_project(op, name, &found.project);
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
		rv = op_put_project(op, name, &found.project);
		page.count = 1;
	}
	if (rv < 0 && rv != ERROR_CORRUPT)
		return rv;
	return page_walk(&page, DB_PROJECTS, request.after, put_row);
}
