/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_EXCHANGEMESSAGE_H
#define APITOKEN_COMMON_EXCHANGEMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* Access and refresh tokens of another one: as in message.h. */

struct exchange_request {
	struct span token;     /* TOKEN_TEXT_SIZE bytes */
	uint64_t lifetime;     /* seconds, of the access token; 0: usual */
	struct spanlist users; /* empty: all that the token has */
	struct spanlist allow; /* empty: all that the token opens */
};

/* The reply of OP_EXCHANGE and OP_REFRESH.  Holds secrets. */
struct pair_reply {
	struct span access;	     /* TOKEN_TEXT_SIZE bytes */
	struct span refresh;	     /* TOKEN_TEXT_SIZE bytes */
	uint64_t expires_in;	     /* seconds, of the access token */
	uint64_t refresh_expires_in; /* seconds; 0: never */
};

void exchange_request_put(struct wirebuf *w, const struct exchange_request *r);
void exchange_request_get(struct wirebuf *w, struct exchange_request *r);
/* The request of OP_REFRESH is the token. */
void refresh_request_put(struct wirebuf *w, struct span token);
void refresh_request_get(struct wirebuf *w, struct span *token);
void pair_reply_put(struct wirebuf *w, const struct pair_reply *r);
void pair_reply_get(struct wirebuf *w, struct pair_reply *r);

#endif
