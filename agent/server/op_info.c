/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/server/ops.h"
#include "agent/server/sessions.h"
#include "common/adminmessage.h"
#include "common/error.h"

int
op_malformed(struct operation *op)
{
	return refuse(
	    &op->refusal, STATUS_MALFORMED, "the request is malformed");
}

/* Room for the permissions over the organization and some projects. */
#define WHOAMI_SIZE 16384

/* "token.create=own", or "token.create=project:web" over one project. */
static void
add_permissions(const struct caller *caller, struct span project,
    uint8_t *storage, struct spanlist *list)
{
	for (enum permission p = 0; p < PERMISSION_COUNT; p++) {
		enum reach reach = caller_reach(caller, p, project);
		char text[64 + WORD_MAX];

		if (reach == REACH_NONE || list->count == UINT8_MAX)
			continue;
		snprintf(text, sizeof(text), "%s=%s%s%.*s", permission_word(p),
		    reach_word(reach), span_empty(project) ? "" : ":",
		    (int)project.size, (const char *)project.data);
		spanlist_add(list, storage, WHOAMI_SIZE, span_of(text));
	}
}

/* Whether a grant before that one was for its project too. */
static bool
is_shown(const struct grants *grants, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (span_equal(
			grants->items[j].project, grants->items[i].project))
			return true;
	return false;
}

/* "admin of web for deploy": as far as it fits. */
static void
add_role(const struct grant *grant, char *text, size_t size)
{
	size_t at = strlen(text);
	struct span login;
	size_t step = 0;

	at += (size_t)snprintf(text + at, size - at, "%s%.*s%s%.*s",
	    at > 0 ? ", " : "", (int)grant->role.size,
	    (const char *)grant->role.data,
	    span_empty(grant->project) ? "" : " of ", (int)grant->project.size,
	    (const char *)grant->project.data);
	for (const char *word = " for ";
	     at < size && spanlist_next(&grant->login_as, &step, &login);
	     word = "+")
		at += (size_t)snprintf(text + at, size - at, "%s%.*s", word,
		    (int)login.size, (const char *)login.data);
}

/* The roles that somebody has, and the one that counts elsewhere. */
void
op_describe_roles(const struct caller *caller, char *text, size_t size)
{
	const struct grants *grants = caller->token != NULL ? caller->token
							    : caller->grants;
	bool everywhere = false;

	text[0] = '\0';
	for (size_t i = 0; grants != NULL && i < grants->count; i++) {
		everywhere |= span_empty(grants->items[i].project);
		if (strlen(text) + 1 < size)
			add_role(&grants->items[i], text, size);
	}
	if (text[0] == '\0')
		snprintf(text, size, "%s",
		    role_word(
			caller->token != NULL ? ROLE_NONE : caller->role));
	else if (!everywhere && caller->token == NULL &&
		 caller->role != ROLE_NONE && strlen(text) + 32 < size)
		snprintf(text + strlen(text), size - strlen(text),
		    ", %s elsewhere", role_word(caller->role));
}

int
op_whoami(struct operation *op)
{
	const struct caller *caller = op->caller;
	const struct grants *grants = caller->token != NULL ? caller->token
							    : caller->grants;
	const struct span organization = { 0 };
	struct whoami_reply reply = { .uid = caller->uid,
		.login = span_of(caller->login) };
	char roles[SPANLIST_ELEMENT_MAX + 1];
	uint8_t *storage = malloc(WHOAMI_SIZE);

	if (wirebuf_done(op->in) < 0 || storage == NULL) {
		free(storage);
		return op_malformed(op);
	}
	op_describe_roles(caller, roles, sizeof(roles));
	reply.role = span_of(roles);
	add_permissions(caller, organization, storage, &reply.permissions);
	for (size_t i = 0; grants != NULL && i < grants->count; i++)
		if (!span_empty(grants->items[i].project) &&
		    !is_shown(grants, i))
			add_permissions(caller, grants->items[i].project,
			    storage, &reply.permissions);
	whoami_reply_put(op->body, &reply);
	free(storage);
	return 0;
}

/* Rows of OP_STATUS, counted as they are put. */
struct status_rows {
	struct wirebuf *body;
	uint8_t *count;
};

static void
put_text(struct status_rows *rows, const char *name, const char *text)
{
	const struct status_item item = { .name = span_of(name),
		.text = span_of(text) };

	status_item_put(rows->body, &item);
	++*rows->count;
}

static void
put_number(struct status_rows *rows, const char *name, uint64_t number)
{
	const struct status_item item = {
		.name = span_of(name), .is_number = true, .number = number
	};

	status_item_put(rows->body, &item);
	++*rows->count;
}

/* The databases whose rows mean something to people; tokens are those that
 * lists show, without what came of an exchange. */
static const struct {
	enum database database;
	const char *name;
} counted[] = {
	{ DB_TOKENS_BY_AGE, "tokens" },
	{ DB_USAGE, "usage" },
	{ DB_AUDIT, "audit_entries" },
	{ DB_TOMBSTONES, "tombstones" },
	{ DB_PROJECTS, "projects" },
	{ DB_ROLES, "roles" },
	{ DB_GRANTS, "grants" },
};

static void
put_store(struct operation *op, struct status_rows *rows)
{
	uint64_t used, most;

	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++)
		put_number(rows, counted[i].name,
		    store_count(op->reader, counted[i].database));
	if (store_size(op->reader, &used, &most) == 0) {
		put_number(rows, "store_used_bytes", used);
		put_number(rows, "store_map_bytes", most);
	}
	put_number(rows, "key", keyring_current(op->agent->keyring)->number);
}

/* What the threads have to say. */
static void
put_threads(struct operation *op, struct status_rows *rows)
{
	struct agent *agent = op->agent;
	uint64_t committed_at = agent->writer != NULL
				    ? writer_committed_at(agent->writer)
				    : 0;

	if (committed_at > 0)
		put_number(rows, "last_commit_age_seconds",
		    op->now > committed_at ? op->now - committed_at : 0);
	put_number(rows, "lost_log_lines", log_lost(agent->log));
	put_number(rows, "lost_attempts", agent->lost);
}

int
op_status(struct operation *op)
{
	struct agent *agent = op->agent;
	struct status_rows rows = { op->body, op->body->out + op->body->at };

	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	wirebuf_put_u8(op->body, 0);
	put_text(&rows, "state", op->reader != NULL ? "serving" : "sealed");
	if (op->reader == NULL)
		put_text(&rows, "reason", agent->sealed);
	put_text(&rows, "version", PACKAGE_VERSION);
	put_number(&rows, "protocol", PROTO_VERSION);
	put_number(&rows, "uptime_seconds",
	    op->now > agent->started_at ? op->now - agent->started_at : 0);
	put_number(&rows, "accepted", agent->granted);
	put_number(&rows, "refused", agent->denied);
	put_number(&rows, "undecided", agent->unavailable);
	put_text(&rows, "store", op->config->store_directory);
	put_number(&rows, "sessions", sessions_count(agent->sessions));
	if (op->reader != NULL)
		put_store(op, &rows);
	put_threads(op, &rows);
	return 0;
}
