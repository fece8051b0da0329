/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_ADMINMESSAGE_H
#define APITOKEN_COMMON_ADMINMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* What all of the CLI's exchanges share, and what is asked of the agent itself:
 * as in message.h. */

/* The beginning of an admin reply; what follows is the body. */
struct admin_reply {
	enum status status;
	struct span message;
};

void admin_reply_put(
    struct wirebuf *w, uint8_t opcode, const struct admin_reply *reply);
/*
 * ERROR_VERSION for another version, ERROR_MALFORMED for another opcode or an
 * unknown status.
 */
int admin_reply_get(
    struct wirebuf *w, enum opcode opcode, struct admin_reply *reply);

struct whoami_reply {
	uint32_t uid;
	struct span login;
	struct span role; /* all that they have, as one text; empty: none */
	struct spanlist permissions; /* "token.create=own" */
};

void whoami_reply_put(struct wirebuf *w, const struct whoami_reply *r);
void whoami_reply_get(struct wirebuf *w, struct whoami_reply *r);

/* A row of OP_STATUS; its reply is a count byte and so many. */
struct status_item {
	struct span name;
	bool is_number;
	uint64_t number;
	struct span text;
};

void status_item_put(struct wirebuf *w, const struct status_item *item);
void status_item_get(struct wirebuf *w, struct status_item *item);

#endif
