/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/jsonread.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/duration.h"

bool
jsonread_wrong(
    char why[JSONREAD_WHY_SIZE], const char *name, const char *format, ...)
{
	va_list args;
	size_t at = (size_t)snprintf(why, JSONREAD_WHY_SIZE, "%.64s: ", name);

	va_start(args, format);
	vsnprintf(why + at, JSONREAD_WHY_SIZE - at, format, args);
	va_end(args);
	return false;
}

bool
jsonread_names(const struct json_t *object, const char *const *names,
    size_t count, char why[JSONREAD_WHY_SIZE])
{
	/* jansson's iterators take no const object and leave it alone. */
	union {
		const json_t *from;
		json_t *to;
	} whole = { object };

	for (void *at = json_object_iter(whole.to); at != NULL;
	     at = json_object_iter_next(whole.to, at)) {
		const char *name = json_object_iter_key(at);
		bool known = false;

		for (size_t i = 0; i < count && !known; i++)
			known = strcmp(names[i], name) == 0;
		if (!known)
			return jsonread_wrong(why, name,
			    "there is no such field: see the names in "
			    "apitoken(1)");
	}
	return true;
}

/* The member; NULL where it is null or not there. */
static const json_t *
member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

bool
jsonread_text(const struct json_t *object, const char *name, size_t max,
    struct span *text, char why[JSONREAD_WHY_SIZE])
{
	const json_t *value = member(object, name);

	if (value == NULL)
		return true;
	if (!json_is_string(value) || json_string_length(value) > max)
		return jsonread_wrong(why, name,
		    "it takes a text of at most %zu bytes, or null", max);
	*text = span_bytes(json_string_value(value), json_string_length(value));
	return true;
}

bool
jsonread_id(const struct json_t *object, const char *name, struct span *id,
    char why[JSONREAD_WHY_SIZE])
{
	struct span text = { 0 };

	if (!jsonread_text(object, name, TOKEN_ID_SIZE, &text, why) ||
	    (text.data != NULL &&
		(text.size != TOKEN_ID_SIZE ||
		    !tokentext_is_base62((const char *)text.data, text.size))))
		return jsonread_wrong(why, name,
		    "it takes the %d letters and digits of a token's id, or "
		    "null",
		    TOKEN_ID_SIZE);
	*id = text;
	return true;
}

bool
jsonread_time(const struct json_t *object, const char *name, uint64_t *when,
    char why[JSONREAD_WHY_SIZE])
{
	const json_t *value = member(object, name);
	const char *text = json_string_value(value);

	if (value == NULL)
		return true;
	/* Neither "never" nor a duration: a file means the same tomorrow. */
	if (text == NULL || strlen(text) < 5 || text[4] != '-' ||
	    time_parse(text, 0, when) != 0)
		return jsonread_wrong(why, name,
		    "it takes a date such as \"2027-01-31T12:00:00Z\", or "
		    "null");
	return true;
}

bool
jsonread_bool(const struct json_t *object, const char *name, bool *flag,
    char why[JSONREAD_WHY_SIZE])
{
	const json_t *value = member(object, name);

	if (value == NULL)
		return true;
	if (!json_is_boolean(value))
		return jsonread_wrong(
		    why, name, "it takes true or false, or null");
	*flag = json_is_true(value);
	return true;
}

bool
jsonread_number(const struct json_t *object, const char *name, uint64_t max,
    uint64_t *number, char why[JSONREAD_WHY_SIZE])
{
	const json_t *value = member(object, name);
	json_int_t v = json_integer_value(value);

	if (value == NULL)
		return true;
	if (!json_is_integer(value) || v < 0 || (uint64_t)v > max)
		return jsonread_wrong(why, name,
		    "it takes a whole number from 0 to %" PRIu64 ", or null",
		    max);
	*number = (uint64_t)v;
	return true;
}

static bool
add(const json_t *element, size_t max, struct jsonread_list *storage,
    struct spanlist *list)
{
	return json_is_string(element) && json_string_length(element) <= max &&
	       spanlist_add(list, storage->packed, sizeof(storage->packed),
		   span_bytes(json_string_value(element),
		       json_string_length(element))) == 0;
}

bool
jsonread_list(const struct json_t *object, const char *name, size_t max,
    struct jsonread_list *storage, struct spanlist *list,
    char why[JSONREAD_WHY_SIZE])
{
	const json_t *value = member(object, name);
	struct spanlist read = { 0 };
	bool good = json_is_array(value) && json_array_size(value) <= LIST_MAX;

	if (value == NULL)
		return true;
	for (size_t i = 0; good && i < json_array_size(value); i++)
		good = add(json_array_get(value, i), max, storage, &read);
	if (!good)
		return jsonread_wrong(why, name,
		    "it takes an array of at most %d texts of at most %zu "
		    "bytes",
		    LIST_MAX, max);
	*list = read;
	return true;
}

/* 0 to 15, or -1. */
static int
digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

bool
jsonread_hex(const struct json_t *object, const char *name, uint8_t *bytes,
    size_t size, char why[JSONREAD_WHY_SIZE])
{
	const char *text = json_string_value(member(object, name));
	bool good = text != NULL && strlen(text) == 2 * size;

	for (size_t i = 0; good && i < size; i++) {
		int high = digit(text[2 * i]);
		int low = digit(text[2 * i + 1]);

		good = high >= 0 && low >= 0;
		bytes[i] = (uint8_t)(good ? 16 * high + low : 0);
	}
	if (!good)
		return jsonread_wrong(why, name,
		    "it takes %zu hexadecimal digits, 0-9 and a-f", 2 * size);
	return true;
}
