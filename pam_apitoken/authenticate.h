/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_PAM_APITOKEN_AUTHENTICATE_H
#define APITOKEN_PAM_APITOKEN_AUTHENTICATE_H

#include <security/pam_modules.h>

#include "pam_apitoken/options.h"

/*
 * Asks for login and password as far as the host did not, and the agent
 * whether that token opens this service for that login.
 *
 * PAM_SUCCESS		  it does; the ticket is kept for account()
 * PAM_AUTH_ERR		  it does not, or is no token; logged, delayed
 * PAM_IGNORE		  no token, and nontoken=ignore
 * PAM_AUTHINFO_UNAVAIL	  nobody can say; logged
 * PAM_CONV_ERR, PAM_BUF_ERR, PAM_INCOMPLETE   the host's conversation says so
 */
int authenticate(pam_handle_t *pamh, const struct options *options);

#endif
