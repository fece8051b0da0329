/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/transfernamed.h"

#include <jansson.h>
#include <string.h>

#include "cli/names.h"
#include "cli/transferline.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void
project_get(struct wirebuf *w, union names_row *row)
{
	struct transfer_project project;

	transfer_project_get(w, &project);
	row->project = project.info;
}

static void
role_get(struct wirebuf *w, union names_row *row)
{
	names_roles.get(w, row);
}

static void
grant_get(struct wirebuf *w, union names_row *row)
{
	names_grants.get(w, row);
}

/* How a kind is read and shown; `without` is what a list tells of its own. */
static const struct named {
	enum transfer_kind kind;
	const char *without;
	void (*get)(struct wirebuf *w, union names_row *row);
	const struct names_kind *shown;
} rows[] = {
	{ TRANSFER_PROJECT, "tokens", project_get, &names_projects },
	{ TRANSFER_ROLE, "builtin", role_get, &names_roles },
	{ TRANSFER_GRANT, "kind", grant_get, &names_grants },
};

static const struct named *
find_row(enum transfer_kind kind)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].kind == kind)
			return &rows[i];
	return NULL;
}

struct json_t *
transfernamed_json(enum transfer_kind kind, struct wirebuf *body)
{
	const struct named *row = find_row(kind);
	union names_row values;
	json_t *fields = NULL, *json = NULL;

	row->get(body, &values);
	if (wirebuf_done(body) == 0)
		fields = fieldset_json(row->shown->fields, &values);
	if (fields == NULL)
		return NULL;
	(void)json_object_del(fields, row->without);
	json = json_pack("{s:s}", "record", transferline_word((uint8_t)kind));
	if (json != NULL && json_object_update(json, fields) != 0) {
		json_decref(json);
		json = NULL;
	}
	json_decref(fields);
	return json;
}

bool
transfernamed_key(
    const struct transfer_record *record, struct transfernamed_key *key)
{
	struct transfer_project project;
	struct grant_info grant;
	struct role_info role;
	struct wirebuf w;

	wirebuf_read(&w, record->body.data, record->body.size);
	*key = (struct transfernamed_key) { .what = "name" };
	if (record->kind == TRANSFER_PROJECT) {
		transfer_project_get(&w, &project);
		key->parts[0] = project.info.name;
	} else if (record->kind == TRANSFER_ROLE) {
		role_info_get(&w, &role);
		key->parts[0] = role.name;
	} else if (record->kind == TRANSFER_GRANT) {
		grant_info_get(&w, &grant);
		key->what = "principal, role and project";
		key->parts[0] = grant.principal;
		key->parts[1] = grant.role;
		key->parts[2] = grant.project;
	} else
		return false;
	return wirebuf_done(&w) == 0;
}

/* The names of the lists, those that an export leaves out included. */
static const char *const project_names[] = { "record", "name", "description",
	"locked", "tokens", "created_at", "created_by", "changed_at",
	"changed_by" };
static const char *const role_names[] = { "record", "name", "builtin",
	"permissions", "description", "created_at", "created_by" };
static const char *const grant_names[] = { "record", "principal", "kind",
	"role", "project", "login_as", "granted_at", "granted_by" };

/* A text that each line of its kind has. */
static bool
needed_read(struct transferline *line, const json_t *object, const char *name,
    size_t max, struct span *text)
{
	if (!jsonread_text(object, name, max, text, line->why))
		return false;
	return !span_empty(*text) ||
	       jsonread_wrong(line->why, name, "it is missing: each %s has one",
		   transferline_word(line->record.kind));
}

/* The record of the wire is complete; its key comes from there. */
static bool
body_end(struct transferline *line, const struct wirebuf *w)
{
	line->record.body = span_bytes(line->bytes, wirebuf_size(w));
	return (!span_empty(line->record.body) &&
		   transfernamed_key(&line->record, &line->key)) ||
	       jsonread_wrong(
		   line->why, "record", "its lists are too long together");
}

bool
transfernamed_project(struct transferline *line, const struct json_t *object)
{
	struct project_info *info = &line->project.info;
	struct wirebuf w;

	line->project = (struct transfer_project) { 0 };
	if (!jsonread_names(
		object, project_names, COUNT(project_names), line->why) ||
	    !needed_read(line, object, "name", WORD_MAX, &info->name) ||
	    !jsonread_text(object, "description", TOKEN_DESCRIPTION_MAX,
		&info->description, line->why) ||
	    !jsonread_bool(object, "locked", &info->locked, line->why) ||
	    !jsonread_time(
		object, "created_at", &info->created_at, line->why) ||
	    !jsonread_text(object, "created_by", LOGIN_MAX, &info->created_by,
		line->why) ||
	    !jsonread_time(
		object, "changed_at", &info->changed_at, line->why) ||
	    !jsonread_text(
		object, "changed_by", LOGIN_MAX, &info->changed_by, line->why))
		return false;
	line->project.tells_locked = json_is_boolean(
	    json_object_get(object, "locked"));
	wirebuf_write(&w, line->bytes, sizeof(line->bytes));
	transfer_project_put(&w, &line->project);
	return body_end(line, &w);
}

bool
transfernamed_role(struct transferline *line, const struct json_t *object)
{
	struct role_info *info = &line->role;
	struct wirebuf w;

	line->role = (struct role_info) { 0 };
	if (!jsonread_names(object, role_names, COUNT(role_names), line->why) ||
	    !needed_read(line, object, "name", WORD_MAX, &info->name) ||
	    !jsonread_text(object, "description", TOKEN_DESCRIPTION_MAX,
		&info->description, line->why) ||
	    !jsonread_list(object, "permissions", SPANLIST_ELEMENT_MAX,
		&line->lists[0], &info->permissions, line->why) ||
	    !jsonread_time(
		object, "created_at", &info->created_at, line->why) ||
	    !jsonread_text(
		object, "created_by", LOGIN_MAX, &info->created_by, line->why))
		return false;
	if (!json_is_array(json_object_get(object, "permissions")))
		return jsonread_wrong(line->why, "permissions",
		    "it is missing: it takes an array such as "
		    "[\"token.read=own\"]");
	wirebuf_write(&w, line->bytes, sizeof(line->bytes));
	role_info_put(&w, info);
	return body_end(line, &w);
}

static bool
principal_take(struct transferline *line)
{
	struct grant_info *info = &line->grant;
	char written[PRINCIPAL_SIZE];

	(void)span_text(info->principal, written, sizeof(written));
	if (!principal_find(written, line->principal))
		return jsonread_wrong(line->why, "principal",
		    "there is no such group here: see getent group, or give "
		    "its number, such as \"%%1000\"");
	info->principal = span_of(line->principal);
	return true;
}

bool
transfernamed_grant(struct transferline *line, const struct json_t *object)
{
	struct grant_info *info = &line->grant;
	struct wirebuf w;

	line->grant = (struct grant_info) { 0 };
	if (!jsonread_names(
		object, grant_names, COUNT(grant_names), line->why) ||
	    !needed_read(
		line, object, "principal", LOGIN_MAX, &info->principal) ||
	    !needed_read(line, object, "role", WORD_MAX, &info->role) ||
	    !jsonread_text(
		object, "project", WORD_MAX, &info->project, line->why) ||
	    !jsonread_list(object, "login_as", LOGIN_MAX, &line->lists[0],
		&info->login_as, line->why) ||
	    !jsonread_time(
		object, "granted_at", &info->granted_at, line->why) ||
	    !jsonread_text(
		object, "granted_by", LOGIN_MAX, &info->granted_by, line->why))
		return false;
	/* Nobody means everything by a name that is empty. */
	if (info->project.data != NULL && info->project.size == 0)
		return jsonread_wrong(line->why, "project",
		    "it takes a project, or null for the organization");
	if (!principal_take(line))
		return false;
	wirebuf_write(&w, line->bytes, sizeof(line->bytes));
	grant_info_put(&w, info);
	return body_end(line, &w);
}
