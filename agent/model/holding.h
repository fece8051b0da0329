/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_HOLDING_H
#define APITOKEN_MODEL_HOLDING_H

#include <stdbool.h>

#include "agent/model/issueinput.h"
#include "agent/model/record.h"
#include "agent/model/syntax.h"

/*
 * Who may have a token in their hands.  Pure.
 *
 * Threat model.  The caller chooses every field.  They MUST NOT end up with a
 * token that can do more than they can: for another owner or login name, or
 * for an elevated service, which would let code that runs as a person, and
 * knows no password, walk through sudo.
 */

/* What making a token of that kind takes. */
enum permission holding_permission(const struct token_spec *spec);

/* Whether the caller reaches beyond their own tokens, where that one is. */
bool holding_reaches_others(
    const struct caller *caller, const struct token_spec *spec);

/*
 * Whether the caller may have a token like that: its owner, its login names,
 * its roles, the elevated services that it names.  ERROR_INVALID: see
 * *refusal.
 */
int holding_check(const struct issue_input *input,
    const struct token_spec *spec, struct refusal *refusal);

/*
 * The caller stands for the record's scope from now on: its warrants, kept in
 * the storage, and its voucher.  ERROR_INVALID: see *refusal.
 */
int holding_vouch(const struct issue_input *input,
    struct issue_storage *storage, struct record *record,
    struct refusal *refusal);

#endif
