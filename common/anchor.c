/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/anchor.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

void
anchor_put(struct wirebuf *w, const struct anchor *anchor)
{
	wirebuf_put_u64(w, anchor->number);
	wirebuf_put_bytes(w, anchor->mac, sizeof(anchor->mac));
}

void
anchor_get(struct wirebuf *w, struct anchor *anchor)
{
	anchor->number = wirebuf_get_u64(w);
	wirebuf_get_copy(w, anchor->mac, sizeof(anchor->mac));
}

void
anchor_format(const struct anchor *anchor, char text[ANCHOR_TEXT_SIZE])
{
	int at = snprintf(
	    text, ANCHOR_TEXT_SIZE, "%" PRIu64 ":", anchor->number);

	for (size_t i = 0; i < sizeof(anchor->mac); i++)
		at += snprintf(text + at, ANCHOR_TEXT_SIZE - (size_t)at, "%02x",
		    anchor->mac[i]);
}

/* The value of a hexadecimal digit; 16 for anything else. */
static unsigned
digit_value(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? 16 : (unsigned)((found - digits) % 16);
}

static int
mac_parse(const char *text, uint8_t mac[ANCHOR_MAC_SIZE])
{
	if (strlen(text) != 2 * ANCHOR_MAC_SIZE)
		return ERROR_MALFORMED;
	for (size_t i = 0; i < ANCHOR_MAC_SIZE; i++) {
		unsigned high = digit_value(text[2 * i]);
		unsigned low = digit_value(text[2 * i + 1]);

		if (high > 15 || low > 15)
			return ERROR_MALFORMED;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int
anchor_parse(const char *text, struct anchor *anchor)
{
	struct anchor parsed;
	char *end = NULL;

	if (text[0] < '0' || text[0] > '9')
		return ERROR_MALFORMED;
	errno = 0;
	parsed.number = strtoull(text, &end, 10);
	if (errno != 0 || *end != ':' || mac_parse(end + 1, parsed.mac) < 0)
		return ERROR_MALFORMED;
	*anchor = parsed;
	return 0;
}
