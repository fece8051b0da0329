/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line of a file to import: it is refused with a sentence, or becomes a
 * record that the agent can read, and what is exported of that is read as the
 * same record.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/transferline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct transferline line, again;

static bool
read_object(struct transferline *into, const json_t *object)
{
	into->why[0] = '\0';
	if (transferline_read(into, object))
		return true;
	if (into->why[0] == '\0')
		abort();
	return false;
}

static bool
is_readable(const struct transfer_record *record)
{
	struct transfer_token token;
	struct transfer_project project;
	struct role_info role;
	struct grant_info grant;
	struct wirebuf w;

	wirebuf_read(&w, record->body.data, record->body.size);
	if (record->kind == TRANSFER_TOKEN)
		transfer_token_get(&w, &token);
	else if (record->kind == TRANSFER_PROJECT)
		transfer_project_get(&w, &project);
	else if (record->kind == TRANSFER_ROLE)
		role_info_get(&w, &role);
	else if (record->kind == TRANSFER_GRANT)
		grant_info_get(&w, &grant);
	else
		abort();
	return wirebuf_done(&w) == 0;
}

/* A token that says all there is to say of one; groups have numbers there. */
static bool
is_whole(const struct transferline *l)
{
	return l->record.kind == TRANSFER_TOKEN && !span_empty(l->id) &&
	       l->token.info.state != 0 && l->token.info.created_at != 0;
}

static void
export_and_read(void)
{
	json_t *object;

	if (transferline_json(&line.record, true, &object) != 0)
		abort();
	if (!read_object(&again, object) ||
	    again.record.body.size != line.record.body.size ||
	    memcmp(again.record.body.data, line.record.body.data,
		line.record.body.size) != 0)
		abort();
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_error_t error;
	json_t *object = json_loadb(
	    (const char *)data, size, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(object) && read_object(&line, object)) {
		if (!is_readable(&line.record))
			abort();
		if (is_whole(&line))
			export_and_read();
	}
	json_decref(object);
	return 0;
}
