/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_AUDITMESSAGE_H
#define APITOKEN_COMMON_AUDITMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* What was done, as the audit has it: as in message.h. */

struct audit_request {
	struct span token;  /* an id; empty: any */
	struct span actor;  /* a login name; empty: any */
	struct span action; /* "token.revoke"; empty: any */
	uint64_t since;	    /* seconds since 1970, included */
	uint64_t until;	    /* seconds since 1970, excluded; 0: no end */
	uint64_t after;	    /* number of the last one seen; 0: from the first */
	uint16_t limit;	    /* 1 to PAGE_MAX */
};

/*
 * A row of OP_AUDIT; its reply is a u16 count, so many, and a u64: the number
 * of the last entry that was looked at, 0 at the end.
 */
struct audit_row {
	uint64_t number;
	uint64_t at;   /* seconds since 1970 */
	bool is_sound; /* its MAC is right, and it follows the one before */
	struct span actor;
	struct span action;
	struct span subject;
	struct span detail;
};

void audit_request_put(struct wirebuf *w, const struct audit_request *r);
void audit_request_get(struct wirebuf *w, struct audit_request *r);
void audit_row_put(struct wirebuf *w, const struct audit_row *row);
void audit_row_get(struct wirebuf *w, struct audit_row *row);

#endif
