/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_PAIRING_H
#define APITOKEN_SERVER_PAIRING_H

#include "agent/model/lineage.h"
#include "agent/server/op_find.h"
#include "agent/server/ops.h"

/* What OP_EXCHANGE and OP_REFRESH have in common: a pair is given out. */
struct pairing {
	struct found_token parent;
	struct found_token access;  /* as it was; id "": it was not */
	struct found_token refresh; /* as it was; id "": it was not */
	struct record new_access;
	struct record new_refresh;
	struct pair pair;
};

/*
 * The token of a request.  ERROR_INVALID, STATUS_DENIED, if it is none, or of
 * another kind than the command takes.
 */
int pairing_parse(struct operation *op, struct span text, enum token_kind kind,
    struct token *token);

/* lineage_check_parent() of an API token, for who proved the secret with that
 * number or what came of it; one that is expired stays so. */
int pairing_check_parent(
    struct operation *op, const struct found_token *parent, uint8_t number);

/* The refusal of whoever did not prove a secret, and a line in the log. */
int pairing_deny(struct operation *op, const char *what, const char *id);

/* The pair into the reply's body. */
void pairing_reply(struct operation *op, const struct pairing *p);

/*
 * The new records into op->set, with the use of the API token that this is,
 * and an entry in the audit; the pair into the reply's body.  Stale as soon as
 * the API token is another one, or a pair of it was made meanwhile.
 */
int pairing_commit(
    struct operation *op, const struct pairing *p, const char *what);

/* An entry in the audit of the API token: which pair, and `word="text"`. */
void pairing_audit(struct operation *op, const struct pairing *p,
    const char *action, const char *word, const char *text);

#endif
