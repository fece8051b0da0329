/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's row of a service, which is what counts at a login. */
#include <string.h>

#include "cli/ask.h"
#include "cli/doctorpam.h"
#include "common/servicemessage.h"

static void
row_read(struct doctor *d, struct ask *ask)
{
	struct service_reply reply;
	struct doctor_row *row = &d->row;

	service_reply_get(&ask->reply, &reply);
	row->count = reply.count;
	for (size_t i = 0; i < row->count; i++)
		row->callers[i] = wirebuf_get_u32(&ask->reply);
	row->elevated = reply.elevated;
	row->known = wirebuf_done(&ask->reply) == 0 &&
		     span_text(reply.name, row->name, sizeof(row->name)) == 0 &&
		     span_text(reply.project, row->project,
			 sizeof(row->project)) == 0 &&
		     span_text(reply.sessions, row->sessions,
			 sizeof(row->sessions)) == 0;
}

/* The name that the agent hears: service= on the module's line goes first. */
static const char *
asked_name(const struct doctor *d, char word[PAMLINE_MAX])
{
	const struct pamentry *entry = doctorpam_line(d, PAMKIND_AUTH);

	word[0] = '\0';
	if (entry != NULL)
		doctorpam_value(entry, "service=", word);
	return word[0] == '\0' ? d->service : word;
}

static void
row_say(struct doctor *d)
{
	const struct doctor_row *row = &d->row;

	if (!row->known)
		doctor_say(d, DOCTOR_UNKNOWN,
		    "the agent's answer is not what "
		    "the protocol says");
	else if (row->elevated) {
		doctor_say(d, DOCTOR_NOTE,
		    "the agent has %s as elevated: only tokens that name it "
		    "open it",
		    row->name);
		doctor_mend(d,
		    "as root: apitoken create NAME --user LOGIN "
		    "--allow %s",
		    row->name);
	} else {
		doctor_say(d, DOCTOR_OK,
		    "the agent has %s in project %s: tokens of that project "
		    "and of the organization open it",
		    row->name, row->project);
	}
}

void
doctor_scope(struct doctor *d)
{
	char word[PAMLINE_MAX];
	struct ask ask;
	enum outcome outcome;

	d->row.known = false;
	if (!d->agent_answers)
		return;
	outcome = ask_init(&ask, d->globals);
	ask.silent = true;
	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_SERVICE);
		service_request_put(&ask.request, span_of(asked_name(d, word)));
		outcome = ask_send(&ask);
		if (outcome == OUTCOME_DONE) {
			row_read(d, &ask);
			row_say(d);
		} else {
			doctor_say(d, DOCTOR_UNKNOWN, "%s", ask.why);
		}
	}
	ask_fini(&ask);
}
