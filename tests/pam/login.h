/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_LOGIN_H
#define APITOKEN_TESTS_PAM_LOGIN_H

#include <limits.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A host of the module: the real libpam with service files of its own, no
 * root needed, and a conversation that answers what a test says.
 */
struct login {
	pam_handle_t *pamh;
	const char *user;     /* answers what is asked with an echo, or NULL */
	const char *password; /* answers what is asked without, or NULL */
	int conversation;     /* what it returns */
	unsigned prompts;     /* how often it was asked */
	char prompt[64];      /* the last one */
	unsigned delay_us;    /* asked of the last authentication */
};

/* A temporary folder for sockets and service files, until this process ends. */
const char *login_folder(void);
/* A path in there; in static storage, until the eighth next call. */
const char *login_path(const char *name);

/* Writes the file of a service. */
void login_service(const char *service, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Begins a transaction for user (NULL: nobody said yet) with rhost 192.0.2.1
 * and tty test.
 */
void login_begin(struct login *login, const char *service, const char *user);
void login_end(struct login *login);

int login_authenticate(struct login *login, const char *password);
int login_account(struct login *login);

/* All of it in one: the code of the authentication. */
int login_try(const char *service, const char *user, const char *password);

/* What the module and libpam wrote to the log since the last clear. */
const char *journal_text(void);
void journal_clear(void);

#endif
