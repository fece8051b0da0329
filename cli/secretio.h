/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SECRETIO_H
#define APITOKEN_CLI_SECRETIO_H

#include <stdbool.h>

#include "common/secret.h"
#include "common/span.h"

/*
 * How a secret comes in and goes out.
 *
 * In: on a descriptor, never as an argument, which every user of the machine
 * can read.  Out: by write(2) alone, never through stdio, whose buffers
 * nobody wipes; once, to standard output or a new file of the caller's own.
 */

/* Whether text begins as tokens do: then it is no name of a token. */
bool secretio_begins_token(const char *text);

/* Whether text holds a token, whole or cut short within its secret. */
bool secretio_holds_token(const char *text);

/*
 * Reads fd to its end, or one line if it is a terminal, which then shows
 * prompt on standard error and not what is typed.  One newline at the end is
 * left out.  ERROR_TOO_LONG for what no token can be, ERROR_SYSTEM; the
 * secret is then empty.
 */
int secretio_read(int fd, const char *prompt, struct secret *secret);

/*
 * The same for what may be larger than a secret: up to size bytes, of which
 * one is for the newline and one tells of more.  ERROR_SYSTEM; nothing is
 * wiped then or later: bytes may hold a secret.
 */
int secretio_read_bytes(
    int fd, const char *prompt, uint8_t *bytes, size_t size, size_t *got);

/* Whether secretio_create() would, as far as can be told before: 0 or what
 * it would return. */
int secretio_may_create(const char *path);

/* Creates the file that must not exist, 0600; its descriptor, or
 * ERROR_EXISTS, ERROR_SYSTEM (errno). */
int secretio_create(const char *path);

/* Writes all of it.  ERROR_SYSTEM (errno). */
int secretio_write(int fd, struct span bytes);

/* Brings the file to the disk and closes it in any case.  ERROR_SYSTEM. */
int secretio_close(int fd);

/* Whether fd is open for writing. */
bool secretio_is_writable(int fd);

#endif
