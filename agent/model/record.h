/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_RECORD_H
#define APITOKEN_MODEL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/crypto.h"
#include "common/message.h"
#include "common/span.h"

#define RECORD_SECRETS_MAX TOKEN_SECRETS_MAX

/* The largest encoded record, in bytes: some fit into every reply. */
#define RECORD_SIZE_MAX 16384

struct record_secret {
	uint8_t number;	     /* counts up with each regeneration, from 1 */
	uint64_t expires_at; /* end of the overlap; TIME_NEVER */
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
};

/* What an access or a refresh token came from; all zeroes of others. */
struct record_lineage {
	struct span parent;    /* its API token's id */
	struct span partner;   /* the other one's id: they come in pairs */
	uint8_t parent_number; /* of the secret that was exchanged */
	uint8_t key_number;    /* of the key that makes the next secrets */
	uint32_t lifetime;     /* seconds, of each access token */
	uint64_t refreshed_at; /* 0: not yet */
	uint32_t refreshed_by; /* uid */
};

/*
 * What the store keeps of a token under its id.  Spans point into the bytes
 * it was decoded from, or wherever its maker had them.
 */
struct record {
	struct token_spec spec;
	enum token_state state; /* never STATE_EXPIRED: that is seen, not set */
	bool elevated;		/* its maker may open elevated services */
	/* Who gave it its scope, and by which grants: see warrant.h.  Empty,
	 * both: an owner. */
	struct span voucher;
	struct spanlist warrants;
	bool lapsed; /* it was refused as expired: it stays so */
	uint64_t created_at;
	struct span created_by;
	uint64_t changed_at; /* 0 if never */
	struct span changed_by;
	struct span reason;
	struct record_lineage lineage;
	uint8_t secret_count;
	struct record_secret secrets[RECORD_SECRETS_MAX];
};

/* How many bytes were written; 0 if they do not fit into size. */
size_t record_encode(const struct record *record, void *data, size_t size);

/* ERROR_MALFORMED: *record is then not to be used. */
int record_decode(struct span body, struct record *record);

/* Whether people find it among tokens: not what comes of one for a while. */
bool record_is_listed(const struct record *record);

/* The state a person sees: active becomes expired when its time is over. */
/* The state a person sees: active becomes expired when its time is over, for
 * good once it was refused for that. */
enum token_state record_state(const struct record *record, uint64_t now);

/*
 * When it ended or will end: the earlier of its expiry and its revocation;
 * TIME_NEVER if it does not.
 */
uint64_t record_end(const struct record *record);

/* The token as the CLI shows it, without the usage fields. */
void record_info(const struct record *record, struct span id, uint64_t now,
    struct token_info *info);

#endif
