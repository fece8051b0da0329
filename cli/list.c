/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/filter.h"
#include "cli/pager.h"
#include "cli/sorted.h"
#include "common/error.h"
#include "common/listmessage.h"

struct list_options {
	struct filter_options filter;
	const char *sort;
	const char *after;
	uint64_t limit;
	bool reverse;
};

#define AT(member) offsetof(struct list_options, member)

static const struct option_row list_options[] = {
	FILTER_ROWS(AT(filter)),
	{ "sort", OPTION_CHOICE, false, 0, AT(sort),
	    "created|expires|name|owner|last-used|id",
	    "in which order (created, the newest first)" },
	{ "reverse", OPTION_FLAG, false, 0, AT(reverse), NULL,
	    "the other way round" },
	{ "limit", OPTION_NUMBER, false, 0, AT(limit), "N", "at most so many" },
	{ "after", OPTION_TEXT, false, 0, AT(after), "ID",
	    "go on after this one" },
	{ 0 },
};

/* Where a listing stands; `after` outlives the page it came with. */
struct listing {
	struct pager pager;
	struct list_request request;
	uint64_t left;
	struct sorted *sorted; /* NULL: rows are written as they come */
	char after[SPANLIST_ELEMENT_MAX + 1];
};

static void
page_ask(struct pager *p)
{
	struct listing *l = p->arg;

	p->limit = (uint16_t)(l->left < PAGE_MAX ? l->left : PAGE_MAX);
	l->request.limit = p->limit;
	l->request.after = span_of(l->after);
	list_request_put(&p->ask.request, &l->request);
}

static int
rows_begin(struct pager *p)
{
	return fields_begin(&p->output, stdout, p->in->format);
}

static int
row_put(struct pager *p)
{
	struct listing *l = p->arg;
	struct token_info info;

	token_info_get(&p->ask.reply, &info);
	if (p->ask.reply.failed)
		return 0;
	l->left--;
	return fields_put(&p->output, &info);
}

static void
next_get(struct pager *p)
{
	struct listing *l = p->arg;
	struct span next = wirebuf_get_str8(&p->ask.reply);

	p->end = span_empty(next) || l->left == 0;
	/* One that does not move would never end. */
	if (!p->end && (span_is(next, l->after) ||
			   span_text(next, l->after, sizeof l->after) != 0))
		wirebuf_fail(&p->ask.reply);
}

static const struct paging list_paging = { OP_LIST, page_ask, rows_begin,
	row_put, next_get };

static int
nothing_begin(struct pager *p)
{
	(void)p;
	return 0;
}

/* The same bytes again: what is kept is the info as it came. */
static int
row_keep(struct pager *p)
{
	struct listing *l = p->arg;
	struct wirebuf *reply = &p->ask.reply;
	size_t begin = reply->at;
	struct token_info info;

	token_info_get(reply, &info);
	if (reply->failed)
		return 0;
	return sorted_add(
	    l->sorted, span_bytes(reply->in + begin, reply->at - begin));
}

static const struct paging keep_paging = { OP_LIST, page_ask, nothing_begin,
	row_keep, next_get };

/* By creation the agent finds them; all else is put in order here. */
static enum outcome
order_choose(struct listing *l, const struct list_options *options)
{
	const char *sort = options->sort;

	if (sort == NULL && options->filter.expiring != NULL)
		sort = "expires";
	l->request.order = options->reverse ? ORDER_OLDEST : ORDER_NEWEST;
	if (sort == NULL || strcmp(sort, "created") == 0)
		return OUTCOME_DONE;
	if (options->after != NULL) {
		output_error("--after goes with --sort created alone");
		return OUTCOME_USAGE;
	}
	l->request.order = ORDER_ANY;
	l->left = UINT64_MAX;
	l->pager.paging = &keep_paging;
	l->sorted = sorted_new(sort);
	if (l->sorted != NULL)
		return OUTCOME_DONE;
	output_error("%s", error_text(ERROR_MEMORY));
	return OUTCOME_FAILED;
}

static enum outcome
listing_fill(struct listing *l, const struct list_options *options)
{
	if (options->limit != 0)
		l->left = options->limit;
	if (!filter_fill(&l->request.filter, &options->filter))
		return OUTCOME_USAGE;
	if (options->after != NULL &&
	    (!list_is_position(span_of(options->after)) ||
		span_text(span_of(options->after), l->after, sizeof l->after) !=
		    0)) {
		output_error(
		    "--after '%s' is no token's id: it has %d letters and "
		    "digits, as list -o id shows it",
		    options->after, TOKEN_ID_SIZE);
		return OUTCOME_USAGE;
	}
	return order_choose(l, options);
}

static enum outcome
write_sorted(struct listing *l, const struct list_options *options)
{
	size_t count = sorted_finish(l->sorted, options->reverse);
	struct output *o = &l->pager.output;
	struct token_info info;
	int error = fields_begin(o, stdout, l->pager.in->format);

	if (options->limit != 0 && options->limit < count)
		count = (size_t)options->limit;
	for (size_t i = 0; i < count && error == 0; i++) {
		sorted_get(l->sorted, i, &info);
		error = fields_put(o, &info);
	}
	return output_end(o, error) == ERROR_MEMORY ? OUTCOME_FAILED
						    : OUTCOME_DONE;
}

static enum outcome
list_run(const struct invocation *in)
{
	const struct list_options *options = in->values;
	struct listing l = {
		.pager = { .paging = &list_paging, .in = in, .arg = &l },
		.left = UINT64_MAX,
	};
	enum outcome outcome = listing_fill(&l, options);

	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&l.pager.ask, in->globals);
	if (outcome == OUTCOME_DONE)
		outcome = pager_run(&l.pager);
	if (outcome == OUTCOME_DONE && l.sorted != NULL)
		outcome = write_sorted(&l, options);
	if (outcome == OUTCOME_DONE && l.pager.output.rows == 0 &&
	    in->format == FORMAT_TABLE && !in->globals->quiet)
		output_note("no tokens");
	ask_fini(&l.pager.ask);
	sorted_free(l.sorted);
	return outcome;
}

const struct command list_command = {
	.name = "list",
	.operands = "",
	.summary = "list tokens, newest first",
	.formats = "table|json|jsonl|csv|id",
	.options = list_options,
	.values_size = sizeof(struct list_options),
	.run = list_run,
};
