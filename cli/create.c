/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/deliver.h"
#include "cli/fields.h"
#include "cli/howto.h"
#include "cli/options.h"
#include "cli/secretio.h"
#include "common/duration.h"
#include "common/error.h"

struct create_options {
	const char *owner;
	const char *description;
	const char *type;
	const char *environment;
	const char *expires;
	const char *not_before;
	const char *output;
	bool organization;
	bool if_absent;
	bool dry_run;
	struct words users;
	struct words allow;
	struct words projects;
	struct words from;
};

#define AT(member) offsetof(struct create_options, member)

static const struct option_row create_options[] = {
	{ "user", OPTION_LIST, false, 0, AT(users), "LOGIN",
	    "a login name it may be used for (the owner)" },
	{ "owner", OPTION_TEXT, false, 0, AT(owner), "LOGIN",
	    "whose it is (the one --user, else you)" },
	{ "description", OPTION_TEXT, false, 0, AT(description), "TEXT",
	    "what it is for" },
	{ "type", OPTION_CHOICE, false, 0, AT(type),
	    "read-only|full-access|custom",
	    "what it opens (full-access; custom with --allow)" },
	{ "allow", OPTION_LIST, false, 0, AT(allow), "SERVICE[:ACCESS]",
	    "a service that a custom token opens" },
	{ "project", OPTION_LIST, false, 0, AT(projects), "NAME",
	    "a project it belongs to (default)" },
	{ "organization", OPTION_FLAG, false, 0, AT(organization), NULL,
	    "it belongs to the organization instead" },
	{ "environment", OPTION_TEXT, false, 0, AT(environment), "NAME",
	    "opens services of this environment only" },
	{ "expires", OPTION_TEXT, false, 0, AT(expires),
	    "1d|7d|30d|60d|90d|DURATION|DATE|never",
	    "when it ends (as the agent is configured)" },
	{ "not-before", OPTION_TEXT, false, 0, AT(not_before), "DATE",
	    "when it begins (now)" },
	{ "from", OPTION_LIST, false, 0, AT(from), "CIDR",
	    "a network it may be used from (anywhere)" },
	{ "if-absent", OPTION_FLAG, false, 0, AT(if_absent), NULL,
	    "it is fine if the owner has one of that name" },
	{ "output", OPTION_TEXT, false, 0, AT(output), "FILE",
	    "write the secret into this new file only" },
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,
	    "say what would be made and make nothing" },
	{ 0 },
};

/* What the agent made, or would make. */
struct created {
	struct token_info info;
	bool existed;
	struct span text; /* the secret; empty in a dry run */
};

static bool
is_time(const char *option, const char *text, uint64_t now, uint64_t *when)
{
	if (text == NULL || time_parse(text, now, when) == 0)
		return true;
	output_error("--%s '%s': it takes a duration (15m, 12h, 90d), a date "
		     "(2027-01-31, 2027-01-31T12:00:00Z)%s",
	    option, text, strcmp(option, "expires") == 0 ? " or never" : "");
	return false;
}

static bool
is_future(const char *text, uint64_t when, uint64_t now)
{
	char date[TIME_TEXT_SIZE], today[TIME_TEXT_SIZE];

	if (when == TIME_NEVER || when > now)
		return true;
	time_format(when, date);
	time_format(now, today);
	output_error("--expires '%s' is %s and it is %s now: give a later "
		     "date, a duration such as 90d, or never",
	    text, date, today);
	return false;
}

static enum outcome
dates_fill(struct token_spec *spec, const struct create_options *options)
{
	uint64_t now = (uint64_t)time(NULL);

	spec->expires_at = EXPIRES_DEFAULT;
	if (!is_time("expires", options->expires, now, &spec->expires_at) ||
	    !is_time(
		"not-before", options->not_before, now, &spec->not_before) ||
	    !is_future(options->expires, spec->expires_at, now))
		return OUTCOME_USAGE;
	if (spec->expires_at != TIME_NEVER &&
	    spec->not_before >= spec->expires_at) {
		output_error("--not-before '%s' is not before --expires '%s'",
		    options->not_before, options->expires);
		return OUTCOME_USAGE;
	}
	return OUTCOME_DONE;
}

static enum outcome
spec_fill(struct token_spec *spec, const struct invocation *in)
{
	const struct create_options *options = in->values;

	spec->kind = TOKEN_API;
	spec->type = TYPE_FULL_ACCESS;
	if (options->allow.list.count > 0)
		spec->type = TYPE_CUSTOM;
	if (options->type != NULL)
		spec->type = token_type_of(span_of(options->type));
	spec->organization = options->organization;
	spec->name = span_of(in->operands[0]);
	spec->owner = span_of(options->owner);
	spec->environment = span_of(options->environment);
	spec->description = span_of(options->description);
	spec->users = options->users.list;
	spec->allow = options->allow.list;
	spec->projects = options->projects.list;
	spec->from = options->from.list;
	spec->uses = USES_UNLIMITED;
	return dates_fill(spec, options);
}

/* What the options together rule out, before anybody is asked. */
static enum outcome
check(const struct invocation *in)
{
	const struct create_options *options = in->values;
	const char *wrong = NULL;

	if (in->operands[0][0] == '\0')
		wrong = "NAME is empty: it takes 1 to 64 characters";
	else if (options->organization && options->projects.list.count > 0)
		wrong = "--organization and --project exclude one another";
	else if (options->output != NULL && options->output[0] == '\0')
		wrong = "--output needs the name of a file";
	else if (in->format == FORMAT_ID && options->output == NULL &&
		 !options->dry_run)
		wrong = "-o id would lose the secret: it needs --output FILE";
	if (wrong != NULL) {
		output_error("%s", wrong);
		return OUTCOME_USAGE;
	}
	if (options->output == NULL && !options->dry_run &&
	    !secretio_is_writable(STDOUT_FILENO)) {
		output_error("standard output is closed: nothing was created");
		return OUTCOME_FAILED;
	}
	return OUTCOME_DONE;
}

static enum outcome
created_get(struct ask *ask, struct created *created)
{
	struct spanlist texts;
	size_t at = 0;

	token_info_get(&ask->reply, &created->info);
	created->existed = wirebuf_get_bool(&ask->reply);
	texts = wirebuf_get_list(&ask->reply);
	created->text = (struct span) { 0 };
	(void)spanlist_next(&texts, &at, &created->text);
	return ask_done(ask);
}

static enum outcome
request_send(struct ask *ask, const struct create_request *request,
    struct created *created)
{
	enum outcome outcome;

	ask_begin(ask, OP_CREATE);
	create_request_put(&ask->request, request);
	outcome = request->dry_run ? ask_send(ask) : ask_send_change(ask);
	return outcome == OUTCOME_DONE ? created_get(ask, created) : outcome;
}

static void
note_expiry(const struct token_spec *spec)
{
	char date[TIME_TEXT_SIZE];

	time_format(spec->expires_at, date);
	output_note("it will expire %s",
	    spec->expires_at == TIME_NEVER ? "never" : date);
}

/* Nothing was made: shows what there is or what would be. */
static enum outcome
show_only(const struct invocation *in, struct created *created)
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
	return fields_put_one(stdout, in->format, &created->info) ==
		       ERROR_MEMORY
		   ? OUTCOME_FAILED
		   : OUTCOME_DONE;
}

/* The file for the secret, before there is one: a refusal makes none. */
static enum outcome
file_open(const char *path, int *fd)
{
	*fd = secretio_create(path);
	if (*fd >= 0)
		return OUTCOME_DONE;
	if (*fd == ERROR_EXISTS) {
		output_error("%s exists already: nothing was created; name a "
			     "file that does not exist",
		    path);
		return OUTCOME_CONFLICT;
	}
	output_error("%s: %s: nothing was created", path, strerror(errno));
	return OUTCOME_FAILED;
}

static enum outcome
lost(const struct token_info *info, const char *path, int error)
{
	output_error("the token was created but its secret is lost (%s): run "
		     "apitoken revoke %.*s",
	    error == ERROR_SYSTEM ? strerror(errno) : error_text(error),
	    (int)info->id.size, (const char *)info->id.data);
	if (path != NULL)
		(void)unlink(path);
	return OUTCOME_FAILED;
}

/* The secret first; then the rest, where it does not get in the way. */
static enum outcome
hand_over(const struct invocation *in, int fd, const struct created *created)
{
	const struct create_options *options = in->values;
	const struct token_info *info = &created->info;
	int error = deliver_secret(fd, in->format, info, created->text);

	if (error != 0)
		return lost(info, options->output, error);
	if (!in->globals->quiet) {
		howto_identity(info);
		howto_lines(info, options->output);
	}
	if (options->output != NULL && in->format != FORMAT_TABLE &&
	    fields_put_one(stdout, in->format, info) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	return OUTCOME_DONE;
}

static enum outcome
make(struct ask *ask, const struct invocation *in,
    const struct create_request *request)
{
	const struct create_options *options = in->values;
	struct created created;
	enum outcome outcome = OUTCOME_DONE;
	int fd = -1;

	if (options->output != NULL)
		outcome = file_open(options->output, &fd);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = request_send(ask, request, &created);
	if (outcome == OUTCOME_DONE && !created.existed)
		return hand_over(in, fd, &created);
	if (fd >= 0) {
		(void)close(fd);
		(void)unlink(options->output);
	}
	return outcome == OUTCOME_DONE ? show_only(in, &created) : outcome;
}

/*
 * Asks twice: a dry run first, which says the exact expiry before anything is
 * made, then with that expiry.
 */
static enum outcome
create_run(const struct invocation *in)
{
	const struct create_options *options = in->values;
	struct create_request request = { .if_absent = options->if_absent };
	struct created created = { 0 };
	struct ask ask = { 0 };
	enum outcome outcome = check(in);

	if (outcome == OUTCOME_DONE)
		outcome = spec_fill(&request.spec, in);
	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&ask, in->globals);
	if (outcome != OUTCOME_DONE)
		goto out;
	request.dry_run = true;
	outcome = request_send(&ask, &request, &created);
	if (outcome != OUTCOME_DONE)
		goto out;
	if (options->dry_run || created.existed) {
		outcome = show_only(in, &created);
		goto out;
	}
	if (!in->globals->quiet)
		note_expiry(&created.info.spec);
	request.spec.expires_at = created.info.spec.expires_at;
	request.dry_run = false;
	outcome = make(&ask, in, &request);
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
