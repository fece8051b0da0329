/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_CLI_TYPING_H
#define APITOKEN_TESTS_CLI_TYPING_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

#include "common/tokentext.h"
#include "tests/unit/cli_run.h"

/*
 * What is typed at a real agent: the real program, run by root and a member,
 * and what commands must come to.
 */

/* A member: what lives under this uid everywhere. */
#define MEMBER	   "daemon"
#define MEMBER_UID 1

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

/* Configurations: who has a login may make tokens, for a service or none. */
#define TYPING_MEMBERS                                                         \
	"[agent]\ndefault_role = member\nself_service_min_uid = 1\n"
#define TYPING_AGENT TYPING_MEMBERS "[service svc]\naccess = full\n"

extern pid_t agent;
extern char token[TOKEN_TEXT_SIZE + 1]; /* the last one that makes() made */

/* Of every test; an agent that was stopped may be started again on what it
 * left. */
void typing_start(const char *config);
void typing_stop(void);
/* The same with one that was started in another way. */
void typing_go_on(pid_t started);

/* A command that must be done; its answer is in cli_out. */
void done(const char *line);
/* One that must fail, with a word of why. */
void fails(const char *line, int status, const char *why);
/* The secret that a command wrote becomes `token`. */
void makes(const char *line);
/* Whether svc would let alice in with it. */
bool lets_alice_in(const char *text);
/* A login of hers with `token`, as the module asks for it. */
bool logs_in(void);

#endif
