/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/transferline.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/fields.h"
#include "cli/output.h"
#include "common/duration.h"
#include "common/error.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static json_t *
hex(struct span bytes)
{
	char text[2 * TRANSFER_VERIFIER_SIZE + 1] = "";

	for (size_t i = 0; i < bytes.size && i < TRANSFER_VERIFIER_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
	return json_string(text);
}

static json_t *
secrets_json(const struct transfer_token *token)
{
	json_t *array = json_array();

	for (size_t i = 0; i < token->secret_count; i++) {
		const struct transfer_secret *secret = &token->secrets[i];
		char when[TIME_TEXT_SIZE];

		time_format(secret->expires_at, when);
		if (json_array_append_new(
			array, json_pack("{s:i, s:o, s:o}", "number",
				   (int)secret->number, "expires_at",
				   secret->expires_at == TIME_NEVER
				       ? json_null()
				       : json_string(when),
				   "verifier", hex(secret->verifier))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *
token_json(struct wirebuf *body, bool verifiers)
{
	struct transfer_token token;
	json_t *json;

	transfer_token_get(body, &token);
	if (wirebuf_done(body) != 0)
		return NULL;
	json = fields_json(&token.info);
	/* When each was used says nothing without the secrets. */
	if (json != NULL)
		(void)json_object_del(json, "secrets");
	if (json != NULL && token.lapsed)
		(void)json_object_set_new(json, "lapsed", json_true());
	if (json != NULL && verifiers &&
	    json_object_set_new(json, "secrets", secrets_json(&token)) != 0) {
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *
project_json(struct wirebuf *body, bool verifiers)
{
	(void)verifiers;
	return transfernamed_json(TRANSFER_PROJECT, body);
}

static json_t *
role_json(struct wirebuf *body, bool verifiers)
{
	(void)verifiers;
	return transfernamed_json(TRANSFER_ROLE, body);
}

static json_t *
grant_json(struct wirebuf *body, bool verifiers)
{
	(void)verifiers;
	return transfernamed_json(TRANSFER_GRANT, body);
}

static bool token_read(struct transferline *line, const json_t *object);

/* What records there are. */
static const struct {
	const char *word;
	enum transfer_kind kind;
	json_t *(*json)(struct wirebuf *body, bool verifiers);
	bool (*read)(struct transferline *line, const json_t *object);
} kinds[] = {
	{ "token", TRANSFER_TOKEN, token_json, token_read },
	{ "project", TRANSFER_PROJECT, project_json, transfernamed_project },
	{ "role", TRANSFER_ROLE, role_json, transfernamed_role },
	{ "grant", TRANSFER_GRANT, grant_json, transfernamed_grant },
};

int
transferline_json(
    const struct transfer_record *record, bool verifiers, struct json_t **json)
{
	struct wirebuf body;

	wirebuf_read(&body, record->body.data, record->body.size);
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == (enum transfer_kind)record->kind) {
			*json = kinds[i].json(&body, verifiers);
			if (wirebuf_done(&body) != 0)
				return ERROR_MALFORMED;
			return *json == NULL ? ERROR_MEMORY : 0;
		}
	return ERROR_MALFORMED;
}

/* The names of a token's line, and of one of its secrets. */
static const char *const token_names[] = { "record", "id", "name",
	"description", "kind", "owner", "users", "type", "allow", "projects",
	"roles", "environment", "state", "created_at", "created_by",
	"expires_at", "not_before", "from", "uses_left", "last_used_at",
	"last_used_service", "last_used_from", "use_count", "changed_at",
	"changed_by", "reason", "lapsed", "secrets" };
static const char *const secret_names[] = { "number", "expires_at",
	"last_used_at", "verifier" };

static bool
words_read(struct transferline *line, const json_t *object)
{
	struct token_info *info = &line->token.info;
	struct span kind = { 0 }, type = { 0 }, state = { 0 };

	if (!jsonread_text(object, "kind", WORD_MAX, &kind, line->why) ||
	    !jsonread_text(object, "type", WORD_MAX, &type, line->why) ||
	    !jsonread_text(object, "state", WORD_MAX, &state, line->why))
		return false;
	for (int i = TOKEN_API; i <= TOKEN_MANAGEMENT; i++)
		if (span_is(kind, token_kind_word((enum token_kind)i)))
			info->spec.kind = (enum token_kind)i;
	if (span_empty(kind))
		info->spec.kind = TOKEN_API;
	info->spec.type = token_type_of(type);
	if (span_empty(type))
		info->spec.type = info->spec.allow.count > 0 ? TYPE_CUSTOM
							     : TYPE_FULL_ACCESS;
	info->state = token_state_of(state);
	if (info->spec.kind == 0)
		return jsonread_wrong(
		    line->why, "kind", "it takes api or management, or null");
	if (info->spec.type == 0)
		return jsonread_wrong(line->why, "type",
		    "it takes read-only, full-access or custom, or null");
	if (info->state == 0 && !span_empty(state))
		return jsonread_wrong(line->why, "state",
		    "it takes active, pending, disabled, expired or revoked, "
		    "or null");
	return true;
}

static bool
lists_read(struct transferline *line, const json_t *object)
{
	struct token_spec *spec = &line->token.info.spec;
	const struct {
		const char *name;
		size_t max;
		struct spanlist *list;
	} lists[] = {
		{ "users", LOGIN_MAX, &spec->users },
		{ "allow", SERVICE_MAX + 1 + WORD_MAX, &spec->allow },
		{ "projects", WORD_MAX, &spec->projects },
		{ "roles", WORD_MAX, &spec->roles },
		{ "from", RHOST_MAX, &spec->from },
	};

	_Static_assert(COUNT(lists) == COUNT(line->lists), "room for each");
	for (size_t i = 0; i < COUNT(lists); i++)
		if (!jsonread_list(object, lists[i].name, lists[i].max,
			&line->lists[i], lists[i].list, line->why))
			return false;
	spec->organization = json_is_null(json_object_get(object, "projects"));
	return true;
}

static bool
texts_read(struct transferline *line, const json_t *object)
{
	struct token_info *info = &line->token.info;
	const struct {
		const char *name;
		size_t max;
		struct span *text;
	} texts[] = {
		{ "name", TOKEN_NAME_MAX, &info->spec.name },
		{ "owner", LOGIN_MAX, &info->spec.owner },
		{ "description", TOKEN_DESCRIPTION_MAX,
		    &info->spec.description },
		{ "environment", WORD_MAX, &info->spec.environment },
		{ "created_by", LOGIN_MAX, &info->created_by },
		{ "changed_by", LOGIN_MAX, &info->changed_by },
		{ "reason", REASON_MAX, &info->reason },
		{ "last_used_service", SERVICE_MAX, &info->last_used_service },
		{ "last_used_from", RHOST_MAX, &info->last_used_from },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		if (!jsonread_text(object, texts[i].name, texts[i].max,
			texts[i].text, line->why))
			return false;
	for (size_t i = 0; i < 2; i++)
		if (span_empty(*texts[i].text))
			return jsonread_wrong(line->why, texts[i].name,
			    "it is missing: each token has one");
	return jsonread_id(object, "id", &info->id, line->why);
}

static bool
numbers_read(struct transferline *line, const json_t *object)
{
	struct token_info *info = &line->token.info;
	uint64_t uses = USES_UNLIMITED;
	const struct {
		const char *name;
		uint64_t *when;
	} times[] = {
		{ "created_at", &info->created_at },
		{ "expires_at", &info->spec.expires_at },
		{ "not_before", &info->spec.not_before },
		{ "last_used_at", &info->last_used_at },
		{ "changed_at", &info->changed_at },
	};

	for (size_t i = 0; i < COUNT(times); i++)
		if (!jsonread_time(
			object, times[i].name, times[i].when, line->why))
			return false;
	if (!jsonread_bool(object, "lapsed", &line->token.lapsed, line->why) ||
	    !jsonread_number(
		object, "uses_left", USES_UNLIMITED - 1, &uses, line->why) ||
	    !jsonread_number(
		object, "use_count", INT64_MAX, &info->use_count, line->why))
		return false;
	info->spec.uses = (uint32_t)uses;
	return true;
}

static bool
secret_read(struct transferline *line, const json_t *object, size_t i)
{
	struct transfer_secret *secret = &line->token.secrets[i];
	uint64_t number = 0;

	if (!jsonread_names(
		object, secret_names, COUNT(secret_names), line->why) ||
	    !jsonread_number(object, "number", UINT8_MAX, &number, line->why) ||
	    !jsonread_time(
		object, "expires_at", &secret->expires_at, line->why) ||
	    !jsonread_hex(object, "verifier", line->verifiers[i],
		sizeof(line->verifiers[i]), line->why))
		return false;
	secret->number = (uint8_t)number;
	secret->verifier = span_bytes(
	    line->verifiers[i], sizeof(line->verifiers[i]));
	return number > 0 ||
	       jsonread_wrong(line->why, "number", "it takes 1 to 255");
}

/* As `list` shows them: a token without any. */
static bool
are_shown_only(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *secret = json_array_get(array, i);

		if (json_object_get(secret, "verifier") != NULL ||
		    json_object_get(secret, "last_used_at") == NULL)
			return false;
	}
	return true;
}

static bool
secrets_read(struct transferline *line, const json_t *object)
{
	const json_t *array = json_object_get(object, "secrets");
	char inner[JSONREAD_WHY_SIZE];

	if (array == NULL || json_is_null(array))
		return true;
	if (!json_is_array(array) ||
	    json_array_size(array) > TRANSFER_SECRETS_MAX)
		return jsonread_wrong(line->why, "secrets",
		    "it takes an array of at most %d objects",
		    TRANSFER_SECRETS_MAX);
	if (are_shown_only(array))
		return true;
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *secret = json_array_get(array, i);

		if (!json_is_object(secret))
			return jsonread_wrong(line->why, "secrets",
			    "each is an object of number, expires_at and "
			    "verifier");
		if (!secret_read(line, secret, i)) {
			memcpy(inner, line->why, sizeof(inner));
			return jsonread_wrong(
			    line->why, "secrets", "%.250s", inner);
		}
	}
	line->token.secret_count = (uint8_t)json_array_size(array);
	return true;
}

/* What a line does not say of a token, as `create` has it. */
static void
defaults_fill(struct transferline *line, const json_t *object)
{
	struct token_spec *spec = &line->token.info.spec;

	if (json_object_get(object, "users") == NULL && spec->kind == TOKEN_API)
		(void)spanlist_add(&spec->users, line->lists[0].packed,
		    sizeof(line->lists[0].packed), spec->owner);
	if (json_object_get(object, "projects") == NULL)
		(void)spanlist_add(&spec->projects, line->lists[2].packed,
		    sizeof(line->lists[2].packed), span_of("default"));
}

static bool
token_read(struct transferline *line, const json_t *object)
{
	struct wirebuf w;

	line->token = (struct transfer_token) { 0 };
	if (!jsonread_names(
		object, token_names, COUNT(token_names), line->why) ||
	    !texts_read(line, object) || !lists_read(line, object) ||
	    !words_read(line, object) || !numbers_read(line, object) ||
	    !secrets_read(line, object))
		return false;
	defaults_fill(line, object);
	line->id = line->token.info.id;
	line->key.what = "owner and name";
	line->key.parts[0] = line->token.info.spec.owner;
	line->key.parts[1] = line->token.info.spec.name;
	wirebuf_write(&w, line->bytes, sizeof(line->bytes));
	transfer_token_put(&w, &line->token);
	line->record.body = span_bytes(line->bytes, wirebuf_size(&w));
	return !span_empty(line->record.body) ||
	       jsonread_wrong(
		   line->why, "users", "its lists are too long together");
}

const char *
transferline_word(uint8_t kind)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].kind == (enum transfer_kind)kind)
			return kinds[i].word;
	return NULL;
}

bool
transferline_read(struct transferline *line, const struct json_t *object)
{
	struct span word = { 0 };

	if (!jsonread_text(object, "record", WORD_MAX, &word, line->why))
		return false;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (span_empty(word) || span_is(word, kinds[i].word)) {
			line->record.kind = (uint8_t)kinds[i].kind;
			line->id = (struct span) { 0 };
			line->key = (struct transfernamed_key) { 0 };
			return kinds[i].read(line, object);
		}
	return jsonread_wrong(line->why, "record",
	    "it takes token, project, role or grant, or null");
}
