/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_PAM_APITOKEN_ACCOUNT_H
#define APITOKEN_PAM_APITOKEN_ACCOUNT_H

#include <security/pam_modules.h>
#include <stdint.h>

#include "common/proto.h"
#include "pam_apitoken/options.h"

/*
 * The ticket of a granted authentication stays with the PAM transaction, so
 * that the account phase can ask whether that token is still good.
 */

/* PAM_SUCCESS, or PAM_BUF_ERR with nothing kept. */
int account_keep(pam_handle_t *pamh, const uint8_t ticket[PROTO_TICKET_SIZE]);

/* Before every authentication: no ticket may speak for another login. */
void account_forget(pam_handle_t *pamh);

/*
 * PAM_SUCCESS, PAM_ACCT_EXPIRED where the token is not good any more,
 * PAM_IGNORE where it was not us who let them in, PAM_AUTHINFO_UNAVAIL.
 */
int account(pam_handle_t *pamh, const struct options *options);

#endif
