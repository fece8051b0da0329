/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_USAGE_H
#define APITOKEN_STORE_USAGE_H

#include <stddef.h>
#include <stdint.h>

#include "agent/store/store.h"
#include "common/message.h"

/*
 * When a token was last used.  Lossy by design: the serve thread tells the
 * writer through a ring and drops what does not fit; the writer keeps uses in
 * memory and writes at most one a token a minute after the first.  A full
 * disk therefore locks nobody out.
 */

/* The last use of one of a token's secrets. */
struct usage_secret {
	uint64_t last_used_at;
	uint8_t number; /* 0: there is none */
};

/* The row of a token that was used. */
struct usage {
	uint64_t last_used_at;
	uint64_t count;
	struct usage_secret secrets[TOKEN_SECRETS_MAX];
	struct span service;
	struct span from;
};

#define USAGE_SIZE_MAX                                                         \
	(8 + 8 + TOKEN_SECRETS_MAX * (1 + 8) + 2 * (1 + SPANLIST_ELEMENT_MAX))

size_t usage_encode(const struct usage *usage, void *data, size_t size);
int usage_decode(struct span body, struct usage *usage);

/*
 * Notes a use of the secret with that number, always: that one was used is what
 * ends a family.  What makes room is the secret that is the longest past, not
 * the one unused for longest, which may be good still.  What was noted last is
 * the first then.  0 is none.
 */
void usage_note_secret(struct usage_secret secrets[TOKEN_SECRETS_MAX],
    uint8_t number, uint64_t last_used_at);

/* The last use of each secret that the info has. */
void usage_info_secrets(const struct usage_secret secrets[TOKEN_SECRETS_MAX],
    struct token_info *info);

/* Fills the usage fields; a token never used keeps zeroes. */
void usage_info(
    struct store_reader *reader, struct span id, struct token_info *info);

#endif
