/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_TRANSFERMESSAGE_H
#define APITOKEN_COMMON_TRANSFERMESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"
#include "common/projectmessage.h"
#include "common/rolemessage.h"

/*
 * OP_EXPORT and OP_IMPORT: what moves from one store to another.  Both carry
 * records, each a kind and a body of its own, so that an end passes over what
 * it need not read; as in adminmessage.h otherwise.
 */

/* The numbers are on the wire. */
enum transfer_kind {
	TRANSFER_TOKEN = 1,
	TRANSFER_DELETION = 2, /* imports only: a token that is to go; unless
				  exact, one that never had a secret */
	TRANSFER_PROJECT = 3,
	TRANSFER_ROLE = 4, /* one that was made */
	TRANSFER_GRANT = 5,
	/* Exact imports only, each with the body of what is to go. */
	TRANSFER_PROJECT_GONE = 6,
	TRANSFER_ROLE_GONE = 7,
	TRANSFER_GRANT_GONE = 8,
};

/* The largest body of a record, in bytes. */
#define TRANSFER_BODY_MAX 32768

/* Of CRYPTO_VERIFIER_SIZE. */
#define TRANSFER_VERIFIER_SIZE 32
#define TRANSFER_SECRETS_MAX   2

/* A record on its way: its body is not looked at. */
struct transfer_record {
	uint8_t kind; /* enum transfer_kind, or one that is not known */
	struct span body;
};

void transfer_record_put(
    struct wirebuf *w, const struct transfer_record *record);
void transfer_record_get(struct wirebuf *w, struct transfer_record *record);

struct transfer_secret {
	uint8_t number;	      /* from 1 */
	uint64_t expires_at;  /* end of its overlap; TIME_NEVER */
	struct span verifier; /* TRANSFER_VERIFIER_SIZE bytes */
};

/*
 * A token with what proves its secrets.  In an import, what is not told: an
 * id that is empty, a state of 0, a created_at of 0, no secrets.
 */
struct transfer_token {
	struct token_info info;
	bool lapsed; /* refused as expired once, whatever expires_at says */
	uint8_t secret_count;
	struct transfer_secret secrets[TRANSFER_SECRETS_MAX];
};

/* The body of TRANSFER_TOKEN. */
void transfer_token_put(struct wirebuf *w, const struct transfer_token *token);
void transfer_token_get(struct wirebuf *w, struct transfer_token *token);

/*
 * A project; how many tokens it has is of exports only.  In an import, what is
 * not told: whether it is locked, a created_at of 0.
 */
struct transfer_project {
	struct project_info info;
	bool tells_locked;
};

/* The body of TRANSFER_PROJECT; of the others it is role_info_put() and
 * grant_info_put(), where a time of 0 is not told. */
void transfer_project_put(
    struct wirebuf *w, const struct transfer_project *project);
void transfer_project_get(struct wirebuf *w, struct transfer_project *project);

/* The body of TRANSFER_DELETION: a token's id. */
void transfer_deletion_put(struct wirebuf *w, struct span id);
struct span transfer_deletion_get(struct wirebuf *w);

/* Where an export stands: the last record that was looked at. */
struct export_position {
	uint8_t kind; /* 0: in a request the beginning, in a reply the end */
	struct span after;
};

struct export_request {
	bool verifiers;
	struct span owner;   /* of tokens; empty: any */
	struct span project; /* of tokens; empty: any */
	struct export_position position;
};

void export_request_put(struct wirebuf *w, const struct export_request *r);
void export_request_get(struct wirebuf *w, struct export_request *r);
/* The end of a reply, after a u16 count and so many records. */
void export_position_put(struct wirebuf *w, const struct export_position *p);
void export_position_get(struct wirebuf *w, struct export_position *p);

struct import_request {
	bool exact;   /* what differs is changed to what the record says */
	bool whole;   /* a record that is refused leaves all as it was */
	bool dry_run; /* say what would be done and do nothing */
	uint16_t count;
};

void import_request_put(struct wirebuf *w, const struct import_request *r);
void import_request_get(struct wirebuf *w, struct import_request *r);

/* What became of a record; the numbers are on the wire. */
enum import_outcome {
	IMPORT_MADE = 1,
	IMPORT_CHANGED = 2,
	IMPORT_UNCHANGED = 3,
	IMPORT_DELETED = 4,
	IMPORT_REFUSED = 5,
	IMPORT_TAKEN = 6, /* refused while `id`, which may go, has that name */
};

/* A row of OP_IMPORT; its reply is a u16 count and so many. */
struct import_result {
	enum import_outcome outcome;
	struct span id;	     /* of a token; empty: none yet, or no token */
	struct span message; /* for people: field and what would be right */
};

void import_result_put(struct wirebuf *w, const struct import_result *result);
void import_result_get(struct wirebuf *w, struct import_result *result);

#endif
