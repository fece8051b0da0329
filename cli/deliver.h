/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_DELIVER_H
#define APITOKEN_CLI_DELIVER_H

#include "cli/output.h"
#include "common/tokeninfo.h"

/*
 * Writes a new token's secret, once: into fd, which it closes, or, if that is
 * below 0, to standard output, in the JSON formats as "token" of the object
 * that describes it.
 *
 * ERROR_MALFORMED if text is no token or another one than info's,
 * ERROR_SYSTEM (errno), ERROR_MEMORY.  The secret may be lost then.
 */
int deliver_secret(int fd, enum output_format format,
    const struct token_info *info, struct span text);

#endif
