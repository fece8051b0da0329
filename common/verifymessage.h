/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_VERIFYMESSAGE_H
#define APITOKEN_COMMON_VERIFYMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* Whether a token is good, and why: as in message.h. */

struct verify_request {
	struct span token; /* TOKEN_TEXT_SIZE bytes */
	struct span login;
	struct span service;
	struct span rhost;
};

struct explain_request {
	struct span selector;
	struct span login;
	struct span service;
	struct span rhost;
};

/* A row of OP_EXPLAIN; its reply is a count byte and so many. */
struct condition {
	struct span name;
	bool holds;
	struct span detail;
};

void verify_request_put(struct wirebuf *w, const struct verify_request *r);
void verify_request_get(struct wirebuf *w, struct verify_request *r);
void explain_request_put(struct wirebuf *w, const struct explain_request *r);
void explain_request_get(struct wirebuf *w, struct explain_request *r);
void condition_put(struct wirebuf *w, const struct condition *condition);
void condition_get(struct wirebuf *w, struct condition *condition);

#endif
