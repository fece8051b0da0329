/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fields.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/fieldkind.h"
#include "common/error.h"

struct field {
	const char *name;
	const char *absent; /* for people */
	size_t offset;	    /* in struct token_info */
	const struct fieldkind *kind;
};

#define INFO(member) offsetof(struct token_info, member)

static const struct field fields[] = {
	{ "id", "-", INFO(id), &fieldkind_text },
	{ "name", "-", INFO(spec.name), &fieldkind_text },
	{ "description", "-", INFO(spec.description), &fieldkind_text },
	{ "kind", "-", INFO(spec.kind), &fieldkind_kind },
	{ "owner", "-", INFO(spec.owner), &fieldkind_text },
	{ "users", "-", INFO(spec.users), &fieldkind_list },
	{ "type", "-", INFO(spec.type), &fieldkind_type },
	{ "allow", "-", INFO(spec.allow), &fieldkind_list },
	{ "projects", "(organization)", INFO(spec), &fieldkind_projects },
	{ "roles", "-", INFO(spec.roles), &fieldkind_list },
	{ "environment", "-", INFO(spec.environment), &fieldkind_text },
	{ "state", "-", INFO(state), &fieldkind_state },
	{ "created_at", "-", INFO(created_at), &fieldkind_time },
	{ "created_by", "-", INFO(created_by), &fieldkind_text },
	{ "expires_at", "never", INFO(spec.expires_at), &fieldkind_time },
	{ "not_before", "-", INFO(spec.not_before), &fieldkind_time },
	{ "from", "anywhere", INFO(spec.from), &fieldkind_list },
	{ "uses_left", "unlimited", INFO(spec.uses), &fieldkind_uses },
	{ "last_used_at", "never", INFO(last_used_at), &fieldkind_time },
	{ "last_used_service", "-", INFO(last_used_service), &fieldkind_text },
	{ "last_used_from", "-", INFO(last_used_from), &fieldkind_text },
	{ "use_count", "-", INFO(use_count), &fieldkind_count },
	{ "changed_at", "-", INFO(changed_at), &fieldkind_time },
	{ "changed_by", "-", INFO(changed_by), &fieldkind_text },
	{ "reason", "-", INFO(reason), &fieldkind_text },
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
