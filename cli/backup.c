/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/escape.h"
#include "cli/files.h"
#include "cli/options.h"
#include "cli/secretio.h"
#include "common/duration.h"
#include "common/error.h"
#include "common/storemessage.h"

#define HEX_SIZE (2 * AUDIT_MAC_SIZE + 1)

static void
hex_format(const uint8_t mac[AUDIT_MAC_SIZE], char text[HEX_SIZE])
{
	for (size_t i = 0; i < AUDIT_MAC_SIZE; i++)
		(void)sprintf(text + 2 * i, "%02x", mac[i]);
}

/* What both commands' objects begin with; NULL without memory. */
static json_t *
origin_json(const char *file, const struct backup_origin *origin)
{
	char date[TIME_TEXT_SIZE], mac[HEX_SIZE];

	time_format(origin->created_at, date);
	hex_format(origin->audit_mac, mac);
	return json_pack("{s:o, s:s, s:{s:I, s:s}}", "file",
	    output_string(span_of(file)), "created_at", date, "audit",
	    "sequence", (json_int_t)origin->audit_sequence, "mac", mac);
}

static void
origin_lines(const struct backup_origin *origin)
{
	char date[TIME_TEXT_SIZE], mac[HEX_SIZE];

	time_format(origin->created_at, date);
	hex_format(origin->audit_mac, mac);
	output_note("backup of %s, audit %" PRIu64 ":%s", date,
	    origin->audit_sequence, mac);
}

static int
name_set(json_t *object, struct span name, json_t *value)
{
	char text[SPANLIST_ELEMENT_MAX + 1];

	if (span_text(name, text, sizeof text) == 0)
		return json_object_set_new(object, text, value);
	json_decref(value);
	return -1;
}

/* Ends with the program: who interrupts it wants no half a backup. */
static const char *unfinished;

static void
remove_unfinished(int signal)
{
	(void)unlink(unfinished);
	_exit(128 + signal);
}

/* Those that end it; what is ignored, as a hangup under nohup, stays so. */
static void
end_by(void (*handler)(int signal))
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	const struct sigaction action = { .sa_handler = handler };
	struct sigaction before;

	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			(void)sigaction(signals[i], &action, NULL);
}

/* One line for each database, or a member of "rows". */
static enum outcome
rows_put(struct ask *ask, const struct invocation *in, json_t *rows)
{
	struct backup_item item;
	int error = 0;

	for (uint8_t n = wirebuf_get_u8(&ask->reply); n > 0; n--) {
		backup_item_get(&ask->reply, &item);
		if (ask->reply.failed)
			break;
		if (rows != NULL)
			error |= name_set(rows, item.database,
			    json_integer((json_int_t)item.rows));
		else if (!in->globals->quiet)
			printf("%.*s: %" PRIu64 "\n", (int)item.database.size,
			    (const char *)item.database.data, item.rows);
	}
	if (error != 0) {
		output_error("%s", error_text(ERROR_MEMORY));
		return OUTCOME_FAILED;
	}
	return ask_done(ask);
}

static enum outcome
backup_show(struct ask *ask, const struct invocation *in)
{
	struct backup_origin origin;
	json_t *rows = NULL, *object = NULL;
	enum outcome outcome;
	uint64_t damaged;

	backup_origin_get(&ask->reply, &origin);
	damaged = wirebuf_get_u64(&ask->reply);
	if (output_is_json(in->format))
		rows = json_object();
	else if (!in->globals->quiet)
		origin_lines(&origin);
	outcome = rows_put(ask, in, rows);
	if (rows != NULL && outcome == OUTCOME_DONE) {
		object = origin_json(in->operands[0], &origin);
		(void)json_object_set_new(
		    object, "damaged", json_integer((json_int_t)damaged));
		(void)json_object_set(object, "rows", rows);
		if (output_object(stdout, in->format, object) == ERROR_MEMORY)
			outcome = OUTCOME_FAILED;
	}
	json_decref(rows);
	if (outcome != OUTCOME_DONE || damaged == 0)
		return outcome;
	output_alarm("%" PRIu64 " rows of the store are damaged and are not "
		     "in the backup",
	    damaged);
	return OUTCOME_PARTLY;
}

/* The file is there and empty. */
static enum outcome
backup_fill(const struct invocation *in, int fd)
{
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_BACKUP);
		outcome = ask_send_file(&ask, fd);
	}
	if (outcome == OUTCOME_DONE &&
	    files_sync_folder(in->operands[0]) != 0) {
		output_error("%s: %s", in->operands[0], strerror(errno));
		outcome = OUTCOME_FAILED;
	}
	/* It is whole: who interrupts what is said of it keeps it. */
	if (outcome == OUTCOME_DONE) {
		end_by(SIG_DFL);
		outcome = backup_show(&ask, in);
	}
	ask_fini(&ask);
	return outcome;
}

static enum outcome
backup_run(const struct invocation *in)
{
	const char *file = in->operands[0];
	enum outcome outcome;
	int fd = secretio_create(file);

	if (fd < 0) {
		output_error("%s: %s", file,
		    fd == ERROR_EXISTS ? "is there already: a backup is a "
					 "new file"
				       : strerror(errno));
		return fd == ERROR_EXISTS ? OUTCOME_CONFLICT : OUTCOME_FAILED;
	}
	unfinished = file;
	end_by(remove_unfinished);
	outcome = backup_fill(in, fd);
	(void)close(fd);
	if (outcome != OUTCOME_DONE && outcome != OUTCOME_PARTLY)
		(void)unlink(file);
	return outcome;
}

const struct command backup_command = {
	.name = "backup",
	.operands = "FILE",
	.summary = "write the whole store, but not its key, into a new file",
	.formats = "table|json|jsonl",
	.least = 1,
	.most = 1,
	.run = backup_run,
};

struct restore_options {
	bool dry_run;
};

static const struct option_row restore_options[] = {
	{ "dry-run", OPTION_FLAG, false, 0,
	    offsetof(struct restore_options, dry_run), NULL,
	    "show what it would do and change nothing" },
	{ 0 },
};

static const char *const headings[] = { "ROWS", "ADDED", "REPLACED", "KEPT",
	"DELETED", "NAME-TAKEN", "ENDED" };

#define COLUMNS (sizeof headings / sizeof headings[0])

static json_t *
item_json(const struct restore_item *item)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "added",
	    (json_int_t)item->added, "replaced", (json_int_t)item->replaced,
	    "kept", (json_int_t)item->kept, "deleted",
	    (json_int_t)item->deleted, "name_taken",
	    (json_int_t)item->name_taken, "ended", (json_int_t)item->ended);
}

static int
item_cells(struct output *output, const struct restore_item *item)
{
	const uint64_t numbers[] = { item->added, item->replaced, item->kept,
		item->deleted, item->name_taken, item->ended };
	char text[COLUMNS][SPANLIST_ELEMENT_MAX + 1];
	char *cells[COLUMNS] = { text[0] };

	if (span_text(item->database, text[0], sizeof text[0]) != 0)
		return ERROR_MEMORY;
	for (size_t i = 1; i < COLUMNS; i++) {
		(void)snprintf(
		    text[i], sizeof text[i], "%" PRIu64, numbers[i - 1]);
		cells[i] = text[i];
	}
	return output_cells(output, cells, COLUMNS);
}

/* Into the object, or as rows of the table. */
static enum outcome
items_put(struct ask *ask, struct output *output, json_t *object)
{
	struct restore_item item;
	int error = 0;

	for (uint8_t n = wirebuf_get_u8(&ask->reply); n > 0; n--) {
		restore_item_get(&ask->reply, &item);
		if (ask->reply.failed || error != 0)
			break;
		error = object != NULL
			    ? name_set(object, item.database, item_json(&item))
			    : item_cells(output, &item);
	}
	if (error == 0)
		return ask_done(ask);
	output_error("%s", error_text(ERROR_MEMORY));
	return OUTCOME_FAILED;
}

static enum outcome
restore_json(struct ask *ask, const struct invocation *in,
    const struct backup_origin *origin)
{
	const struct restore_options *options = in->values;
	json_t *object = origin_json(in->operands[0], origin);
	json_t *rows = json_object();
	enum outcome outcome;

	(void)json_object_set_new(
	    object, "dry_run", json_boolean(options->dry_run));
	(void)json_object_set_new(object, "rows", rows);
	outcome = items_put(ask, NULL, rows);
	if (outcome != OUTCOME_DONE) {
		json_decref(object);
		return outcome;
	}
	return output_object(stdout, in->format, object) == ERROR_MEMORY
		   ? OUTCOME_FAILED
		   : OUTCOME_DONE;
}

static enum outcome
restore_table(struct ask *ask, const struct invocation *in,
    const struct backup_origin *origin)
{
	struct output output = { 0 };
	enum outcome outcome = OUTCOME_FAILED;
	int error;

	if (!in->globals->quiet)
		origin_lines(origin);
	error = output_begin(&output, stdout, in->format, headings, COLUMNS);
	if (error == 0)
		outcome = items_put(ask, &output, NULL);
	if (error == 0 && outcome != OUTCOME_DONE)
		error = ERROR_MALFORMED;
	if (output_end(&output, error) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	return outcome;
}

static enum outcome
restore_ask(const struct invocation *in, int fd)
{
	const struct restore_options *options = in->values;
	struct backup_origin origin;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_RESTORE);
		wirebuf_put_u8(&ask.request, options->dry_run);
		outcome = ask_send_file(&ask, fd);
	}
	if (outcome == OUTCOME_DONE) {
		backup_origin_get(&ask.reply, &origin);
		outcome = output_is_json(in->format)
			      ? restore_json(&ask, in, &origin)
			      : restore_table(&ask, in, &origin);
	}
	ask_fini(&ask);
	return outcome;
}

static enum outcome
restore_run(const struct invocation *in)
{
	const char *file = in->operands[0];
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum outcome outcome;

	if (fd < 0) {
		output_error("%s: %s", file, strerror(errno));
		return OUTCOME_FAILED;
	}
	outcome = restore_ask(in, fd);
	(void)close(fd);
	return outcome;
}

const struct command restore_command = {
	.name = "restore",
	.operands = "FILE",
	.summary = "put back what a backup has and the store has not",
	.formats = "table|csv|json|jsonl",
	.options = restore_options,
	.values_size = sizeof(struct restore_options),
	.least = 1,
	.most = 1,
	.run = restore_run,
};
