/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_KEYFILE_H
#define APITOKEN_CLI_KEYFILE_H

#include <sys/types.h>

#include "common/keyline.h"

/*
 * The agent's key file, to which `key rotate` adds a line.
 *
 * Threat model.  It holds all keys.  At any moment, be the power lost then,
 * the file MUST have all lines it had before; it MUST NOT be open to anybody
 * that it was closed to; and of two programs that add to it at a time one
 * MUST give way, or the agent had a key that the file has not.
 */
#define KEYFILE_LINES_MAX 255

struct keyfile {
	const char *path;
	int folder; /* opened and locked */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	char *text; /* NUL-terminated */
	size_t size;
	struct keyline last; /* the line with the highest number */
};

/*
 * Locks the folder and reads the file.  ERROR_EXISTS if somebody else has the
 * lock, ERROR_MALFORMED for what is no key file, ERROR_SYSTEM (errno),
 * ERROR_MEMORY; keyfile_close() may follow in any case.
 */
int keyfile_open(struct keyfile *keyfile, const char *path);
/* Wipes it, and gives up the lock. */
void keyfile_close(struct keyfile *keyfile);

/* The line with that number; ERROR_NOT_FOUND. */
int keyfile_find(
    const struct keyfile *keyfile, uint8_t number, struct keyline *line);

/*
 * Replaces the file by one with another line at its end, with the same owner
 * and mode, which is on the disk then.  ERROR_SYSTEM (errno), ERROR_MEMORY;
 * the file is as it was then.
 */
int keyfile_add(const struct keyfile *keyfile, const struct keyline *line);

#endif
