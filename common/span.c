/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/span.h"

#include <string.h>

#include "common/error.h"

struct span
span_of(const char *text)
{
	return text == NULL ? span_bytes(NULL, 0)
			    : span_bytes(text, strlen(text));
}

bool
span_equal(struct span a, struct span b)
{
	return a.size == b.size && span_starts_with(a, b);
}

bool
span_is(struct span s, const char *text)
{
	return span_equal(s, span_of(text));
}

bool
span_starts_with(struct span s, struct span beginning)
{
	if (s.size < beginning.size)
		return false;
	/* memcmp() may not have the NULL of an empty span. */
	return beginning.size == 0 ||
	       memcmp(s.data, beginning.data, beginning.size) == 0;
}

int
span_text(struct span s, char *text, size_t size)
{
	if (size == 0)
		return ERROR_TOO_LONG;
	text[0] = '\0';
	if (s.size >= size)
		return ERROR_TOO_LONG;
	if (s.size == 0)
		return 0;
	if (memchr(s.data, '\0', s.size) != NULL)
		return ERROR_MALFORMED;
	memcpy(text, s.data, s.size);
	text[s.size] = '\0';
	return 0;
}

bool
spanlist_next(const struct spanlist *list, size_t *at, struct span *element)
{
	const struct span packed = list->packed;
	size_t size;

	if (*at >= packed.size)
		return false;
	size = packed.data[*at];
	if (packed.size - *at - 1 < size)
		return false;
	*element = span_bytes(packed.data + *at + 1, size);
	*at += 1 + size;
	return true;
}

bool
spanlist_has(const struct spanlist *list, struct span element)
{
	size_t at = 0;
	struct span other;

	while (spanlist_next(list, &at, &other))
		if (span_equal(other, element))
			return true;
	return false;
}

int
spanlist_add(
    struct spanlist *list, uint8_t *storage, size_t size, struct span element)
{
	const size_t used = list->packed.size;

	if (element.size > SPANLIST_ELEMENT_MAX || list->count == UINT16_MAX)
		return ERROR_TOO_LONG;
	if (used >= size || size - used - 1 < element.size)
		return ERROR_TOO_LONG;
	storage[used] = (uint8_t)element.size;
	if (element.size > 0)
		memcpy(storage + used + 1, element.data, element.size);
	list->packed = span_bytes(storage, used + 1 + element.size);
	list->count++;
	return 0;
}
