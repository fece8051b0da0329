/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_ADMINMESSAGE_H
#define APITOKEN_COMMON_ADMINMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

/*
 * The bodies of the CLI's requests and of their replies as structs, both
 * directions; as in message.h.
 */

/* Bodies of the admin requests, to be put after request_begin(). */
struct create_request {
	struct token_spec spec;
	bool if_absent; /* an existing token of that owner and name is fine */
	bool dry_run;
};

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

struct list_request {
	struct token_filter filter;
	struct span after; /* id or position of the last; empty: the start */
	uint16_t limit;	   /* 1 to PAGE_MAX */
	uint8_t order;	   /* enum list_order */
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

void batch_reply_put(struct wirebuf *w, const struct batch_reply *r);
void batch_reply_get(struct wirebuf *w, struct batch_reply *r);

/* Tokens in one request to revoke what is leaked. */
#define LEAKED_MAX 1000

struct leaked_request {
	/* Up to LEAKED_MAX of TOKEN_TEXT_SIZE bytes, in ascending order. */
	struct spanlist tokens;
	bool dry_run;
};

void leaked_request_put(struct wirebuf *w, const struct leaked_request *r);
void leaked_request_get(struct wirebuf *w, struct leaked_request *r);

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
/* what it opens, and for whom */
#define FIELDS_SCOPE                                                           \
	(FIELD_TYPE | FIELD_ALLOW | FIELD_FROM | FIELD_ENVIRONMENT |           \
	    FIELD_USERS)

/* What a token may be used for: a locked project fixes it. */
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

void create_request_put(struct wirebuf *w, const struct create_request *r);
void create_request_get(struct wirebuf *w, struct create_request *r);
void list_request_put(struct wirebuf *w, const struct list_request *r);
void list_request_get(struct wirebuf *w, struct list_request *r);
void revoke_request_put(struct wirebuf *w, const struct change_request *r);
void revoke_request_get(struct wirebuf *w, struct change_request *r);
void delete_request_put(struct wirebuf *w, const struct change_request *r);
void delete_request_get(struct wirebuf *w, struct change_request *r);
void edit_request_put(struct wirebuf *w, const struct edit_request *r);
void edit_request_get(struct wirebuf *w, struct edit_request *r);
void regenerate_request_put(
    struct wirebuf *w, const struct regenerate_request *r);
void regenerate_request_get(struct wirebuf *w, struct regenerate_request *r);
void audit_request_put(struct wirebuf *w, const struct audit_request *r);
void audit_request_get(struct wirebuf *w, struct audit_request *r);
void audit_row_put(struct wirebuf *w, const struct audit_row *row);
void audit_row_get(struct wirebuf *w, struct audit_row *row);
void verify_request_put(struct wirebuf *w, const struct verify_request *r);
void verify_request_get(struct wirebuf *w, struct verify_request *r);
void explain_request_put(struct wirebuf *w, const struct explain_request *r);
void explain_request_get(struct wirebuf *w, struct explain_request *r);

void exchange_request_put(struct wirebuf *w, const struct exchange_request *r);
void exchange_request_get(struct wirebuf *w, struct exchange_request *r);
/* The request of OP_REFRESH is the token. */
void refresh_request_put(struct wirebuf *w, struct span token);
void refresh_request_get(struct wirebuf *w, struct span *token);
void pair_reply_put(struct wirebuf *w, const struct pair_reply *r);
void pair_reply_get(struct wirebuf *w, struct pair_reply *r);

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

/* A row of OP_EXPLAIN; its reply is a count byte and so many. */
struct condition {
	struct span name;
	bool holds;
	struct span detail;
};

void condition_put(struct wirebuf *w, const struct condition *condition);
void condition_get(struct wirebuf *w, struct condition *condition);

#endif
