/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_ISSUE_H
#define APITOKEN_MODEL_ISSUE_H

#include "agent/model/issueinput.h"
#include "agent/model/record.h"
#include "agent/model/syntax.h"

/*
 * Issuing a token: from what somebody wants and who they are to the record it
 * may become, or why not.  Who may have it is holding.h's to say.  Pure.
 */

/*
 * Defaults filled in, everything checked: *record lacks only its secret.
 * It points into the spec, the caller and the storage.  ERROR_INVALID: see
 * *refusal.
 */
int issue_record(const struct issue_input *input, struct issue_storage *storage,
    struct record *record, struct refusal *refusal);

/*
 * What a record's times and size must be, also where it is changed.  The first
 * fills the default expiry in.  ERROR_INVALID: see *refusal.
 */
int issue_set_expiry(const struct issue_input *input, struct token_spec *spec,
    struct refusal *refusal);
int issue_check_times(const struct issue_input *input,
    const struct token_spec *spec, struct refusal *refusal);
int issue_check_size(const struct record *record, struct refusal *refusal);

#endif
