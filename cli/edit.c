/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/command.h"
#include "cli/dates.h"
#include "cli/show.h"
#include "cli/spec.h"
#include "common/changemessage.h"

struct edit_options {
	struct spec_options spec;
	const char *name;
	bool dry_run;
};

#define AT(member) offsetof(struct edit_options, member)

static const struct option_row edit_options[] = {
	{ "name", OPTION_TEXT, false, 0, AT(name), "NAME",
	    "what it is called" },
	{ "description", OPTION_TEXT, false, 0, AT(spec.description), "TEXT",
	    "what it is for ('': nothing)" },
	{ "type", OPTION_CHOICE, false, 0, AT(spec.type),
	    "read-only|full-access|custom", "what it opens" },
	{ "allow", OPTION_LIST, false, 0, AT(spec.allow), "SERVICE[:ACCESS]",
	    "the services that it opens ('': none)" },
	{ "expires", OPTION_TEXT, false, 0, AT(spec.expires),
	    "1d|7d|30d|60d|90d|DURATION|DATE|never", "when it ends, from now" },
	{ "not-before", OPTION_TEXT, false, 0, AT(spec.not_before),
	    "DURATION|DATE", "when it begins ('': at once)" },
	{ "from", OPTION_LIST, false, 0, AT(spec.from), "CIDR",
	    "the networks it may be used from ('': anywhere)" },
	{ "environment", OPTION_TEXT, false, 0, AT(spec.environment), "NAME",
	    "opens services of this environment only ('': of any)" },
	{ "user", OPTION_LIST, false, 0, AT(spec.users), "LOGIN",
	    "the login names it may be used for" },
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,
	    "show what it would be and change nothing" },
	{ 0 },
};

static uint32_t
fields_given(const struct edit_options *options)
{
	const struct spec_options *spec = &options->spec;
	const struct {
		enum spec_field field;
		bool given;
	} rows[] = {
		{ FIELD_NAME, options->name != NULL },
		{ FIELD_DESCRIPTION, spec->description != NULL },
		{ FIELD_TYPE, spec->type != NULL },
		{ FIELD_ALLOW, spec->allow.list.count > 0 },
		{ FIELD_EXPIRES, spec->expires != NULL },
		{ FIELD_NOT_BEFORE, spec->not_before != NULL },
		{ FIELD_FROM, spec->from.list.count > 0 },
		{ FIELD_ENVIRONMENT, spec->environment != NULL },
		{ FIELD_USERS, spec->users.list.count > 0 },
	};
	uint32_t fields = 0;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].given)
			fields |= rows[i].field;
	return fields;
}

/* An empty word alone stands for a list without elements. */
static void
list_clear(struct spanlist *list)
{
	struct span only;
	size_t at = 0;

	if (list->count == 1 && spanlist_next(list, &at, &only) &&
	    span_empty(only))
		*list = (struct spanlist) { 0 };
}

static enum outcome
request_fill(struct edit_request *request, const struct invocation *in)
{
	const struct edit_options *options = in->values;
	struct token_spec *spec = &request->spec;
	const char *wrong = NULL;

	request->selector = span_of(in->operands[0]);
	request->fields = fields_given(options);
	request->dry_run = options->dry_run;
	spec->name = span_of(options->name);
	if (!spec_fill(spec, &options->spec))
		return OUTCOME_USAGE;
	list_clear(&spec->allow);
	list_clear(&spec->from);
	/* As with `create`: whoever names services means these and no others. */
	if (spec->allow.count > 0)
		request->fields |= FIELD_TYPE;
	if (request->fields == 0)
		wrong = "nothing is to be changed; see apitoken edit --help";
	else if (spanlist_has(&spec->users, span_of("")))
		wrong = "--user is empty: a token is for one login name at "
			"least";
	if (wrong == NULL)
		return OUTCOME_DONE;
	output_error("%s", wrong);
	return OUTCOME_USAGE;
}

static enum outcome
edit_run(const struct invocation *in)
{
	struct edit_request request = { 0 };
	struct ask ask = { 0 };
	enum outcome outcome = request_fill(&request, in);

	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&ask, in->globals);
	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_EDIT);
		edit_request_put(&ask.request, &request);
		outcome = request.dry_run ? ask_send(&ask)
					  : ask_send_change(&ask);
	}
	if (outcome == OUTCOME_DONE && (request.fields & FIELD_EXPIRES) != 0 &&
	    !in->globals->quiet)
		dates_note_expiry(&request.spec);
	if (outcome == OUTCOME_DONE)
		outcome = show_reply(&ask, in->format);
	ask_fini(&ask);
	return outcome;
}

const struct command edit_command = {
	.name = "edit",
	.operands = "TOKEN",
	.summary = "change what is said of a token",
	.formats = "table|json|jsonl|csv|id",
	.options = edit_options,
	.values_size = sizeof(struct edit_options),
	.least = 1,
	.most = 1,
	.run = edit_run,
};
