/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/fieldkind.h"
#include "cli/names.h"
#include "cli/options.h"

#define ROW(member) offsetof(struct project_info, member)

static json_t *
tokens_json(const void *member)
{
	uint64_t tokens = *(const uint64_t *)member;

	return tokens == TOKENS_UNKNOWN ? json_null()
					: json_integer((json_int_t)tokens);
}

static bool
tokens_print(FILE *stream, const void *member)
{
	uint64_t tokens = *(const uint64_t *)member;

	return tokens != TOKENS_UNKNOWN &&
	       fprintf(stream, "%" PRIu64, tokens) > 0;
}

/* Who may not count them sees no number. */
static const struct fieldkind tokens_kind = { tokens_json, tokens_print };

static const struct field fields[] = {
	{ "name", "NAME", "-", ROW(name), &fieldkind_text },
	{ "description", "DESCRIPTION", "-", ROW(description),
	    &fieldkind_text },
	{ "locked", "LOCKED", "-", ROW(locked), &fieldkind_bool },
	{ "tokens", "TOKENS", "-", ROW(tokens), &tokens_kind },
	{ "created_at", "CREATED", "-", ROW(created_at), &fieldkind_time },
	{ "created_by", "BY", "-", ROW(created_by), &fieldkind_text },
	{ "changed_at", NULL, "-", ROW(changed_at), &fieldkind_time },
	{ "changed_by", NULL, "-", ROW(changed_by), &fieldkind_text },
};

static const struct fieldset project_fields = { fields,
	sizeof fields / sizeof fields[0] };

static void
project_get(struct wirebuf *w, union names_row *row)
{
	project_info_get(w, &row->project);
}

const struct names_kind names_projects = { OP_PROJECT_LIST, &project_fields,
	"no projects", project_get };

struct project_options {
	const char *description;
};

static const struct option_row project_options[] = {
	{ "description", OPTION_TEXT, false, 0,
	    offsetof(struct project_options, description), "TEXT",
	    "what it is for" },
	{ 0 },
};

/* Sends a change, and shows what became of the project. */
static enum outcome
send_project(const struct invocation *in, enum opcode opcode,
    void (*put)(struct wirebuf *w, const struct project_request *r),
    const struct project_request *request)
{
	struct ask ask = { 0 };
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, opcode);
		put(&ask.request, request);
		outcome = ask_send_change(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = names_reply(&ask, in->format, &names_projects);
	ask_fini(&ask);
	return outcome;
}

static enum outcome
create_run(const struct invocation *in)
{
	const struct project_options *options = in->values;
	const struct project_request request = {
		.name = span_of(in->operands[0]),
		.description = span_of(options->description),
	};

	return send_project(
	    in, OP_PROJECT_CREATE, project_create_put, &request);
}

static enum outcome
list_run(const struct invocation *in)
{
	return names_list(in, &names_projects, NULL);
}

static enum outcome
show_run(const struct invocation *in)
{
	return names_show(in, &names_projects, in->operands[0]);
}

static enum outcome
edit_run(const struct invocation *in)
{
	const struct project_options *options = in->values;
	const struct project_request request = {
		.name = span_of(in->operands[0]),
		.fields = PROJECT_FIELD_DESCRIPTION,
		.description = span_of(options->description),
	};

	if (options->description == NULL) {
		output_error("nothing is to be changed: give --description; a "
			     "project keeps its name, since tokens name it");
		return OUTCOME_USAGE;
	}
	return send_project(in, OP_PROJECT_EDIT, project_edit_put, &request);
}

static enum outcome
set_locked(const struct invocation *in, bool locked)
{
	const struct project_request request = {
		.name = span_of(in->operands[0]),
		.fields = PROJECT_FIELD_LOCKED,
		.locked = locked,
	};

	return send_project(in, OP_PROJECT_EDIT, project_edit_put, &request);
}

static enum outcome
lock_run(const struct invocation *in)
{
	return set_locked(in, true);
}

static enum outcome
unlock_run(const struct invocation *in)
{
	return set_locked(in, false);
}

const struct command project_create_command = {
	.name = "project create",
	.operands = "NAME",
	.summary = "make a project that tokens can belong to",
	.formats = "table|json|jsonl|csv|id",
	.options = project_options,
	.values_size = sizeof(struct project_options),
	.least = 1,
	.most = 1,
	.run = create_run,
};

const struct command project_list_command = {
	.name = "project list",
	.operands = "",
	.summary = "list the projects, with how many tokens they have",
	.formats = "table|json|jsonl|csv|id",
	.run = list_run,
};

const struct command project_show_command = {
	.name = "project show",
	.operands = "NAME",
	.summary = "show all that is known of a project",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = show_run,
};

const struct command project_edit_command = {
	.name = "project edit",
	.operands = "NAME",
	.summary = "change what is said of a project",
	.formats = "table|json|jsonl|csv|id",
	.options = project_options,
	.values_size = sizeof(struct project_options),
	.least = 1,
	.most = 1,
	.run = edit_run,
};

const struct command project_lock_command = {
	.name = "project lock",
	.operands = "NAME",
	.summary = "fix what the tokens of a project may be used for",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = lock_run,
};

const struct command project_unlock_command = {
	.name = "project unlock",
	.operands = "NAME",
	.summary = "let the tokens of a project be edited again",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = unlock_run,
};
