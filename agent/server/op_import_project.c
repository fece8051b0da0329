/* SPDX-License-Identifier: BSD-3-Clause */
/* What an import does to a project. */
#include "agent/server/importing.h"
#include "agent/server/op_named.h"
#include "agent/server/op_project.h"
#include "common/error.h"

static int
check_project(struct operation *op, const struct project_info *info)
{
	int rv = importing_check_field(op,
	    syntax_check_word("a project's name", info->name, &op->refusal),
	    "name");

	if (rv == 0)
		rv = importing_check_text(op, "description", info->description);
	if (rv == 0)
		rv = importing_check_text(op, "created_by", info->created_by);
	if (rv == 0)
		rv = importing_check_text(op, "changed_by", info->changed_by);
	if (rv == 0)
		rv = importing_check_time(op, "created_at", info->created_at);
	return rv < 0
		   ? rv
		   : importing_check_time(op, "changed_at", info->changed_at);
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
		rv = importing_check_unburied(
		    importing, 'p', "project", info->name);
	if (rv == 0)
		rv = op_make_project(op, info->name, &project);
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_MADE);
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
		return importing_refuse_different(
		    op, words[request.fields], "project", request.name);
	rv = op_may(op, PROJECT_EDIT, request.name);
	if (rv == 0)
		rv = op_change_project(op, &request, found, &after);
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_CHANGED);
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
	rv = importing_check_exact(importing, result);
	if (rv == 0)
		rv = op_load_project(op, name, &found);
	if (rv < 0)
		return rv == ERROR_NOT_FOUND ? 0 : rv;
	rv = op_may(op, PROJECT_DELETE, name);
	if (rv == 0)
		rv = op_remove_project(
		    op, name, &found, importing->request.dry_run);
	return rv < 0 ? rv : importing_end(importing, result, IMPORT_DELETED);
}
