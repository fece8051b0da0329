/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_KEYLINE_H
#define APITOKEN_COMMON_KEYLINE_H

#include <stdint.h>

/*
 * A line of the key file, which the agent reads and `key rotate` adds to:
 *
 *	<number: 1 to 255> <64 hexadecimal digits>
 *
 * Both the struct and the text are secret: wipe them.
 */
#define KEYLINE_KEY_SIZE 32
/* "255 ", the digits, "\n" and a NUL. */
#define KEYLINE_SIZE	 (4 + 2 * KEYLINE_KEY_SIZE + 2)

struct keyline {
	uint8_t number;
	uint8_t key[KEYLINE_KEY_SIZE];
};

/* With its newline.  ERROR_MALFORMED: *keyline is then not to be used. */
int keyline_parse(const char *line, struct keyline *keyline);

void keyline_format(const struct keyline *keyline, char line[KEYLINE_SIZE]);

#endif
