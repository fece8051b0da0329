/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/chain.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/pager.h"
#include "common/adminmessage.h"
#include "common/anchor.h"
#include "common/auditmessage.h"
#include "common/error.h"

/* A walk along the chain; the request says what the next page follows. */
struct chain {
	struct pager pager;
	struct audit_request request;
	struct anchor anchor; /* number 0: none was given */
	uint64_t sound;	      /* entries from the first one on */
	uint64_t broken;      /* number of the first that is not; 0: none */
	const char *what;     /* is wrong with that one */
	bool is_off_anchor;   /* the chain is one, but not that one */
};

static void
page_ask(struct pager *p)
{
	struct chain *chain = p->arg;

	p->limit = PAGE_MAX;
	chain->request.limit = PAGE_MAX;
	audit_request_put(&p->ask.request, &chain->request);
}

static int
check_begin(struct pager *p)
{
	(void)p;
	return 0;
}

static void
break_at(struct chain *chain, uint64_t number, const char *what)
{
	chain->broken = number;
	chain->what = what;
	chain->pager.end = true;
}

/* Entries are numbered from 1 without gaps. */
static int
row_check(struct pager *p)
{
	struct chain *chain = p->arg;
	uint64_t expected = chain->sound + 1;
	struct audit_row row;

	audit_row_get(&p->ask.reply, &row);
	if (p->ask.reply.failed)
		return 0;
	if (row.is_sound && row.number == expected)
		chain->sound++;
	else if (row.number > expected)
		break_at(chain, expected, "missing");
	else
		break_at(chain, expected,
		    "not what was written, or not where it was written");
	return 0;
}

static void
next_get(struct pager *p)
{
	struct chain *chain = p->arg;
	uint64_t next = wirebuf_get_u64(&p->ask.reply);

	p->end = next == 0;
	/* One that does not move on would never end. */
	if (!p->end && next <= chain->request.after)
		wirebuf_fail(&p->ask.reply);
	chain->request.after = next;
}

static const struct paging check_paging = { OP_AUDIT, page_ask, check_begin,
	row_check, next_get };

/* The chain of who sees a part of it only would have gaps. */
static enum outcome
check_permission(struct ask *ask)
{
	struct whoami_reply who;
	enum outcome outcome;

	ask_begin(ask, OP_WHOAMI);
	outcome = ask_send(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	whoami_reply_get(&ask->reply, &who);
	outcome = ask_done(ask);
	if (outcome != OUTCOME_DONE ||
	    spanlist_has(&who.permissions, span_of("audit.read=all")))
		return outcome;
	output_error("you see a part of the audit only: to verify it takes "
		     "audit.read of all");
	return OUTCOME_NOT_PERMITTED;
}

/* The anchor of an entry; number 0: of the last one. */
static enum outcome
anchor_ask(struct ask *ask, uint64_t number, struct anchor *anchor)
{
	enum outcome outcome;

	ask_begin(ask, OP_ANCHOR);
	wirebuf_put_u64(&ask->request, number);
	outcome = ask_send(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	anchor_get(&ask->reply, anchor);
	return ask_done(ask);
}

/* The chain is sound in itself: is it the one that was anchored? */
static enum outcome
check_anchor(struct chain *chain)
{
	const struct anchor *kept = &chain->anchor;
	struct anchor found = { 0 };
	enum outcome outcome;

	if (chain->broken != 0 || kept->number == 0)
		return OUTCOME_DONE;
	if (chain->sound < kept->number) {
		chain->is_off_anchor = true;
		break_at(chain, chain->sound + 1, "missing");
		return OUTCOME_DONE;
	}
	outcome = anchor_ask(&chain->pager.ask, kept->number, &found);
	chain->is_off_anchor = outcome == OUTCOME_DONE &&
			       (found.number != kept->number ||
				   memcmp(found.mac, kept->mac,
				       sizeof(found.mac)) != 0);
	if (chain->is_off_anchor)
		break_at(chain, kept->number,
		    "not the one of the anchor: it, or one before it, was "
		    "replaced by somebody who had the key");
	return outcome;
}

static enum outcome
report(const struct chain *chain, enum output_format format)
{
	bool good = chain->broken == 0;
	int error = 0;

	if (output_is_json(format))
		error = output_object(stdout, format,
		    json_pack("{s:b, s:I, s:o}", "sound", (int)good, "entries",
			(json_int_t)chain->sound, "broken",
			good ? json_null()
			     : json_integer((json_int_t)chain->broken)));
	else
		printf("%" PRIu64 " entries are %s\n", chain->sound,
		    chain->is_off_anchor ? "chained, but not to the anchor"
					 : "sound");
	if (good)
		return error == ERROR_MEMORY ? OUTCOME_FAILED : OUTCOME_DONE;
	output_alarm("entry %" PRIu64 " is %s", chain->broken, chain->what);
	return OUTCOME_FAILED;
}

enum outcome
chain_verify(const struct invocation *in, const char *anchor)
{
	struct chain chain = {
		.pager = { .paging = &check_paging, .in = in, .arg = &chain },
	};
	struct ask *ask = &chain.pager.ask;
	enum outcome outcome;

	if (anchor != NULL && anchor_parse(anchor, &chain.anchor) < 0) {
		output_error("--anchor '%s': with --verify it takes the number "
			     "and the MAC of an entry, as `audit --anchor` and "
			     "the agent's log tell them: 1234:9f86...",
		    anchor);
		return OUTCOME_USAGE;
	}
	outcome = ask_init(ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = check_permission(ask);
	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&chain.pager);
	if (outcome == OUTCOME_DONE)
		outcome = check_anchor(&chain);
	if (outcome == OUTCOME_DONE)
		outcome = report(&chain, in->format);
	ask_fini(ask);
	return outcome;
}

static enum outcome
anchor_put_out(const struct anchor *anchor, enum output_format format)
{
	char text[ANCHOR_TEXT_SIZE];

	anchor_format(anchor, text);
	if (!output_is_json(format)) {
		puts(text);
		return OUTCOME_DONE;
	}
	return output_object(stdout, format,
		   json_pack("{s:I, s:s, s:s}", "number",
		       (json_int_t)anchor->number, "mac", strchr(text, ':') + 1,
		       "anchor", text)) == ERROR_MEMORY
		   ? OUTCOME_FAILED
		   : OUTCOME_DONE;
}

enum outcome
chain_anchor(const struct invocation *in)
{
	struct anchor anchor;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE)
		outcome = anchor_ask(&ask, 0, &anchor);
	if (outcome == OUTCOME_DONE)
		outcome = anchor_put_out(&anchor, in->format);
	ask_fini(&ask);
	return outcome;
}
