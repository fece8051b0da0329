/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/tokenid.h"

#include "cli/output.h"

enum outcome
tokenid_find(struct ask *ask, const char *selector, char id[TOKEN_ID_SIZE + 1])
{
	struct span text = span_of(selector);
	struct token_info info;
	enum outcome outcome;

	ask_begin(ask, OP_SHOW);
	wirebuf_put_str8(&ask->request, text);
	outcome = ask_try(ask);
	if (outcome == OUTCOME_DONE) {
		token_info_get(&ask->reply, &info);
		outcome = ask_done(ask);
		text = info.id;
	} else if (outcome == OUTCOME_NOT_FOUND) {
		outcome = OUTCOME_DONE;
	}
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (text.size == TOKEN_ID_SIZE &&
	    span_text(text, id, TOKEN_ID_SIZE + 1) == 0)
		return OUTCOME_DONE;
	output_error("there is no such token; one that was deleted is named "
		     "by its id");
	return OUTCOME_NOT_FOUND;
}
