/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_PAM_APITOKEN_HOST_H
#define APITOKEN_PAM_APITOKEN_HOST_H

#include <security/pam_modules.h>
#include <stdbool.h>

#include "common/message.h"
#include "pam_apitoken/options.h"

/*
 * The process and the PAM transaction that we are a guest of: what it says
 * about who wants in, which socket is its own, where its log is.
 */

/* What the host tells; never NULL.  libpam's, until the next pam_set_item(). */
struct host {
	const char *login;
	const char *service;
	const char *rhost;
	const char *tty;
	const char *ruser;
};

void host_read(
    pam_handle_t *pamh, const struct options *options, struct host *host);

/*
 * Fills in what the host tells; opcode, token and ticket stay the caller's.
 * What is for the log only is left out where it does not fit or holds a token.
 * False for a login or a service that no token can be good for: the answer is
 * a denial and nobody needs to be asked.
 */
bool host_question(const struct host *host, struct question *question);

/*
 * Asks the agent.  PAM_SUCCESS with *answer written, PAM_AUTH_ERR where the
 * agent denies, and otherwise PAM_AUTHINFO_UNAVAIL, having logged why.
 */
int host_ask(pam_handle_t *pamh, const struct options *options,
    const struct question *question, struct answer *answer);

/* One line for a denial in the form of pam_unix, which fail2ban reads. */
void host_log_failure(pam_handle_t *pamh, const struct host *host);

/* One line for an account that is no longer good. */
void host_log_expired(pam_handle_t *pamh, const struct host *host);

/* One line for a session whose handle the agent does not take. */
void host_log_session(pam_handle_t *pamh);

/* One line that names an argument of ours and says what would be right. */
void host_log_fault(pam_handle_t *pamh, const struct options_fault *fault);

#endif
