/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * pamlogin FOLDER SERVICE LOGIN < PASSWORD: logs in through the real libpam
 * with the service's file of that folder, no root needed.  Ends with libpam's
 * code (0: in); what it and the module say to syslog goes to standard error.
 */
#include <security/pam_appl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT	     __attribute__((visibility("default")))
#define PASSWORD_MAX 1024
#define USAGE_CODE   100 /* none of libpam's */

/* These come before libc's; <syslog.h> may define them inline. */
void syslog(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

EXPORT void
syslog(int priority, const char *format, ...)
{
	va_list args;

	(void)priority;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

EXPORT void
__syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list args;

	(void)priority;
	(void)flag;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* The password is the answer to every question. */
static int
converse(int count, const struct pam_message **messages,
    struct pam_response **responses, void *arg)
{
	struct pam_response *made = calloc((size_t)count, sizeof(*made));

	(void)messages;
	if (made == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++)
		made[i].resp = strdup(arg);
	*responses = made;
	return PAM_SUCCESS;
}

int
main(int argc, char **argv)
{
	char password[PASSWORD_MAX] = "";
	const struct pam_conv conv = { converse, password };
	pam_handle_t *pamh = NULL;
	int code;

	if (argc != 4) {
		fprintf(stderr, "usage: pamlogin FOLDER SERVICE LOGIN\n");
		return USAGE_CODE;
	}
	if (fgets(password, sizeof(password), stdin) != NULL)
		password[strcspn(password, "\n")] = '\0';
	code = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pamh);
	if (code == PAM_SUCCESS)
		code = pam_authenticate(pamh, 0);
	if (code == PAM_SUCCESS)
		code = pam_acct_mgmt(pamh, 0);
	pam_end(pamh, code);
	explicit_bzero(password, sizeof(password));
	return code;
}
