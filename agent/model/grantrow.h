/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_GRANTROW_H
#define APITOKEN_MODEL_GRANTROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/role.h"

/*
 * The grants of one principal: a login name, or "%" and a gid for a group.
 * A row whose last grant was withdrawn is kept, empty: its version says to a
 * restore that there was something later than what it brings.
 */
#define GRANTROW_MAX	  64	/* grants of one principal */
#define GRANTROW_SIZE_MAX 16384 /* bytes: a row fits into every reply */

struct grant_record {
	struct span role;
	struct span project;	  /* empty: the organization */
	struct spanlist login_as; /* whom token.login-as reaches there */
	uint64_t granted_at;	  /* seconds since 1970 */
	struct span granted_by;
};

/* A row that was decoded; it points into its bytes. */
struct grantrow {
	struct span packed;
	uint8_t count;
};

/* ERROR_MALFORMED: *row is then not to be used. */
int grantrow_decode(struct span body, struct grantrow *row);

/* Steps through it: *at starts as 0; false at the end. */
bool grantrow_next(
    const struct grantrow *row, size_t *at, struct grant_record *grant);

/* Which grants are meant; NULL means any. */
struct grant_match {
	const struct span *role;
	const struct span *project;
};

bool grantrow_matches(
    const struct grant_match *match, const struct grant_record *grant);

/* The first that matches; false if there is none. */
bool grantrow_find(const struct grantrow *row, const struct grant_match *match,
    struct grant_record *grant);

/*
 * Encodes the row without the grants that match, and with `added` at its end
 * unless that is NULL.  How many bytes were written; 0 if they do not fit into
 * size or are more grants than a row has.
 */
size_t grantrow_rewrite(const struct grantrow *row,
    const struct grant_match *match, const struct grant_record *added,
    void *data, size_t size);

bool grantrow_is_group(struct span principal);

/* A login name, or "%" and a gid without leading zeros. */
int grantrow_check_principal(struct span principal, struct refusal *refusal);

/* What a grant is called, and that its names go with its role. */
int grantrow_check(const struct grant_record *grant,
    const struct role_record *role, struct refusal *refusal);

/* Whether the caller has all that the grant gives, as role_check_within(). */
int grantrow_check_within(const struct caller *caller,
    const struct grant_record *grant, const struct role_record *role,
    struct refusal *refusal);

#endif
