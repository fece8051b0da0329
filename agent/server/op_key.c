/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>

#include "agent/server/ops.h"
#include "common/error.h"
#include "common/secret.h"
#include "common/storemessage.h"

/* Who could read the key file anyway. */
static int
check_caller(struct operation *op)
{
	if (op->caller->uid == 0 || op->caller->uid == op->agent->uid)
		return 0;
	return refuse(&op->refusal, STATUS_FORBIDDEN,
	    "only root, who can write the key file, rotates the key");
}

/* A credential is what it was when the agent started, whatever a file says. */
static int
check_source(struct operation *op)
{
	if (!op->agent->key_is_credential)
		return 0;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "the key is a credential that the service manager gives: add a "
	    "line \"%u <64 random hexadecimal digits>\" to it where it is kept "
	    "and restart apitokend, which then makes all rows anew",
	    keyring_current(op->agent->keyring)->number + 1U);
}

static int
refuse_key(struct operation *op, uint8_t number, int error)
{
	unsigned current = keyring_current(op->agent->keyring)->number;

	if (error == ERROR_EXISTS)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "key %u of that file is not the agent's key %u: it is "
		    "another agent's key file",
		    number, number);
	if (error == ERROR_FULL || current == UINT8_MAX)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "there are no numbers for more keys: 255 is the last");
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "key %u cannot be added: the current key is %u, the next one %u",
	    number, current, current + 1);
}

static bool
is_known(const struct operation *op, uint8_t number)
{
	return keyring_find(op->agent->keyring, number) != NULL;
}

/* A dry run asks of a key that is there whether it is the same one. */
static int
check_key(struct operation *op, const struct key_add_request *request)
{
	struct rekey_state state;
	int rv = op_check_whole(op, KEY_ROTATE, &op->refusal);

	if (rv == 0)
		rv = check_caller(op);
	if (rv == 0)
		rv = check_source(op);
	if (rv < 0)
		return rv;
	rekey_look(op->agent->rekey, op->reader, &state);
	if (state.is_busy &&
	    (request->dry_run || !is_known(op, request->key.number)))
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "rows of older keys are still made anew: apitoken key "
		    "status shows how many are left");
	return 0;
}

static int
add_key(struct operation *op, const struct key_add_request *request)
{
	uint8_t number = request->key.number;
	uint8_t before = keyring_current(op->agent->keyring)->number;
	bool known = is_known(op, number);
	char detail[32];
	int rv;

	if (request->dry_run && !known)
		return refuse_key(op, number, ERROR_INVALID);
	rv = keyring_extend(op->agent->keyring, &request->key);
	if (rv < 0)
		return refuse_key(op, number, rv);
	wirebuf_put_u8(op->body, keyring_current(op->agent->keyring)->number);
	if (known)
		return 0;
	rekey_wake(op->agent->rekey, op->reader, before);
	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	snprintf(detail, sizeof(detail), "key=%u", number);
	changeset_audit(op->set, &(struct audit_entry) {
				     .at = op->now,
				     .actor = span_of(op->caller->login),
				     .action = span_of("key.rotate"),
				     .detail = span_of(detail),
				 });
	return 0;
}

int
op_key_add(struct operation *op)
{
	struct key_add_request request;
	int rv;

	key_add_request_get(op->in, &request);
	if (wirebuf_done(op->in) < 0)
		rv = op_malformed(op);
	else
		rv = check_key(op, &request);
	if (rv == 0)
		rv = add_key(op, &request);
	wipe(&request, sizeof(request));
	crypto_wipe_stack();
	return rv;
}

int
op_key_status(struct operation *op)
{
	const struct keyring *keyring = op->agent->keyring;
	struct rekey_state state;
	struct key_status_reply reply = {
		.path = span_of(op->agent->key_path),
		.is_credential = op->agent->key_is_credential,
		.current = keyring_current(keyring)->number,
		.count = (uint8_t)keyring->count,
	};

	int rv = wirebuf_done(op->in) < 0
		     ? op_malformed(op)
		     : op_check_whole(op, KEY_READ, &op->refusal);

	if (rv < 0)
		return rv;
	rekey_look(op->agent->rekey, op->reader, &state);
	reply.is_under_way = state.is_busy;
	if (state.error < 0)
		reply.problem = span_of(error_text(state.error));
	key_status_reply_put(op->body, &reply);
	for (size_t i = 0; i < reply.count; i++) {
		const struct key_item item = {
			.number = keyring->keys[i].number,
			.rows = state.rows[keyring->keys[i].number],
		};

		key_item_put(op->body, &item);
	}
	return 0;
}
