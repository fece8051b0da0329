/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, changing and deleting projects. */
#include <stdio.h>
#include <string.h>

#include "agent/server/op_grant.h"
#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "common/error.h"

/* A description in an audit entry, as much of it as leaves room for two. */
#define SHOWN_MAX 160

static void
write_project(struct operation *op, struct span name, uint32_t version,
    const struct project *project)
{
	uint8_t body[PROJECT_SIZE_MAX];
	size_t size = project_encode(project, body, sizeof(body));

	if (size == 0)
		op->set->failed = true;
	op_put_named(op, DB_PROJECTS, name, version, span_bytes(body, size));
}

static struct span
shown(struct span text)
{
	return span_bytes(
	    text.data, text.size < SHOWN_MAX ? text.size : SHOWN_MAX);
}

int
op_make_project(
    struct operation *op, struct span name, const struct project *project)
{
	char detail[AUDIT_DETAIL_MAX] = "";
	int rv = op_check_room(op, DB_PROJECTS, "projects");

	if (rv == 0)
		rv = op_begin_set(op);
	if (rv < 0)
		return rv;
	write_project(op, name, VERSION_ABSENT, project);
	op_describe_text(
	    detail, sizeof(detail), "description", shown(project->description));
	if (project->locked)
		op_append(detail, sizeof(detail), " locked=yes");
	op_note_act(op, "project.create", name, detail);
	return 0;
}

int
op_project_create(struct operation *op)
{
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
	project = (struct project) { .description = request.description,
		.created_at = op->now,
		.created_by = span_of(op->caller->login) };
	rv = op_make_project(op, request.name, &project);
	if (rv < 0)
		return rv;
	return op_put_project(op, request.name, &project);
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
op_change_project(struct operation *op, const struct project_request *request,
    const struct found_project *found, struct project *after)
{
	int rv = op_begin_set(op);

	if (rv < 0)
		return rv;
	*after = found->project;
	if (!take_fields(op, request, after))
		return 0;
	after->changed_at = op->now;
	after->changed_by = span_of(op->caller->login);
	write_project(op, request->name, found->version, after);
	return 1;
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
		rv = op_change_project(op, &request, &found, &after);
	if (rv < 0)
		return rv;
	if (rv == 0) {
		changeset_free(op->set);
		op->set = NULL;
	}
	return op_put_project(op, request.name, &after);
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
	op_delete_named(op, DB_PROJECTS, name, found->version);
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
op_remove_project(struct operation *op, struct span name,
    const struct found_project *found, bool dry_run)
{
	int rv = check_delete(op, name);

	if (rv == 0 && !dry_run)
		rv = check_tokens(op, name);
	if (rv == 0 && !dry_run)
		rv = delete_project(op, name, found);
	return rv;
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
		rv = op_remove_project(
		    op, request.name, &found, request.dry_run);
	return rv < 0 ? rv : op_put_project(op, request.name, &found.project);
}
