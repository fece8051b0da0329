/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fieldkind.h"

#include <inttypes.h>
#include <jansson.h>

#include "cli/escape.h"
#include "cli/output.h"
#include "common/duration.h"
#include "common/tokeninfo.h"

static json_t *
text_json(const void *member)
{
	const struct span *text = member;

	return span_empty(*text) ? json_null() : output_string(*text);
}

static bool
text_print(FILE *stream, const void *member)
{
	const struct span *text = member;

	escape_print(stream, *text);
	return !span_empty(*text);
}

static json_t *
time_json(const void *member)
{
	uint64_t when = *(const uint64_t *)member;
	char text[TIME_TEXT_SIZE];

	time_format(when, text);
	return when == TIME_NEVER ? json_null() : json_string(text);
}

static bool
time_print(FILE *stream, const void *member)
{
	uint64_t when = *(const uint64_t *)member;
	char text[TIME_TEXT_SIZE];

	if (when == TIME_NEVER)
		return false;
	time_format(when, text);
	fputs(text, stream);
	return true;
}

static json_t *
list_json(const void *member)
{
	json_t *array = json_array();
	struct span element;
	size_t at = 0;

	while (spanlist_next(member, &at, &element))
		if (json_array_append_new(array, output_string(element)) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static bool
list_print(FILE *stream, const void *member)
{
	struct span element;
	size_t at = 0;
	bool any = false;

	while (spanlist_next(member, &at, &element)) {
		if (any)
			fputc(',', stream);
		escape_print(stream, element);
		any = true;
	}
	return any;
}

/* A token of the organization has no list of projects: it has all. */
static json_t *
projects_json(const void *member)
{
	const struct token_spec *spec = member;

	return spec->organization ? json_null() : list_json(&spec->projects);
}

static bool
projects_print(FILE *stream, const void *member)
{
	const struct token_spec *spec = member;

	if (!spec->organization && !list_print(stream, &spec->projects))
		fputc('-', stream);
	return !spec->organization;
}

static json_t *
uses_json(const void *member)
{
	uint32_t uses = *(const uint32_t *)member;

	return uses == USES_UNLIMITED ? json_null() : json_integer(uses);
}

static bool
uses_print(FILE *stream, const void *member)
{
	uint32_t uses = *(const uint32_t *)member;

	return uses != USES_UNLIMITED && fprintf(stream, "%" PRIu32, uses) > 0;
}

static json_t *
count_json(const void *member)
{
	return json_integer((json_int_t)(*(const uint64_t *)member));
}

static bool
count_print(FILE *stream, const void *member)
{
	fprintf(stream, "%" PRIu64, *(const uint64_t *)member);
	return true;
}

static json_t *
bool_json(const void *member)
{
	return json_boolean(*(const bool *)member);
}

static bool
bool_print(FILE *stream, const void *member)
{
	fputs(*(const bool *)member ? "yes" : "no", stream);
	return true;
}

static json_t *
word_json(const char *word)
{
	return word == NULL ? json_null() : json_string(word);
}

static bool
word_print(FILE *stream, const char *word)
{
	return word != NULL && fputs(word, stream) >= 0;
}

static json_t *
type_json(const void *member)
{
	return word_json(token_type_word(*(const enum token_type *)member));
}

static bool
type_print(FILE *stream, const void *member)
{
	return word_print(
	    stream, token_type_word(*(const enum token_type *)member));
}

static json_t *
state_json(const void *member)
{
	return word_json(token_state_word(*(const enum token_state *)member));
}

static bool
state_print(FILE *stream, const void *member)
{
	return word_print(
	    stream, token_state_word(*(const enum token_state *)member));
}

static json_t *
kind_json(const void *member)
{
	return word_json(token_kind_word(*(const enum token_kind *)member));
}

static bool
kind_print(FILE *stream, const void *member)
{
	return word_print(
	    stream, token_kind_word(*(const enum token_kind *)member));
}

static json_t *
secret_json(const struct token_secret *secret)
{
	json_t *object = json_object();

	if (json_object_set_new(
		object, "number", json_integer(secret->number)) != 0 ||
	    json_object_set_new(
		object, "expires_at", time_json(&secret->expires_at)) != 0 ||
	    json_object_set_new(object, "last_used_at",
		time_json(&secret->last_used_at)) != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *
secrets_json(const void *member)
{
	const struct token_info *info = member;
	json_t *array = json_array();

	for (size_t i = 0; i < info->secret_count; i++)
		if (json_array_append_new(
			array, secret_json(&info->secrets[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

/* "2 never used; 1 last used DATE, works until DATE" */
static bool
secrets_print(FILE *stream, const void *member)
{
	const struct token_info *info = member;

	for (size_t i = 0; i < info->secret_count; i++) {
		const struct token_secret *secret = &info->secrets[i];

		fprintf(stream, "%s%u ", i > 0 ? "; " : "", secret->number);
		fputs(secret->last_used_at > 0 ? "last used " : "never used",
		    stream);
		(void)time_print(stream, &secret->last_used_at);
		if (secret->expires_at != TIME_NEVER)
			fputs(", works until ", stream);
		(void)time_print(stream, &secret->expires_at);
	}
	return info->secret_count > 0;
}

const struct fieldkind fieldkind_text = { text_json, text_print };
const struct fieldkind fieldkind_time = { time_json, time_print };
const struct fieldkind fieldkind_list = { list_json, list_print };
const struct fieldkind fieldkind_projects = { projects_json, projects_print };
const struct fieldkind fieldkind_uses = { uses_json, uses_print };
const struct fieldkind fieldkind_count = { count_json, count_print };
const struct fieldkind fieldkind_bool = { bool_json, bool_print };
const struct fieldkind fieldkind_type = { type_json, type_print };
const struct fieldkind fieldkind_state = { state_json, state_print };
const struct fieldkind fieldkind_kind = { kind_json, kind_print };
const struct fieldkind fieldkind_secrets = { secrets_json, secrets_print };
