/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_WARRANT_H
#define APITOKEN_MODEL_WARRANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/caller.h"
#include "agent/model/record.h"
#include "agent/model/scope.h"

/*
 * Why somebody could make a token: the names of the grants, kept in its
 * record and asked at each verification, so that a grant taken away, or a
 * role made smaller, narrows at once what was made with it.  Pure.
 *
 * Threat model.  Somebody who had a grant made tokens while they could.  Those
 * MUST NOT open more than what the grant would let them make today.  Tokens
 * made by an owner (root) have no warrants: nothing narrows those.
 */
#define WARRANTS_MAX	 8 /* of one token */
#define WARRANTS_STORAGE (WARRANTS_MAX * (1 + SPANLIST_ELEMENT_MAX))

/* One element of a record's list, as its parts. */
struct warrant {
	bool is_default; /* by the configured default role */
	struct span principal;
	struct span role;
	struct span project;
};

/* ERROR_MALFORMED. */
int warrant_parse(struct span text, struct warrant *warrant);

/*
 * The warrants with which the caller makes a token like that, one for each of
 * its projects, into storage; none for an owner.  ERROR_NOT_FOUND if in some
 * project no single grant suffices; ERROR_TOO_LONG if they are too many, or
 * have names that are too long together.
 */
int warrant_collect(const struct caller *caller, const struct token_spec *spec,
    uint8_t storage[WARRANTS_STORAGE], struct spanlist *warrants);

/*
 * Whether a grant, as it is now, would let the token's voucher make it for
 * that service and login name.
 */
bool warrant_allows(const struct grant *grant, const struct record *record,
    const struct service *service, struct span login);

/* The same for the default role. */
bool warrant_allows_default(enum role role, const struct record *record,
    const struct service *service, struct span login);

#endif
