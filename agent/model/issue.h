/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_ISSUE_H
#define APITOKEN_MODEL_ISSUE_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/caller.h"
#include "agent/model/record.h"
#include "agent/model/syntax.h"
#include "agent/model/warrant.h"
#include "common/adminmessage.h"

/*
 * Issuing a token: from what somebody wants and who they are to the record it
 * may become, or why not.  Pure.
 *
 * Threat model.  The caller chooses every field.  They MUST NOT end up with a
 * token that can do more than they can: for another owner or login name, or
 * for an elevated service, which would let code that runs as a person, and
 * knows no password, walk through sudo.
 */

/* Seconds that a secret may outlive its regeneration: a year. */
#define OVERLAP_MAX (365 * 86400)

struct issue_limits {
	uint64_t default_expires; /* seconds from now; 0: never */
	uint64_t max_expires;	  /* seconds from now; 0: no limit */
};

struct issue_input {
	const struct token_spec *spec; /* as it was asked for */
	const struct caller *caller;
	const struct issue_limits *limits;
	/* whether a service of that name is elevated */
	bool (*is_elevated)(void *arg, struct span service);
	/* what a role of that name permits; false if there is none */
	bool (*role)(void *arg, struct span name, struct permissions *role);
	void *arg;
	uint64_t now;
	bool locked; /* the project of the token that is changed */
};

/* Where a record's lists are kept that it does not have from elsewhere. */
struct issue_storage {
	uint8_t users[1 + SPANLIST_ELEMENT_MAX];
	uint8_t projects[1 + SPANLIST_ELEMENT_MAX];
	uint8_t warrants[WARRANTS_STORAGE];
};

/*
 * Defaults filled in, everything checked: *record lacks only its secret.
 * It points into the spec, the caller and the storage.  ERROR_INVALID: see
 * *refusal.
 */
int issue_record(const struct issue_input *input, struct issue_storage *storage,
    struct record *record, struct refusal *refusal);

/*
 * Whether the caller may have a token like that in their hands: its owner,
 * its login names, its roles, the elevated services that it names.
 */
int issue_may_hold(const struct issue_input *input,
    const struct token_spec *spec, struct refusal *refusal);

/*
 * The record with those fields (enum spec_field) of the spec instead of its
 * own.  But for its name and description, a token may be edited only into one
 * that the caller might have created: else whoever owns a token made for them
 * could keep it for longer than was meant.  What a token may be used for stays
 * as it is in a locked project.
 */
int issue_edit(const struct issue_input *input, const struct record *before,
    uint32_t fields, struct issue_storage *storage, struct record *after,
    struct refusal *refusal);

/*
 * The record with a new first secret, whose verifier is the caller's to fill
 * in, and the one before for `overlap` seconds more.  The users of the spec,
 * if any, replace its own.  Asks what issue_edit() asks, since it puts the
 * token into the caller's hands.
 */
int issue_regenerate(const struct issue_input *input,
    const struct record *before, uint64_t overlap,
    struct issue_storage *storage, struct record *after,
    struct refusal *refusal);

#endif
