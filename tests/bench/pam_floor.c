/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pam_floor.so socket=PATH: the least that a module with an agent does: one
 * bare round trip (see least.c) to authenticate and one in acct_mgmt.
 * Accepts anybody: never to be used but to measure.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <string.h>

#include "tests/bench/roundtrip.h"

#define OPTION "socket="

/* The secret goes along for the least agent to look up. */
static int
ask(int argc, const char **argv, const char *secret, int error)
{
	char out[ROUNDTRIP_OUT] = { 0 }, back[ROUNDTRIP_BACK];

	strncpy(out, secret, sizeof(out) - 1);
	if (argc < 1 || strncmp(argv[0], OPTION, strlen(OPTION)) != 0)
		return PAM_SERVICE_ERR;
	return roundtrip(argv[0] + strlen(OPTION), out, sizeof(out), back,
		   sizeof(back)) == (ssize_t)sizeof(back)
		   ? PAM_SUCCESS
		   : error;
}

__attribute__((visibility("default"))) int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const char *login, *secret;

	(void)flags;
	if (pam_get_user(pamh, &login, NULL) != PAM_SUCCESS ||
	    pam_get_authtok(pamh, PAM_AUTHTOK, &secret, NULL) != PAM_SUCCESS)
		return PAM_AUTH_ERR;
	return ask(argc, argv, secret, PAM_AUTHINFO_UNAVAIL);
}

__attribute__((visibility("default"))) int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

__attribute__((visibility("default"))) int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	return ask(argc, argv, "", PAM_ACCT_EXPIRED);
}
