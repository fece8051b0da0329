/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/escape.h"
#include "cli/options.h"
#include "cli/prometheus.h"
#include "common/adminmessage.h"
#include "common/error.h"

/* A line of "name: value", the same for both commands. */
static void
line_put(const char *name, struct span value)
{
	printf("%s: ", name);
	escape_print(stdout, span_empty(value) ? span_of("-") : value);
	putchar('\n');
}

static json_t *
whoami_json(const struct whoami_reply *who)
{
	json_t *permissions = json_array();
	struct span permission;
	size_t at = 0;

	while (spanlist_next(&who->permissions, &at, &permission))
		if (json_array_append_new(
			permissions, output_string(permission)) != 0) {
			json_decref(permissions);
			return NULL;
		}
	return json_pack("{s:o, s:I, s:o, s:o}", "login",
	    output_string(who->login), "uid", (json_int_t)who->uid, "role",
	    span_empty(who->role) ? json_null() : output_string(who->role),
	    "permissions", permissions);
}

static void
whoami_lines(const struct whoami_reply *who)
{
	struct span permission;
	size_t at = 0;

	line_put("login", who->login);
	printf("uid: %" PRIu32 "\n", who->uid);
	line_put("role", who->role);
	while (spanlist_next(&who->permissions, &at, &permission))
		line_put("permission", permission);
}

static enum outcome
whoami_run(const struct invocation *in)
{
	struct whoami_reply who;
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_WHOAMI);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE) {
		whoami_reply_get(&ask.reply, &who);
		outcome = ask_done(&ask);
	}
	if (outcome == OUTCOME_DONE && !output_is_json(in->format))
		whoami_lines(&who);
	else if (outcome == OUTCOME_DONE &&
		 output_object(stdout, in->format, whoami_json(&who)) ==
		     ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	ask_fini(&ask);
	return outcome;
}

const struct command whoami_command = {
	.name = "whoami",
	.operands = "",
	.summary = "show who the agent takes you for and what you may do",
	.formats = "table|json|jsonl",
	.run = whoami_run,
};

/* The agent's words for what is true or not. */
static const struct {
	const char *word;
	int value;
} booleans[] = {
	{ "yes", 1 },
	{ "true", 1 },
	{ "no", 0 },
	{ "false", 0 },
};

static json_t *
value_json(const struct status_item *item)
{
	if (item->is_number)
		return json_integer((json_int_t)item->number);
	for (size_t i = 0; i < sizeof booleans / sizeof booleans[0]; i++)
		if (span_is(item->text, booleans[i].word))
			return json_boolean(booleans[i].value);
	return span_empty(item->text) ? json_null() : output_string(item->text);
}

static void
item_line(const struct status_item *item)
{
	escape_print(stdout, item->name);
	fputs(": ", stdout);
	if (item->is_number)
		printf("%" PRIu64, item->number);
	else
		escape_print(stdout, item->text);
	putchar('\n');
}

/* What is known of the agent's health while its items go by. */
struct health {
	bool sealed;
	struct span reason;
};

static void
health_note(struct health *health, const struct status_item *item)
{
	if (span_is(item->name, "state"))
		health->sealed = span_is(item->text, "sealed");
	if (span_is(item->name, "reason"))
		health->reason = item->text;
}

static void
health_tell(const struct health *health)
{
	if (health->sealed)
		output_alarm("SEALED: no token is accepted and nothing can be "
			     "changed: %.*s",
		    (int)health->reason.size,
		    (const char *)health->reason.data);
}

/* Puts the items into object, or prints them if it is NULL. */
static int
items_put(struct ask *ask, json_t *object, struct health *health)
{
	struct status_item item;
	char name[SPANLIST_ELEMENT_MAX + 1];
	int error = 0;

	for (uint8_t n = wirebuf_get_u8(&ask->reply); n > 0; n--) {
		status_item_get(&ask->reply, &item);
		if (ask->reply.failed)
			break;
		health_note(health, &item);
		if (object == NULL)
			item_line(&item);
		else if (span_text(item.name, name, sizeof name) != 0 ||
			 json_object_set_new(object, name, value_json(&item)) !=
			     0)
			error = ERROR_MEMORY;
	}
	return error;
}

static enum outcome
status_put(struct ask *ask, enum output_format format)
{
	bool json = output_is_json(format);
	json_t *object = json ? json_object() : NULL;
	struct health health = { 0 };
	int error = items_put(ask, object, &health);
	enum outcome outcome = ask_done(ask);

	if (error != 0 || outcome != OUTCOME_DONE) {
		json_decref(object);
		object = NULL;
	}
	if (json && outcome == OUTCOME_DONE &&
	    output_object(stdout, format, object) == ERROR_MEMORY)
		outcome = OUTCOME_FAILED;
	if (outcome == OUTCOME_DONE)
		health_tell(&health);
	return outcome;
}

static enum outcome
status_expose(struct ask *ask)
{
	struct status_item items[UINT8_MAX];
	struct health health = { 0 };
	uint8_t count = wirebuf_get_u8(&ask->reply);
	enum outcome outcome;

	for (uint8_t i = 0; i < count; i++) {
		status_item_get(&ask->reply, &items[i]);
		health_note(&health, &items[i]);
	}
	outcome = ask_done(ask);
	if (outcome != OUTCOME_DONE)
		return outcome;
	prometheus_put(stdout, items, count);
	health_tell(&health);
	return OUTCOME_DONE;
}

static enum outcome
status_ask(const struct invocation *in, bool prometheus)
{
	struct ask ask;
	enum outcome outcome = ask_init(&ask, in->globals);

	if (outcome == OUTCOME_DONE) {
		ask_begin(&ask, OP_STATUS);
		outcome = ask_send(&ask);
	}
	if (outcome == OUTCOME_DONE)
		outcome = prometheus ? status_expose(&ask)
				     : status_put(&ask, in->format);
	ask_fini(&ask);
	return outcome;
}

struct status_options {
	bool prometheus;
};

static const struct option_row status_options[] = {
	{ "prometheus", OPTION_FLAG, false, 0,
	    offsetof(struct status_options, prometheus), NULL,
	    "in the text format that Prometheus reads" },
	{ 0 },
};

static enum outcome
status_run(const struct invocation *in)
{
	const struct status_options *options = in->values;

	if (options->prometheus && in->globals->format != NULL) {
		output_error("--prometheus is a format of its own: give it or "
			     "-o, not both");
		return OUTCOME_USAGE;
	}
	return status_ask(in, options->prometheus);
}

const struct command status_command = {
	.name = "status",
	.operands = "",
	.summary = "show how the agent is",
	.formats = "table|json|jsonl",
	.options = status_options,
	.values_size = sizeof(struct status_options),
	.run = status_run,
};
