/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/pager.h"
#include "cli/secretio.h"
#include "cli/transferline.h"
#include "common/duration.h"
#include "common/error.h"

struct export_options {
	const char *owner;
	const char *project;
	const char *output;
	bool verifiers;
};

#define AT(member) offsetof(struct export_options, member)

static const struct option_row export_options[] = {
	{ "with-verifiers", OPTION_FLAG, false, 0, AT(verifiers), NULL,
	    "with what lets the same secrets work elsewhere" },
	{ "owner", OPTION_TEXT, false, 0, AT(owner), "LOGIN",
	    "tokens of this owner" },
	{ "project", OPTION_TEXT, false, 0, AT(project), "NAME",
	    "tokens of this project" },
	{ "output", OPTION_TEXT, false, 0, AT(output), "FILE",
	    "write into this new file, 0600" },
	{ 0 },
};

/* Where an export stands; `after` outlives the page it came with. */
struct exporting {
	struct pager pager;
	struct export_request request;
	FILE *stream;
	uint64_t lines; /* but for the first and the last */
	uint32_t damaged;
	char after[SPANLIST_ELEMENT_MAX + 1];
};

static void
page_ask(struct pager *p)
{
	struct exporting *e = p->arg;

	p->limit = UINT16_MAX;
	export_request_put(&p->ask.request, &e->request);
}

/* That all came is known by the last line, which such a first one promises. */
static int
first_put(struct pager *p)
{
	struct exporting *e = p->arg;
	char now[TIME_TEXT_SIZE], host[256] = "";

	time_format((uint64_t)time(NULL), now);
	(void)gethostname(host, sizeof host - 1);
	return output_object(e->stream, FORMAT_JSONL,
	    json_pack("{s:i, s:s, s:o, s:b}", "apitoken", TRANSFERLINE_FORMAT,
		"created_at", now, "host", output_string(span_of(host)),
		"verifiers", (int)e->request.verifiers));
}

static int
row_put(struct pager *p)
{
	struct exporting *e = p->arg;
	struct transfer_record record;
	json_t *json = NULL;
	int error;

	transfer_record_get(&p->ask.reply, &record);
	if (p->ask.reply.failed)
		return 0;
	error = transferline_json(&record, e->request.verifiers, &json);
	if (error == ERROR_MALFORMED) {
		wirebuf_fail(&p->ask.reply);
		return 0;
	}
	e->lines++;
	return output_object(e->stream, FORMAT_JSONL, json);
}

static void
next_get(struct pager *p)
{
	struct exporting *e = p->arg;
	struct export_position *at = &e->request.position;
	struct export_position next;

	export_position_get(&p->ask.reply, &next);
	e->damaged += wirebuf_get_u32(&p->ask.reply);
	p->end = next.kind == 0;
	/* One that does not move would never end. */
	if (!p->end && next.kind == at->kind &&
	    span_equal(next.after, at->after))
		wirebuf_fail(&p->ask.reply);
	if (span_text(next.after, e->after, sizeof e->after) != 0)
		wirebuf_fail(&p->ask.reply);
	at->kind = next.kind;
	at->after = span_of(e->after);
}

static const struct paging export_paging = { OP_EXPORT, page_ask, first_put,
	row_put, next_get };

static enum outcome
say_output(const char *path, int error)
{
	output_error("%s: %s", path,
	    error == ERROR_EXISTS ? "exists already: name a new file"
				  : strerror(errno));
	return error == ERROR_EXISTS ? OUTCOME_CONFLICT : OUTCOME_FAILED;
}

static enum outcome
output_open(struct exporting *e, const char *path)
{
	int fd;

	e->stream = stdout;
	if (path == NULL)
		return OUTCOME_DONE;
	fd = secretio_create(path);
	e->stream = fd < 0 ? NULL : fdopen(fd, "w");
	return e->stream == NULL ? say_output(path, fd) : OUTCOME_DONE;
}

/* Half a file is worse than none. */
static enum outcome
output_close(struct exporting *e, const char *path, enum outcome outcome)
{
	bool bad;

	if (path == NULL || e->stream == NULL)
		return outcome;
	bad = fflush(e->stream) != 0 || ferror(e->stream) ||
	      fsync(fileno(e->stream)) != 0;
	if (bad && outcome == OUTCOME_DONE)
		outcome = say_output(path, ERROR_SYSTEM);
	(void)fclose(e->stream);
	if (outcome != OUTCOME_DONE)
		(void)unlink(path);
	return outcome;
}

static enum outcome
export_all(struct exporting *e)
{
	enum outcome outcome = pager_run(&e->pager);

	if (outcome == OUTCOME_DONE && !ferror(e->stream) &&
	    output_object(e->stream, FORMAT_JSONL,
		json_pack("{s:I}", "end", (json_int_t)e->lines)) ==
		ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	return outcome;
}

static enum outcome
export_run(const struct invocation *in)
{
	const struct export_options *options = in->values;
	struct exporting e = {
		.pager = { .paging = &export_paging, .in = in, .arg = &e },
		.request = { .verifiers = options->verifiers,
		    .owner = span_of(options->owner),
		    .project = span_of(options->project) },
	};
	enum outcome outcome = ask_init(&e.pager.ask, in->globals);

	if (outcome == OUTCOME_DONE)
		outcome = output_open(&e, options->output);
	if (outcome == OUTCOME_DONE)
		outcome = output_close(&e, options->output, export_all(&e));
	if (outcome == OUTCOME_DONE && e.damaged > 0) {
		output_error("%" PRIu32
			     " damaged records were left out: see the agent's "
			     "log",
		    e.damaged);
		outcome = OUTCOME_PARTLY;
	}
	if (outcome == OUTCOME_DONE && options->output != NULL &&
	    !in->globals->quiet)
		output_note("exported %" PRIu64 " records", e.lines);
	ask_fini(&e.pager.ask);
	return outcome;
}

const struct command export_command = {
	.name = "export",
	.operands = "",
	.summary = "write all tokens and what they rest on, for import",
	.formats = "jsonl",
	.options = export_options,
	.values_size = sizeof(struct export_options),
	.run = export_run,
};
