/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/show.h"

#include <stdio.h>

#include "cli/fields.h"
#include "common/error.h"

enum outcome
show_reply(struct ask *ask, enum output_format format)
{
	struct token_info info;
	enum outcome outcome;

	token_info_get(&ask->reply, &info);
	outcome = ask_done(ask);
	if (outcome == OUTCOME_DONE &&
	    fields_put_one(stdout, format, &info) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	return outcome;
}

static enum outcome
show_run(const struct invocation *in)
{
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_SHOW);
		wirebuf_put_str8(&ask.request, span_of(in->operands[0]));
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = show_reply(&ask, in->format);
	ask_fini(&ask);
	return outcome;
}

const struct command show_command = {
	.name = "show",
	.operands = "TOKEN",
	.summary = "show all that is known of a token",
	.formats = "table|json|jsonl|csv|id",
	.least = 1,
	.most = 1,
	.run = show_run,
};
