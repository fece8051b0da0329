/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_ASKPROMPT_H
#define APITOKEN_CLI_ASKPROMPT_H

#include <stdbool.h>

/*
 * What a prompt of ssh, git or sudo asks for, and on whose behalf.  The end of
 * a prompt may be a server's own words: only its beginning, which the program
 * writes itself, says which host it is.
 */

/* Whether it asks for a password or a token; own, if not NULL, is a text that
 * such a prompt may have, too. */
bool askprompt_wants_token(const char *prompt, const char *own);

/* Whether it asks whether to trust a host's key, as ssh does. */
bool askprompt_is_host_key(const char *prompt);

/* Whether it asks for a login name, as git does. */
bool askprompt_wants_user(const char *prompt);

/*
 * Whether it is for that host: "alice@host's password", "(alice@host) ..." of
 * ssh, "Password for 'https://alice@host:8443/x'" of git.  A port does not
 * count; an IPv6 address in a URL has its brackets.
 */
bool askprompt_is_of(const char *prompt, const char *host);

#endif
