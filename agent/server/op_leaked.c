/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens that were found lying about are revoked by whoever found them.
 *
 * Threat model.  Anybody may send any texts.  They MUST NOT revoke a token
 * whose secret they do not hold, nor with one that is over, and MUST NOT learn
 * of a text, in words or in time, more than that its secret is right: unknown
 * ids and wrong secrets are worked on alike and leave no trace in the answer.
 */
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/op_change.h"
#include "agent/server/quote.h"
#include "common/changemessage.h"
#include "common/error.h"

/* Log lines a second that people can cause by trying texts out. */
#define LEAKED_LINES 5

struct leak {
	struct operation *op;
	struct leaked_request request;
	struct change_request change; /* for each one whose secret is right */
	uint16_t seen;
	uint16_t real;
	char last[TOKEN_ID_SIZE + 1]; /* the last real one */
};

/* What the store has of it, or the null record: is the secret right? */
static int
prove(struct operation *op, const struct token *token,
    struct found_token *found, bool *proved)
{
	struct verify_input input = { .record = verify_null_record(),
		.now = op->now };
	uint8_t number;
	int rv = op_load(op, span_of(token->id), found);

	if (rv < 0 && rv != ERROR_NOT_FOUND && rv != ERROR_CORRUPT)
		return rv;
	input.found = rv != ERROR_NOT_FOUND;
	input.authentic = rv == 0;
	if (rv == 0)
		input.record = &found->record;
	*proved = verify_proof(&input, token, &number) == 0;
	return 0;
}

static int
prove_text(struct operation *op, struct span text, struct found_token *found,
    bool *proved)
{
	struct token token = { 0 };
	int rv = 0;

	*proved = false;
	if (tokentext_parse((const char *)text.data, text.size, &token) == 0)
		rv = prove(op, &token, found, proved);
	token_wipe(&token);
	return rv;
}

static int
leaked_one(struct leak *leak, struct span text)
{
	struct operation *op = leak->op;
	struct found_token found;
	struct token_info info;
	size_t changed = 0;
	bool proved;
	bool already;
	int rv = prove_text(op, text, &found, &proved);

	/* Both secrets of an overlap are one token; they follow each other. */
	if (rv < 0 || !proved || strcmp(found.id, leak->last) == 0)
		return rv;
	memcpy(leak->last, found.id, sizeof(found.id));
	leak->real++;
	already = found.record.state == STATE_REVOKED;
	if (!leak->request.dry_run)
		rv = op_change_one(
		    op, &op_change_revoke, &leak->change, &found, &changed);
	if (rv < 0)
		return rv;
	op_info(op, &found, &info);
	wirebuf_put_u8(op->body, already);
	token_info_put(op->body, &info);
	return 0;
}

/* For one info more, however large it is. */
static bool
has_room(const struct operation *op)
{
	return op_change_has_room(op) &&
	       op->body->size - op->body->at > 2 * RECORD_SIZE_MAX;
}

static int
leaked_all(struct leak *leak)
{
	struct span text;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && has_room(leak->op) &&
	       spanlist_next(&leak->request.tokens, &at, &text)) {
		rv = leaked_one(leak, text);
		leak->seen++;
	}
	crypto_wipe_stack();
	return rv;
}

static void
log_leaked(const struct leak *leak)
{
	const struct operation *op = leak->op;
	struct agent *agent = op->agent;
	char by[128] = "";

	if (op->caller->role != ROLE_OWNER &&
	    !bucket_take(&agent->tried, op->now, LEAKED_LINES))
		return;
	quote_append(by, sizeof(by), op->caller->login);
	log_post(agent->log, LOG_NOTICE,
	    "leaked tokens shown=%u real=%u by=%s uid=%u", leak->seen,
	    leak->real, by, op->caller->uid);
}

int
op_leaked(struct operation *op)
{
	struct leak leak = { .op = op, .change.reason = span_of("leaked") };
	uint8_t *counts_at = op->body->out + op->body->at;
	struct wirebuf counts;
	int rv;

	leaked_request_get(op->in, &leak.request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	wirebuf_put_u16(op->body, 0);
	wirebuf_put_u16(op->body, 0);
	rv = leaked_all(&leak);
	if (rv < 0)
		return rv;
	log_leaked(&leak);
	wirebuf_write(&counts, counts_at, 2 * sizeof(uint16_t));
	wirebuf_put_u16(&counts, leak.seen);
	wirebuf_put_u16(&counts, leak.real);
	if (op->set->audit_count == 0) {
		changeset_free(op->set);
		op->set = NULL;
	}
	return 0;
}
