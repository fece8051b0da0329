/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/children.h"
#include "agent/server/pairing.h"
#include "common/error.h"
#include "common/exchangemessage.h"

/* Of struct lineage_input. */
static bool
opens(void *arg, const struct record *record, struct span name)
{
	const struct config *config = arg;
	struct service unlisted;
	const struct service *service = config_service(config, name, &unlisted);

	return service != NULL && scope_service(&record->spec, service) &&
	       (!service->elevated || record->elevated);
}

/* The API token, if that is its secret; *number says which. */
static int
prove(struct operation *op, const struct token *token,
    struct found_token *parent, uint8_t *number)
{
	struct verify_input input = { .now = op->now };
	int rv = op_load(op, span_of(token->id), parent);

	if (rv < 0 && rv != ERROR_NOT_FOUND && rv != ERROR_CORRUPT)
		return rv;
	input.found = rv != ERROR_NOT_FOUND;
	input.authentic = rv == 0;
	input.record = rv == 0 ? &parent->record : verify_null_record();
	if (verify_proof(&input, token, number) != 0)
		return pairing_deny(op, "exchange", token->id);
	return pairing_check_parent(op, parent, *number);
}

/* The two records, narrowed as was asked. */
static int
begin_records(struct operation *op, const struct exchange_request *request,
    uint8_t number, struct pairing *p)
{
	/* Handed back to opens() alone, which only reads it. */
	union {
		const struct config *from;
		void *to;
	} config = { op->config };
	const struct lineage_input input = {
		.parent = &p->parent.record,
		.parent_id = span_of(p->parent.id),
		.parent_number = number,
		.lifetime = request->lifetime,
		.users = request->users,
		.allow = request->allow,
		.limits = &op->config->lineage,
		.opens = opens,
		.arg = config.to,
		.by = span_of(op->caller->login),
		.now = op->now,
	};

	return lineage_begin(
	    &input, &p->new_access, &p->new_refresh, &op->refusal);
}

/* Ids and secrets of a new family. */
static int
make_tokens(struct operation *op, struct pairing *p)
{
	int rv = op_new_token(op, TOKEN_ACCESS, &p->pair.access);

	if (rv == 0)
		rv = op_new_token(op, TOKEN_REFRESH, &p->pair.refresh);
	if (rv < 0)
		return rv;
	p->new_access.lineage.partner = span_of(p->pair.refresh.id);
	p->new_refresh.lineage.partner = span_of(p->pair.access.id);
	p->new_access.lineage.key_number = p->new_refresh.lineage.key_number =
	    keyring_current(op->agent->keyring)->number;
	crypto_verifier(&p->pair.access, p->new_access.secrets[0].verifier);
	crypto_verifier(&p->pair.refresh, p->new_refresh.secrets[0].verifier);
	return 0;
}

static int
exchange(struct operation *op, const struct exchange_request *request,
    const struct token *token, struct pairing *p)
{
	uint8_t number = 0;
	int rv = prove(op, token, &p->parent, &number);

	if (rv == 0)
		rv = begin_records(op, request, number, p);
	if (rv < 0)
		return rv;
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	rv = children_make_room(op, &p->parent, NULL);
	if (rv == 0)
		rv = make_tokens(op, p);
	return rv < 0 ? rv : pairing_commit(op, p, "exchange");
}

int
op_exchange(struct operation *op)
{
	struct exchange_request request;
	struct pairing pairing = { 0 };
	struct token token = { 0 };
	int rv;

	exchange_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = pairing_parse(op, request.token, TOKEN_API, &token);
	if (rv == 0)
		rv = exchange(op, &request, &token, &pairing);
	pair_wipe(&pairing.pair);
	token_wipe(&token);
	crypto_wipe_stack();
	return rv;
}
