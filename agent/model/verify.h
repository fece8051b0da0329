/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_VERIFY_H
#define APITOKEN_MODEL_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/model/record.h"
#include "agent/model/scope.h"
#include "common/span.h"
#include "common/tokentext.h"

/*
 * THE verification: record, request, now -> set of reasons against.  Pure: no
 * clock, no store, no log, nothing kept.
 *
 * Threat model.  Whoever asks chooses every byte of the request.  They MUST
 * NOT be let in unless the set is empty; MUST NOT, without the secret, learn
 * anything but "no", in words or in time (all of it is always computed, and
 * nothing is written for a wrong secret); MUST NOT gain anything from a store
 * whose bytes they changed.
 */

/* One bit each, in the order in which they are asked. */
enum reason {
	/* the proof: any of these, and nothing else may be told */
	REASON_UNKNOWN = 1 << 0,
	REASON_SECRET = 1 << 1,
	REASON_DAMAGED = 1 << 2,
	/* policy */
	REASON_PENDING = 1 << 3,
	REASON_DISABLED = 1 << 4,
	REASON_REVOKED = 1 << 5,
	REASON_EXPIRED = 1 << 6,
	REASON_NOT_YET = 1 << 7,
	REASON_KIND = 1 << 8,
	REASON_LOGIN = 1 << 9,
	REASON_PROJECT = 1 << 10,
	REASON_ENVIRONMENT = 1 << 11,
	REASON_ROLE = 1 << 12,
	REASON_SERVICE = 1 << 13,
	REASON_ELEVATED = 1 << 14,
	REASON_FROM = 1 << 15,
	REASON_USES = 1 << 16,
	REASON_OWNER = 1 << 17,
	REASON_CALLER = 1 << 18,
	REASON_WARRANT = 1 << 19,
	REASON_PARENT = 1 << 20,
};

#define REASONS_PROOF (REASON_UNKNOWN | REASON_SECRET | REASON_DAMAGED)

struct verify_input {
	/* what the store has under the token's id */
	const struct record *record; /* a null record where there is none */
	bool found;
	bool authentic; /* its MAC is right */
	/* and under its parent's id, where it is an access token */
	const struct record *parent; /* NULL where there is none */
	bool parent_authentic;
	/* what is asked */
	const struct service *service;
	struct span login;
	struct span rhost;  /* the client's address, as the service gave it */
	uid_t caller;	    /* who asks, by peer credentials */
	bool owner_may_use; /* the owner has token.use */
	bool unwarranted;   /* who made it may not make it any more */
	uint64_t now;	    /* seconds since 1970 */
};

/* A record that no token has: to be verified where none was found. */
const struct record *verify_null_record(void);

/*
 * The whole question: is this token good?  0 if it is.  *secret_number is
 * that of the record's secret which it matched, 0 if none.
 */
uint32_t verify(const struct verify_input *input, const struct token *token,
    uint8_t *secret_number);

/*
 * Whether it is a management token that is good; of the input counts what the
 * store has, and now.  What it may do is the caller's to ask.
 */
uint32_t verify_management(const struct verify_input *input,
    const struct token *token, uint8_t *secret_number);

/* The proof alone: whether the token is the record's. */
/* The proof alone (REASONS_PROOF): the service is not looked at. */
uint32_t verify_proof(const struct verify_input *input,
    const struct token *token, uint8_t *secret_number);

/* Whether a record still has the secret with that number, in its time. */
bool verify_secret_number(
    const struct record *record, uint8_t number, uint64_t now);

/* Policy alone, for whom the secret was proved elsewhere or is not asked. */
uint32_t verify_policy(const struct verify_input *input);

/* Of that policy, what a record and a time decide. */
uint32_t verify_state(const struct record *record, uint64_t now);

/*
 * The same question to the parent of an access token, so that it never does
 * more than its parent: what is against it, REASON_UNKNOWN if it is gone and
 * REASON_SECRET if it lost the secret that was exchanged included.
 */
uint32_t verify_parent(const struct verify_input *input);

/* The record that its maker stands for: of an access token its parent's. */
const struct record *verify_origin(const struct verify_input *input);

/* A row for each reason: its bit, the condition it breaks, what it says. */
struct verify_condition {
	enum reason reason;
	const char *name;   /* of the condition: "login" */
	const char *holds;  /* the sentence when it holds */
	const char *broken; /* and when it does not */
};

extern const struct verify_condition verify_conditions[];
extern const size_t verify_condition_count;

/* "revoked, login": the names of the reasons, for a log; never "". */
void verify_names(uint32_t reasons, char *text, size_t size);

#endif
