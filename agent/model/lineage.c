/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/lineage.h"

#include <string.h>

#include "agent/model/verify.h"
#include "common/duration.h"
#include "common/secret.h"

void
pair_wipe(struct pair *pair)
{
	wipe(pair, sizeof(*pair));
}

/* The first thing that its state has against it. */
static const char *
broken_state(uint32_t reasons)
{
	for (size_t i = 0; i < verify_condition_count; i++)
		if ((reasons & (uint32_t)verify_conditions[i].reason) != 0)
			return verify_conditions[i].broken;
	return NULL;
}

int
lineage_check_parent(const struct record *parent, struct span id,
    uint8_t number, uint64_t now, struct refusal *refusal)
{
	const char *broken = broken_state(verify_state(parent, now));

	if (parent->spec.kind != TOKEN_API)
		broken = "it is no API token";
	else if (broken == NULL && !verify_secret_number(parent, number, now))
		broken = "it has another secret since";
	else if (broken == NULL && parent->spec.uses != USES_UNLIMITED)
		broken = "it has a limited number of uses, which only logins "
			 "count: use it itself, or one without --uses";
	if (broken == NULL)
		return 0;
	return refuse(refusal, STATUS_DENIED, "API token %.*s: %s",
	    (int)id.size, (const char *)id.data, broken);
}

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	if (a == TIME_NEVER || b == TIME_NEVER)
		return a == TIME_NEVER ? b : a;
	return a < b ? a : b;
}

/* When what came of that secret of the parent ends at the latest. */
static uint64_t
parent_end(const struct record *parent, uint8_t number)
{
	uint64_t end = parent->spec.expires_at;

	for (size_t i = 0; i < parent->secret_count; i++)
		if (parent->secrets[i].number == number)
			end = sooner(end, parent->secrets[i].expires_at);
	return end;
}

static int
narrow_users(const struct lineage_input *in, struct token_spec *spec,
    struct refusal *refusal)
{
	struct span user;
	size_t at = 0;

	if (in->users.count == 0)
		return 0;
	while (spanlist_next(&in->users, &at, &user))
		if (!spanlist_has(&spec->users, user))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "the token may not be used for the login name "
			    "%.*s: --user takes some of its own",
			    (int)user.size, (const char *)user.data);
	spec->users = in->users;
	return 0;
}

static int
narrow_services(const struct lineage_input *in, struct token_spec *spec,
    struct refusal *refusal)
{
	struct span entry;
	size_t at = 0;

	if (in->allow.count == 0)
		return 0;
	while (spanlist_next(&in->allow, &at, &entry)) {
		const uint8_t *colon = memchr(entry.data, ':', entry.size);
		struct span service = entry;

		if (colon != NULL)
			service.size = (size_t)(colon - entry.data);
		if (!in->opens(in->arg, in->parent, service))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "the token does not open %.*s: --allow takes "
			    "services that it opens",
			    (int)service.size, (const char *)service.data);
	}
	spec->type = TYPE_CUSTOM;
	spec->allow = in->allow;
	return 0;
}

static int
narrow(const struct lineage_input *in, struct token_spec *spec,
    struct refusal *refusal)
{
	int rv = 0;

	if (in->lifetime > ACCESS_LIFETIME_MAX)
		rv = refuse(refusal, STATUS_INVALID,
		    "an access token lives for at most %dh",
		    ACCESS_LIFETIME_MAX / 3600);
	if (rv == 0) {
		struct token_spec asked = *spec;

		if (in->users.count > 0)
			asked.users = in->users;
		if (in->allow.count > 0)
			asked.allow = in->allow;
		rv = syntax_check(&asked, refusal);
	}
	if (rv == 0)
		rv = narrow_users(in, spec, refusal);
	return rv < 0 ? rv : narrow_services(in, spec, refusal);
}

/* The half of a pair that is of that kind and ends then. */
static void
half(struct record *record, enum token_kind kind, uint64_t expires_at)
{
	record->spec.kind = kind;
	record->spec.expires_at = expires_at;
}

int
lineage_begin(const struct lineage_input *in, struct record *access,
    struct record *refresh, struct refusal *refusal)
{
	uint64_t end = parent_end(in->parent, in->parent_number);
	uint64_t lifetime = in->lifetime == 0 ? ACCESS_LIFETIME : in->lifetime;
	uint64_t family = in->limits->refresh_lifetime;
	struct record made = {
		.spec = in->parent->spec,
		.state = STATE_ACTIVE,
		.elevated = in->parent->elevated,
		.created_at = in->now,
		.created_by = in->by,
		.lineage = { .parent = in->parent_id,
		    .parent_number = in->parent_number,
		    .lifetime = (uint32_t)lifetime },
		.secret_count = 1,
		.secrets = { { .number = 1 } },
	};
	int rv = narrow(in, &made.spec, refusal);

	if (rv < 0)
		return rv;
	made.spec.description = span_of("");
	made.spec.not_before = 0;
	*access = *refresh = made;
	end = sooner(end, family == 0 ? TIME_NEVER : in->now + family);
	half(access, TOKEN_ACCESS, sooner(end, in->now + lifetime));
	half(refresh, TOKEN_REFRESH, end);
	return 0;
}

enum lineage_match
lineage_match(const struct record *record, const struct token *token,
    const uint8_t key[CRYPTO_KEY_SIZE])
{
	enum lineage_match match = LINEAGE_NONE;
	uint8_t verifier[CRYPTO_VERIFIER_SIZE];
	struct token then = *token;

	for (int i = 0; match == LINEAGE_NONE && i <= LINEAGE_GENERATIONS;
	     i++) {
		crypto_verifier(&then, verifier);
		if (crypto_equal(verifier, record->secrets[0].verifier,
			sizeof(verifier)))
			match = i == 0	 ? LINEAGE_CURRENT
				: i == 1 ? LINEAGE_PREVIOUS
					 : LINEAGE_OLDER;
		crypto_successor(key, &then, &then);
	}
	token_wipe(&then);
	if (token->kind != TOKEN_REFRESH ||
	    record->spec.kind != TOKEN_REFRESH || record->secret_count != 1)
		match = LINEAGE_NONE;
	return match;
}

void
lineage_derive(const struct record *record, const struct token *token,
    const uint8_t key[CRYPTO_KEY_SIZE], struct pair *pair)
{
	pair->refresh.kind = TOKEN_REFRESH;
	memcpy(pair->refresh.id, token->id, sizeof(pair->refresh.id));
	crypto_successor(key, token, &pair->refresh);
	pair->access.kind = TOKEN_ACCESS;
	memcpy(pair->access.id, record->lineage.partner.data, TOKEN_ID_SIZE);
	pair->access.id[TOKEN_ID_SIZE] = '\0';
	crypto_successor(key, token, &pair->access);
}

void
lineage_renew(const struct record *before, const struct record *parent,
    const struct lineage_step *step, const struct pair *pair,
    struct record *access, struct record *refresh)
{
	const struct record_lineage *lineage = &before->lineage;
	uint64_t end = sooner(before->spec.expires_at,
	    parent_end(parent, lineage->parent_number));
	struct record made = *before;
	uint8_t number = before->secrets[0].number;

	made.secrets[0].number = number == UINT8_MAX ? 1 : number + 1;
	made.lineage.key_number = step->key_number;
	made.lineage.refreshed_at = step->now;
	made.lineage.refreshed_by = step->uid;
	*access = *refresh = made;
	half(access, TOKEN_ACCESS, sooner(end, step->now + lineage->lifetime));
	/* Of the pair each names the other. */
	access->lineage.partner = span_of(pair->refresh.id);
	crypto_verifier(&pair->access, access->secrets[0].verifier);
	crypto_verifier(&pair->refresh, refresh->secrets[0].verifier);
}

bool
lineage_may_repeat(const struct record *record, uint32_t uid, uint64_t now)
{
	const struct record_lineage *lineage = &record->lineage;

	return lineage->refreshed_at != 0 && now >= lineage->refreshed_at &&
	       now - lineage->refreshed_at <= LINEAGE_AGAIN &&
	       uid == lineage->refreshed_by;
}
