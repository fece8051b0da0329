/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The entry points of pam_apitoken.so.
 *
 * Threat model.  The process is not ours: it may run as root for somebody who is not, have
 * threads, serve many people, be a forked copy of the one that began.  What
 * we MUST NOT do in it: keep static data, look at its environment, fork,
 * change its signals, its log or its descriptors, exit, ask NSS.  What we
 * MUST do: answer in time, wipe what is secret, and never return PAM_SUCCESS
 * or PAM_IGNORE for want of a better code.
 */
#include <security/pam_modules.h>

#include "pam_apitoken/account.h"
#include "pam_apitoken/authenticate.h"
#include "pam_apitoken/host.h"
#include "pam_apitoken/options.h"
#include "pam_apitoken/session.h"

#define EXPORT __attribute__((visibility("default")))

static int
options_read(
    pam_handle_t *pamh, int argc, const char **argv, struct options *options)
{
	struct options_fault fault = { 0 };

	if (options_parse(argc, argv, options, &fault) == 0)
		return PAM_SUCCESS;
	host_log_fault(pamh, &fault);
	return PAM_SERVICE_ERR;
}

EXPORT int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options = { 0 };
	int code = PAM_SYSTEM_ERR;

	(void)flags;
	account_forget(pamh);
	session_forget(pamh);
	code = options_read(pamh, argc, argv, &options);
	if (code == PAM_SUCCESS)
		code = authenticate(pamh, &options);
	return code;
}

/* There are no credentials to set; sshd takes anything else for a refusal. */
EXPORT int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

EXPORT int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options = { 0 };
	int code = PAM_SYSTEM_ERR;

	(void)flags;
	code = options_read(pamh, argc, argv, &options);
	if (code == PAM_SUCCESS)
		code = account(pamh, &options);
	return code;
}

EXPORT int
pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options = { 0 };
	int code = PAM_SYSTEM_ERR;

	(void)flags;
	code = options_read(pamh, argc, argv, &options);
	if (code == PAM_SUCCESS)
		code = session_open(pamh, &options);
	/* Whatever came of it: the environment is the user's from now on. */
	session_forget(pamh);
	return code;
}

EXPORT int
pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options options = { 0 };

	(void)flags;
	if (!session_is_ours(pamh))
		return PAM_IGNORE;
	/* Nothing keeps a logout from being one, not even a bad argument. */
	if (options_read(pamh, argc, argv, &options) == PAM_SUCCESS)
		session_close(pamh, &options);
	return PAM_SUCCESS;
}
