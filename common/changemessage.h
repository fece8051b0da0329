/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_CHANGEMESSAGE_H
#define APITOKEN_COMMON_CHANGEMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/* How tokens are made and changed: requests and replies, as in message.h. */

struct create_request {
	struct token_spec spec;
	bool if_absent; /* an existing token of that owner and name is fine */
	bool dry_run;
};

struct change_request { /* OP_REVOKE; the others without a reason */
	struct spanlist selectors;
	struct span reason; /* OP_REVOKE */
	bool dry_run;	    /* say which they are, change nothing */
	/* A batch: up to BRIEF_MAX full ids in ascending order, each for
	 * itself, and a batch_reply. */
	bool brief;
	bool keep_sessions; /* OP_REVOKE: what they opened goes on */
};

/* What became of a batch. */
struct batch_reply {
	uint16_t seen; /* worked on, from the first; ask again for the rest */
	uint16_t changed;
	uint16_t already; /* were so before */
	uint16_t missing; /* are not there, or not the caller's to see */
	uint16_t refused;
	enum status status; /* of the first refusal; STATUS_OK */
	struct span message;
};

/* Tokens in one request to revoke what is leaked. */
#define LEAKED_MAX 1000

struct leaked_request {
	/* Up to LEAKED_MAX of TOKEN_TEXT_SIZE bytes, in ascending order. */
	struct spanlist tokens;
	bool dry_run;
};

/* The fields of a spec that an edit changes. */
enum spec_field {
	FIELD_NAME = 1 << 0,
	FIELD_DESCRIPTION = 1 << 1,
	FIELD_TYPE = 1 << 2,
	FIELD_ALLOW = 1 << 3,
	FIELD_EXPIRES = 1 << 4,
	FIELD_NOT_BEFORE = 1 << 5,
	FIELD_FROM = 1 << 6,
	FIELD_ENVIRONMENT = 1 << 7,
	FIELD_USERS = 1 << 8,
};

#define FIELDS_ALL   ((FIELD_USERS << 1) - 1)
#define FIELDS_LABEL (FIELD_NAME | FIELD_DESCRIPTION) /* what is only shown */
/* What it opens, and for whom: a locked project fixes it. */
#define FIELDS_SCOPE                                                           \
	(FIELD_TYPE | FIELD_ALLOW | FIELD_FROM | FIELD_ENVIRONMENT |           \
	    FIELD_USERS)

struct edit_request {
	struct span selector;
	uint32_t fields;	/* enum spec_field, or'ed; not 0 */
	struct token_spec spec; /* the others are not looked at */
	bool dry_run;
};

struct regenerate_request {
	struct span selector;
	struct spanlist users; /* empty: as they are */
	uint64_t overlap;      /* seconds that the old secret stays good */
	bool dry_run;
};

void create_request_put(struct wirebuf *w, const struct create_request *r);
void create_request_get(struct wirebuf *w, struct create_request *r);
void revoke_request_put(struct wirebuf *w, const struct change_request *r);
void revoke_request_get(struct wirebuf *w, struct change_request *r);
void delete_request_put(struct wirebuf *w, const struct change_request *r);
void delete_request_get(struct wirebuf *w, struct change_request *r);
void batch_reply_put(struct wirebuf *w, const struct batch_reply *r);
void batch_reply_get(struct wirebuf *w, struct batch_reply *r);
void leaked_request_put(struct wirebuf *w, const struct leaked_request *r);
void leaked_request_get(struct wirebuf *w, struct leaked_request *r);
void edit_request_put(struct wirebuf *w, const struct edit_request *r);
void edit_request_get(struct wirebuf *w, struct edit_request *r);
void regenerate_request_put(
    struct wirebuf *w, const struct regenerate_request *r);
void regenerate_request_get(struct wirebuf *w, struct regenerate_request *r);

#endif
