/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/keyline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
keyline_parse(const char *line, struct keyline *keyline)
{
	char *hex;
	long number = strtol(line, &hex, 10);

	/* strtol would skip blanks and take a sign. */
	if (line[0] < '0' || line[0] > '9' || number < 1 ||
	    number > UINT8_MAX || *hex++ != ' ')
		return ERROR_MALFORMED;
	for (size_t i = 0; i < KEYLINE_KEY_SIZE; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);

		if (low < 0)
			return ERROR_MALFORMED;
		keyline->key[i] = (uint8_t)(high * 16 + low);
	}
	keyline->number = (uint8_t)number;
	return strcmp(hex + 2 * KEYLINE_KEY_SIZE, "\n") == 0 ? 0
							     : ERROR_MALFORMED;
}

void
keyline_format(const struct keyline *keyline, char line[KEYLINE_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *at = line + sprintf(line, "%u ", keyline->number);

	for (size_t i = 0; i < KEYLINE_KEY_SIZE; i++) {
		*at++ = digits[keyline->key[i] >> 4];
		*at++ = digits[keyline->key[i] & 15];
	}
	*at++ = '\n';
	*at = '\0';
}
