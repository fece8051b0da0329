/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_WIREBUF_H
#define APITOKEN_COMMON_WIREBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/span.h"

/*
 * A bounds-checked cursor over bytes that somebody else owns, for reading or
 * for writing.  Numbers are big-endian.  The first step that does not fit
 * fails the cursor for good: later gets give zeroes and empty spans, later
 * puts write nothing, and only wirebuf_done() or wirebuf_size() says so.
 * A decoder is therefore a straight list of gets and one wirebuf_done().
 *
 * Threat model.  The bytes are an attacker's, lengths and counts first of all:
 * nothing outside of them MUST be read, whatever they say.
 */
struct wirebuf {
	const uint8_t *in; /* reading, else NULL */
	uint8_t *out;	   /* writing, else NULL */
	size_t size;	   /* bytes there are, or room */
	size_t at;	   /* bytes read or written */
	bool failed;
};

void wirebuf_read(struct wirebuf *w, const void *data, size_t size);
void wirebuf_write(struct wirebuf *w, void *data, size_t size);

/* Also fails the cursor, for a value that is well-formed but not allowed. */
void wirebuf_fail(struct wirebuf *w);

uint8_t wirebuf_get_u8(struct wirebuf *w);
uint16_t wirebuf_get_u16(struct wirebuf *w);
uint32_t wirebuf_get_u32(struct wirebuf *w);
uint64_t wirebuf_get_u64(struct wirebuf *w);
/* A byte that must be 0 or 1. */
bool wirebuf_get_bool(struct wirebuf *w);
/* A byte from low to high, both included. */
uint8_t wirebuf_get_range(struct wirebuf *w, uint8_t low, uint8_t high);
/* size bytes; the span points into the buffer. */
struct span wirebuf_get_bytes(struct wirebuf *w, size_t size);
/* Copies size bytes out; zeroes once failed. */
void wirebuf_get_copy(struct wirebuf *w, void *data, size_t size);
/* A length byte, or a length of two bytes, and that many bytes. */
struct span wirebuf_get_str8(struct wirebuf *w);
struct span wirebuf_get_str16(struct wirebuf *w);
/* A count byte, a length of two bytes, and exactly so many str8. */
struct spanlist wirebuf_get_list(struct wirebuf *w);
/* The same with a count of two bytes. */
struct spanlist wirebuf_get_list16(struct wirebuf *w);

/*
 * Texts: a str8, a str16, or exactly size bytes, of at most max bytes and
 * without a NUL; a list of at most count str8 like that.
 */
struct span wirebuf_get_text8(struct wirebuf *w, size_t max);
struct span wirebuf_get_text16(struct wirebuf *w, size_t max);
struct span wirebuf_get_fixed_text(struct wirebuf *w, size_t size);
struct spanlist wirebuf_get_texts(struct wirebuf *w, size_t count, size_t max);

void wirebuf_put_u8(struct wirebuf *w, uint8_t v);
void wirebuf_put_u16(struct wirebuf *w, uint16_t v);
void wirebuf_put_u32(struct wirebuf *w, uint32_t v);
void wirebuf_put_u64(struct wirebuf *w, uint64_t v);
void wirebuf_put_bytes(struct wirebuf *w, const void *data, size_t size);
void wirebuf_put_str8(struct wirebuf *w, struct span s);
void wirebuf_put_str16(struct wirebuf *w, struct span s);
/* A field whose size is fixed and not written; fails w for another size. */
void wirebuf_put_fixed(struct wirebuf *w, struct span s, size_t size);
void wirebuf_put_list(struct wirebuf *w, const struct spanlist *list);
void wirebuf_put_list16(struct wirebuf *w, const struct spanlist *list);

/* Reading: 0 if all bytes were read and none was wrong, ERROR_MALFORMED. */
int wirebuf_done(const struct wirebuf *w);
/* Writing: how many bytes were written, or 0 if they did not all fit. */
size_t wirebuf_size(const struct wirebuf *w);

#endif
