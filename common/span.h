/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_SPAN_H
#define APITOKEN_COMMON_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes that belong to somebody else: a message, a row of the store, an
 * argument.  Never NUL-terminated, never owned; data may be NULL when size
 * is 0.
 */
struct span {
	const uint8_t *data;
	size_t size;
};

/* The bytes of a C string without its NUL; NULL gives an empty span. */
struct span span_of(const char *text);

static inline struct span
span_bytes(const void *data, size_t size)
{
	return (struct span) { data, size };
}

static inline bool
span_empty(struct span s)
{
	return s.size == 0;
}

/* Not constant-time: never for secrets. */
bool span_equal(struct span a, struct span b);
bool span_is(struct span s, const char *text);
bool span_starts_with(struct span s, struct span beginning);

/*
 * Copies s and a NUL into text, which has room for size bytes.
 * ERROR_TOO_LONG if it does not fit, ERROR_MALFORMED if it holds a NUL;
 * text is then the empty string.
 */
int span_text(struct span s, char *text, size_t size);

/*
 * A list of short strings, packed: each one is a length byte and that many
 * bytes.  Like a span it points into somebody else's bytes.  A list that came
 * through wirebuf_get_list() is sound; spanlist_next() stops at the first
 * element that is not.
 */
struct spanlist {
	struct span packed;
	uint16_t count;
};

#define SPANLIST_ELEMENT_MAX 255

/*
 * Steps through a list: *at starts as 0; false at the end.
 *
 *	size_t at = 0;
 *	struct span user;
 *	while (spanlist_next(&users, &at, &user)) ...
 */
bool spanlist_next(
    const struct spanlist *list, size_t *at, struct span *element);
bool spanlist_has(const struct spanlist *list, struct span element);

/*
 * Appends element to a list that is packed into storage of size bytes, which
 * the caller owns and which the list then points to.  ERROR_TOO_LONG when
 * the element has over 255 bytes or does not fit; the list is then unchanged.
 */
int spanlist_add(
    struct spanlist *list, uint8_t *storage, size_t size, struct span element);

#endif
