/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_AMEND_H
#define APITOKEN_MODEL_AMEND_H

#include <stdint.h>

#include "agent/model/issueinput.h"
#include "agent/model/record.h"
#include "agent/model/syntax.h"

/*
 * Changing a token that there is: its fields, its secret.  Pure.  What comes
 * of it goes into the caller's hands, so that holding.h is asked again.
 */

/* Seconds that a secret may outlive its regeneration: a year. */
#define OVERLAP_MAX (365 * 86400)

/*
 * The record with those fields (enum spec_field) of the spec instead of its
 * own.  But for its name and description, a token may be edited only into one
 * that the caller might have created: else whoever owns a token made for them
 * could keep it for longer than was meant.  What a token may be used for stays
 * as it is in a locked project.
 */
int amend_fields(const struct issue_input *input, const struct record *before,
    uint32_t fields, struct issue_storage *storage, struct record *after,
    struct refusal *refusal);

/*
 * The record with a new first secret, whose verifier is the caller's to fill
 * in, and the one before for `overlap` seconds more.  The users of the spec,
 * if any, replace its own.  Asks what amend_fields() asks, since it puts the
 * token into the caller's hands.
 */
int amend_secret(const struct issue_input *input, const struct record *before,
    uint64_t overlap, struct issue_storage *storage, struct record *after,
    struct refusal *refusal);

#endif
