/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/importing.h"
#include "common/error.h"

/* Of a file that is not imported anyway, so many are named. */
#define BAD_SHOWN 20

void
importing_bad(struct importing *i, uint64_t line, const char *format, ...)
{
	va_list args;
	char why[2 * JSONREAD_WHY_SIZE];

	i->bad++;
	if (i->bad > BAD_SHOWN && !i->options->skip_bad)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	progress_clear(&i->progress);
	if (line == 0)
		output_error("%s: %s", i->path, why);
	else
		output_error("%s: line %" PRIu64 ": %s", i->path, line, why);
}

enum outcome
importing_failed(int error)
{
	output_error(
	    "%s", error == ERROR_SYSTEM ? strerror(errno) : error_text(error));
	return OUTCOME_FAILED;
}

static bool
is_new(
    struct importing *i, struct lineset *set, struct span key, const char *what)
{
	uint64_t where = 0;
	int error = lineset_add(set, key, i->lines.number, &where);

	if (error == ERROR_EXISTS)
		importing_bad(i, i->lines.number,
		    "%s: line %" PRIu64 " has the same: take one of them out",
		    what, where);
	else if (error != 0)
		importing_bad(i, i->lines.number, "%s", error_text(error));
	return error == 0;
}

struct span
importing_key(uint8_t kind, const struct transfernamed_key *key,
    uint8_t bytes[IMPORTING_KEY_SIZE])
{
	size_t at = 0;

	bytes[at++] = kind;
	for (size_t n = 0; n < sizeof(key->parts) / sizeof(*key->parts); n++) {
		const struct span *part = &key->parts[n];

		if (!span_empty(*part))
			memcpy(bytes + at, part->data, part->size);
		at += part->size;
		bytes[at++] = 0;
	}
	return span_bytes(bytes, at);
}

bool
importing_lists_tokens(const struct importing *i)
{
	return i->has_first || i->named.lines[TRANSFER_TOKEN] > 0;
}

/* Neither its id nor what else is its own stands in an earlier line. */
static bool
is_only_one(struct importing *i)
{
	const struct transferline *line = &i->line;
	uint8_t key[IMPORTING_KEY_SIZE];

	if (!span_empty(line->id) && !is_new(i, &i->ids, line->id, "id"))
		return false;
	return is_new(i, &i->names,
	    importing_key(line->record.kind, &line->key, key), line->key.what);
}

/* The first line of an export. */
static void
first_read(struct importing *i, const json_t *object)
{
	if (i->has_first || i->records > 0)
		importing_bad(i, i->lines.number,
		    "apitoken: this is how an export begins, and it stands "
		    "within one: import each by itself");
	else if (json_integer_value(json_object_get(object, "apitoken")) !=
		 TRANSFERLINE_FORMAT)
		importing_bad(i, i->lines.number,
		    "apitoken: this program reads exports of format %d only",
		    TRANSFERLINE_FORMAT);
	i->has_first = true;
}

/* The last line of an export: the number of its records. */
static void
last_read(struct importing *i, const json_t *object)
{
	const json_t *end = json_object_get(object, "end");

	if (!json_is_integer(end) ||
	    (uint64_t)json_integer_value(end) != i->records)
		importing_bad(i, i->lines.number,
		    "end: it is the number of records, %" PRIu64
		    " here: some were lost or added; if that was meant, leave "
		    "this line and the first one out",
		    i->records);
	i->has_last = true;
}

static enum outcome
record_read(struct importing *i, const json_t *object)
{
	const struct importbatch_item item = { .line = i->lines.number };
	struct importbatch_item with_record = item;
	enum outcome outcome;

	i->records++;
	if (i->has_last) {
		importing_bad(i, item.line, "it stands after the end");
		return OUTCOME_DONE;
	}
	if (!transferline_read(&i->line, object)) {
		importing_bad(i, item.line, "%s", i->line.why);
		return OUTCOME_DONE;
	}
	if (!is_only_one(i))
		return OUTCOME_DONE;
	with_record.record = i->line.record;
	outcome = importnamed_precede(i);
	return outcome == OUTCOME_DONE
		   ? importbatch_add(&i->batch, &with_record)
		   : outcome;
}

/* What is wrong stands at a byte of the line: its text may be a secret. */
static enum outcome
line_read(struct importing *i)
{
	const struct lines *lines = &i->lines;
	enum outcome outcome = OUTCOME_DONE;
	json_error_t error;
	json_t *object;

	if (lines->too_long) {
		i->records++;
		importing_bad(i, lines->number,
		    "it has more than %d bytes: no record is as long",
		    LINES_MAX);
		return OUTCOME_DONE;
	}
	if (lines->size == 0)
		return OUTCOME_DONE;
	object = json_loadb(
	    lines->bytes, lines->size, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object)) {
		i->records++;
		importing_bad(i, lines->number,
		    "it is no JSON object, or has a name twice: see its byte "
		    "%d",
		    object == NULL ? error.position : 1);
	} else if (json_object_get(object, "apitoken") != NULL)
		first_read(i, object);
	else if (json_object_get(object, "end") != NULL)
		last_read(i, object);
	else
		outcome = record_read(i, object);
	json_decref(object);
	return outcome;
}

/* Whether its token, if it is made, waits for a secret. */
static bool
is_pending(const struct importbatch_item *item)
{
	struct transfer_token token;
	struct wirebuf body;

	wirebuf_read(&body, item->record.body.data, item->record.body.size);
	transfer_token_get(&body, &token);
	return wirebuf_done(&body) == 0 && token.secret_count == 0 &&
	       token.info.state != STATE_REVOKED;
}

static enum outcome
taken_add(
    struct importing *i, const struct importbatch_item *item, struct span id)
{
	struct import_taken *taken = reallocarray(
	    i->taken, i->taken_count + 1, sizeof(*taken));

	if (taken == NULL)
		return importing_failed(ERROR_MEMORY);
	i->taken = taken;
	taken[i->taken_count] = (struct import_taken) { .line = item->line,
		.is_pending = is_pending(item) };
	(void)span_text(id, taken[i->taken_count++].id, sizeof(taken->id));
	return OUTCOME_DONE;
}

/* Notes which token here the line means: no two lines mean one. */
static bool
is_meant_once(struct importing *i, const struct importbatch_item *item,
    const struct import_result *result)
{
	uint64_t where = 0;

	if (span_empty(result->id) || result->outcome == IMPORT_TAKEN)
		return true;
	if (lineset_add(&i->meant, result->id, item->line, &where) == 0)
		return true;
	importing_bad(i, item->line,
	    "name: it is that of token %.*s, as is the id of line %" PRIu64,
	    (int)result->id.size, (const char *)result->id.data, where);
	return false;
}

/* The agent has looked at a record: what is to be done goes on. */
static enum outcome
on_checked(void *arg, const struct importbatch_item *item,
    const struct import_result *result)
{
	struct importing *i = arg;
	enum outcome outcome = OUTCOME_DONE;

	if (item->line == 0)
		return outcome;
	if (result->outcome == IMPORT_REFUSED) {
		importing_bad(i, item->line, "%.*s", (int)result->message.size,
		    (const char *)result->message.data);
		return outcome;
	}
	if (!is_meant_once(i, item, result))
		return outcome;
	i->tally[result->outcome]++;
	if (result->outcome == IMPORT_UNCHANGED)
		return outcome;
	if (result->outcome == IMPORT_MADE)
		i->pending += is_pending(item);
	if (result->outcome == IMPORT_TAKEN)
		outcome = taken_add(i, item, result->id);
	else
		outcome = importnamed_note(i, item);
	if (outcome == OUTCOME_DONE && spool_put(&i->spool, item) != 0)
		outcome = importing_failed(ERROR_SYSTEM);
	return outcome;
}

static uint64_t
file_size(FILE *file)
{
	struct stat status;

	if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode))
		return 0;
	return (uint64_t)status.st_size;
}

enum outcome
importing_check(struct importing *i)
{
	uint64_t size = file_size(i->file);
	enum outcome outcome = OUTCOME_DONE;
	int error = 0;

	i->batch.request = (struct import_request) { .exact = i->options->exact,
		.dry_run = true };
	i->batch.on_result = on_checked;
	i->batch.arg = i;
	progress_begin(&i->progress, "checking", size > 0 ? "bytes" : "lines",
	    size, i->in->globals->quiet);
	while (
	    outcome == OUTCOME_DONE && (error = lines_next(&i->lines)) == 0) {
		outcome = line_read(i);
		progress_show(
		    &i->progress, size > 0 ? i->lines.offset : i->lines.number);
	}
	if (outcome == OUTCOME_DONE && error == ERROR_SYSTEM)
		outcome = importing_failed(error);
	if (outcome == OUTCOME_DONE)
		outcome = importbatch_send(&i->batch);
	progress_clear(&i->progress);
	if (outcome == OUTCOME_DONE && i->has_first && !i->has_last)
		importing_bad(i, i->lines.number,
		    "the file ends here, without the line {\"end\": ...} that "
		    "is the last one of an export: it was cut short");
	if (outcome == OUTCOME_DONE && i->options->exact && i->records == 0 &&
	    !i->has_first)
		importing_bad(i, i->lines.number,
		    "there is no record in it, and an exact import would "
		    "delete "
		    "all: so that this is meant, give the export of nothing");
	return outcome;
}
