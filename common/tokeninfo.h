/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_TOKENINFO_H
#define APITOKEN_COMMON_TOKENINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "common/span.h"
#include "common/tokentext.h"
#include "common/wirebuf.h"

/*
 * What is wanted and known of a token: on the wire between the CLI and the
 * agent, and, within a record, in the store.
 */

/* Limits on what people choose, in bytes; enforced by decoders too. */
#define TOKEN_NAME_MAX	      64
#define TOKEN_DESCRIPTION_MAX 512
#define LOGIN_MAX	      255 /* LOGIN_NAME_MAX of Linux, less the NUL */
#define SERVICE_MAX	      64
#define WORD_MAX	      64 /* project, role, environment, access */
#define RHOST_MAX	      255
#define REASON_MAX	      255
#define LIST_MAX	      64   /* elements of a list of a token */
#define SELECTORS_MAX	      255  /* tokens named in one request */
#define BRIEF_MAX	      1000 /* tokens in one batch of a bulk change */
#define PAGE_MAX	      1000 /* tokens in one list reply, at most */

#define USES_UNLIMITED UINT32_MAX

/* A secret and its successor may both be good during an overlap. */
#define TOKEN_SECRETS_MAX 2

/* The numbers are on the wire and stored. */
enum token_type {
	TYPE_READ_ONLY = 1,
	TYPE_FULL_ACCESS = 2,
	TYPE_CUSTOM = 3,
};

enum token_state {
	STATE_ACTIVE = 1,
	STATE_PENDING = 2,  /* no secret was made yet */
	STATE_DISABLED = 3, /* until enabled again */
	STATE_REVOKED = 4,  /* for good */
	STATE_EXPIRED = 5,  /* shown, never stored: active past expires_at */
};

/* "read-only", "active" ...: the words of the CLI and JSON; NULL if none. */
const char *token_type_word(enum token_type type);
const char *token_state_word(enum token_state state);
const char *token_kind_word(enum token_kind kind);
/* The other way; 0 if the word is none of them. */
enum token_type token_type_of(struct span word);
enum token_state token_state_of(struct span word);

/* What somebody wants of a token. */
struct token_spec {
	enum token_kind kind;
	enum token_type type;
	bool organization; /* instead of projects */
	struct span name;
	struct span owner;
	struct span environment;
	struct span description;
	struct spanlist users; /* login names it may be used for */
	struct spanlist allow; /* "service" or "service:access" */
	struct spanlist projects;
	struct spanlist roles;
	struct spanlist from; /* CIDR */
	uint64_t expires_at;  /* seconds since 1970; TIME_NEVER */
	uint64_t not_before;  /* seconds since 1970; 0 for at once */
	uint32_t uses;	      /* left; USES_UNLIMITED */
};

/* What is known of one of its secrets. */
struct token_secret {
	uint8_t number;	       /* counts up with each regeneration, from 1 */
	uint64_t expires_at;   /* end of the overlap; TIME_NEVER */
	uint64_t last_used_at; /* 0 if never, as far as is known */
};

/* What is known of a token: all but its secret and verifier. */
struct token_info {
	struct span id;
	struct token_spec spec;
	enum token_state state;
	uint64_t created_at;
	struct span created_by;
	uint64_t changed_at; /* last edit, disable, revoke; 0 if never */
	struct span changed_by;
	struct span reason;    /* given with a revocation */
	uint64_t last_used_at; /* 0 if never */
	struct span last_used_service;
	struct span last_used_from;
	uint64_t use_count;
	uint8_t secret_count; /* the newest secret first */
	struct token_secret secrets[TOKEN_SECRETS_MAX];
};

void token_spec_put(struct wirebuf *w, const struct token_spec *spec);
/* Fails w for kinds, types and sizes that proto.h does not allow. */
void token_spec_get(struct wirebuf *w, struct token_spec *spec);
/* What became of it: from created_at to use_count. */
void token_past_put(struct wirebuf *w, const struct token_info *info);
void token_past_get(struct wirebuf *w, struct token_info *info);
void token_info_put(struct wirebuf *w, const struct token_info *info);
void token_info_get(struct wirebuf *w, struct token_info *info);

#endif
