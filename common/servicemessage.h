/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_SERVICEMESSAGE_H
#define APITOKEN_COMMON_SERVICEMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/span.h"
#include "common/wirebuf.h"

/* Bodies of OP_SERVICE: as in message.h. */

/* Its request is a str8, the service's name. */
void service_request_put(struct wirebuf *w, struct span name);
struct span service_request_get(struct wirebuf *w);

/* A service's row as the agent goes by it; so many callers follow, a u32
 * each: their uids. */
struct service_reply {
	struct span name; /* as the agent writes it */
	bool listed;	  /* the configuration has a row for it */
	struct span project;
	struct span environment; /* empty: none */
	struct span access;
	struct span role; /* empty: none needed */
	bool elevated;
	struct span sessions; /* the word of the configuration */
	uint8_t count;
};

void service_reply_put(struct wirebuf *w, const struct service_reply *r);
void service_reply_get(struct wirebuf *w, struct service_reply *r);

#endif
