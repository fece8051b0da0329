/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_PAMDEBUG_H
#define APITOKEN_TESTS_PAM_PAMDEBUG_H

#include <security/pam_appl.h>
#include <stdbool.h>

/*
 * Stacks whose modules answer what they are told to: pam_debug(8) under the
 * names of ours and of pam_unix.so, in the folder of login.h.
 */

#define PAMDEBUG_PATH 256

/* Whether the machine has it; the rest needs it. */
bool pamdebug_find(void);
const char *pamdebug_path(void);

/*
 * Puts it there as token and as "pam_unix.so"; below root, whose path is
 * written there, the folder is /etc/pam.d and /tmp is /tmp.
 */
void pamdebug_prepare(const char *token, char root[PAMDEBUG_PATH]);

/* What libpam's function says of service "svc", in a login of its own. */
int pamdebug_ask(int (*phase)(pam_handle_t *, int));

#endif
