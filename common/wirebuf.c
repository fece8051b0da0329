/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/wirebuf.h"

#include <string.h>

#include "common/error.h"

void
wirebuf_read(struct wirebuf *w, const void *data, size_t size)
{
	*w = (struct wirebuf) { .in = data, .size = size };
}

void
wirebuf_write(struct wirebuf *w, void *data, size_t size)
{
	*w = (struct wirebuf) { .out = data, .size = size };
}

void
wirebuf_fail(struct wirebuf *w)
{
	w->failed = true;
}

/*
 * The one place where lengths are checked.  Moves on by size bytes of base,
 * which is NULL for a cursor of the other direction; *begin is where they
 * start.  False if the cursor is or now becomes failed.
 */
static bool
advance(struct wirebuf *w, const uint8_t *base, size_t size, size_t *begin)
{
	if (base == NULL && size > 0)
		w->failed = true;
	if (w->failed || w->size - w->at < size) {
		w->failed = true;
		return false;
	}
	*begin = w->at;
	w->at += size;
	return true;
}

static uint64_t
get_number(struct wirebuf *w, size_t size)
{
	const struct span s = wirebuf_get_bytes(w, size);
	uint64_t v = 0;

	for (size_t i = 0; i < s.size; i++)
		v = v << 8 | s.data[i];
	return v;
}

uint8_t
wirebuf_get_u8(struct wirebuf *w)
{
	return (uint8_t)get_number(w, 1);
}

uint16_t
wirebuf_get_u16(struct wirebuf *w)
{
	return (uint16_t)get_number(w, 2);
}

uint32_t
wirebuf_get_u32(struct wirebuf *w)
{
	return (uint32_t)get_number(w, 4);
}

uint64_t
wirebuf_get_u64(struct wirebuf *w)
{
	return get_number(w, 8);
}

bool
wirebuf_get_bool(struct wirebuf *w)
{
	return wirebuf_get_range(w, 0, 1) == 1;
}

uint8_t
wirebuf_get_range(struct wirebuf *w, uint8_t low, uint8_t high)
{
	const uint8_t v = wirebuf_get_u8(w);

	if (w->failed || v < low || v > high) {
		w->failed = true;
		return 0;
	}
	return v;
}

struct span
wirebuf_get_bytes(struct wirebuf *w, size_t size)
{
	size_t begin;

	if (!advance(w, w->in, size, &begin) || size == 0)
		return span_bytes(NULL, 0);
	return span_bytes(w->in + begin, size);
}

void
wirebuf_get_copy(struct wirebuf *w, void *data, size_t size)
{
	const struct span s = wirebuf_get_bytes(w, size);

	if (size == 0)
		return;
	if (span_empty(s))
		memset(data, 0, size);
	else
		memcpy(data, s.data, size);
}

struct span
wirebuf_get_str8(struct wirebuf *w)
{
	return wirebuf_get_bytes(w, wirebuf_get_u8(w));
}

struct span
wirebuf_get_str16(struct wirebuf *w)
{
	return wirebuf_get_bytes(w, wirebuf_get_u16(w));
}

/* The size and the elements of a list of so many. */
static struct spanlist
get_elements(struct wirebuf *w, uint16_t count)
{
	struct spanlist list = { .count = count };
	struct wirebuf elements;

	list.packed = wirebuf_get_str16(w);
	wirebuf_read(&elements, list.packed.data, list.packed.size);
	for (unsigned i = 0; i < list.count; i++)
		wirebuf_get_str8(&elements);
	if (w->failed || wirebuf_done(&elements) != 0) {
		w->failed = true;
		return (struct spanlist) { 0 };
	}
	return list;
}

struct spanlist
wirebuf_get_list(struct wirebuf *w)
{
	return get_elements(w, wirebuf_get_u8(w));
}

struct spanlist
wirebuf_get_list16(struct wirebuf *w)
{
	return get_elements(w, wirebuf_get_u16(w));
}

static void
put_number(struct wirebuf *w, uint64_t v, size_t size)
{
	size_t begin;

	if (!advance(w, w->out, size, &begin))
		return;
	for (size_t i = size; i > 0; i--) {
		w->out[begin + i - 1] = (uint8_t)v;
		v >>= 8;
	}
}

void
wirebuf_put_u8(struct wirebuf *w, uint8_t v)
{
	put_number(w, v, 1);
}

void
wirebuf_put_u16(struct wirebuf *w, uint16_t v)
{
	put_number(w, v, 2);
}

void
wirebuf_put_u32(struct wirebuf *w, uint32_t v)
{
	put_number(w, v, 4);
}

void
wirebuf_put_u64(struct wirebuf *w, uint64_t v)
{
	put_number(w, v, 8);
}

void
wirebuf_put_bytes(struct wirebuf *w, const void *data, size_t size)
{
	size_t begin;

	if (advance(w, w->out, size, &begin) && size > 0)
		memcpy(w->out + begin, data, size);
}

void
wirebuf_put_str8(struct wirebuf *w, struct span s)
{
	if (s.size > UINT8_MAX)
		w->failed = true;
	wirebuf_put_u8(w, (uint8_t)s.size);
	wirebuf_put_bytes(w, s.data, s.size);
}

void
wirebuf_put_str16(struct wirebuf *w, struct span s)
{
	if (s.size > UINT16_MAX)
		w->failed = true;
	wirebuf_put_u16(w, (uint16_t)s.size);
	wirebuf_put_bytes(w, s.data, s.size);
}

void
wirebuf_put_list(struct wirebuf *w, const struct spanlist *list)
{
	if (list->count > UINT8_MAX)
		w->failed = true;
	wirebuf_put_u8(w, (uint8_t)list->count);
	wirebuf_put_str16(w, list->packed);
}

void
wirebuf_put_list16(struct wirebuf *w, const struct spanlist *list)
{
	wirebuf_put_u16(w, list->count);
	wirebuf_put_str16(w, list->packed);
}

int
wirebuf_done(const struct wirebuf *w)
{
	return w->failed || w->at != w->size ? ERROR_MALFORMED : 0;
}

size_t
wirebuf_size(const struct wirebuf *w)
{
	return w->failed ? 0 : w->at;
}

/* Fails w for a text over max bytes or one that holds a NUL. */
static struct span
check_text(struct wirebuf *w, struct span s, size_t max)
{
	if (s.size <= max &&
	    (s.size == 0 || memchr(s.data, '\0', s.size) == NULL))
		return s;
	wirebuf_fail(w);
	return span_bytes(NULL, 0);
}

struct span
wirebuf_get_text8(struct wirebuf *w, size_t max)
{
	return check_text(w, wirebuf_get_str8(w), max);
}

struct span
wirebuf_get_text16(struct wirebuf *w, size_t max)
{
	return check_text(w, wirebuf_get_str16(w), max);
}

struct span
wirebuf_get_fixed_text(struct wirebuf *w, size_t size)
{
	return check_text(w, wirebuf_get_bytes(w, size), size);
}

struct spanlist
wirebuf_get_texts(struct wirebuf *w, size_t count, size_t max)
{
	const struct spanlist list = wirebuf_get_list(w);
	struct span element;
	size_t at = 0;

	if (list.count > count)
		wirebuf_fail(w);
	while (spanlist_next(&list, &at, &element))
		check_text(w, element, max);
	return list;
}

void
wirebuf_put_fixed(struct wirebuf *w, struct span s, size_t size)
{
	if (s.size != size)
		wirebuf_fail(w);
	else
		wirebuf_put_bytes(w, s.data, s.size);
}
