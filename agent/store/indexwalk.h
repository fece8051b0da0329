/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_INDEXWALK_H
#define APITOKEN_STORE_INDEXWALK_H

#include "agent/store/store.h"

/*
 * A walk through the tokens of an index, one way or the other, that can be
 * gone on with at any place, even when the token there is gone.  Within begin
 * and end of a view.
 */
struct indexwalk {
	enum database index;
	struct span key;   /* one owner or project; empty: all of the index */
	bool backward;	   /* of an index by age: the oldest token first */
	uint64_t from, to; /* DB_TOKENS_BY_EXPIRY: seconds, both included */
	struct store_cursor *cursor;
};

/* index, key, backward, from and to are the caller's to set before. */
int indexwalk_open(struct indexwalk *walk, struct store_reader *reader);
void indexwalk_close(struct indexwalk *walk);

/* To the first token; ERROR_NOT_FOUND if there is none. */
int indexwalk_first(struct indexwalk *walk);
/* To the first one after the place of a token in the index; `at` is the time
 * that the index is by. */
int indexwalk_after(struct indexwalk *walk, const char *id, uint64_t at);
int indexwalk_next(struct indexwalk *walk);

/* Whether the current entry is one of those that are walked through. */
bool indexwalk_is_within(const struct indexwalk *walk);
/* Its token's id; ERROR_CORRUPT if the entry has none. */
int indexwalk_id(const struct indexwalk *walk, struct span *id);

#endif
