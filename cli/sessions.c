/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/confirm.h"
#include "cli/ending.h"
#include "cli/fieldkind.h"
#include "cli/fieldset.h"
#include "cli/options.h"
#include "cli/pager.h"
#include "cli/tokenid.h"
#include "common/sessionmessage.h"

struct sessions_options {
	bool end;
};

#define AT(member) offsetof(struct sessions_options, member)

static const struct option_row sessions_options[] = {
	{ "end", OPTION_FLAG, false, 0, AT(end), NULL,
	    "end those of TOKEN, and leave the token as it is" },
	{ 0 },
};

/* A session as it is shown: the state as a word. */
struct shown {
	struct session_info info;
	struct span state;
	uint64_t pid;
};

#define ROW(member) offsetof(struct shown, member)

static const struct field fields[] = {
	{ "token", "TOKEN", "-", ROW(info.token), &fieldkind_text },
	{ "parent", NULL, "-", ROW(info.parent), &fieldkind_text },
	{ "name", "NAME", "-", ROW(info.name), &fieldkind_text },
	{ "owner", "OWNER", "-", ROW(info.owner), &fieldkind_text },
	{ "service", "SERVICE", "-", ROW(info.service), &fieldkind_text },
	{ "login", "LOGIN", "-", ROW(info.login), &fieldkind_text },
	{ "user", "USER", "-", ROW(info.user), &fieldkind_text },
	{ "from", "FROM", "-", ROW(info.rhost), &fieldkind_text },
	{ "tty", "TTY", "-", ROW(info.tty), &fieldkind_text },
	{ "pid", "PID", "-", ROW(pid), &fieldkind_count },
	{ "opened_at", "OPENED", "-", ROW(info.opened_at), &fieldkind_time },
	{ "state", "STATE", "-", ROW(state), &fieldkind_text },
	{ "why", NULL, "-", ROW(info.why), &fieldkind_text },
};

static const struct fieldset session_fields = { fields,
	sizeof fields / sizeof fields[0] };

struct sessions {
	struct pager pager;
	struct session_list_request request;
	char token[TOKEN_ID_SIZE + 1];
};

static void
page_ask(struct pager *p)
{
	struct sessions *s = p->arg;

	p->limit = PAGE_MAX;
	s->request.limit = PAGE_MAX;
	s->request.token = span_of(s->token);
	session_list_request_put(&p->ask.request, &s->request);
}

static int
rows_begin(struct pager *p)
{
	return fieldset_begin(
	    &p->output, stdout, p->in->format, &session_fields);
}

static int
row_put(struct pager *p)
{
	struct shown shown;

	session_info_get(&p->ask.reply, &shown.info);
	if (p->ask.reply.failed)
		return 0;
	shown.state = span_of(session_state_word(shown.info.state));
	shown.pid = shown.info.pid;
	return fieldset_put(&p->output, &session_fields, &shown);
}

static void
next_get(struct pager *p)
{
	struct sessions *s = p->arg;
	uint64_t next = wirebuf_get_u64(&p->ask.reply);

	p->end = next == 0;
	/* One that does not move on would never end. */
	if (!p->end && next <= s->request.after)
		wirebuf_fail(&p->ask.reply);
	s->request.after = next;
}

static const struct paging sessions_paging = { OP_SESSION_LIST, page_ask,
	rows_begin, row_put, next_get };

static enum outcome
end_ask(struct sessions *s, bool dry_run, unsigned *count)
{
	const struct session_end_request request = { .token = span_of(s->token),
		.dry_run = dry_run };
	struct ask *ask = &s->pager.ask;
	enum outcome outcome;

	ask_begin(ask, OP_SESSION_END);
	session_end_request_put(&ask->request, &request);
	outcome = dry_run ? ask_send(ask) : ask_send_change(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	*count = wirebuf_get_u16(&ask->reply);
	return ask_done(ask);
}

/* They are counted, asked about and ended. */
static enum outcome
end_all(struct sessions *s, const struct invocation *in)
{
	struct ending ending = { 0 };
	struct ask *ask = &s->pager.ask;
	char question[128];
	unsigned count = 0;
	enum outcome outcome = end_ask(s, true, &count);

	if (outcome != OUTCOME_DONE)
		return outcome;
	if (count == 0) {
		if (!in->globals->quiet)
			output_note("no sessions");
		return OUTCOME_DONE;
	}
	(void)snprintf(question, sizeof question, "End %u session%s of %s",
	    count, count == 1 ? "" : "s", s->token);
	if (!confirm(in->globals, question, "ended"))
		return OUTCOME_FAILED;
	ending_before(&ending, ask, (const uint8_t *)s->token, 1);
	outcome = end_ask(s, false, &count);
	if (outcome == OUTCOME_DONE)
		outcome = ending_after(&ending, ask);
	ending_fini(&ending);
	return outcome;
}

static enum outcome
show(struct sessions *s, const struct invocation *in)
{
	enum outcome outcome = pager_run(&s->pager);

	if (outcome == OUTCOME_DONE && s->pager.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("no sessions");
	return outcome;
}

static enum outcome
sessions_run(const struct invocation *in)
{
	const struct sessions_options *options = in->values;
	struct sessions s = {
		.pager = { .paging = &sessions_paging, .in = in, .arg = &s },
	};
	enum outcome outcome;

	if (options->end && in->count == 0) {
		output_error("--end takes a TOKEN: those of all tokens are not "
			     "ended at once");
		return OUTCOME_USAGE;
	}
	if (options->end && !confirm_is_possible(in->globals, "sessions --end"))
		return OUTCOME_USAGE;
	outcome = ask_init(&s.pager.ask, in->globals);
	if (outcome == OUTCOME_DONE && in->count > 0)
		outcome = tokenid_find(&s.pager.ask, in->operands[0], s.token);
	if (outcome == OUTCOME_DONE)
		outcome = options->end ? end_all(&s, in) : show(&s, in);
	ask_fini(&s.pager.ask);
	return outcome;
}

const struct command sessions_command = {
	.name = "sessions",
	.operands = "[TOKEN]",
	.summary = "show what tokens opened and is still open, or end it",
	.formats = "table|json|jsonl|csv",
	.options = sessions_options,
	.values_size = sizeof(struct sessions_options),
	.most = 1,
	.run = sessions_run,
};
