/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_LISTMESSAGE_H
#define APITOKEN_COMMON_LISTMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* Which tokens are told, and in what order: as in message.h. */

struct token_filter {
	struct span owner;   /* empty: any */
	struct span project; /* empty: any */
	struct span service; /* that it opens by name or by type; empty: any */
	uint8_t type;	     /* enum token_type; 0: any */
	uint8_t states;	     /* 1 << enum token_state, or'ed; 0: any */
	uint8_t kind;	     /* enum token_kind; 0: any */
	uint64_t unused_for; /* active, and not used for so many s; 0: any */
	uint64_t expiring;   /* active, and ends within so many s; 0: any */
	struct span from_address; /* CIDR that its last use came from */
};

/* The numbers are on the wire. */
enum list_order {
	ORDER_NEWEST = 0, /* by creation */
	ORDER_OLDEST = 1,
	ORDER_ANY = 2, /* whichever is found fastest */
};

/* "<id>@<creation time, seconds>": where to go on, though it be gone. */
#define POSITION_MAX (TOKEN_ID_SIZE + 1 + 20)
/* Whether it is one, but for the number: that is for whoever goes there. */
bool list_is_position(struct span text);

struct list_request {
	struct token_filter filter;
	struct span after; /* id or position of the last; empty: the start */
	uint16_t limit;	   /* 1 to PAGE_MAX */
	uint8_t order;	   /* enum list_order */
};

void list_request_put(struct wirebuf *w, const struct list_request *r);
void list_request_get(struct wirebuf *w, struct list_request *r);

#endif
