/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/importing.h"
#include "cli/options.h"
#include "common/error.h"

#define AT(member) offsetof(struct import_options, member)

static const struct option_row import_options[] = {
	{ "skip-bad", OPTION_FLAG, false, 0, AT(skip_bad), NULL,
	    "import the good lines even if others are bad" },
	{ "exact", OPTION_FLAG, false, 0, AT(exact), NULL,
	    "change what differs and delete what the file lacks" },
	{ "dry-run", OPTION_FLAG, false, 0, AT(dry_run), NULL,
	    "check everything and change nothing" },
	{ 0 },
};

/* The words of the answer. */
static const struct {
	enum import_outcome outcome;
	const char *word;
} words[] = {
	{ IMPORT_MADE, "made" },
	{ IMPORT_CHANGED, "changed" },
	{ IMPORT_UNCHANGED, "unchanged" },
	{ IMPORT_DELETED, "deleted" },
};

#define WORDS (sizeof words / sizeof words[0])

static enum outcome
on_applied(void *arg, const struct importbatch_item *item,
    const struct import_result *result)
{
	struct importing *i = arg;

	progress_show(&i->progress, ++i->done);
	if (result->outcome != IMPORT_REFUSED &&
	    result->outcome != IMPORT_TAKEN) {
		i->tally[result->outcome]++;
		return OUTCOME_DONE;
	}
	/* Somebody else was at work between the passes. */
	importing_bad(i, item->line, "%.*s", (int)result->message.size,
	    (const char *)result->message.data);
	return i->options->skip_bad ? OUTCOME_DONE : OUTCOME_PARTLY;
}

static enum outcome
delete_gone(struct importing *i)
{
	enum outcome outcome = OUTCOME_DONE;

	for (size_t n = 0; n < i->gone_count && outcome == OUTCOME_DONE; n++) {
		uint8_t bytes[1 + TOKEN_ID_SIZE];
		struct importbatch_item item = {
			.record = { .kind = TRANSFER_DELETION }
		};
		struct wirebuf w;

		wirebuf_write(&w, bytes, sizeof bytes);
		transfer_deletion_put(&w, span_of(i->gone[n]));
		item.record.body = span_bytes(bytes, wirebuf_size(&w));
		outcome = importbatch_add(&i->batch, &item);
	}
	return outcome == OUTCOME_DONE ? importbatch_send(&i->batch) : outcome;
}

static int
compare_taken(const void *key, const void *taken)
{
	uint64_t line = *(const uint64_t *)key;
	uint64_t other = ((const struct import_taken *)taken)->line;

	return (line > other) - (line < other);
}

/* The check found them in the order of their lines. */
static bool
is_bad(const struct importing *i, uint64_t line)
{
	const struct import_taken *taken = NULL;

	if (i->taken_count > 0)
		taken = bsearch(&line, i->taken, i->taken_count,
		    sizeof(*i->taken), compare_taken);
	return taken != NULL && taken->is_bad;
}

/*
 * What is of another kind may rely on all before it.  Tokens rely on no other
 * token where all of them are new and their names are free.  Others than root
 * have few connections to the agent.
 */
static enum outcome
begin_kind(struct importing *i, uint8_t kind)
{
	enum outcome outcome = importbatch_send(&i->batch);
	bool rely = kind != TRANSFER_TOKEN || i->has_changes ||
		    i->taken_count > 0 || geteuid() != 0;

	i->batch.most = rely ? 1 : IMPORTBATCH_OUT;
	return outcome;
}

static enum outcome
apply_spooled(struct importing *i)
{
	enum outcome outcome = OUTCOME_DONE;
	struct importbatch_item item;
	int error = spool_sort(&i->spool);
	uint8_t kind = 0;

	while (error == 0 && outcome == OUTCOME_DONE &&
	       (error = spool_get(&i->spool, &item)) == 0) {
		if (is_bad(i, item.line))
			continue;
		if (item.record.kind != kind)
			outcome = begin_kind(i, item.record.kind);
		kind = item.record.kind;
		if (outcome == OUTCOME_DONE)
			outcome = importbatch_add(&i->batch, &item);
	}
	if (outcome == OUTCOME_DONE && error != ERROR_NOT_FOUND)
		outcome = importing_failed(error);
	return outcome == OUTCOME_DONE ? importbatch_send(&i->batch) : outcome;
}

/* What the file lacks, and can go. */
static size_t
all_gone(const struct importing *i)
{
	return i->gone_count + i->named.gone_count - i->named.kept_count;
}

/* The second pass: tokens go first, so that their names are free; what gives
 * rights goes last, since the import may stand on it. */
static enum outcome
apply(struct importing *i)
{
	enum outcome outcome;

	i->batch.request.dry_run = false;
	i->batch.request.whole = !i->options->skip_bad;
	i->batch.on_result = on_applied;
	i->has_changes = i->tally[IMPORT_CHANGED] > 0;
	i->tally[IMPORT_MADE] = 0;
	i->tally[IMPORT_CHANGED] = 0;
	progress_begin(&i->progress, "importing", "records",
	    i->spool.count + all_gone(i), i->in->globals->quiet);
	outcome = delete_gone(i);
	if (outcome == OUTCOME_DONE)
		outcome = apply_spooled(i);
	if (outcome == OUTCOME_DONE) {
		i->batch.most = 1;
		outcome = importnamed_delete(i);
	}
	/* What is under way is done all the same, and said. */
	if (outcome != OUTCOME_DONE)
		(void)importbatch_wait(&i->batch);
	progress_clear(&i->progress);
	return outcome;
}

static enum outcome
answer(const struct importing *i)
{
	json_t *object;

	if (output_is_json(i->in->format)) {
		object = json_object();
		for (size_t n = 0; n < WORDS; n++)
			(void)json_object_set_new(object, words[n].word,
			    json_integer(
				(json_int_t)i->tally[words[n].outcome]));
		(void)json_object_set_new(
		    object, "bad", json_integer((json_int_t)i->bad));
		return output_object(stdout, i->in->format, object) ==
			       ERROR_MEMORY
			   ? OUTCOME_FAILED
			   : OUTCOME_DONE;
	}
	if (i->in->globals->quiet)
		return OUTCOME_DONE;
	if (i->options->dry_run)
		fputs("would be: ", stdout);
	for (size_t n = 0; n < WORDS; n++)
		printf("%" PRIu64 " %s, ", i->tally[words[n].outcome],
		    words[n].word);
	printf("%" PRIu64 " bad\n", i->bad);
	return OUTCOME_DONE;
}

static bool
is_of_tokens(const struct importing *i)
{
	return i->named.lines[TRANSFER_TOKEN] == i->records;
}

/* "Change 2 tokens, make 1 and delete 3 that the file lacks". */
static bool
is_confirmed(struct importing *i)
{
	char question[160];

	if (all_gone(i) == 0 && i->tally[IMPORT_CHANGED] == 0)
		return true;
	(void)snprintf(question, sizeof question,
	    "Change %" PRIu64 " %s, make %" PRIu64
	    " and delete %zu that %s lacks",
	    i->tally[IMPORT_CHANGED], is_of_tokens(i) ? "tokens" : "records",
	    i->tally[IMPORT_MADE], all_gone(i), i->path);
	return confirm(i->in->globals, question, "imported");
}

static enum outcome
refuse_bad(const struct importing *i)
{
	output_error("%" PRIu64 " of %" PRIu64
		     " lines are bad: nothing was changed; --skip-bad imports "
		     "the others",
	    i->bad, i->records);
	return OUTCOME_FAILED;
}

/* What was done before something failed is said too. */
static enum outcome
carry_out(struct importing *i)
{
	enum outcome outcome = apply(i);
	uint64_t done = i->tally[IMPORT_MADE] + i->tally[IMPORT_CHANGED] +
			i->tally[IMPORT_DELETED];

	if (outcome != OUTCOME_DONE && done == 0)
		return outcome == OUTCOME_PARTLY ? refuse_bad(i) : outcome;
	if (answer(i) != OUTCOME_DONE)
		return OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE && i->bad == 0)
		return OUTCOME_DONE;
	output_error("not everything was imported: what was stays, and "
		     "importing again goes on from there");
	return OUTCOME_PARTLY;
}

static enum outcome
work(struct importing *i)
{
	const struct import_options *options = i->options;
	enum outcome outcome = importing_check(i);

	if (outcome == OUTCOME_DONE)
		outcome = importing_plan(i);
	if (outcome != OUTCOME_DONE)
		return outcome;
	i->tally[IMPORT_MADE] += i->tally[IMPORT_TAKEN];
	if (i->bad > 0 && !options->skip_bad)
		return refuse_bad(i);
	importing_announce(i);
	if (options->dry_run) {
		i->tally[IMPORT_DELETED] = all_gone(i);
		outcome = answer(i);
		return outcome == OUTCOME_DONE && i->bad > 0 ? OUTCOME_PARTLY
							     : outcome;
	}
	if (options->exact && !is_confirmed(i))
		return OUTCOME_FAILED;
	return carry_out(i);
}

static enum outcome
open_file(struct importing *i)
{
	bool is_stdin = i->in->count == 0 ||
			strcmp(i->in->operands[0], "-") == 0;

	i->path = is_stdin ? "standard input" : i->in->operands[0];
	i->file = is_stdin ? stdin : fopen(i->in->operands[0], "re");
	if (i->file != NULL)
		return OUTCOME_DONE;
	output_error("%s: %s", i->path, strerror(errno));
	return errno == ENOENT ? OUTCOME_NOT_FOUND : OUTCOME_FAILED;
}

static enum outcome
begin(struct importing *i)
{
	enum outcome outcome = open_file(i);
	int error;

	if (outcome == OUTCOME_DONE)
		outcome = ask_init(&i->ask, i->in->globals);
	if (outcome != OUTCOME_DONE)
		return outcome;
	i->batch.like = &i->ask;
	error = lines_init(&i->lines, i->file);
	if (error == 0)
		error = spool_open(&i->spool);
	return error == 0 ? OUTCOME_DONE : importing_failed(error);
}

static void
end(struct importing *i)
{
	if (i->file != NULL && i->file != stdin)
		(void)fclose(i->file);
	importbatch_fini(&i->batch);
	ask_fini(&i->ask);
	lines_fini(&i->lines);
	spool_close(&i->spool);
	lineset_fini(&i->ids);
	lineset_fini(&i->names);
	lineset_fini(&i->meant);
	free(i->taken);
	free(i->gone);
	importnamed_fini(&i->named);
	free(i);
}

static enum outcome
import_run(const struct invocation *in)
{
	const struct import_options *options = in->values;
	struct importing *i;
	enum outcome outcome;

	if (options->exact && !options->dry_run &&
	    !confirm_is_possible(in->globals, "import --exact"))
		return OUTCOME_USAGE;
	i = calloc(1, sizeof *i);
	if (i == NULL)
		return importing_failed(ERROR_MEMORY);
	i->in = in;
	i->options = options;
	outcome = begin(i);
	if (outcome == OUTCOME_DONE)
		outcome = work(i);
	end(i);
	return outcome;
}

const struct command import_command = {
	.name = "import",
	.operands = "[FILE]",
	.summary = "make what the JSON lines of export say",
	.formats = "table|json|jsonl",
	.options = import_options,
	.values_size = sizeof(struct import_options),
	.most = 1,
	.run = import_run,
};
