/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_TRUST_H
#define APITOKEN_STORE_TRUST_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Whether an open file may be believed: a regular file that belongs to root or
 * to who started this process, with none of the forbidden mode bits.
 * ERROR_INVALID with a sentence in why, which names the path and, after the
 * mode, ends with what is wrong with that: "others may write to it: chmod
 * go-w".  ERROR_SYSTEM, errno.
 *
 * Threat model.  Somebody else may write to a folder on the way.  A file of
 * theirs MUST NOT be the agent's key or configuration.
 */
int trust_file(int fd, const char *path, mode_t forbidden, const char *wrong,
    char *why, size_t size);

#endif
