/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_SCOPE_H
#define APITOKEN_MODEL_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/message.h"

#define SERVICE_CALLERS_MAX 16
#define PROJECT_DEFAULT	    "default"
#define ACCESS_READ	    "read"
#define ACCESS_FULL	    "full"

/* What may be ended when a token ends. */
enum service_sessions {
	SESSIONS_NONE,
	SESSIONS_PROCESS,   /* the process that opened the session */
	SESSIONS_AUTH_PEER, /* the process that authenticated */
};

/* A row of the configuration: what a PAM service asks of a token. */
struct service {
	char name[SERVICE_MAX + 1];
	char project[WORD_MAX + 1];
	char environment[WORD_MAX + 1]; /* empty: none */
	char access[WORD_MAX + 1];
	char role[WORD_MAX + 1]; /* empty: none needed */
	bool elevated;
	enum service_sessions sessions;
	size_t caller_count;
	uid_t callers[SERVICE_CALLERS_MAX]; /* besides root */
};

/* A service with the built-in defaults for its name, at most SERVICE_MAX. */
void service_init(struct service *service, const char *name);

/* Whether it is elevated from the start: sudo, su, login ... */
bool service_is_elevated(const char *name);

bool service_has_caller(const struct service *service, uid_t uid);

/*
 * The four questions of a token's scope.  Each holds or does not; none is
 * asked about a state, a time or a person.
 */
bool scope_project(
    const struct token_spec *spec, const struct service *service);
bool scope_environment(
    const struct token_spec *spec, const struct service *service);
bool scope_role(const struct token_spec *spec, const struct service *service);
/* By type or by name; an elevated service only by name. */
bool scope_service(
    const struct token_spec *spec, const struct service *service);

/* Whether `allow` names it: "service", or "service:access" as its row has. */
bool scope_names(const struct token_spec *spec, const struct service *service);

#endif
