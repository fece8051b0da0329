/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_PAM_APITOKEN_SESSION_H
#define APITOKEN_PAM_APITOKEN_SESSION_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/proto.h"
#include "pam_apitoken/options.h"

/*
 * The session that a token opens, so that the agent can end it with the token.
 *
 * The ticket of a granted authentication is the session's handle.  From one
 * phase to the other it goes through the PAM environment, since sshd
 * authenticates by keyboard-interactive in a forked child, of which the
 * environment comes back and pam_set_data() does not.
 *
 * Threat model.  Where no session line takes it out, the handle may end up in
 * the user's environment.  It MUST be of no use there: the agent takes it from
 * root alone, and once.
 */

/* PAM_SUCCESS, PAM_BUF_ERR. */
int session_hand_over(pam_handle_t *pamh,
    const uint8_t ticket[PROTO_TICKET_SIZE], const char *login);

/* Takes the handle out of the PAM environment, if it is there. */
void session_forget(pam_handle_t *pamh);

/*
 * Tells the agent that this process is a session of the handle's token.
 * PAM_IGNORE without a handle: somebody else let them in.  PAM_SESSION_ERR,
 * logged, where the agent does not take it or cannot be asked.
 */
int session_open(pam_handle_t *pamh, const struct options *options);

/* Whether session_open() was PAM_SUCCESS in this process. */
bool session_is_ours(pam_handle_t *pamh);

/*
 * Tells the agent that the session is over, as root only: others may not ask,
 * and the agent sees it when the process ends.
 */
void session_close(pam_handle_t *pamh, const struct options *options);

#endif
