/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_USAGE_H
#define APITOKEN_STORE_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/store/store.h"
#include "common/message.h"

/*
 * When a token was last used.  Lossy by design: the serve thread tells the
 * writer through a ring and drops what does not fit; the writer keeps uses in
 * memory and writes at most one a token a minute after the first.  A full
 * disk therefore locks nobody out.
 */

/* One login attempt, as the serve thread tells it.  Texts are cut to fit. */
struct attempt {
	uint64_t at;	/* seconds since 1970 */
	uint8_t opcode; /* enum opcode; 0 for a message that is none */
	uint8_t status; /* enum status, as it was answered */
	uint8_t secret_number;
	bool proved;	  /* the secret was right */
	uint32_t reasons; /* enum reason */
	uid_t caller;
	pid_t caller_pid;
	char id[TOKEN_ID_SIZE + 1];
	char owner[65];
	char login[65];
	char service[SERVICE_MAX + 1];
	char rhost[65];
	char tty[33];
	char ruser[33];
};

/*
 * Between exactly one thread that puts and one that takes.  The one that puts
 * never waits.
 */
struct ring;

struct ring *ring_new(void);
void ring_free(struct ring *ring);
/* False if there is no room; that one is then counted as lost. */
bool ring_put(struct ring *ring, const struct attempt *attempt);
bool ring_take(struct ring *ring, struct attempt *attempt);
/* How many were lost since the last time this was asked. */
unsigned long ring_lost(struct ring *ring);

/* The row of a token that was used. */
struct usage {
	uint64_t last_used_at;
	uint64_t count;
	uint8_t secret_number;
	struct span service;
	struct span from;
};

#define USAGE_SIZE_MAX (8 + 8 + 1 + 2 * (1 + SPANLIST_ELEMENT_MAX))

size_t usage_encode(const struct usage *usage, void *data, size_t size);
int usage_decode(struct span body, struct usage *usage);

/* Fills the usage fields; a token never used keeps zeroes. */
void usage_info(
    struct store_reader *reader, struct span id, struct token_info *info);

/* Uses that are not written yet; of the writer thread alone. */
struct pending;

#define USAGE_INTERVAL 60 /* seconds between two writes for one token */

struct pending *pending_new(void);
void pending_free(struct pending *pending);
/* Notes a use; without memory it is forgotten. */
void pending_note(struct pending *pending, const struct attempt *attempt);
/*
 * Puts into the set what is due: all that was not written within
 * USAGE_INTERVAL before now, or all there is.  Returns how many.
 */
size_t pending_due(struct pending *pending, struct store_reader *reader,
    uint64_t now, bool all, struct changeset *set);
bool pending_is_empty(const struct pending *pending);

#endif
