/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_ROLE_H
#define APITOKEN_MODEL_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/caller.h"
#include "agent/model/syntax.h"
#include "common/span.h"

/*
 * Roles that were made here, beside the built-in ones of grant.h.
 *
 * Threat model.  Whoever may make, grant or withdraw roles chooses every
 * field.  They MUST NOT end up with more than they have, nor take away what
 * is more than that.  A row that a later release wrote MUST NOT mean more
 * here than there: a word that is not known means nothing.
 */

/* The largest encoded role, in bytes. */
#define ROLE_SIZE_MAX 4096

/* Room for every permission as a word, "token.regenerate=project". */
#define ROLE_WORDS_SIZE ((size_t)PERMISSION_COUNT * 48)

struct role_record {
	uint8_t reach[PERMISSION_COUNT]; /* enum reach */
	struct span description;
	uint64_t created_at; /* seconds since 1970; 0: built in */
	struct span created_by;
};

/* How many bytes were written; 0 if they do not fit into size. */
size_t role_encode(const struct role_record *role, void *data, size_t size);

/* ERROR_MALFORMED: *role is then not to be used. */
int role_decode(struct span body, struct role_record *role);

/* One of the built-in roles as a record. */
void role_builtin(enum role role, struct role_record *record);

/* The permissions in words, "token.create=own", packed into storage. */
struct spanlist role_words(
    const struct role_record *role, uint8_t storage[ROLE_WORDS_SIZE]);

/*
 * The other way, for people: ERROR_INVALID with what would be right for a
 * word that is none, and for a permission given twice.
 */
int role_read_words(const struct spanlist *words, struct role_record *role,
    struct refusal *refusal);

/* Name and description of a new one; ERROR_INVALID if refused. */
int role_check(
    struct span name, struct span description, struct refusal *refusal);

/* The first permission that reaches further in `wanted` than in `have`;
 * PERMISSION_NONE if there is none. */
enum permission role_exceeds(const uint8_t have[PERMISSION_COUNT],
    const uint8_t wanted[PERMISSION_COUNT]);

/*
 * Whether the caller has, over that project (empty: the organization), all
 * that the role has there; ERROR_INVALID names the permission that is missing.
 */
int role_check_within(const struct caller *caller, struct span name,
    const struct role_record *role, struct span project,
    struct refusal *refusal);

/*
 * Whether the caller has all that `fallback` permits beyond the role: where
 * the role is withdrawn, the default role may count again, and reach further.
 */
int role_check_without(const struct caller *caller, enum role fallback,
    const struct role_record *role, struct span project,
    struct refusal *refusal);

/* "project web", "the organization": for refusals, at most 80 bytes. */
#define ROLE_PLACE_SIZE 80
const char *role_place(struct span project, char text[ROLE_PLACE_SIZE]);

#endif
