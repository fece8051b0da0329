/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/escape.h"

#include <stdlib.h>
#include <string.h>

/* Room for any one character, escaped or not, and a NUL. */
#define PIECE_SIZE 16

/* Characters that act instead of being seen. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x0000, 0x001f },   /* controls */
	{ 0x007f, 0x009f },   /* DEL and C1: 0x9b is a CSI to many terminals */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x200b, 0x200b },   /* zero width space */
	{ 0x200e, 0x200f },   /* left-to-right and right-to-left marks */
	{ 0x2028, 0x2029 },   /* line and paragraph separators */
	{ 0x202a, 0x202e },   /* embeddings and overrides */
	{ 0x2060, 0x206f },   /* isolates, invisible operators */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xfff9, 0xfffb },   /* interlinear annotation */
	{ 0xe0000, 0xe007f }, /* tags */
};

static bool
is_hidden(uint32_t point)
{
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (point >= hidden[i].first && point <= hidden[i].last)
			return true;
	return false;
}

/* The length of the character that text begins with; 0 if it is none. */
static size_t
decode(struct span text, uint32_t *point)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least; /* what is below has a shorter form */
	} forms[] = {
		{ 0x80, 0x00, 0 },
		{ 0xe0, 0xc0, 0x80 },
		{ 0xf0, 0xe0, 0x800 },
		{ 0xf8, 0xf0, 0x10000 },
	};
	size_t n = 0;
	uint32_t value;

	while (n < 4 && (text.data[0] & forms[n].mask) != forms[n].lead)
		n++;
	if (n == 4 || text.size <= n)
		return 0;
	value = text.data[0] & (uint8_t)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (text.data[i] & 0x3f);
	}
	if (value < forms[n].least || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*point = value;
	return n + 1;
}

/* Takes one character off text and writes it as it may be seen. */
static size_t
take(struct span *text, char piece[PIECE_SIZE])
{
	uint32_t point = 0;
	size_t size = decode(*text, &point);
	int length;

	if (size == 0 || (is_hidden(point) && size == 1)) {
		length = snprintf(piece, PIECE_SIZE, "\\x%02x", text->data[0]);
		size = 1;
	} else if (is_hidden(point)) {
		length = snprintf(piece, PIECE_SIZE, "\\u{%04x}", point);
	} else {
		memcpy(piece, text->data, size);
		length = (int)size;
	}
	text->data += size;
	text->size -= size;
	return (size_t)length;
}

void
escape_print(FILE *stream, struct span text)
{
	char piece[PIECE_SIZE];

	while (!span_empty(text)) {
		size_t size = take(&text, piece);

		fwrite(piece, 1, size, stream);
	}
}

char *
escape_copy(struct span text)
{
	char piece[PIECE_SIZE], *copy;
	size_t at = 0;

	copy = calloc(text.size + 1, ESCAPE_GROWTH);
	while (copy != NULL && !span_empty(text)) {
		size_t size = take(&text, piece);

		memcpy(copy + at, piece, size);
		at += size;
	}
	return copy;
}

bool
escape_is_utf8(struct span text)
{
	uint32_t point;

	while (!span_empty(text)) {
		size_t size = decode(text, &point);

		if (size == 0)
			return false;
		text.data += size;
		text.size -= size;
	}
	return true;
}
