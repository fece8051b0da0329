/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "cli/confirm.h"
#include "cli/fieldkind.h"
#include "cli/names.h"
#include "cli/options.h"

#define ROW(member) offsetof(struct role_info, member)

static const struct field fields[] = {
	{ "name", "NAME", "-", ROW(name), &fieldkind_text },
	{ "builtin", "BUILT-IN", "-", ROW(builtin), &fieldkind_bool },
	{ "permissions", NULL, "-", ROW(permissions), &fieldkind_list },
	{ "description", "DESCRIPTION", "-", ROW(description),
	    &fieldkind_text },
	{ "created_at", "CREATED", "-", ROW(created_at), &fieldkind_time },
	{ "created_by", "BY", "-", ROW(created_by), &fieldkind_text },
};

static const struct fieldset role_fields = { fields,
	sizeof fields / sizeof fields[0] };

static void
role_get(struct wirebuf *w, union names_row *row)
{
	role_info_get(w, &row->role);
}

const struct names_kind names_roles = { OP_ROLE_LIST, &role_fields, "no roles",
	role_get };

struct create_options {
	struct words permissions;
	const char *description;
};

static const struct option_row create_options[] = {
	{ "permission", OPTION_LIST, true, 0,
	    offsetof(struct create_options, permissions), "PERMISSION=REACH",
	    "what it may do, and how far, such as token.create=own" },
	{ "description", OPTION_TEXT, false, 0,
	    offsetof(struct create_options, description), "TEXT",
	    "what it is for" },
	{ 0 },
};

static enum outcome
create_run(const struct invocation *in)
{
	const struct create_options *options = in->values;
	const struct role_create_request request = {
		.name = span_of(in->operands[0]),
		.permissions = options->permissions.list,
		.description = span_of(options->description),
	};
	struct ask ask = { 0 };
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_ROLE_CREATE);
		role_create_put(&ask.request, &request);
		outcome = ask_send_change(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = names_reply(&ask, in->format, &names_roles);
	ask_fini(&ask);
	return outcome;
}

static enum outcome
list_run(const struct invocation *in)
{
	return names_list(in, &names_roles, NULL);
}

static enum outcome
show_run(const struct invocation *in)
{
	return names_show(in, &names_roles, in->operands[0]);
}

struct delete_options {
	bool withdraw;
};

static const struct option_row delete_options[] = {
	{ "withdraw", OPTION_FLAG, false, 0,
	    offsetof(struct delete_options, withdraw), NULL,
	    "take it from everybody who has it first" },
	{ 0 },
};

static enum outcome
send_delete(struct ask *ask, const struct role_delete_request *request)
{
	struct role_info info;
	enum outcome outcome;
	uint64_t withdrawn;

	ask_begin(ask, OP_ROLE_DELETE);
	role_delete_put(&ask->request, request);
	outcome = ask_send_change(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	role_info_get(&ask->reply, &info);
	withdrawn = wirebuf_get_u64(&ask->reply);
	outcome = ask_done(ask);
	if (outcome != OUTCOME_DONE || ask->globals->quiet)
		return outcome;
	if (withdrawn > 0)
		output_note("withdrew %" PRIu64 " grant%s", withdrawn,
		    withdrawn == 1 ? "" : "s");
	output_note("deleted role %.*s", (int)info.name.size,
	    (const char *)info.name.data);
	return OUTCOME_DONE;
}

static enum outcome
delete_run(const struct invocation *in)
{
	const struct delete_options *options = in->values;
	const struct role_delete_request request = { span_of(in->operands[0]),
		options->withdraw };
	struct ask ask = { 0 };
	enum outcome outcome;
	char question[256];

	if (!confirm_is_possible(in->globals, "role delete"))
		return OUTCOME_USAGE;
	(void)snprintf(question, sizeof question, "Delete role %s%s",
	    in->operands[0],
	    options->withdraw ? " and withdraw it from everybody" : "");
	if (!confirm(in->globals, question, "deleted"))
		return OUTCOME_FAILED;
	outcome = ask_init(&ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = send_delete(&ask, &request);
	ask_fini(&ask);
	return outcome;
}

const struct command role_create_command = {
	.name = "role create",
	.operands = "NAME",
	.summary = "make a role that can be granted",
	.formats = "table|json|jsonl|csv|id",
	.options = create_options,
	.values_size = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.run = create_run,
};

const struct command role_list_command = {
	.name = "role list",
	.operands = "",
	.summary = "list the roles, the built-in ones first",
	.formats = "table|json|jsonl|csv|id",
	.run = list_run,
};

const struct command role_show_command = {
	.name = "role show",
	.operands = "NAME",
	.summary = "show a role and its permissions",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = show_run,
};

const struct command role_delete_command = {
	.name = "role delete",
	.operands = "NAME",
	.summary = "delete a role that nobody has, or take it from them",
	.formats = "table",
	.options = delete_options,
	.values_size = sizeof(struct delete_options),
	.least = 1,
	.most = 1,
	.run = delete_run,
};
