/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "cli/command.h"
#include "cli/dates.h"
#include "cli/fields.h"
#include "cli/handover.h"
#include "cli/howto.h"
#include "cli/spec.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"

struct create_options {
	struct spec_options spec;
	const char *owner;
	const char *output;
	struct words roles;
	uint64_t uses; /* 0: as often as one likes */
	bool organization;
	bool management;
	bool if_absent;
	bool dry_run;
	struct words projects;
};

#define AT(member) offsetof(struct create_options, member)

static const struct option_row create_options[] = {
	{ "user", OPTION_LIST, false, 0, AT(spec.users), "LOGIN",
	    "a login name it may be used for (the owner)" },
	{ "owner", OPTION_TEXT, false, 0, AT(owner), "LOGIN",
	    "whose it is (the one --user, else you)" },
	{ "description", OPTION_TEXT, false, 0, AT(spec.description), "TEXT",
	    "what it is for" },
	{ "type", OPTION_CHOICE, false, 0, AT(spec.type),
	    "read-only|full-access|custom",
	    "what it opens (full-access; custom with --allow)" },
	{ "allow", OPTION_LIST, false, 0, AT(spec.allow), "SERVICE[:ACCESS]",
	    "a service that a custom token opens" },
	{ "project", OPTION_LIST, false, 0, AT(projects), "NAME",
	    "a project it belongs to (default)" },
	{ "organization", OPTION_FLAG, false, 0, AT(organization), NULL,
	    "it belongs to the organization instead" },
	{ "environment", OPTION_TEXT, false, 0, AT(spec.environment), "NAME",
	    "opens services of this environment only" },
	{ "expires", OPTION_TEXT, false, 0, AT(spec.expires),
	    "1d|7d|30d|60d|90d|DURATION|DATE|never",
	    "when it ends (as the agent is configured)" },
	{ "not-before", OPTION_TEXT, false, 0, AT(spec.not_before),
	    "DURATION|DATE", "when it begins (now)" },
	{ "from", OPTION_LIST, false, 0, AT(spec.from), "CIDR",
	    "a network it may be used from (anywhere)" },
	{ "role", OPTION_LIST, false, 0, AT(roles), "NAME",
	    "a role, for services that ask for it; what a management token "
	    "may do" },
	{ "uses", OPTION_NUMBER, false, 0, AT(uses), "N",
	    "how often it may be used (as often as one likes)" },
	{ "management", OPTION_FLAG, false, 0, AT(management), NULL,
	    "a management token: for --token-file, not for services" },
	{ "if-absent", OPTION_FLAG, false, 0, AT(if_absent), NULL,
	    "it is fine if the owner has one of that name" },
	{ "output", OPTION_TEXT, false, 0, AT(output), "FILE",
	    "write the secret into this new file only" },
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,
	    "say what would be made and make nothing" },
	{ 0 },
};

/* What the options together rule out, before anybody is asked. */
static enum outcome
check(const struct invocation *in, const struct handover *h)
{
	const struct create_options *options = in->values;
	const char *wrong = NULL;
	enum outcome outcome;

	if (in->operands[0][0] == '\0')
		wrong = "NAME is empty: it takes 1 to 64 characters";
	else if (options->organization && options->projects.list.count > 0)
		wrong = "--organization and --project exclude one another";
	if (wrong != NULL) {
		output_error("%s", wrong);
		return OUTCOME_USAGE;
	}
	outcome = handover_check(h);
	/* The secret of a token that exists is in its file already. */
	if (outcome == OUTCOME_DONE && !options->if_absent)
		outcome = handover_check_file(h);
	return outcome;
}

static enum outcome
request_fill(struct create_request *request, const struct invocation *in)
{
	const struct create_options *options = in->values;
	struct token_spec *spec = &request->spec;

	spec->name = span_of(in->operands[0]);
	spec->owner = span_of(options->owner);
	spec->projects = options->projects.list;
	spec->organization = options->organization;
	spec->expires_at = EXPIRES_DEFAULT;
	request->if_absent = options->if_absent;
	request->dry_run = true;
	if (!spec_fill(spec, &options->spec))
		return OUTCOME_USAGE;
	spec->roles = options->roles.list;
	if (options->management)
		spec->kind = TOKEN_MANAGEMENT;
	if (options->uses >= USES_UNLIMITED) {
		output_error(
		    "--uses takes a number from 1 to %u", USES_UNLIMITED - 1);
		return OUTCOME_USAGE;
	}
	if (options->uses > 0)
		spec->uses = (uint32_t)options->uses;
	return OUTCOME_DONE;
}

static void
request_put(struct ask *ask, const struct create_request *request)
{
	ask_begin(ask, OP_CREATE);
	create_request_put(&ask->request, request);
}

/* Nothing was made: shows what there is or what would be. */
static enum outcome
show_only(const struct invocation *in, struct made *created)
{
	bool quiet = in->globals->quiet;

	if (created->existed && !quiet)
		output_note("%.*s has a token of that name already: nothing "
			    "was created",
		    (int)created->info.spec.owner.size,
		    (const char *)created->info.spec.owner.data);
	if (!created->existed)
		created->info.id = (struct span) { 0 };
	if (in->format == FORMAT_TABLE && quiet)
		return OUTCOME_DONE;
	if (in->format == FORMAT_TABLE && created->existed) {
		howto_identity(&created->info);
		return OUTCOME_DONE;
	}
	if (fields_put_one(stdout, in->format, &created->info) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	if (!created->existed && !quiet)
		output_note("nothing was made");
	return OUTCOME_DONE;
}

/* It would be made: it is, with the expiry that is shown. */
static enum outcome
make(const struct handover *h, struct ask *ask, struct create_request *request,
    struct made *created)
{
	enum outcome outcome = handover_check_file(h);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (!h->in->globals->quiet) {
		howto_users(&request->spec);
		dates_note_expiry(&created->info.spec);
	}
	request->spec.expires_at = created->info.spec.expires_at;
	request->dry_run = false;
	request_put(ask, request);
	return handover_make(h, ask, created);
}

/*
 * Asks twice: a dry run first, which says the exact expiry before anything is
 * made, then with that expiry.
 */
static enum outcome
create_run(const struct invocation *in)
{
	const struct create_options *options = in->values;
	const struct handover h = { in, options->output, options->dry_run,
		"created", "revoke" };
	struct create_request request = { 0 };
	struct made created = { 0 };
	struct ask ask = { 0 };
	enum outcome outcome = check(in, &h);

	if (outcome == OUTCOME_DONE)
		outcome = request_fill(&request, in);
	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&ask, in->globals);
	if (outcome != OUTCOME_DONE)
		goto out;
	request_put(&ask, &request);
	outcome = handover_preview(&ask, &created);
	if (outcome != OUTCOME_DONE)
		goto out;
	if (!options->dry_run && !created.existed)
		outcome = make(&h, &ask, &request, &created);
	if (outcome == OUTCOME_DONE && (options->dry_run || created.existed))
		outcome = show_only(in, &created);
out:
	ask_fini(&ask);
	return outcome;
}

const struct command create_command = {
	.name = "create",
	.operands = "NAME",
	.summary = "create a token and write its secret, once",
	.formats = "table|json|jsonl|id",
	.options = create_options,
	.values_size = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.run = create_run,
};
