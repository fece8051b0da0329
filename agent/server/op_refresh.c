/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "agent/model/verify.h"
#include "agent/server/children.h"
#include "agent/server/op_change.h"
#include "agent/server/pairing.h"
#include "agent/store/usage.h"
#include "common/error.h"
#include "common/exchangemessage.h"

#define REUSED "a refresh token was used twice"

/* A refresh token, and what it turned out to be. */
struct refreshing {
	struct token token;
	struct pairing pairing;
	const struct keyring_key *key;
	enum lineage_match match;
};

/* The key that the family's secrets follow by; should it be gone, the one of
 * now begins anew. */
static const struct keyring_key *
family_key(const struct keyring *keyring, const struct record *record)
{
	const struct keyring_key *key = keyring_find(
	    keyring, record->lineage.key_number);

	return key != NULL ? key : keyring_current(keyring);
}

/* What the token is, as far as its secret says. */
static int
prove(struct operation *op, struct refreshing *r)
{
	struct found_token *found = &r->pairing.refresh;
	const struct record *record = &found->record;
	int rv = op_load(op, span_of(r->token.id), found);

	if (rv < 0 && rv != ERROR_NOT_FOUND && rv != ERROR_CORRUPT)
		return rv;
	if (rv < 0)
		record = verify_null_record();
	r->key = family_key(op->agent->keyring, record);
	r->match = lineage_match(record, &r->token, r->key->lineage);
	return r->match == LINEAGE_NONE
		   ? pairing_deny(op, "refresh", r->token.id)
		   : 0;
}

/* Whether the secret with that number was used since then. */
static bool
is_used_since(const struct usage_secret secrets[TOKEN_SECRETS_MAX],
    uint8_t number, uint64_t since)
{
	for (size_t i = 0; i < TOKEN_SECRETS_MAX; i++)
		if (secrets[i].number == number &&
		    secrets[i].last_used_at >= since)
			return true;
	return false;
}

/* Whether what this family gave last was used to log in. */
static bool
was_used(struct operation *op, const struct found_token *access)
{
	uint8_t number = access->record.secrets[0].number;
	uint64_t since = access->record.lineage.refreshed_at;
	struct recent_use recent;
	struct usage usage;
	struct row row;

	op_settle(op);
	if (op->agent->writer != NULL &&
	    writer_recent_use(op->agent->writer, access->id, &recent) &&
	    is_used_since(recent.secrets, number, since))
		return true;
	return store_get_authentic(
		   op->reader, DB_USAGE, span_of(access->id), &row) == 0 &&
	       usage_decode(row.body, &usage) == 0 &&
	       is_used_since(usage.secrets, number, since);
}

/* Whether an answer was lost, as far as anybody can tell. */
static bool
is_lost_answer(struct operation *op, const struct refreshing *r)
{
	return r->match == LINEAGE_PREVIOUS &&
	       lineage_may_repeat(
		   &r->pairing.refresh.record, op->caller->uid, op->now) &&
	       r->pairing.access.id[0] != '\0' &&
	       !was_used(op, &r->pairing.access);
}

/* A refresh token in two hands: which are the thief's cannot be told. */
static int
end_family(struct operation *op, struct refreshing *r)
{
	struct pairing *p = &r->pairing;
	int rv;

	op->set = changeset_new();
	if (op->set == NULL)
		return ERROR_MEMORY;
	rv = children_set_state(
	    op, &p->refresh, STATE_REVOKED, span_of(REUSED));
	if (rv < 0)
		return rv;
	p->new_refresh = p->refresh.record;
	memcpy(p->pair.refresh.id, p->refresh.id, sizeof(p->refresh.id));
	memcpy(p->pair.access.id, p->access.id, sizeof(p->access.id));
	pairing_audit(op, p, "family.end", "reason", REUSED);
	op->stands = true;
	return refuse(&op->refusal, STATUS_DENIED,
	    "this refresh token was used before: somebody else may have it, "
	    "so that all that came of this exchange is revoked; exchange the "
	    "API token again");
}

/* A family that was ended already; for who proved a secret of it. */
static int
check_revoked(struct operation *op, const struct record *record)
{
	const struct span reason = record->reason;

	if (record->state != STATE_REVOKED)
		return 0;
	return refuse(&op->refusal, STATUS_DENIED,
	    "this refresh token is revoked%s%.*s: exchange the API token again",
	    span_empty(reason) ? "" : ": ", (int)reason.size,
	    (const char *)reason.data);
}

/* What else is against the family, and against what it came from. */
static int
check_family(struct operation *op, const struct pairing *p)
{
	const struct record *record = &p->refresh.record;
	int rv;

	if ((verify_state(record, op->now) & REASON_EXPIRED) != 0) {
		rv = op_lapse(op, &p->refresh);
		return rv < 0 ? rv
			      : refuse(&op->refusal, STATUS_DENIED,
				    "this refresh token is expired: exchange "
				    "the API token again");
	}
	if (record->state == STATE_DISABLED)
		return refuse(&op->refusal, STATUS_DENIED,
		    "this refresh token is disabled");
	if (p->parent.id[0] == '\0')
		return refuse(&op->refusal, STATUS_DENIED,
		    "its API token %.*s is gone",
		    (int)record->lineage.parent.size,
		    (const char *)record->lineage.parent.data);
	return pairing_check_parent(
	    op, &p->parent, record->lineage.parent_number);
}

/* The other records that the family is about, where they are. */
static int
load_relatives(struct operation *op, struct pairing *p)
{
	const struct record_lineage *lineage = &p->refresh.record.lineage;
	int rv = children_partner(op, &p->refresh, &p->access);

	if (rv == 0)
		p->access.id[0] = '\0';
	if (rv < 0)
		return rv;
	rv = op_load(op, lineage->parent, &p->parent);
	if (rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT) {
		p->parent = (struct found_token) { 0 };
		rv = 0;
	}
	return rv;
}

/* The same pair once more: nothing is written. */
static int
repeat(struct operation *op, struct refreshing *r)
{
	struct pairing *p = &r->pairing;

	lineage_derive(
	    &p->refresh.record, &r->token, r->key->lineage, &p->pair);
	p->new_access = p->access.record;
	p->new_refresh = p->refresh.record;
	pairing_reply(op, p);
	return 0;
}

static int
renew(struct operation *op, struct refreshing *r)
{
	struct pairing *p = &r->pairing;
	const struct lineage_step step = { .now = op->now,
		.uid = op->caller->uid,
		.key_number = r->key->number };
	int rv;

	op->set = changeset_new();
	rv = op->set == NULL ? ERROR_MEMORY : 0;
	if (rv == 0)
		rv = children_make_room(op, &p->parent, &p->refresh);
	if (rv < 0)
		return rv;
	lineage_derive(
	    &p->refresh.record, &r->token, r->key->lineage, &p->pair);
	lineage_renew(&p->refresh.record, &p->parent.record, &step, &p->pair,
	    &p->new_access, &p->new_refresh);
	return pairing_commit(op, p, "refresh");
}

/*
 * A reused token ends its family whatever else there is against it, and
 * whatever the time: clocks err.  But where it was ended already, nothing
 * changes.
 */
static int
refresh(struct operation *op, struct refreshing *r)
{
	bool is_lost;
	int rv = prove(op, r);

	if (rv == 0)
		rv = check_revoked(op, &r->pairing.refresh.record);
	if (rv == 0)
		rv = load_relatives(op, &r->pairing);
	if (rv < 0)
		return rv;
	is_lost = is_lost_answer(op, r);
	if (r->match != LINEAGE_CURRENT && !is_lost)
		return end_family(op, r);
	rv = check_family(op, &r->pairing);
	if (rv < 0)
		return rv;
	return is_lost ? repeat(op, r) : renew(op, r);
}

int
op_refresh(struct operation *op)
{
	struct refreshing r = { 0 };
	struct span text;
	int rv;

	refresh_request_get(op->in, &text);
	if (wirebuf_done(op->in) < 0)
		return op_malformed(op);
	rv = pairing_parse(op, text, TOKEN_REFRESH, &r.token);
	if (rv == 0)
		rv = refresh(op, &r);
	pair_wipe(&r.pairing.pair);
	token_wipe(&r.token);
	crypto_wipe_stack();
	return rv;
}
