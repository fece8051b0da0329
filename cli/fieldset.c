/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/fieldset.h"

#include <jansson.h>
#include <stdlib.h>

#include "cli/fieldkind.h"
#include "common/error.h"

static const void *
member_of(const struct field *field, const void *base)
{
	return (const char *)base + field->offset;
}

static bool
is_column(const struct field *field, enum output_format format)
{
	return format != FORMAT_TABLE || field->heading != NULL;
}

/* Programs that read CSV tell what is absent by an empty cell. */
static const char *
absent_text(const struct field *field, enum output_format format)
{
	return format == FORMAT_TABLE ? field->absent : "";
}

struct json_t *
fieldset_json(const struct fieldset *set, const void *base)
{
	json_t *object = json_object();

	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];

		if (json_object_set_new(object, field->name,
			field->kind->json(member_of(field, base))) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

void
fieldset_show(FILE *stream, const struct fieldset *set, const void *base)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct field *field = &set->fields[i];

		fprintf(stream, "%-18s ", field->name);
		if (!field->kind->print(stream, member_of(field, base)))
			fputs(field->absent, stream);
		fputc('\n', stream);
	}
}

int
fieldset_begin(struct output *o, FILE *stream, enum output_format format,
    const struct fieldset *set)
{
	const char *headings[FIELDSET_MAX];
	size_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		if (is_column(&set->fields[i], format))
			headings[count++] = format == FORMAT_TABLE
						? set->fields[i].heading
						: set->fields[i].name;
	return output_begin(o, stream, format, headings, count);
}

/* A field as a string that the caller frees; NULL without memory. */
static char *
cell_new(const struct field *field, enum output_format format, const void *base)
{
	char *cell = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&cell, &size);

	if (stream == NULL)
		return NULL;
	if (!field->kind->print(stream, member_of(field, base)))
		fputs(absent_text(field, format), stream);
	if (fclose(stream) != 0) {
		free(cell);
		return NULL;
	}
	return cell;
}

int
fieldset_put(struct output *o, const struct fieldset *set, const void *base)
{
	char *cells[FIELDSET_MAX] = { NULL };
	size_t count = 0;
	int error = 0;

	if (output_is_json(o->format))
		return output_json(o, fieldset_json(set, base));
	for (size_t i = 0; i < set->count && error == 0; i++) {
		if (!is_column(&set->fields[i], o->format))
			continue;
		cells[count] = cell_new(&set->fields[i], o->format, base);
		if (cells[count++] == NULL)
			error = ERROR_MEMORY;
	}
	if (error == 0)
		error = output_cells(o, cells, count);
	for (size_t i = 0; i < count; i++)
		free(cells[i]);
	return error;
}

int
fieldset_put_one(FILE *stream, enum output_format format,
    const struct fieldset *set, const void *base)
{
	struct output o;
	int error;

	if (output_is_json(format))
		return output_object(stream, format, fieldset_json(set, base));
	if (format == FORMAT_TABLE) {
		fieldset_show(stream, set, base);
		return ferror(stream) ? ERROR_SYSTEM : 0;
	}
	error = fieldset_begin(&o, stream, format, set);
	if (error == 0)
		error = fieldset_put(&o, set, base);
	return output_end(&o, error);
}
