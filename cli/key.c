/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/keyfile.h"
#include "cli/options.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/storemessage.h"

struct rotate_options {
	const char *key;
};

static const struct option_row rotate_options[] = {
	{ "key", OPTION_TEXT, false, 0, offsetof(struct rotate_options, key),
	    "FILE", "the key file (the one that the agent has read)" },
	{ 0 },
};

static enum outcome
status_ask(struct ask *ask, struct key_status_reply *status)
{
	enum outcome outcome;

	ask_begin(ask, OP_KEY_STATUS);
	outcome = ask_send(ask);
	if (outcome == OUTCOME_DONE)
		key_status_reply_get(&ask->reply, status);
	return outcome;
}

static const char *const headings[] = { "KEY", "ROWS", "CURRENT" };

#define COLUMNS (sizeof headings / sizeof headings[0])

static enum outcome
status_table(struct ask *ask, const struct invocation *in,
    const struct key_status_reply *status)
{
	struct output output = { 0 };
	char number[8], rows[24], yes[] = "yes", no[] = "no";
	struct key_item item;
	enum outcome outcome;
	int error = output_begin(
	    &output, stdout, in->format, headings, COLUMNS);

	for (uint8_t n = status->count; n > 0 && error == 0; n--) {
		key_item_get(&ask->reply, &item);
		(void)snprintf(number, sizeof number, "%u", item.number);
		(void)snprintf(rows, sizeof rows, "%" PRIu64, item.rows);
		error = output_cells(&output,
		    (char *[]) { number, rows,
			item.number == status->current ? yes : no },
		    COLUMNS);
	}
	outcome = ask_done(ask);
	if (error == 0 && outcome != OUTCOME_DONE)
		error = ERROR_MALFORMED;
	if (output_end(&output, error) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	return outcome;
}

static enum outcome
status_json(struct ask *ask, const struct invocation *in,
    const struct key_status_reply *status)
{
	json_t *keys = json_array();
	struct key_item item;
	enum outcome outcome;
	int error = 0;

	for (uint8_t n = status->count; n > 0; n--) {
		key_item_get(&ask->reply, &item);
		error |= json_array_append_new(
		    keys, json_pack("{s:i, s:I, s:b}", "key", (int)item.number,
			      "rows", (json_int_t)item.rows, "current",
			      item.number == status->current));
	}
	outcome = ask_done(ask);
	if (outcome != OUTCOME_DONE || error != 0) {
		json_decref(keys);
		keys = NULL;
	}
	if (outcome == OUTCOME_DONE &&
	    output_object(stdout, in->format,
		json_pack("{s:o, s:b, s:i, s:b, s:o, s:o}", "file",
		    output_string(status->path), "credential",
		    status->is_credential, "current", (int)status->current,
		    "under_way", status->is_under_way, "problem",
		    span_empty(status->problem)
			? json_null()
			: output_string(status->problem),
		    "keys", keys)) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	return outcome;
}

static enum outcome
status_run(const struct invocation *in)
{
	struct key_status_reply status = { 0 };
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE)
		outcome = status_ask(&ask, &status);
	if (outcome == OUTCOME_DONE)
		outcome = output_is_json(in->format)
			      ? status_json(&ask, in, &status)
			      : status_table(&ask, in, &status);
	if (outcome == OUTCOME_DONE && status.is_under_way &&
	    !in->globals->quiet)
		output_note("rows of older keys are made anew with key %u",
		    status.current);
	if (outcome == OUTCOME_DONE && !span_empty(status.problem))
		output_alarm("the last try ended with an error, another one "
			     "follows: %.*s",
		    (int)status.problem.size,
		    (const char *)status.problem.data);
	ask_fini(&ask);
	return outcome;
}

/* A rotation, from what is current to what is next. */
struct rotation {
	const struct invocation *in;
	struct ask ask;
	char path[PATH_MAX];
	uint8_t current; /* the agent's */
	struct keyfile file;
};

static enum outcome
say_by_hand(const struct rotation *r, const char *what)
{
	output_error("%s: %s", r->path, what);
	output_note("By hand: where the key file is kept add a line \"%u\", a "
		    "space and 64 random hexadecimal digits, keep all other "
		    "lines, and restart apitokend: it then makes all rows "
		    "anew with that key.",
	    r->current + 1U);
	return OUTCOME_FAILED;
}

static enum outcome
open_file(struct rotation *r)
{
	int error = keyfile_open(&r->file, r->path);

	if (error == 0)
		return OUTCOME_DONE;
	if (error == ERROR_SYSTEM)
		return say_by_hand(r, strerror(errno));
	if (error == ERROR_EXISTS)
		output_error("another apitoken key rotate is at work");
	else
		output_error("%s: %s", r->path,
		    error == ERROR_MALFORMED ? "is no key file"
					     : error_text(error));
	return error == ERROR_EXISTS ? OUTCOME_CONFLICT : OUTCOME_FAILED;
}

/* By --key, else what the agent says. */
static enum outcome
find_file(struct rotation *r)
{
	const struct rotate_options *options = r->in->values;
	struct key_status_reply status;
	enum outcome outcome = status_ask(&r->ask, &status);
	struct key_item item;

	if (outcome != OUTCOME_DONE)
		return outcome;
	for (uint8_t n = status.count; n > 0; n--)
		key_item_get(&r->ask.reply, &item);
	outcome = ask_done(&r->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	r->current = status.current;
	if (span_text(
		options->key != NULL ? span_of(options->key) : status.path,
		r->path, sizeof r->path) == 0)
		return OUTCOME_DONE;
	output_error("the path of the key file is too long");
	return OUTCOME_USAGE;
}

static enum outcome
send_key(struct rotation *r, const struct keyline *line, bool dry_run)
{
	struct key_add_request request = { *line, dry_run };
	enum outcome outcome;

	ask_begin(&r->ask, OP_KEY_ADD);
	key_add_request_put(&r->ask.request, &request);
	wipe(&request, sizeof request);
	outcome = ask_send(&r->ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	(void)wirebuf_get_u8(&r->ask.reply);
	return ask_done(&r->ask);
}

/* Before anything is written: may we, and is it the agent's own file? */
static enum outcome
check_agent(struct rotation *r)
{
	struct keyline line;
	enum outcome outcome = OUTCOME_CONFLICT;

	if (keyfile_find(&r->file, r->current, &line) == 0)
		outcome = send_key(r, &line, true);
	else
		output_error("%s has no key %u, which the agent uses: it is "
			     "not the agent's key file",
		    r->path, r->current);
	wipe(&line, sizeof line);
	return outcome;
}

/* One that was written and never reached the agent is as good as a new one. */
static enum outcome
make_key(struct rotation *r, struct keyline *line)
{
	int error;

	if (r->file.last.number > r->current) {
		*line = r->file.last;
		return OUTCOME_DONE;
	}
	if (r->current == UINT8_MAX) {
		output_error("there are no numbers for more keys: 255 is the "
			     "last");
		return OUTCOME_CONFLICT;
	}
	line->number = (uint8_t)(r->current + 1);
	if (getrandom(line->key, sizeof line->key, 0) !=
	    (ssize_t)sizeof line->key) {
		output_error("no randomness: %s", strerror(errno));
		return OUTCOME_FAILED;
	}
	error = keyfile_add(&r->file, line);
	return error == 0
		   ? OUTCOME_DONE
		   : say_by_hand(r, error == ERROR_SYSTEM ? strerror(errno)
							  : error_text(error));
}

static enum outcome
rotate(struct rotation *r)
{
	struct keyline line = { 0 };
	enum outcome outcome = make_key(r, &line);

	if (outcome == OUTCOME_DONE) {
		outcome = send_key(r, &line, false);
		if (outcome != OUTCOME_DONE)
			output_note("%s has key %u; apitoken key rotate sends "
				    "it to the agent again, and a restart of "
				    "apitokend does too",
			    r->path, line.number);
		else if (!r->in->globals->quiet)
			output_note("key %u is current; older lines of %s "
				    "must stay: audit entries and backups "
				    "are of those keys. Keep a copy of the "
				    "file apart from backups.",
			    line.number, r->path);
	}
	wipe(&line, sizeof line);
	return outcome;
}

static enum outcome
rotate_run(const struct invocation *in)
{
	struct rotation r = { .in = in, .file.folder = -1 };
	enum outcome outcome = ask_init(&r.ask, in->globals);

	if (outcome == OUTCOME_DONE)
		outcome = find_file(&r);
	if (outcome == OUTCOME_DONE)
		outcome = open_file(&r);
	if (outcome == OUTCOME_DONE)
		outcome = check_agent(&r);
	if (outcome == OUTCOME_DONE)
		outcome = rotate(&r);
	keyfile_close(&r.file);
	ask_fini(&r.ask);
	return outcome;
}

const struct command key_rotate_command = {
	.name = "key rotate",
	.operands = "",
	.summary = "make the next master key, which all records get",
	.formats = "table",
	.options = rotate_options,
	.values_size = sizeof(struct rotate_options),
	.run = rotate_run,
};

const struct command key_status_command = {
	.name = "key status",
	.operands = "",
	.summary = "show how many records each master key has",
	.formats = "table|csv|json|jsonl",
	.run = status_run,
};
