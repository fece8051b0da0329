/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_MESSAGE_H
#define APITOKEN_COMMON_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/proto.h"
#include "common/span.h"
#include "common/tokentext.h"
#include "common/wirebuf.h"

/*
 * The messages of proto.h as structs, both directions.
 *
 * X_put() appends X to a buffer opened with wirebuf_write(); a message that
 * does not fit or a field that is too long for its encoding fails the buffer
 * (wirebuf_size() is then 0).  X_get() reads X from a buffer opened with
 * wirebuf_read(); spans then point into that buffer.  Where a get function
 * reads a whole message it ends with wirebuf_done() and returns
 * 0 or ERROR_MALFORMED; otherwise the caller does.
 */

/* Limits on what people choose, in bytes; enforced by decoders too. */
#define TOKEN_NAME_MAX	      64
#define TOKEN_DESCRIPTION_MAX 512
#define LOGIN_MAX	      255 /* LOGIN_NAME_MAX of Linux, less the NUL */
#define SERVICE_MAX	      64
#define WORD_MAX	      64 /* project, role, environment, access */
#define RHOST_MAX	      255
#define REASON_MAX	      255
#define LIST_MAX	      64  /* elements of a list of a token */
#define SELECTORS_MAX	      255 /* tokens named in one request */
#define PAGE_MAX	      1000 /* tokens in one list reply, at most */

#define USES_UNLIMITED UINT32_MAX

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
};

void token_spec_put(struct wirebuf *w, const struct token_spec *spec);
/* Fails w for kinds, types and sizes that proto.h does not allow. */
void token_spec_get(struct wirebuf *w, struct token_spec *spec);
void token_info_put(struct wirebuf *w, const struct token_info *info);
void token_info_get(struct wirebuf *w, struct token_info *info);

/* The header.  A request's status is 0. */
struct message_header {
	uint8_t version;
	uint8_t opcode; /* of a reply: with PROTO_REPLY */
	uint8_t status;
};

/* Begins a request or a reply of this version. */
void request_begin(struct wirebuf *w, enum opcode opcode);
void reply_begin(struct wirebuf *w, uint8_t opcode, enum status status);
/* Reads any version's header; fails w unless the fourth byte is 0. */
void message_header_get(struct wirebuf *w, struct message_header *header);

/* OP_AUTHENTICATE and OP_ACCOUNT. */
struct question {
	enum opcode opcode;
	struct span token;  /* TOKEN_TEXT_SIZE bytes: OP_AUTHENTICATE */
	struct span ticket; /* PROTO_TICKET_SIZE bytes: OP_ACCOUNT */
	struct span login;
	struct span service;
	struct span rhost;
	struct span tty;   /* OP_AUTHENTICATE */
	struct span ruser; /* OP_AUTHENTICATE */
};

void question_put(struct wirebuf *w, const struct question *question);
/*
 * Reads a whole message, header included.  ERROR_VERSION for another
 * version, ERROR_MALFORMED for anything else that is not a question.
 */
int question_get(struct wirebuf *w, struct question *question);

struct answer {
	enum status status;
	uint8_t ticket[PROTO_TICKET_SIZE];
};

void answer_put(
    struct wirebuf *w, enum opcode opcode, const struct answer *answer);
/*
 * Reads the whole answer to a question with that opcode.  ERROR_MALFORMED for
 * anything that is not one, an unknown status included; *answer is written
 * only with 0.
 */
int answer_get(struct wirebuf *w, enum opcode opcode, struct answer *answer);

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
};

struct list_request {
	struct token_filter filter;
	struct span after; /* id of the last one seen; empty: from the start */
	uint16_t limit;	   /* 1 to PAGE_MAX */
};

struct change_request { /* OP_REVOKE, OP_DELETE */
	struct spanlist selectors;
	struct span reason; /* OP_REVOKE */
	bool dry_run;	    /* say which they are, change nothing */
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

void create_request_put(struct wirebuf *w, const struct create_request *r);
void create_request_get(struct wirebuf *w, struct create_request *r);
void list_request_put(struct wirebuf *w, const struct list_request *r);
void list_request_get(struct wirebuf *w, struct list_request *r);
void revoke_request_put(struct wirebuf *w, const struct change_request *r);
void revoke_request_get(struct wirebuf *w, struct change_request *r);
void delete_request_put(struct wirebuf *w, const struct change_request *r);
void delete_request_get(struct wirebuf *w, struct change_request *r);
void verify_request_put(struct wirebuf *w, const struct verify_request *r);
void verify_request_get(struct wirebuf *w, struct verify_request *r);
void explain_request_put(struct wirebuf *w, const struct explain_request *r);
void explain_request_get(struct wirebuf *w, struct explain_request *r);

/* The beginning of an admin reply; what follows is the body. */
struct admin_reply {
	enum status status;
	struct span message;
};

void admin_reply_put(struct wirebuf *w, uint8_t opcode,
    const struct admin_reply *reply);
/*
 * ERROR_VERSION for another version, ERROR_MALFORMED for another opcode or an
 * unknown status.
 */
int admin_reply_get(struct wirebuf *w, enum opcode opcode,
    struct admin_reply *reply);

struct whoami_reply {
	uint32_t uid;
	struct span login;
	struct span role;	     /* empty: none */
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
