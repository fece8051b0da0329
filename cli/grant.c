/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/fieldkind.h"
#include "cli/names.h"
#include "cli/options.h"
#include "common/error.h"

#define ROW(member) offsetof(struct grant_row, member)

static const struct field fields[] = {
	{ "principal", "PRINCIPAL", "-", ROW(principal), &fieldkind_text },
	{ "kind", NULL, "-", ROW(kind), &fieldkind_text },
	{ "role", "ROLE", "-", ROW(info.role), &fieldkind_text },
	{ "project", "PROJECT", "(organization)", ROW(info.project),
	    &fieldkind_text },
	{ "login_as", "LOGIN-AS", "-", ROW(info.login_as), &fieldkind_list },
	{ "granted_at", "GRANTED", "-", ROW(info.granted_at), &fieldkind_time },
	{ "granted_by", "BY", "-", ROW(info.granted_by), &fieldkind_text },
};

static const struct fieldset grant_fields = { fields,
	sizeof fields / sizeof fields[0] };

static void
grant_get(struct wirebuf *w, union names_row *row)
{
	struct grant_row *grant = &row->grant;

	grant_info_get(w, &grant->info);
	principal_show(grant->info.principal, grant->text);
	grant->principal = span_of(grant->text);
	grant->kind = span_of(grant->text[0] == '%' ? "group" : "user");
}

const struct names_kind names_grants = { OP_GRANT_LIST, &grant_fields,
	"no grants", grant_get };

struct grant_options {
	const char *project;
	struct words login_as;
};

#define AT(member) offsetof(struct grant_options, member)

static const struct option_row grant_options[] = {
	{ "project", OPTION_TEXT, false, 0, AT(project), "NAME",
	    "for this project only" },
	{ "login-as", OPTION_LIST, false, 0, AT(login_as), "LOGIN,...",
	    "the login names that tokens may be made for" },
	{ 0 },
};

static const struct option_row withdraw_options[] = {
	{ "project", OPTION_TEXT, false, 0, AT(project), "NAME",
	    "that for this project" },
	{ 0 },
};

/* "deploy,www" "backup" as three names. */
static bool
split_names(const struct spanlist *given, struct words *names)
{
	struct span element;
	size_t at = 0;

	while (spanlist_next(given, &at, &element))
		for (bool more = true; more;) {
			const uint8_t *comma = span_empty(element)
						   ? NULL
						   : memchr(element.data, ',',
							 element.size);
			size_t size = comma == NULL
					  ? element.size
					  : (size_t)(comma - element.data);

			if (names->list.count == LIST_MAX ||
			    spanlist_add(&names->list, names->packed,
				sizeof names->packed,
				span_bytes(element.data, size)) != 0) {
				output_error("--login-as names at most %d "
					     "login names",
				    LIST_MAX);
				return false;
			}
			more = comma != NULL;
			if (more)
				element = span_bytes(
				    comma + 1, element.size - size - 1);
		}
	return true;
}

/* Sends a change, and shows the grant as it is, or was. */
static enum outcome
send_grant(const struct invocation *in, enum opcode opcode,
    void (*put)(struct wirebuf *w, const struct grant_request *r),
    const struct words *login_as)
{
	const struct grant_options *options = in->values;
	char principal[PRINCIPAL_SIZE];
	struct grant_request request = {
		.role = span_of(in->operands[0]),
		.project = span_of(options->project),
		.login_as = login_as->list,
	};
	struct ask ask = { 0 };
	enum outcome outcome;

	if (options->project != NULL && options->project[0] == '\0') {
		output_error("--project is empty: without it the grant is for "
			     "the organization");
		return OUTCOME_USAGE;
	}
	if (!principal_read(
		in->operands[1], opcode == OP_ROLE_GRANT, principal))
		return OUTCOME_NOT_FOUND;
	request.principal = span_of(principal);
	outcome = ask_init(&ask, in->globals);
	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, opcode);
		put(&ask.request, &request);
		outcome = ask_send_change(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = names_reply(&ask, in->format, &names_grants);
	ask_fini(&ask);
	return outcome;
}

static enum outcome
grant_run(const struct invocation *in)
{
	const struct grant_options *options = in->values;
	struct words names = { 0 };

	if (!split_names(&options->login_as.list, &names))
		return OUTCOME_USAGE;
	return send_grant(in, OP_ROLE_GRANT, role_grant_put, &names);
}

static enum outcome
withdraw_run(const struct invocation *in)
{
	const struct words none = { 0 };

	return send_grant(in, OP_ROLE_WITHDRAW, role_withdraw_put, &none);
}

static enum outcome
grants_run(const struct invocation *in)
{
	char principal[PRINCIPAL_SIZE];

	if (in->count == 0)
		return names_list(in, &names_grants, NULL);
	if (!principal_read(in->operands[0], false, principal))
		return OUTCOME_NOT_FOUND;
	return names_list(in, &names_grants, principal);
}

const struct command role_grant_command = {
	.name = "role grant",
	.operands = "ROLE USER|%GROUP",
	.summary = "let a user or a group do what a role may",
	.formats = "table|json|jsonl|csv",
	.options = grant_options,
	.values_size = sizeof(struct grant_options),
	.least = 2,
	.most = 2,
	.run = grant_run,
};

const struct command role_withdraw_command = {
	.name = "role withdraw",
	.operands = "ROLE USER|%GROUP",
	.summary = "take a role from a user or a group",
	.formats = "table|json|jsonl|csv",
	.options = withdraw_options,
	.values_size = sizeof(struct grant_options),
	.least = 2,
	.most = 2,
	.run = withdraw_run,
};

const struct command role_grants_command = {
	.name = "role grants",
	.operands = "[USER|%GROUP]",
	.summary = "list who has which role",
	.formats = "table|json|jsonl|csv",
	.least = 0,
	.most = 1,
	.run = grants_run,
};
