/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_PAM_SCENE_H
#define APITOKEN_TESTS_PAM_SCENE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/proto.h"
#include "common/tokentext.h"
#include "tests/pam/listener.h"
#include "tests/pam/login.h"

/* What the tests of the module have in common: a token, a service, a log. */

/* Statuses, for scene_status(). */
#define GOOD "\x5a"
#define NO   "\x21"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* Fields of a question that follow token or ticket, for listener_field(). */
enum field {
	LOGIN,
	SERVICE,
	RHOST,
	TTY,
	RUSER
};

/* Written before each test begins. */
extern char good_token[TOKEN_TEXT_SIZE + 1];

/* A token's text of that kind, the same every time. */
void scene_token(enum token_kind kind, char text[TOKEN_TEXT_SIZE + 1]);

/* Service "svc": auth and account lines of ours that ask at "socket". */
void scene_service(const char *arguments);

/* A listener at "socket". */
void scene_listen(struct listener *listener, enum listener_play play,
    const void *data, size_t size);
/* One that answers with these statuses. */
void scene_status(struct listener *listener, const char *statuses);

bool scene_logged(const char *text);
/* Whether the log holds eight characters in a row of the secret part. */
bool scene_leaked(void);

/* Runs what add() adds; the exit status of a test program. */
int scene_run(const char *name, void (*add)(TCase *tcase));

#endif
