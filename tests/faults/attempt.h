/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_FAULTS_ATTEMPT_H
#define APITOKEN_TESTS_FAULTS_ATTEMPT_H

#include <security/pam_appl.h>

/*
 * A login on the real libpam from beginning to end, by a host that bears
 * whatever fails: it goes on as long as the answer is yes, as hosts do.
 */

enum attempt_phase {
	ATTEMPT_AUTHENTICATE,
	ATTEMPT_ACCOUNT,
	ATTEMPT_OPEN,
	ATTEMPT_CLOSE,
	ATTEMPT_PHASES,
};

/* What a phase that was not come to has for a code. */
#define ATTEMPT_NONE (-1)

struct attempt {
	const char *folder; /* of the service files */
	const char *service;
	const char *user;
	const char *password;
	const char *later_user; /* PAM_USER after the first phase, or NULL */
	enum attempt_phase last;
	void (*started)(void); /* called before the first phase, or NULL */
	void (*ended)(void);   /* behind the last, before pam_end() */
};

struct attempt_result {
	int codes[ATTEMPT_PHASES];
	double longest; /* seconds of the slowest phase */
};

/*
 * For login_service(): the module, its arguments and pam_debug(8), which then
 * says for IGNORE what no module of ours does.
 */
#define ATTEMPT_IGNORED PAM_CRED_UNAVAIL
#define ATTEMPT_STACK                                                          \
	"auth [success=done ignore=1 default=die] %1$s %2$s\n"                 \
	"auth requisite pam_deny.so\n"                                         \
	"auth required %3$s auth=cred_unavail\n"                               \
	"account [success=done ignore=1 default=die] %1$s %2$s\n"              \
	"account requisite pam_deny.so\n"                                      \
	"account required %3$s acct=cred_unavail\n"                            \
	"session [success=done ignore=1 default=die] %1$s %2$s\n"              \
	"session requisite pam_deny.so\n"                                      \
	"session required %3$s open_session=cred_unavail "                     \
	"close_session=cred_unavail\n"

void attempt_run(const struct attempt *attempt, struct attempt_result *result);

#endif
