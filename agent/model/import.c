/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/import.h"

#include <string.h>

#include "common/duration.h"
#include "common/error.h"

/* What a token may be changed in without being able to do anything else. */
#define IMPORT_LABELS                                                          \
	(IMPORT_NAME | IMPORT_DESCRIPTION | IMPORT_STATE | IMPORT_USES_LEFT |  \
	    IMPORT_LAPSED)

_Static_assert(TRANSFER_VERIFIER_SIZE == CRYPTO_VERIFIER_SIZE &&
		   TRANSFER_SECRETS_MAX == RECORD_SECRETS_MAX,
    "a record's secrets fit into a message");

static int
check_belongs(const struct token_spec *spec, struct refusal *refusal)
{
	if (spec->kind != TOKEN_API && spec->kind != TOKEN_MANAGEMENT)
		return importfields_refuse(refusal, IMPORT_KIND,
		    "access and refresh tokens are not moved: they come of "
		    "the token that they belong to");
	if (spec->kind == TOKEN_MANAGEMENT && spec->roles.count == 0)
		return importfields_refuse(refusal, IMPORT_ROLES,
		    "a management token does what its roles permit: give one");
	if (span_empty(spec->owner))
		return importfields_refuse(
		    refusal, IMPORT_OWNER, "a token has an owner");
	if (!spec->organization && spec->projects.count == 0)
		return importfields_refuse(refusal, IMPORT_PROJECTS,
		    "a token belongs to one project at least, or to the "
		    "organization (null)");
	return 0;
}

static int
check_times(const struct transfer_token *line, struct refusal *refusal)
{
	const struct {
		const char *word;
		uint64_t when;
	} times[] = {
		{ "expires_at", line->info.spec.expires_at },
		{ "not_before", line->info.spec.not_before },
		{ "created_at", line->info.created_at },
		{ "changed_at", line->info.changed_at },
		{ "last_used_at", line->info.last_used_at },
		{ "secrets", line->secrets[0].expires_at },
		{ "secrets", line->secrets[1].expires_at },
	};
	size_t count = sizeof(times) / sizeof(*times);

	for (size_t i = 0;
	     i < count - TRANSFER_SECRETS_MAX + line->secret_count; i++)
		if (times[i].when > (uint64_t)TIME_MAX)
			return refuse(refusal, STATUS_INVALID,
			    "%s: it is past the year 9999", times[i].word);
	return 0;
}

static int
check_texts(const struct token_info *info, struct refusal *refusal)
{
	const struct {
		const char *word;
		struct span text;
	} texts[] = {
		{ "created_by", info->created_by },
		{ "changed_by", info->changed_by },
		{ "reason", info->reason },
		{ "last_used_service", info->last_used_service },
		{ "last_used_from", info->last_used_from },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (syntax_check_text(texts[i].word, texts[i].text, refusal) <
		    0)
			return ERROR_INVALID;
	return 0;
}

static int
check_secrets(const struct transfer_token *line, struct refusal *refusal)
{
	if (line->secret_count == 0)
		return 0;
	if (line->info.state == STATE_PENDING)
		return importfields_refuse(refusal, IMPORT_STATE,
		    "a pending token has no secrets: give active, or leave "
		    "out the secrets");
	if (line->info.spec.kind == TOKEN_API &&
	    line->info.spec.users.count == 0)
		return importfields_refuse(refusal, IMPORT_USERS,
		    "a token with a secret is for one login name at least");
	if (line->secret_count == 2 &&
	    line->secrets[0].number <= line->secrets[1].number)
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "the newer one comes first, with the higher number");
	if (line->secrets[0].expires_at != TIME_NEVER)
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "the newest one has no end of its own: its expires_at is "
		    "null");
	return 0;
}

int
import_check(const struct transfer_token *line, struct refusal *refusal)
{
	int rv = importfields_check(&line->info.spec, refusal);

	if (rv == 0)
		rv = check_belongs(&line->info.spec, refusal);
	if (rv == 0)
		rv = check_times(line, refusal);
	if (rv == 0)
		rv = check_texts(&line->info, refusal);
	if (rv == 0)
		rv = check_secrets(line, refusal);
	return rv;
}

static int
check_size(const struct record *record, struct refusal *refusal)
{
	uint8_t encoded[RECORD_SIZE_MAX / 2];

	if (record_encode(record, encoded, sizeof(encoded)) == 0)
		return refuse(refusal, STATUS_INVALID,
		    "its lists and texts have more than %zu bytes together",
		    sizeof(encoded));
	return 0;
}

/* How far a token is from being good: no import makes it less. */
static int
state_rank(enum token_state state)
{
	if (state == STATE_REVOKED)
		return 2;
	return state == STATE_DISABLED ? 1 : 0;
}

/* That an active token is expired is seen, not kept. */
static enum token_state
kept_state(enum token_state told, size_t secrets)
{
	if (state_rank(told) > 0)
		return told;
	return secrets > 0 ? STATE_ACTIVE : STATE_PENDING;
}

static void
take_secrets(const struct transfer_token *line, struct record *record)
{
	record->secret_count = line->secret_count;
	for (size_t i = 0; i < line->secret_count; i++) {
		record->secrets[i].number = line->secrets[i].number;
		record->secrets[i].expires_at = line->secrets[i].expires_at;
		memcpy(record->secrets[i].verifier,
		    line->secrets[i].verifier.data, CRYPTO_VERIFIER_SIZE);
	}
}

/* As issue.c has it: whoever imports a token makes it. */
static int
vouch(const struct import_input *in, struct import_storage *storage,
    struct record *record, struct refusal *refusal)
{
	int rv = warrant_collect(
	    in->caller, &record->spec, storage->warrants, &record->warrants);

	if (rv < 0)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "users: no single grant of %s lets them make such a token",
		    in->caller->login);
	record->voucher = record->warrants.count > 0
			      ? span_of(in->caller->login)
			      : span_of(NULL);
	record->elevated = caller_reach_over(in->caller, TOKEN_CREATE,
			       &record->spec) > REACH_OWN;
	return 0;
}

int
import_new(const struct import_input *in, struct import_storage *storage,
    struct record *record, struct refusal *refusal)
{
	const struct token_info *info = &in->line->info;
	bool told = info->created_at != 0;
	int rv;

	*record = (struct record) {
		.spec = info->spec,
		.state = kept_state(info->state, in->line->secret_count),
		.created_at = told ? info->created_at : in->now,
		.created_by = span_empty(info->created_by)
				  ? span_of(in->caller->login)
				  : info->created_by,
		.changed_at = info->changed_at,
		.changed_by = info->changed_by,
		.reason = info->reason,
		.lapsed = in->line->lapsed,
	};
	take_secrets(in->line, record);
	rv = vouch(in, storage, record, refusal);
	return rv < 0 ? rv : check_size(record, refusal);
}

static const struct record_secret *
secret_numbered(const struct record *record, uint8_t number)
{
	for (size_t i = 0; i < record->secret_count; i++)
		if (record->secrets[i].number == number)
			return &record->secrets[i];
	return NULL;
}

static bool
same_verifier(const struct transfer_secret *a, const struct record_secret *b)
{
	return crypto_equal(
	    a->verifier.data, b->verifier, CRYPTO_VERIFIER_SIZE);
}

static bool
same_secrets(const struct transfer_token *line, const struct record *record)
{
	if (line->secret_count == 0)
		return true;
	if (line->secret_count != record->secret_count)
		return false;
	for (size_t i = 0; i < line->secret_count; i++) {
		const struct record_secret *kept = secret_numbered(
		    record, line->secrets[i].number);

		if (kept == NULL || !same_verifier(&line->secrets[i], kept) ||
		    kept->expires_at != line->secrets[i].expires_at)
			return false;
	}
	return true;
}

static bool
same_state(const struct transfer_token *line, const struct record *record)
{
	return line->info.state == 0 ||
	       (state_rank(line->info.state) == 0 &&
		   state_rank(record->state) == 0) ||
	       line->info.state == record->state;
}

uint32_t
import_differences(
    const struct transfer_token *line, const struct record *before)
{
	uint32_t fields = importfields_differ(&line->info.spec, &before->spec);

	if (line->info.created_at != 0 &&
	    line->info.created_at != before->created_at)
		fields |= IMPORT_CREATED_AT;
	if (!same_state(line, before))
		fields |= IMPORT_STATE;
	if (!same_secrets(line, before))
		fields |= IMPORT_SECRETS;
	if (line->lapsed && !before->lapsed)
		fields |= IMPORT_LAPSED;
	return fields;
}

static int
check_fixed(uint32_t fields, struct refusal *refusal)
{
	fields &= importfields_fixed();
	if (fields == 0)
		return 0;
	return importfields_refuse(refusal, fields,
	    "it is another one here and never changes: give the token another "
	    "id, or what it has here");
}

static int
check_state(const struct transfer_token *line, const struct record *before,
    struct refusal *refusal)
{
	if (line->info.state == 0 ||
	    state_rank(line->info.state) >= state_rank(before->state))
		return 0;
	if (before->state == STATE_REVOKED)
		return importfields_refuse(refusal, IMPORT_STATE,
		    "it is revoked here, which is for good: say revoked, or "
		    "give the token another id");
	return importfields_refuse(refusal, IMPORT_STATE,
	    "it is disabled here and no import enables it: say disabled, or "
	    "enable it first");
}

/* A secret that is there may end sooner; one that is not must be newer. */
static int
check_secret(const struct transfer_secret *secret, const struct record *before,
    uint8_t newest, struct refusal *refusal)
{
	const struct record_secret *kept = secret_numbered(
	    before, secret->number);

	if (kept == NULL && secret->number > newest)
		return 0;
	if (kept == NULL)
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "one of them was regenerated here and does not come back");
	if (!same_verifier(secret, kept))
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "one with that number is there and is another: give the "
		    "token another id");
	if (kept->expires_at != TIME_NEVER &&
	    (secret->expires_at == TIME_NEVER ||
		secret->expires_at > kept->expires_at))
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "one of them ends sooner here and does not come back");
	return 0;
}

static int
check_newer(const struct transfer_token *line, const struct record *before,
    struct refusal *refusal)
{
	uint8_t newest = 0;
	int rv = 0;

	for (size_t i = 0; i < before->secret_count; i++)
		if (before->secrets[i].number > newest)
			newest = before->secrets[i].number;
	if (line->secrets[0].number < newest)
		return importfields_refuse(refusal, IMPORT_SECRETS,
		    "a newer one was made here: leave them out, or export "
		    "again");
	for (size_t i = 0; i < line->secret_count && rv == 0; i++)
		rv = check_secret(&line->secrets[i], before, newest, refusal);
	return rv;
}

int
import_over(const struct import_input *in, const struct record *before,
    uint32_t fields, struct import_storage *storage, struct record *after,
    struct refusal *refusal)
{
	const struct transfer_token *line = in->line;
	int rv = check_fixed(fields, refusal);

	if (rv == 0)
		rv = check_state(line, before, refusal);
	if (rv == 0 && (fields & IMPORT_SECRETS) != 0)
		rv = check_newer(line, before, refusal);
	if (rv < 0)
		return rv;
	*after = *before;
	importfields_take(&after->spec, &line->info.spec, fields);
	if ((fields & ~(uint32_t)IMPORT_LABELS) != 0)
		rv = vouch(in, storage, after, refusal);
	if ((fields & IMPORT_SECRETS) != 0)
		take_secrets(line, after);
	if ((fields & IMPORT_STATE) != 0) {
		after->state = line->info.state;
		after->reason = line->info.reason;
	}
	after->lapsed = before->lapsed || line->lapsed;
	after->state = kept_state(after->state, after->secret_count);
	after->changed_at = in->now;
	after->changed_by = span_of(in->caller->login);
	return rv < 0 ? rv : check_size(after, refusal);
}
