/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_IMPORT_H
#define APITOKEN_SERVER_OP_IMPORT_H

#include "agent/server/op_find.h"
#include "agent/server/ops.h"
#include "common/transfermessage.h"

/* An import of some records, all in one change set. */
struct importing {
	struct operation *op;
	struct import_request request;
	void *seen; /* tsearch(3): what the records before mean */
	unsigned changed;
	char id[TOKEN_ID_SIZE + 1]; /* what a result may point to */
};

/*
 * What becomes of a record: 0 with outcome and id of *result filled and, but
 * for a dry run, the change set added to; or ERROR_INVALID with op->refusal,
 * where an outcome other than IMPORT_REFUSED may be set.  Any other error
 * ends the whole import.
 */
typedef int import_handler(struct importing *importing, struct wirebuf *body,
    struct import_result *result);

import_handler import_token;
import_handler import_deletion;
import_handler import_project;
import_handler import_role;
import_handler import_grant;
import_handler import_project_gone;
import_handler import_role_gone;
import_handler import_grant_gone;

/* Refuses a record whose row, by what it is and its key, another record of
 * the import has changed already; ERROR_MEMORY. */
int import_see(struct importing *importing, char what, struct span key);

/* What was ended here and does not come back (op_buried.c). */

/* ERROR_NOT_FOUND, or 0 and when a secret of that token was ended. */
int buried_at(struct operation *op, struct span id, uint64_t *at);
/* Refuses the id of a token that was deleted here. */
int buried_check_token(struct operation *op, struct span id);
/* Refuses secrets that were regenerated or deleted here. */
int buried_check_secrets(
    struct operation *op, struct span id, const struct transfer_token *line);
/* Makes the set stale should one of them be ended before the commit. */
void buried_expect_none(
    struct operation *op, struct span id, const struct transfer_token *line);
/* Tombstones for the secrets that the record had and has no more. */
void buried_put(struct operation *op, const struct found_token *found,
    const struct record *after);

#endif
