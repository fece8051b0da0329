/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * revoke --leaked: tokens in any text on standard input.  None of them is ever
 * written anywhere but to the agent: they may be somebody else's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/change.h"
#include "cli/fields.h"
#include "cli/tokenscan.h"
#include "common/changemessage.h"
#include "common/error.h"
#include "common/secret.h"

struct leak {
	const struct invocation *in;
	struct ask ask;
	struct output output;
	bool has_begun;
	size_t count; /* of the texts that wait to be sent */
	char texts[LEAKED_MAX][TOKEN_TEXT_SIZE];
	uint8_t packed[LEAKED_MAX * (TOKEN_TEXT_SIZE + 1)];
	struct tokenscan scan;
	char (*known)[TOKEN_ID_SIZE]; /* real ones, told of, in order */
	size_t known_count, known_room;
};

static bool
is_dry_run(const struct leak *leak)
{
	const struct change_options *options = leak->in->values;

	return options->dry_run;
}

/* Where the id is, or belongs. */
static size_t
known_find(const struct leak *leak, const uint8_t *id, bool *is_there)
{
	size_t low = 0, high = leak->known_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(leak->known[middle], id, TOKEN_ID_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*is_there = low < leak->known_count &&
		    memcmp(leak->known[low], id, TOKEN_ID_SIZE) == 0;
	return low;
}

/* 1 if it is new. */
static int
known_add(struct leak *leak, const uint8_t *id)
{
	bool is_there;
	size_t at = known_find(leak, id, &is_there);

	if (is_there)
		return 0;
	if (leak->known_count == leak->known_room) {
		size_t room = leak->known_room == 0 ? 64 : 2 * leak->known_room;
		char(*known)[TOKEN_ID_SIZE] = reallocarray(
		    leak->known, room, TOKEN_ID_SIZE);

		if (known == NULL)
			return ERROR_MEMORY;
		leak->known = known;
		leak->known_room = room;
	}
	memmove(leak->known + at + 1, leak->known + at,
	    (leak->known_count - at) * TOKEN_ID_SIZE);
	memcpy(leak->known[at], id, TOKEN_ID_SIZE);
	leak->known_count++;
	return 1;
}

static int
row_put(struct leak *leak, bool already, const struct token_info *info)
{
	const char *word = already	      ? "revoked already"
			   : is_dry_run(leak) ? "would revoke"
					      : "revoked";
	int error = 0;

	if (!leak->has_begun && leak->in->format != FORMAT_TABLE)
		error = fields_begin(&leak->output, stdout, leak->in->format);
	leak->has_begun = true;
	return error != 0 ? error
			  : change_put(&leak->output, leak->in, word, info);
}

/* One real token of a reply. */
static int
real_take(struct leak *leak)
{
	struct wirebuf *reply = &leak->ask.reply;
	struct token_info info;
	bool already = wirebuf_get_bool(reply);
	int rv;

	token_info_get(reply, &info);
	if (reply->failed)
		return 0;
	rv = known_add(leak, info.id.data);
	return rv <= 0 ? rv : row_put(leak, already, &info);
}

static enum outcome
reply_take(struct leak *leak, size_t sent, size_t *seen)
{
	struct wirebuf *reply = &leak->ask.reply;
	uint16_t count;
	int error = 0;

	*seen = wirebuf_get_u16(reply);
	count = wirebuf_get_u16(reply);
	if (*seen == 0 || *seen > sent || count > *seen)
		wirebuf_fail(reply);
	for (; count > 0 && error == 0 && !reply->failed; count--)
		error = real_take(leak);
	if (error == ERROR_MEMORY) {
		output_error("%s", error_text(error));
		return OUTCOME_FAILED;
	}
	/* A reader that went away does not keep tokens from being revoked. */
	return error == 0 ? ask_done(&leak->ask) : OUTCOME_DONE;
}

static int
compare_texts(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_TEXT_SIZE);
}

/* Each text once. */
static void
texts_sort(struct leak *leak)
{
	size_t kept = 0;

	qsort(leak->texts, leak->count, TOKEN_TEXT_SIZE, compare_texts);
	for (size_t i = 0; i < leak->count; i++) {
		if (kept > 0 &&
		    compare_texts(leak->texts[kept - 1], leak->texts[i]) == 0)
			continue;
		memmove(leak->texts[kept++], leak->texts[i], TOKEN_TEXT_SIZE);
	}
	leak->count = kept;
}

static enum outcome
texts_send(struct leak *leak)
{
	enum outcome outcome = OUTCOME_DONE;
	size_t at = 0, seen = 0;

	for (; at < leak->count && outcome == OUTCOME_DONE; at += seen) {
		struct leaked_request request = { .dry_run = is_dry_run(leak) };

		for (size_t i = at; i < leak->count; i++)
			(void)spanlist_add(&request.tokens, leak->packed,
			    sizeof leak->packed,
			    span_bytes(leak->texts[i], TOKEN_TEXT_SIZE));
		ask_begin(&leak->ask, OP_LEAKED);
		leaked_request_put(&leak->ask.request, &request);
		outcome = request.dry_run ? ask_send(&leak->ask)
					  : ask_send_change(&leak->ask);
		if (outcome == OUTCOME_DONE)
			outcome = reply_take(leak, leak->count - at, &seen);
	}
	leak->count = 0;
	return outcome;
}

/* A log has the same token over and over: those do not fill a request. */
static enum outcome
text_add(struct leak *leak, const char *text)
{
	memcpy(leak->texts[leak->count++], text, TOKEN_TEXT_SIZE);
	if (leak->count < LEAKED_MAX)
		return OUTCOME_DONE;
	texts_sort(leak);
	return leak->count < LEAKED_MAX / 2 ? OUTCOME_DONE : texts_send(leak);
}

static enum outcome
piece_search(struct leak *leak)
{
	enum outcome outcome = OUTCOME_DONE;
	const char *text;

	while (outcome == OUTCOME_DONE &&
	       (text = tokenscan_next(&leak->scan)) != NULL)
		outcome = text_add(leak, text);
	return outcome;
}

/* All of standard input, not through stdio, whose buffers nobody wipes. */
static enum outcome
input_search(struct leak *leak)
{
	enum outcome outcome = OUTCOME_DONE;

	while (outcome == OUTCOME_DONE) {
		size_t size;
		char *room = tokenscan_room(&leak->scan, &size);
		ssize_t got = read(STDIN_FILENO, room, size);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1) {
			output_error("standard input: %s", strerror(errno));
			outcome = OUTCOME_FAILED;
		}
		if (got <= 0)
			break;
		tokenscan_fill(&leak->scan, (size_t)got);
		outcome = piece_search(leak);
	}
	/* What was found before it could not be read on is leaked too. */
	if (outcome == OUTCOME_DONE || outcome == OUTCOME_FAILED) {
		enum outcome sent;

		texts_sort(leak);
		sent = texts_send(leak);
		outcome = outcome == OUTCOME_DONE ? sent : outcome;
	}
	return outcome;
}

static enum outcome
settle(struct leak *leak, enum outcome outcome)
{
	if (output_end(&leak->output, 0) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE && leak->known_count == 0) {
		output_error("the text holds no token that this agent knows");
		return OUTCOME_NOT_FOUND;
	}
	return outcome != OUTCOME_DONE && leak->known_count > 0 ? OUTCOME_PARTLY
								: outcome;
}

enum outcome
leaked_run(const struct invocation *in)
{
	struct leak *leak = calloc(1, sizeof *leak);
	enum outcome outcome;

	if (leak == NULL) {
		output_error("%s", error_text(ERROR_MEMORY));
		return OUTCOME_FAILED;
	}
	leak->in = in;
	outcome = ask_init(&leak->ask, in->globals);
	if (outcome == OUTCOME_DONE) {
		outcome = input_search(leak);
		outcome = settle(leak, outcome);
	}
	ask_fini(&leak->ask);
	free(leak->known);
	wipe(leak, sizeof *leak);
	free(leak);
	return outcome;
}
