/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_SESSIONMESSAGE_H
#define APITOKEN_COMMON_SESSIONMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* The bodies of OP_SESSION_LIST and OP_SESSION_END; as in message.h. */

struct session_list_request {
	struct span token; /* an id; empty: of all */
	uint64_t after;	   /* number of the last one seen; 0: from the first */
	uint16_t limit;	   /* 1 to PAGE_MAX */
};

struct session_end_request {
	struct span token; /* an id */
	bool dry_run;
};

/* The numbers are on the wire. */
enum session_state {
	SESSION_LIVES = 1,
	SESSION_IS_KEPT, /* its token does not end it any more */
	SESSION_ENDS,
	SESSION_STAYS, /* it could not be ended; it is tried again */
};

struct session_info {
	uint64_t number;    /* of this run of the agent */
	struct span token;  /* id */
	struct span parent; /* of an access token its API token's id */
	struct span owner;  /* of the token */
	struct span name;
	struct span service;
	struct span login; /* that the token was shown for */
	struct span user;  /* whose session it is */
	struct span rhost;
	struct span tty;
	uint32_t pid;
	uint64_t opened_at;
	uint8_t state;	 /* enum session_state */
	struct span why; /* it ends, or stays */
};

/* "live", "kept", "ending", "left"; never NULL. */
const char *session_state_word(uint8_t state);

void session_list_request_put(
    struct wirebuf *w, const struct session_list_request *r);
void session_list_request_get(
    struct wirebuf *w, struct session_list_request *r);
void session_end_request_put(
    struct wirebuf *w, const struct session_end_request *r);
void session_end_request_get(struct wirebuf *w, struct session_end_request *r);
void session_info_put(struct wirebuf *w, const struct session_info *info);
void session_info_get(struct wirebuf *w, struct session_info *info);

#endif
