/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>

#include "cli/ask.h"
#include "cli/confirm.h"
#include "cli/options.h"
#include "common/changemessage.h"
#include "common/listmessage.h"
#include "common/projectmessage.h"

/* Tokens that are deleted by one request; a page of them holds fewer where
 * they are large, and then so does the request. */
#define BATCH_MAX 200

struct delete_options {
	bool with_tokens;
};

static const struct option_row delete_options[] = {
	{ "with-tokens", OPTION_FLAG, false, 0,
	    offsetof(struct delete_options, with_tokens), NULL,
	    "delete its tokens first, those of other projects too" },
	{ 0 },
};

/* The deletion of a project while it is under way. */
struct removal {
	struct ask ask;
	const struct invocation *in;
	struct span name;
	uint64_t tokens;  /* that it has, as far as was last said */
	uint64_t deleted; /* so far */
};

/* A dry run says how many tokens it has, and whatever else is in the way. */
static enum outcome
send_delete(struct removal *r, bool dry_run)
{
	const struct project_delete_request request = { r->name, dry_run };
	struct project_info info;
	enum outcome outcome;

	ask_begin(&r->ask, OP_PROJECT_DELETE);
	project_delete_put(&r->ask.request, &request);
	outcome = dry_run ? ask_send(&r->ask) : ask_send_change(&r->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	project_info_get(&r->ask.reply, &info);
	r->tokens = info.tokens;
	return ask_done(&r->ask);
}

/* A page of the project's tokens, as selectors. */
struct batch {
	uint8_t packed[BATCH_MAX * (1 + TOKEN_ID_SIZE)];
	struct spanlist list;
	char next[POSITION_MAX + 1]; /* empty at the end */
};

static enum outcome
list_tokens(struct removal *r, struct batch *batch)
{
	const struct list_request request = {
		.filter = { .project = r->name },
		.after = span_of(batch->next),
		.limit = BATCH_MAX,
	};
	struct wirebuf *reply = &r->ask.reply;
	struct token_info info;
	enum outcome outcome;

	ask_begin(&r->ask, OP_LIST);
	list_request_put(&r->ask.request, &request);
	outcome = ask_send(&r->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	batch->list = (struct spanlist) { 0 };
	for (unsigned n = wirebuf_get_u16(reply); n > 0; n--) {
		token_info_get(reply, &info);
		if (reply->failed || spanlist_add(&batch->list, batch->packed,
					 sizeof batch->packed, info.id) != 0) {
			wirebuf_fail(reply);
			break;
		}
	}
	if (span_text(
		wirebuf_get_str8(reply), batch->next, sizeof batch->next) != 0)
		wirebuf_fail(reply);
	return ask_done(&r->ask);
}

static enum outcome
delete_tokens(struct removal *r, const struct batch *batch)
{
	const struct change_request request = { .selectors = batch->list };
	enum outcome outcome;

	ask_begin(&r->ask, OP_DELETE);
	delete_request_put(&r->ask.request, &request);
	outcome = ask_send_change(&r->ask);
	if (outcome == OUTCOME_DONE)
		r->deleted += wirebuf_get_u16(&r->ask.reply);
	return outcome;
}

/* All of them that there are now, a page after the other. */
static enum outcome
empty_project(struct removal *r)
{
	struct batch batch = { 0 };
	enum outcome outcome;

	do {
		outcome = list_tokens(r, &batch);
		if (outcome == OUTCOME_DONE && batch.list.count > 0)
			outcome = delete_tokens(r, &batch);
	} while (outcome == OUTCOME_DONE && batch.next[0] != '\0');
	return outcome;
}

/* A token that is made between the last one and the project has it go on. */
static enum outcome
remove_all(struct removal *r)
{
	enum outcome outcome;
	uint64_t before;

	do {
		before = r->deleted;
		outcome = empty_project(r);
		if (outcome == OUTCOME_DONE)
			outcome = send_delete(r, false);
	} while (outcome == OUTCOME_CONFLICT && r->deleted > before);
	return outcome;
}

static bool
is_confirmed(const struct removal *r, bool with_tokens)
{
	char question[256];

	(void)snprintf(question, sizeof question, "Delete project %.*s",
	    (int)r->name.size, (const char *)r->name.data);
	if (with_tokens && r->tokens == TOKENS_UNKNOWN)
		(void)snprintf(question, sizeof question,
		    "Delete project %.*s and all its tokens", (int)r->name.size,
		    (const char *)r->name.data);
	else if (with_tokens && r->tokens > 0)
		(void)snprintf(question, sizeof question,
		    "Delete project %.*s and its %" PRIu64 " token%s",
		    (int)r->name.size, (const char *)r->name.data, r->tokens,
		    r->tokens == 1 ? "" : "s");
	return confirm(r->in->globals, question, "deleted");
}

static void
report(const struct removal *r, enum outcome outcome)
{
	if (outcome != OUTCOME_DONE && r->deleted > 0)
		output_error("%" PRIu64 " of its tokens were deleted, the "
			     "project was not",
		    r->deleted);
	if (outcome != OUTCOME_DONE || r->in->globals->quiet)
		return;
	if (r->deleted > 0)
		output_note("deleted %" PRIu64 " token%s", r->deleted,
		    r->deleted == 1 ? "" : "s");
	output_note("deleted project %.*s", (int)r->name.size,
	    (const char *)r->name.data);
}

static enum outcome
carry_out(struct removal *r)
{
	const struct delete_options *options = r->in->values;
	enum outcome outcome = send_delete(r, true);

	/* Without its tokens gone the agent says how many they are. */
	if (outcome == OUTCOME_DONE && !options->with_tokens && r->tokens > 0 &&
	    r->tokens != TOKENS_UNKNOWN)
		return send_delete(r, false);
	if (outcome == OUTCOME_DONE && !is_confirmed(r, options->with_tokens))
		return OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE)
		outcome = options->with_tokens ? remove_all(r)
					       : send_delete(r, false);
	report(r, outcome);
	return outcome != OUTCOME_DONE && r->deleted > 0 ? OUTCOME_PARTLY
							 : outcome;
}

static enum outcome
delete_run(const struct invocation *in)
{
	struct removal r = { .in = in, .name = span_of(in->operands[0]) };
	enum outcome outcome;

	if (!confirm_is_possible(in->globals, "project delete"))
		return OUTCOME_USAGE;
	outcome = ask_init(&r.ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = carry_out(&r);
	ask_fini(&r.ask);
	return outcome;
}

const struct command project_delete_command = {
	.name = "project delete",
	.operands = "NAME",
	.summary = "delete a project that has no tokens, or with them",
	.formats = "table",
	.options = delete_options,
	.values_size = sizeof(struct delete_options),
	.least = 1,
	.most = 1,
	.run = delete_run,
};
