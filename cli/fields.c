/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fields.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "common/duration.h"
#include "common/error.h"

/* How members of one type are written. */
struct kind {
	json_t *(*json)(const void *member); /* null where it is absent */
	bool (*print)(FILE *stream, const void *member); /* false: absent */
};

struct field {
	const char *name;
	const char *absent; /* for people */
	size_t offset;	    /* in struct token_info */
	const struct kind *kind;
};

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

static const struct kind kind_text = { text_json, text_print };
static const struct kind kind_time = { time_json, time_print };
static const struct kind kind_list = { list_json, list_print };
static const struct kind kind_projects = { projects_json, projects_print };
static const struct kind kind_uses = { uses_json, uses_print };
static const struct kind kind_count = { count_json, count_print };
static const struct kind kind_type = { type_json, type_print };
static const struct kind kind_state = { state_json, state_print };
static const struct kind kind_kind = { kind_json, kind_print };

#define INFO(member) offsetof(struct token_info, member)

static const struct field fields[] = {
	{ "id", "-", INFO(id), &kind_text },
	{ "name", "-", INFO(spec.name), &kind_text },
	{ "description", "-", INFO(spec.description), &kind_text },
	{ "kind", "-", INFO(spec.kind), &kind_kind },
	{ "owner", "-", INFO(spec.owner), &kind_text },
	{ "users", "-", INFO(spec.users), &kind_list },
	{ "type", "-", INFO(spec.type), &kind_type },
	{ "allow", "-", INFO(spec.allow), &kind_list },
	{ "projects", "(organization)", INFO(spec), &kind_projects },
	{ "roles", "-", INFO(spec.roles), &kind_list },
	{ "environment", "-", INFO(spec.environment), &kind_text },
	{ "state", "-", INFO(state), &kind_state },
	{ "created_at", "-", INFO(created_at), &kind_time },
	{ "created_by", "-", INFO(created_by), &kind_text },
	{ "expires_at", "never", INFO(spec.expires_at), &kind_time },
	{ "not_before", "-", INFO(spec.not_before), &kind_time },
	{ "from", "anywhere", INFO(spec.from), &kind_list },
	{ "uses_left", "unlimited", INFO(spec.uses), &kind_uses },
	{ "last_used_at", "never", INFO(last_used_at), &kind_time },
	{ "last_used_service", "-", INFO(last_used_service), &kind_text },
	{ "last_used_from", "-", INFO(last_used_from), &kind_text },
	{ "use_count", "-", INFO(use_count), &kind_count },
	{ "changed_at", "-", INFO(changed_at), &kind_time },
	{ "changed_by", "-", INFO(changed_by), &kind_text },
	{ "reason", "-", INFO(reason), &kind_text },
};

#define FIELDS (sizeof fields / sizeof fields[0])

/* The columns of `list`. */
static const struct {
	const char *heading;
	const char *field;
} columns[] = {
	{ "ID", "id" },
	{ "NAME", "name" },
	{ "OWNER", "owner" },
	{ "TYPE", "type" },
	{ "PROJECT", "projects" },
	{ "STATE", "state" },
	{ "CREATED", "created_at" },
	{ "EXPIRES", "expires_at" },
	{ "LAST-USED", "last_used_at" },
};

#define COLUMNS (sizeof columns / sizeof columns[0])

static const void *
member_of(const struct field *field, const struct token_info *info)
{
	return (const char *)info + field->offset;
}

static const struct field *
field_named(const char *name)
{
	size_t i = 0;

	while (i + 1 < FIELDS && strcmp(fields[i].name, name) != 0)
		i++;
	return &fields[i];
}

/* Programs that read CSV tell what is absent by an empty cell. */
static const char *
absent_text(const struct field *field, enum output_format format)
{
	return format == FORMAT_TABLE ? field->absent : "";
}

struct json_t *
fields_json(const struct token_info *info)
{
	json_t *object = json_object();

	for (size_t i = 0; i < FIELDS; i++)
		if (json_object_set_new(object, fields[i].name,
			fields[i].kind->json(member_of(&fields[i], info))) !=
		    0) {
			json_decref(object);
			return NULL;
		}
	return object;
}

void
fields_show(FILE *stream, const struct token_info *info)
{
	for (size_t i = 0; i < FIELDS; i++) {
		fprintf(stream, "%-18s ", fields[i].name);
		if (!fields[i].kind->print(stream, member_of(&fields[i], info)))
			fputs(fields[i].absent, stream);
		fputc('\n', stream);
	}
}

int
fields_begin(struct output *o, FILE *stream, enum output_format format)
{
	const char *headings[FIELDS];
	size_t count = format == FORMAT_TABLE ? COLUMNS : FIELDS;

	for (size_t i = 0; i < count; i++)
		headings[i] = format == FORMAT_TABLE ? columns[i].heading
						     : fields[i].name;
	return output_begin(o, stream, format, headings, count);
}

/* A field as a string that the caller frees; NULL without memory. */
static char *
cell_new(const struct field *field, enum output_format format,
    const struct token_info *info)
{
	char *cell = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&cell, &size);

	if (stream == NULL)
		return NULL;
	if (!field->kind->print(stream, member_of(field, info)))
		fputs(absent_text(field, format), stream);
	if (fclose(stream) != 0) {
		free(cell);
		return NULL;
	}
	return cell;
}

int
fields_put(struct output *o, const struct token_info *info)
{
	char *cells[FIELDS] = { NULL };
	size_t count = o->format == FORMAT_TABLE ? COLUMNS : FIELDS;
	int error = 0;

	if (output_is_json(o->format))
		return output_json(o, fields_json(info));
	for (size_t i = 0; i < count && error == 0; i++) {
		cells[i] = cell_new(o->format == FORMAT_TABLE
					? field_named(columns[i].field)
					: &fields[i],
		    o->format, info);
		if (cells[i] == NULL)
			error = ERROR_MEMORY;
	}
	if (error == 0)
		error = output_cells(o, cells, count);
	for (size_t i = 0; i < count; i++)
		free(cells[i]);
	return error;
}

int
fields_put_one(
    FILE *stream, enum output_format format, const struct token_info *info)
{
	struct output o;
	int error;

	if (output_is_json(format))
		return output_object(stream, format, fields_json(info));
	if (format == FORMAT_TABLE) {
		fields_show(stream, info);
		return ferror(stream) ? ERROR_SYSTEM : 0;
	}
	error = fields_begin(&o, stream, format);
	if (error == 0)
		error = fields_put(&o, info);
	return output_end(&o, error);
}
