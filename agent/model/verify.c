/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/verify.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/network.h"
#include "common/duration.h"

const struct verify_condition verify_conditions[] = {
	{ REASON_UNKNOWN, "unknown", "the token exists", "no such token" },
	{ REASON_SECRET, "secret", "the secret is right",
	    "the secret is wrong" },
	{ REASON_DAMAGED, "damaged", "the record is authentic",
	    "the record was changed outside of the agent" },
	{ REASON_PENDING, "pending", "it has a secret",
	    "no secret was made yet: regenerate it" },
	{ REASON_DISABLED, "disabled", "it is not disabled", "it is disabled" },
	{ REASON_REVOKED, "revoked", "it is not revoked", "it is revoked" },
	{ REASON_EXPIRED, "expired", "it is not expired", "it is expired" },
	{ REASON_NOT_YET, "not-before", "its time has begun",
	    "its time has not begun" },
	{ REASON_KIND, "kind", "it is a token for services",
	    "it is not a token for services" },
	{ REASON_LOGIN, "login", "it may be used for this login name",
	    "it may not be used for this login name" },
	{ REASON_PROJECT, "project", "it belongs to the service's project",
	    "it does not belong to the service's project" },
	{ REASON_ENVIRONMENT, "environment", "its environment is the service's",
	    "its environment is not the service's" },
	{ REASON_ROLE, "role", "it has the role that the service asks for",
	    "it lacks the role that the service asks for" },
	{ REASON_SERVICE, "service", "it opens this service",
	    "it does not open this service" },
	{ REASON_ELEVATED, "elevated",
	    "the service is not elevated, or its maker may open it",
	    "the service is elevated and its maker may not open it" },
	{ REASON_FROM, "from", "the address is one it may come from",
	    "it may not come from this address" },
	{ REASON_USES, "uses", "it has uses left", "it is used up" },
	{ REASON_OWNER, "owner", "its owner may use tokens",
	    "its owner may not use tokens" },
	{ REASON_CALLER, "caller", "the caller may ask for this service",
	    "the caller may not ask for this service" },
	{ REASON_WARRANT, "warrant", "whoever made it may still make it",
	    "whoever made it may not make it any more: a grant was taken "
	    "away or made smaller" },
	{ REASON_PARENT, "parent", "its API token is good for this",
	    "its API token is not good for this" },
};

const size_t verify_condition_count = sizeof(verify_conditions) /
				      sizeof(*verify_conditions);

const struct record *
verify_null_record(void)
{
	static const struct record null_record = { .state = STATE_REVOKED,
		.secret_count = 1 };

	return &null_record;
}

static uint32_t
reason_if(bool broken, enum reason reason)
{
	return broken ? (uint32_t)reason : 0;
}

static bool
address_fits(const struct spanlist *from, struct span rhost)
{
	struct network network;
	struct span text;
	size_t at = 0;

	if (from->count == 0)
		return true;
	while (spanlist_next(from, &at, &text))
		if (network_parse(text, &network) == 0 &&
		    network_has(&network, rhost))
			return true;
	return false;
}

static bool
is_past(uint64_t when, uint64_t now)
{
	return when != TIME_NEVER && now >= when;
}

uint32_t
verify_state(const struct record *record, uint64_t now)
{
	const struct token_spec *spec = &record->spec;
	bool pending = record->state == STATE_PENDING ||
		       record->secret_count == 0;
	bool expired = record->lapsed || is_past(spec->expires_at, now);

	return reason_if(pending, REASON_PENDING) |
	       reason_if(record->state == STATE_DISABLED, REASON_DISABLED) |
	       reason_if(record->state == STATE_REVOKED, REASON_REVOKED) |
	       reason_if(expired, REASON_EXPIRED) |
	       reason_if(now < spec->not_before, REASON_NOT_YET) |
	       reason_if(spec->uses == 0, REASON_USES);
}

static uint32_t
verify_scope(const struct record *record, const struct service *service)
{
	const struct token_spec *spec = &record->spec;
	bool for_services = spec->kind == TOKEN_API ||
			    spec->kind == TOKEN_ACCESS;

	return reason_if(!for_services, REASON_KIND) |
	       reason_if(!scope_project(spec, service), REASON_PROJECT) |
	       reason_if(
		   !scope_environment(spec, service), REASON_ENVIRONMENT) |
	       reason_if(!scope_role(spec, service), REASON_ROLE) |
	       reason_if(!scope_service(spec, service), REASON_SERVICE) |
	       reason_if(
		   service->elevated && !record->elevated, REASON_ELEVATED);
}

/* All that is asked of one record. */
static uint32_t
verify_record(const struct verify_input *in, const struct record *record)
{
	const struct token_spec *spec = &record->spec;
	bool may_ask = in->caller == 0 ||
		       service_has_caller(in->service, in->caller);

	return verify_state(record, in->now) |
	       verify_scope(record, in->service) |
	       reason_if(!spanlist_has(&spec->users, in->login), REASON_LOGIN) |
	       reason_if(!address_fits(&spec->from, in->rhost), REASON_FROM) |
	       reason_if(!in->owner_may_use, REASON_OWNER) |
	       reason_if(!may_ask, REASON_CALLER) |
	       reason_if(in->unwarranted, REASON_WARRANT);
}

uint32_t
verify_parent(const struct verify_input *in)
{
	const struct record *parent = in->parent;
	const struct token_spec *spec;
	uint8_t number = in->record->lineage.parent_number;

	if (parent == NULL)
		return REASON_UNKNOWN;
	spec = &parent->spec;
	return reason_if(!in->parent_authentic, REASON_DAMAGED) |
	       reason_if(!verify_secret_number(parent, number, in->now),
		   REASON_SECRET) |
	       reason_if(spec->kind != TOKEN_API, REASON_KIND) |
	       reason_if(spec->uses != USES_UNLIMITED, REASON_USES) |
	       verify_record(in, parent);
}

const struct record *
verify_origin(const struct verify_input *in)
{
	bool has_parent = in->record->spec.kind == TOKEN_ACCESS;

	return has_parent && in->parent != NULL ? in->parent : in->record;
}

uint32_t
verify_policy(const struct verify_input *in)
{
	bool has_parent = in->record->spec.kind == TOKEN_ACCESS;

	return verify_record(in, in->record) |
	       reason_if(has_parent && verify_parent(in) != 0, REASON_PARENT);
}

bool
verify_secret_number(const struct record *record, uint8_t number, uint64_t now)
{
	for (size_t i = 0; i < record->secret_count; i++)
		if (record->secrets[i].number == number &&
		    !is_past(record->secrets[i].expires_at, now))
			return true;
	return false;
}

/* The number of the secret that the verifier is of; 0 if none.  Looks at
 * every slot, filled or not, so that the time does not tell. */
static uint8_t
match_secret(const struct record *record, const uint8_t *verifier, uint64_t now)
{
	uint8_t number = 0;

	for (size_t i = 0; i < RECORD_SECRETS_MAX; i++) {
		const struct record_secret *secret = &record->secrets[i];
		bool equal = crypto_equal(
		    verifier, secret->verifier, CRYPTO_VERIFIER_SIZE);
		bool current = i < record->secret_count &&
			       !is_past(secret->expires_at, now);

		if (equal & current)
			number = secret->number;
	}
	return number;
}

uint32_t
verify_proof(const struct verify_input *in, const struct token *token,
    uint8_t *secret_number)
{
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
	bool kind_matches = token->kind == in->record->spec.kind;

	crypto_verifier(token, verifier);
	*secret_number = match_secret(in->record, verifier, in->now);
	return reason_if(!in->found, REASON_UNKNOWN) |
	       reason_if(*secret_number == 0 || !kind_matches, REASON_SECRET) |
	       reason_if(!in->authentic, REASON_DAMAGED);
}

uint32_t
verify(const struct verify_input *in, const struct token *token,
    uint8_t *secret_number)
{
	uint32_t proof = verify_proof(in, token, secret_number);

	return proof | verify_policy(in);
}

uint32_t
verify_management(const struct verify_input *in, const struct token *token,
    uint8_t *secret_number)
{
	bool manages = in->record->spec.kind == TOKEN_MANAGEMENT;
	uint32_t proof = verify_proof(in, token, secret_number);

	return proof | verify_state(in->record, in->now) |
	       reason_if(!manages, REASON_KIND);
}

void
verify_names(uint32_t reasons, char *text, size_t size)
{
	size_t at = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < verify_condition_count && at < size; i++) {
		const struct verify_condition *c = &verify_conditions[i];

		if ((reasons & (uint32_t)c->reason) == 0)
			continue;
		at += (size_t)snprintf(
		    text + at, size - at, at > 0 ? ",%s" : "%s", c->name);
	}
}
