/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/handover.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/deliver.h"
#include "cli/fields.h"
#include "cli/howto.h"
#include "cli/secretio.h"
#include "common/error.h"

enum outcome
handover_check(const struct handover *h)
{
	const char *wrong = NULL;

	if (h->output != NULL && h->output[0] == '\0')
		wrong = "--output needs the name of a file";
	else if (h->in->format == FORMAT_ID && h->output == NULL && !h->dry_run)
		wrong = "-o id would lose the secret: it needs --output FILE";
	if (wrong != NULL) {
		output_error("%s", wrong);
		return OUTCOME_USAGE;
	}
	if (h->output == NULL && !h->dry_run &&
	    !secretio_is_writable(STDOUT_FILENO)) {
		output_error(
		    "standard output is closed: nothing was %s", h->done);
		return OUTCOME_FAILED;
	}
	return OUTCOME_DONE;
}

static enum outcome
made_get(struct ask *ask, struct made *made)
{
	struct spanlist texts;
	size_t at = 0;

	token_info_get(&ask->reply, &made->info);
	made->existed = wirebuf_get_bool(&ask->reply);
	texts = wirebuf_get_list(&ask->reply);
	made->text = (struct span) { 0 };
	(void)spanlist_next(&texts, &at, &made->text);
	return ask_done(ask);
}

enum outcome
handover_preview(struct ask *ask, struct made *made)
{
	enum outcome outcome = ask_send(ask);

	return outcome == OUTCOME_DONE ? made_get(ask, made) : outcome;
}

static enum outcome
say_file(const struct handover *h, int error)
{
	if (error == ERROR_EXISTS) {
		output_error("%s exists already: nothing was %s; name a file "
			     "that does not exist",
		    h->output, h->done);
		return OUTCOME_CONFLICT;
	}
	output_error(
	    "%s: %s: nothing was %s", h->output, strerror(errno), h->done);
	return OUTCOME_FAILED;
}

enum outcome
handover_check_file(const struct handover *h)
{
	int error = h->output == NULL ? 0 : secretio_may_create(h->output);

	return error == 0 ? OUTCOME_DONE : say_file(h, error);
}

/* The file for the secret, before there is one: a refusal makes none. */
static enum outcome
file_open(const struct handover *h, int *fd)
{
	*fd = secretio_create(h->output);
	return *fd >= 0 ? OUTCOME_DONE : say_file(h, *fd);
}

static enum outcome
lost(const struct handover *h, const struct token_info *info, int error)
{
	output_error("the token was %s but its secret is lost (%s): run "
		     "apitoken %s %.*s",
	    h->done,
	    error == ERROR_SYSTEM ? strerror(errno) : error_text(error),
	    h->remedy, (int)info->id.size, (const char *)info->id.data);
	if (h->output != NULL)
		(void)unlink(h->output);
	return OUTCOME_FAILED;
}

/* The secret first; then the rest, where it does not get in the way. */
static enum outcome
hand_over(const struct handover *h, int fd, const struct made *made)
{
	enum output_format format = h->in->format;
	const struct token_info *info = &made->info;
	int error = deliver_secret(fd, format, info, made->text);

	if (error != 0)
		return lost(h, info, error);
	if (!h->in->globals->quiet) {
		howto_identity(info);
		howto_lines(info, h->output);
	}
	if (h->output != NULL && format != FORMAT_TABLE &&
	    fields_put_one(stdout, format, info) == ERROR_MEMORY)
		return OUTCOME_FAILED;
	return OUTCOME_DONE;
}

enum outcome
handover_make(const struct handover *h, struct ask *ask, struct made *made)
{
	enum outcome outcome = OUTCOME_DONE;
	int fd = -1;

	if (h->output != NULL)
		outcome = file_open(h, &fd);
	if (outcome != OUTCOME_DONE)
		return outcome;
	outcome = ask_send_change(ask);
	if (outcome == OUTCOME_DONE) {
		outcome = made_get(ask, made);
		ask->is_unknown = outcome != OUTCOME_DONE;
	}
	if (outcome == OUTCOME_DONE && !made->existed)
		return hand_over(h, fd, made);
	if (fd >= 0) {
		(void)close(fd);
		(void)unlink(h->output);
	}
	if (outcome != OUTCOME_DONE && ask->is_unknown)
		output_error("if it was %s, its secret is lost: run apitoken "
			     "%s for it",
		    h->done, h->remedy);
	return outcome;
}
