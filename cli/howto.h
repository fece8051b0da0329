/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_HOWTO_H
#define APITOKEN_CLI_HOWTO_H

#include "common/tokeninfo.h"

/*
 * What is said on standard error about a new token.  It never holds the
 * secret: the ready-to-use lines name a file, an askpass program or a netrc.
 */

/* Id, name, owner and exact expiry. */
void howto_identity(const struct token_info *info);

/*
 * Which services it may open, where that is not all, and lines for ssh, sftp
 * and curl, if it may open what they ask; file holds the secret, NULL for some
 * file.
 */
void howto_lines(const struct token_info *info, const char *file);

/* Login names that nobody has here, if it may open sshd: that wants more than
 * a good password. */
void howto_users(const struct token_spec *spec);

#endif
