/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/importing.h"
#include "common/error.h"

static enum outcome
gone_add(struct importing *i, struct span id)
{
	/* Doubled whenever the number is a power of 2. */
	if ((i->gone_count & (i->gone_count - 1)) == 0) {
		size_t room = i->gone_count == 0 ? 1 : 2 * i->gone_count;
		void *gone = reallocarray(i->gone, room, sizeof(*i->gone));

		if (gone == NULL)
			return importing_failed(ERROR_MEMORY);
		i->gone = gone;
	}
	(void)span_text(id, i->gone[i->gone_count++], sizeof(*i->gone));
	return OUTCOME_DONE;
}

static enum outcome
record_look(struct importing *i)
{
	struct wirebuf *reply = &i->ask.reply;
	struct transfer_record record;
	struct transfer_token token;
	struct wirebuf body;

	transfer_record_get(reply, &record);
	if (reply->failed)
		return OUTCOME_DONE;
	if (record.kind != TRANSFER_TOKEN)
		return importnamed_look(i, &record);
	wirebuf_read(&body, record.body.data, record.body.size);
	transfer_token_get(&body, &token);
	if (wirebuf_done(&body) != 0) {
		wirebuf_fail(reply);
		return OUTCOME_DONE;
	}
	return lineset_has(&i->meant, token.info.id) ||
		       !importing_lists_tokens(i)
		   ? OUTCOME_DONE
		   : gone_add(i, token.info.id);
}

/* A page of the tokens that are here. */
static enum outcome
page_look(struct importing *i, struct export_request *request,
    char after[SPANLIST_ELEMENT_MAX + 1])
{
	struct export_position next;
	enum outcome outcome;

	ask_begin(&i->ask, OP_EXPORT);
	export_request_put(&i->ask.request, request);
	outcome = ask_send(&i->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	for (uint16_t n = wirebuf_get_u16(&i->ask.reply);
	     n > 0 && outcome == OUTCOME_DONE && !i->ask.reply.failed; n--)
		outcome = record_look(i);
	export_position_get(&i->ask.reply, &next);
	(void)wirebuf_get_u32(&i->ask.reply);
	if (span_text(next.after, after, SPANLIST_ELEMENT_MAX + 1) != 0)
		wirebuf_fail(&i->ask.reply);
	request->position.kind = next.kind;
	request->position.after = span_of(after);
	return outcome == OUTCOME_DONE ? ask_done(&i->ask) : outcome;
}

/* Whether the token that has a name goes is known only now. */
static void
taken_settle(struct importing *i, struct import_taken *taken)
{
	bool exact = i->options->exact;

	taken->is_bad = (exact && i->bad > 0) ||
			lineset_has(&i->meant, span_of(taken->id));
	if (!taken->is_bad)
		i->pending += taken->is_pending;
	else
		importing_bad(i, taken->line,
		    "name: the owner has a token of that name already, %s, "
		    "which stays: give another name, or that id",
		    taken->id);
}

/* One without a secret makes way for a line that has its name. */
static enum outcome
waiting_add(struct importing *i)
{
	enum outcome outcome = OUTCOME_DONE;

	for (size_t n = 0; n < i->taken_count && outcome == OUTCOME_DONE; n++)
		if (!i->taken[n].is_bad)
			outcome = gone_add(i, span_of(i->taken[n].id));
	return outcome;
}

enum outcome
importing_plan(struct importing *i)
{
	char after[SPANLIST_ELEMENT_MAX + 1] = "";
	struct export_request request = { 0 };
	enum outcome outcome = OUTCOME_DONE;

	for (size_t n = 0; n < i->taken_count; n++)
		taken_settle(i, &i->taken[n]);
	if (!i->options->exact)
		return waiting_add(i);
	/* A line that cannot be read may be that of a token which stays. */
	if (i->bad > 0)
		return OUTCOME_DONE;
	do
		outcome = page_look(i, &request, after);
	while (outcome == OUTCOME_DONE && request.position.kind != 0);
	return outcome == OUTCOME_DONE ? importnamed_settle(i) : outcome;
}

void
importing_announce(const struct importing *i)
{
	const struct globals *globals = i->in->globals;

	if (globals->quiet)
		return;
	if (i->options->exact && i->gone_count > 0)
		output_note("--exact deletes %zu token%s that %s lacks",
		    i->gone_count, i->gone_count == 1 ? "" : "s", i->path);
	if (i->pending > 0)
		output_note("%" PRIu64 " of the tokens to be made come%s "
			    "without secrets: pending until `apitoken "
			    "regenerate`; export --with-verifiers takes "
			    "secrets along",
		    i->pending, i->pending == 1 ? "s" : "");
}
