/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_IMPORT_H
#define APITOKEN_MODEL_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/importfields.h"
#include "agent/model/record.h"
#include "agent/model/syntax.h"
#include "agent/model/warrant.h"
#include "common/transfermessage.h"

/*
 * A token of an import: from what a file says of it, and the record that is
 * there, to the record that it may become, or why not.  Pure.
 *
 * Threat model.  The file may be old, or from somebody else.  Whoever imports
 * it may do everything, and yet it MUST NOT bring back what was ended here: a
 * revoked or disabled token, a secret that was regenerated or whose overlap is
 * over, a use that was spent, a token that was refused as expired.
 */

/* Who imports, and when: what is not told of a new token. */
struct import_input {
	const struct transfer_token *line;
	const struct caller *caller;
	uint64_t now;
};

/* Where the names of the grants are kept by which somebody may import it. */
struct import_storage {
	uint8_t warrants[WARRANTS_STORAGE];
};

/* Whether a token could be like that at all; a refusal names the field. */
int import_check(const struct transfer_token *line, struct refusal *refusal);

/*
 * The record of a token that is not there; it points into the line, the caller
 * and the storage.  Without secrets it is pending, unless it is stopped
 * anyway.  The caller stands for it, as if they had made it.
 */
int import_new(const struct import_input *in, struct import_storage *storage,
    struct record *record, struct refusal *refusal);

/*
 * In what the line differs from the record that is there: fields or'ed, 0 for
 * nothing.  What is not told does not differ, nor more uses than are left:
 * those were spent here.
 */
uint32_t import_differences(
    const struct transfer_token *line, const struct record *before);

/*
 * The record with those fields as the line has them; it points into both.  Who
 * changes what it opens stands for it from now on.
 */
int import_over(const struct import_input *in, const struct record *before,
    uint32_t fields, struct import_storage *storage, struct record *after,
    struct refusal *refusal);

#endif
