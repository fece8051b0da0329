/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/change.h"
#include "cli/confirm.h"
#include "cli/ending.h"
#include "cli/escape.h"
#include "cli/fields.h"
#include "common/error.h"

#define IN(state) (1U << (state))

static const struct change revocation = { OP_REVOKE, revoke_request_put,
	"revoke", "would revoke", "revoked", "Revoke", false, IN(STATE_REVOKED),
	0 };
static const struct change deletion = { OP_DELETE, delete_request_put, "delete",
	"would delete", "deleted", "Delete", false, 0, 0 };
static const struct change disabling = { OP_DISABLE, delete_request_put,
	"disable", "would disable", "disabled", "Disable", false,
	IN(STATE_DISABLED), IN(STATE_REVOKED) };
static const struct change enabling = { OP_ENABLE, delete_request_put, "enable",
	"would enable", "enabled", "Enable", true,
	IN(STATE_ACTIVE) | IN(STATE_PENDING) | IN(STATE_EXPIRED),
	IN(STATE_REVOKED) };

#define AT(member) offsetof(struct change_options, member)

#define CHANGE_ROWS                                                            \
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,                 \
		"say which tokens they are and change nothing" },              \
	    { "matching", OPTION_FLAG, false, 0, AT(matching), NULL,           \
		    "all tokens that these filters find:" },                   \
	    FILTER_ROWS(AT(filter))

static const struct option_row revoke_options[] = {
	{ "reason", OPTION_TEXT, false, 0, AT(reason), "TEXT",
	    "why, for the list and the log" },
	{ "keep-sessions", OPTION_FLAG, false, 0, AT(keep_sessions), NULL,
	    "what they opened goes on" },
	{ "leaked", OPTION_FLAG, false, 0, AT(leaked), NULL,
	    "all tokens in the text on standard input; it does not ask" },
	CHANGE_ROWS,
	{ 0 },
};

/* Of all the others. */
static const struct option_row plain_options[] = {
	CHANGE_ROWS,
	{ 0 },
};

/*
 * The tokens of one command.  People name them, the agent says by a dry run
 * which they are, and only their full ids are changed: a name that means
 * another token a moment later touches nothing that was not shown.
 */
struct chosen {
	struct spanlist ids;
	uint8_t packed[SELECTORS_MAX * (TOKEN_ID_SIZE + 1)];
	unsigned open; /* those that the change is still to be done to */
	char named[CHANGE_NAMED_SIZE];
};

/* The body of a reply: how many were changed, how many follow. */
static uint16_t
counts_get(struct ask *ask, unsigned *changed)
{
	uint16_t count;

	*changed = wirebuf_get_u16(&ask->reply);
	count = wirebuf_get_u16(&ask->reply);
	if (count > SELECTORS_MAX)
		wirebuf_fail(&ask->reply);
	return ask->reply.failed ? 0 : count;
}

void
change_name(char named[CHANGE_NAMED_SIZE], const struct token_info *info)
{
	size_t at = strlen(named);

	(void)snprintf(named + at, CHANGE_NAMED_SIZE - at, "%s%.*s %.*s",
	    at > 0 ? ", " : "", (int)info->id.size, (const char *)info->id.data,
	    (int)info->spec.name.size, (const char *)info->spec.name.data);
}

static void
chosen_add(struct chosen *chosen, const struct change *change,
    const struct token_info *info, struct wirebuf *reply)
{
	if (spanlist_has(&chosen->ids, info->id))
		return;
	if (spanlist_add(&chosen->ids, chosen->packed, sizeof chosen->packed,
		info->id) != 0)
		wirebuf_fail(reply);
	if ((change->already & IN(info->state)) != 0)
		return;
	if (chosen->open++ < CHANGE_NAMED)
		change_name(chosen->named, info);
}

static enum outcome
selectors_put(struct ask *ask, const struct change *change,
    const struct invocation *in, bool dry_run, const struct spanlist *list)
{
	const struct change_options *options = in->values;
	struct change_request request = {
		.selectors = *list,
		.reason = span_of(options->reason),
		.dry_run = dry_run,
		.keep_sessions = options->keep_sessions,
	};

	ask_begin(ask, change->opcode);
	change->put(&ask->request, &request);
	return dry_run ? ask_send(ask) : ask_send_change(ask);
}

/* Asks which tokens the operands name. */
static enum outcome
choose(struct ask *ask, const struct change *change,
    const struct invocation *in, struct chosen *chosen)
{
	uint8_t packed[SELECTORS_MAX * (TOKEN_NAME_MAX + 1)];
	struct spanlist names = { 0 };
	struct token_info info;
	enum outcome outcome;
	unsigned changed;

	for (size_t i = 0; i < in->count; i++)
		if (span_of(in->operands[i]).size > TOKEN_NAME_MAX ||
		    spanlist_add(&names, packed, sizeof packed,
			span_of(in->operands[i])) != 0) {
			output_error("'%s' is longer than any token's name",
			    in->operands[i]);
			return OUTCOME_USAGE;
		}
	outcome = selectors_put(ask, change, in, true, &names);
	if (outcome != OUTCOME_DONE)
		return outcome;
	for (uint16_t n = counts_get(ask, &changed); n > 0; n--) {
		token_info_get(&ask->reply, &info);
		if (ask->reply.failed)
			break;
		chosen_add(chosen, change, &info, &ask->reply);
	}
	return ask_done(ask);
}

/* "Revoke 2 tokens (a1b2c3d4e5 backup, f6g7h8i9j0 web)? [y/N] " */
static bool
is_confirmed(const struct change *change, const struct invocation *in,
    const struct chosen *chosen)
{
	char question[sizeof chosen->named + 64];

	if (change->is_harmless || chosen->open == 0)
		return true;
	(void)snprintf(question, sizeof question, "%s %u token%s (%s%s)",
	    change->question, chosen->open, chosen->open == 1 ? "" : "s",
	    chosen->named, chosen->open > CHANGE_NAMED ? ", ..." : "");
	return confirm(in->globals, question, change->done);
}

int
change_put(struct output *o, const struct invocation *in, const char *word,
    const struct token_info *info)
{
	if (in->format != FORMAT_TABLE)
		return fields_put(o, info);
	if (in->globals->quiet)
		return 0;
	fputs(word, stdout);
	putchar(' ');
	escape_print(stdout, info->id);
	putchar(' ');
	escape_print(stdout, info->spec.name);
	putchar('\n');
	return ferror(stdout) ? ERROR_SYSTEM : 0;
}

/* Which of them were left out is not in the answer. */
static enum outcome
report_partly(const struct change *change, unsigned changed, unsigned expected)
{
	output_error("%u of %u tokens were %s: see apitoken list", changed,
	    expected, change->done);
	return changed == 0 ? OUTCOME_FAILED : OUTCOME_PARTLY;
}

/* The reply to the real request, or to the dry run that shows it. */
static enum outcome
report(struct ask *ask, const struct change *change,
    const struct invocation *in, unsigned expected)
{
	const struct change_options *options = in->values;
	const char *word = options->dry_run ? change->would : change->done;
	struct token_info info;
	struct output o = { 0 };
	unsigned changed;
	uint16_t count = counts_get(ask, &changed);
	int error = 0;

	if (!ask->reply.failed && changed < expected)
		return report_partly(change, changed, expected);
	if (in->format != FORMAT_TABLE)
		error = fields_begin(&o, stdout, in->format);
	for (; count > 0 && error == 0; count--) {
		token_info_get(&ask->reply, &info);
		if (ask->reply.failed)
			break;
		error = change_put(&o, in, word, &info);
	}
	if (in->format != FORMAT_TABLE && output_end(&o, error) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	return error == 0 ? ask_done(ask) : OUTCOME_DONE;
}

bool
change_ends_sessions(
    const struct change *change, const struct change_options *options)
{
	return !change->is_harmless && !options->dry_run &&
	       !options->keep_sessions;
}

static void
sessions_before(
    struct ending *ending, struct ask *ask, const struct chosen *chosen)
{
	uint8_t ids[SELECTORS_MAX * TOKEN_ID_SIZE];
	size_t count = 0, at = 0;
	struct span id;

	while (spanlist_next(&chosen->ids, &at, &id) && count < SELECTORS_MAX)
		if (id.size == TOKEN_ID_SIZE)
			memcpy(ids + TOKEN_ID_SIZE * count++, id.data,
			    TOKEN_ID_SIZE);
	ending_before(ending, ask, ids, count);
}

/* The tokens are known: says which, or asks and does it. */
static enum outcome
carry_out(struct ask *ask, const struct change *change,
    const struct invocation *in, const struct chosen *chosen)
{
	const struct change_options *options = in->values;
	struct ending ending = { 0 };
	enum outcome outcome;

	if (!options->dry_run && !is_confirmed(change, in, chosen))
		return OUTCOME_FAILED;
	if (change_ends_sessions(change, options))
		sessions_before(&ending, ask, chosen);
	outcome = selectors_put(
	    ask, change, in, options->dry_run, &chosen->ids);
	if (outcome == OUTCOME_DONE)
		outcome = report(
		    ask, change, in, options->dry_run ? 0 : chosen->open);
	if (outcome == OUTCOME_DONE)
		outcome = ending_after(&ending, ask);
	ending_fini(&ending);
	return outcome;
}

/* The tokens that the operands name. */
static enum outcome
named_run(const struct change *change, const struct invocation *in)
{
	const struct change_options *options = in->values;
	struct chosen chosen = { 0 };
	struct ask ask;
	enum outcome outcome;

	if (!change->is_harmless && !options->dry_run &&
	    !confirm_is_possible(in->globals, change->verb))
		return OUTCOME_USAGE;
	outcome = ask_init(&ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = choose(&ask, change, in, &chosen);
	if (outcome == OUTCOME_DONE)
		outcome = carry_out(&ask, change, in, &chosen);
	ask_fini(&ask);
	return outcome;
}

/* Tokens are named, or found by filters, or in a text: one of the three. */
static const char *
options_wrong(const struct change_options *options, const struct invocation *in)
{
	bool filters = filter_is_given(&options->filter);

	if (options->leaked && options->reason != NULL)
		return "--reason is not taken with --leaked: it is 'leaked'";
	if (options->leaked && options->keep_sessions)
		return "--keep-sessions is not taken with --leaked: what a "
		       "leaked token opened is ended";
	if (options->leaked && (options->matching || filters || in->count > 0))
		return "--leaked goes with --dry-run alone: the tokens are on "
		       "standard input";
	if (options->leaked)
		return NULL;
	if (options->matching && in->count > 0)
		return "--matching goes with filters instead of tokens";
	if (options->matching && !filters)
		return "--matching needs a filter, such as --owner; all tokens "
		       "are --state all";
	if (!options->matching && filters)
		return "filters go with --matching";
	if (!options->matching && in->count == 0)
		return "TOKEN... is missing";
	return NULL;
}

static enum outcome
change_run(const struct change *change, const struct invocation *in)
{
	const struct change_options *options = in->values;
	const char *wrong = options_wrong(options, in);

	if (wrong != NULL) {
		output_error("%s; see apitoken %s --help", wrong, change->verb);
		return OUTCOME_USAGE;
	}
	if (options->leaked)
		return leaked_run(in);
	return options->matching ? bulk_run(change, in) : named_run(change, in);
}

static enum outcome
revoke_run(const struct invocation *in)
{
	return change_run(&revocation, in);
}

static enum outcome
delete_run(const struct invocation *in)
{
	return change_run(&deletion, in);
}

static enum outcome
disable_run(const struct invocation *in)
{
	return change_run(&disabling, in);
}

static enum outcome
enable_run(const struct invocation *in)
{
	return change_run(&enabling, in);
}

const struct command revoke_command = {
	.name = "revoke",
	.operands = "[TOKEN...]",
	.summary = "make tokens useless for good; they stay in the list",
	.formats = "table|json|jsonl|csv|id",
	.options = revoke_options,
	.values_size = sizeof(struct change_options),
	.most = SELECTORS_MAX,
	.run = revoke_run,
};

const struct command delete_command = {
	.name = "delete",
	.operands = "[TOKEN...]",
	.summary = "remove tokens from the list; they are useless then too",
	.formats = "table|json|jsonl|csv|id",
	.options = plain_options,
	.values_size = sizeof(struct change_options),
	.most = SELECTORS_MAX,
	.run = delete_run,
};

const struct command disable_command = {
	.name = "disable",
	.operands = "[TOKEN...]",
	.summary = "make tokens useless until they are enabled again",
	.formats = "table|json|jsonl|csv|id",
	.options = plain_options,
	.values_size = sizeof(struct change_options),
	.most = SELECTORS_MAX,
	.run = disable_run,
};

const struct command enable_command = {
	.name = "enable",
	.operands = "[TOKEN...]",
	.summary = "make disabled tokens useful again",
	.formats = "table|json|jsonl|csv|id",
	.options = plain_options,
	.values_size = sizeof(struct change_options),
	.most = SELECTORS_MAX,
	.run = enable_run,
};
