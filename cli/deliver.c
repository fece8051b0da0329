/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/deliver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fields.h"
#include "cli/secretio.h"
#include "common/error.h"

/* The agent's token must be one, and the one that it says. */
static bool
is_sound(const struct token_info *info, struct span text)
{
	struct token token = { 0 };
	bool sound = text.size == TOKEN_TEXT_SIZE &&
		     tokentext_parse(
			 (const char *)text.data, text.size, &token) == 0 &&
		     span_is(info->id, token.id);

	token_wipe(&token);
	return sound;
}

/*
 * JSON with the secret in it.  The secret goes past the JSON library and
 * stdio, which do not wipe what they held: the object is made without it and
 * cut before its closing brace.
 */
static int
json_write(
    enum output_format format, const struct token_info *info, struct span text)
{
	bool indent = format == FORMAT_JSON;
	const char *before = indent ? ",\n  \"token\": \"" : ",\"token\":\"";
	const char *after = indent ? "\"\n}\n" : "\"}\n";
	char *object = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&object, &size);
	int error = stream == NULL ? ERROR_MEMORY : 0;

	if (error == 0)
		error = output_object(stream, format, fields_json(info));
	if (stream != NULL && fclose(stream) != 0)
		error = ERROR_MEMORY;
	while (error == 0 && size > 0 && strchr("}\n", object[size - 1]))
		size--;
	if (error == 0)
		error = secretio_write(STDOUT_FILENO, span_bytes(object, size));
	if (error == 0)
		error = secretio_write(STDOUT_FILENO, span_of(before));
	if (error == 0)
		error = secretio_write(STDOUT_FILENO, text);
	if (error == 0)
		error = secretio_write(STDOUT_FILENO, span_of(after));
	free(object);
	return error;
}

static int
line_write(int fd, struct span text)
{
	int error = secretio_write(fd, text);

	return error == 0 ? secretio_write(fd, span_of("\n")) : error;
}

static int
file_write(int fd, struct span text)
{
	int error = line_write(fd, text), closed = secretio_close(fd);

	return error != 0 ? error : closed;
}

int
deliver_secret(int fd, enum output_format format, const struct token_info *info,
    struct span text)
{
	if (!is_sound(info, text)) {
		if (fd >= 0)
			(void)close(fd);
		return ERROR_MALFORMED;
	}
	if (fd >= 0)
		return file_write(fd, text);
	if (output_is_json(format))
		return json_write(format, info, text);
	return line_write(STDOUT_FILENO, text);
}
