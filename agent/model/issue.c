/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/issue.h"

#include <string.h>

#include "agent/model/scope.h"
#include "agent/model/syntax.h"
#include "common/duration.h"
#include "common/error.h"

/*
 * Who owns it: whoever was named; else the single login name, where the
 * caller may speak for it; else the caller.
 */
static struct span
default_owner(const struct issue_input *in)
{
	const struct token_spec *spec = in->spec;
	struct span only = { 0 };
	size_t at = 0;

	if (!span_empty(spec->owner))
		return spec->owner;
	if (spec->users.count == 1 && spanlist_next(&spec->users, &at, &only) &&
	    grant_covers(in->caller, TOKEN_CREATE, only))
		return only;
	return span_of(in->caller->login);
}

static void
default_one(
    struct spanlist *list, uint8_t *storage, size_t size, struct span element)
{
	if (list->count == 0)
		spanlist_add(list, storage, size, element);
}

/* The configured one, as far as the configured limit lets it be. */
static uint64_t
default_expiry(const struct issue_input *in)
{
	uint64_t seconds = in->limits->default_expires;
	uint64_t most = in->limits->max_expires;

	if (most != 0 && (seconds == 0 || seconds > most))
		seconds = most;
	return seconds == 0 ? TIME_NEVER : in->now + seconds;
}

static int
set_expiry(const struct issue_input *in, struct token_spec *spec,
    struct refusal *refusal)
{
	uint64_t most = in->limits->max_expires;
	char text[TIME_TEXT_SIZE];

	if (spec->expires_at == EXPIRES_DEFAULT)
		spec->expires_at = default_expiry(in);
	if (spec->expires_at != TIME_NEVER && spec->expires_at <= in->now) {
		time_format(spec->expires_at, text);
		return refuse(refusal, STATUS_INVALID,
		    "the expiry %s is in the past: give a later date, a "
		    "duration such as 30d, or never",
		    text);
	}
	if (most == 0)
		return 0;
	if (spec->expires_at == TIME_NEVER ||
	    spec->expires_at > in->now + most) {
		time_format(in->now + most, text);
		return refuse(refusal, STATUS_INVALID,
		    "the expiry may be at most %s ([limits] max_expires)",
		    text);
	}
	return 0;
}

static int
check_times(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	if (spec->expires_at != TIME_NEVER &&
	    spec->expires_at > (uint64_t)TIME_MAX)
		return refuse(refusal, STATUS_INVALID,
		    "the expiry is past the year 9999: give never instead");
	if (spec->not_before > (uint64_t)TIME_MAX)
		return refuse(refusal, STATUS_INVALID,
		    "--not-before is past the year 9999");
	if (spec->expires_at != TIME_NEVER &&
	    spec->not_before >= spec->expires_at && spec->not_before > in->now)
		return refuse(refusal, STATUS_INVALID,
		    "--not-before is not before the expiry");
	return 0;
}

/* Whose token, and as whom it may log in. */
static int
check_people(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	struct span user;
	size_t at = 0;

	if (!grant_covers(in->caller, TOKEN_CREATE, spec->owner))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s may make tokens that %s owns only: it takes %s beyond "
		    "one's own",
		    in->caller->login, in->caller->login,
		    permission_word(TOKEN_CREATE));
	while (spanlist_next(&spec->users, &at, &user))
		if (!grant_covers(in->caller, TOKEN_LOGIN_AS, user))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%s may make tokens for the login name %s only: it "
			    "takes %s",
			    in->caller->login, in->caller->login,
			    permission_word(TOKEN_LOGIN_AS));
	return 0;
}

static struct span
allowed_service(struct span entry)
{
	const uint8_t *colon = memchr(entry.data, ':', entry.size);

	if (colon != NULL)
		entry.size = (size_t)(colon - entry.data);
	return entry;
}

static int
check_elevated(const struct issue_input *in, const struct token_spec *spec,
    bool elevated, struct refusal *refusal)
{
	struct span entry;
	size_t at = 0;

	while (!elevated && spanlist_next(&spec->allow, &at, &entry)) {
		struct span service = allowed_service(entry);

		if (in->is_elevated(in->arg, service))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%.*s is an elevated service: a token that opens "
			    "it takes %s beyond one's own",
			    (int)service.size, (const char *)service.data,
			    permission_word(TOKEN_CREATE));
	}
	return 0;
}

static int
check_kind(const struct issue_input *in, struct refusal *refusal)
{
	if (in->spec->kind != TOKEN_API)
		return refuse(refusal, STATUS_INVALID,
		    "only API tokens (atk_) can be created so far");
	if (in->spec->uses == 0)
		return refuse(refusal, STATUS_INVALID,
		    "--uses is how often it may be used: at least 1");
	if (grant_reach(in->caller->role, TOKEN_CREATE) == REACH_NONE)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s has no %s permission", in->caller->login,
		    permission_word(TOKEN_CREATE));
	return 0;
}

static int
check_size(const struct record *record, struct refusal *refusal)
{
	uint8_t encoded[RECORD_SIZE_MAX];

	/* Room is left for what comes later: a reason, another secret. */
	if (record_encode(record, encoded, sizeof(encoded) / 2) == 0)
		return refuse(refusal, STATUS_INVALID,
		    "a token's lists and texts have at most %d bytes together",
		    RECORD_SIZE_MAX / 2);
	return 0;
}

/* Whether the caller reaches beyond their own tokens. */
static bool
reaches_others(const struct caller *caller)
{
	return grant_reach(caller->role, TOKEN_CREATE) > REACH_OWN;
}

/* What a role opens is not everybody's to give. */
static int
check_roles(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	if (spec->roles.count > 0 && !reaches_others(in->caller))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "a token that carries a role takes %s beyond one's own",
		    permission_word(TOKEN_CREATE));
	return 0;
}

/* What somebody with more rights stopped stays as it is until they go on. */
static int
check_stopped(const struct issue_input *in, const struct record *before,
    struct refusal *refusal)
{
	if (before->state == STATE_REVOKED)
		return refuse(refusal, STATUS_CONFLICT,
		    "it is revoked, which is for good: create another one");
	if (before->state == STATE_DISABLED && !reaches_others(in->caller) &&
	    !span_is(before->changed_by, in->caller->login))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "it was disabled by %.*s: it takes %s beyond one's own to "
		    "change it",
		    (int)before->changed_by.size,
		    (const char *)before->changed_by.data,
		    permission_word(TOKEN_CREATE));
	return 0;
}

int
issue_may_hold(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	int rv = check_people(in, spec, refusal);

	if (rv == 0)
		rv = check_roles(in, spec, refusal);
	if (rv == 0)
		rv = check_elevated(
		    in, spec, reaches_others(in->caller), refusal);
	return rv;
}

int
issue_record(const struct issue_input *in, struct issue_storage *storage,
    struct record *record, struct refusal *refusal)
{
	struct token_spec spec = *in->spec;
	int rv = check_kind(in, refusal);

	if (rv == 0)
		rv = syntax_check(&spec, refusal);
	if (rv < 0)
		return rv;
	spec.owner = default_owner(in);
	default_one(
	    &spec.users, storage->users, sizeof(storage->users), spec.owner);
	if (!spec.organization)
		default_one(&spec.projects, storage->projects,
		    sizeof(storage->projects), span_of(PROJECT_DEFAULT));
	rv = set_expiry(in, &spec, refusal);
	if (rv == 0)
		rv = check_times(in, &spec, refusal);
	if (rv == 0)
		rv = issue_may_hold(in, &spec, refusal);
	if (rv < 0)
		return rv;
	*record = (struct record) {
		.spec = spec,
		.state = STATE_ACTIVE,
		.elevated = reaches_others(in->caller),
		.created_at = in->now,
		.created_by = span_of(in->caller->login),
	};
	return check_size(record, refusal);
}

/* The fields of the spec that are asked for, over those that were. */
static void
take_fields(
    struct token_spec *spec, const struct token_spec *asked, uint32_t fields)
{
	if ((fields & FIELD_NAME) != 0)
		spec->name = asked->name;
	if ((fields & FIELD_DESCRIPTION) != 0)
		spec->description = asked->description;
	if ((fields & FIELD_TYPE) != 0)
		spec->type = asked->type;
	if ((fields & FIELD_ALLOW) != 0)
		spec->allow = asked->allow;
	if ((fields & FIELD_EXPIRES) != 0)
		spec->expires_at = asked->expires_at;
	if ((fields & FIELD_NOT_BEFORE) != 0)
		spec->not_before = asked->not_before;
	if ((fields & FIELD_FROM) != 0)
		spec->from = asked->from;
	if ((fields & FIELD_ENVIRONMENT) != 0)
		spec->environment = asked->environment;
	if ((fields & FIELD_USERS) != 0)
		spec->users = asked->users;
}

/* Who cannot vouch for a token does not inherit that somebody did: a service
 * that it names may become elevated later. */
static void
inherit_elevated(const struct issue_input *in, struct record *after)
{
	after->elevated = after->elevated && reaches_others(in->caller);
}

/* Of a disabled token it is kept who disabled it. */
static void
note_change(const struct issue_input *in, struct record *after)
{
	if (after->state == STATE_DISABLED)
		return;
	after->changed_at = in->now;
	after->changed_by = span_of(in->caller->login);
}

int
issue_edit(const struct issue_input *in, const struct record *before,
    uint32_t fields, struct record *after, struct refusal *refusal)
{
	struct token_spec spec = before->spec;
	int rv = check_stopped(in, before, refusal);

	if (rv < 0)
		return rv;
	take_fields(&spec, in->spec, fields);
	rv = syntax_check(&spec, refusal);
	if (rv == 0 && (fields & FIELD_EXPIRES) != 0)
		rv = set_expiry(in, &spec, refusal);
	if (rv == 0 && (fields & (FIELD_EXPIRES | FIELD_NOT_BEFORE)) != 0)
		rv = check_times(in, &spec, refusal);
	if (rv == 0 && (fields & ~(uint32_t)FIELDS_LABEL) != 0)
		rv = issue_may_hold(in, &spec, refusal);
	if (rv < 0)
		return rv;
	*after = *before;
	after->spec = spec;
	if ((fields & FIELD_ALLOW) != 0)
		after->elevated = reaches_others(in->caller);
	else if ((fields & ~(uint32_t)FIELDS_LABEL) != 0)
		inherit_elevated(in, after);
	note_change(in, after);
	return check_size(after, refusal);
}

int
issue_regenerate(const struct issue_input *in, const struct record *before,
    uint64_t overlap, struct record *after, struct refusal *refusal)
{
	int rv = check_stopped(in, before, refusal);
	uint8_t number = 0;

	if (rv < 0)
		return rv;
	if (overlap > OVERLAP_MAX)
		return refuse(refusal, STATUS_INVALID,
		    "the old secret may stay good for at most %dd",
		    OVERLAP_MAX / 86400);
	for (size_t i = 0; i < before->secret_count; i++)
		if (before->secrets[i].number > number)
			number = before->secrets[i].number;
	if (number == UINT8_MAX)
		return refuse(refusal, STATUS_CONFLICT,
		    "it had %d secrets already: create another token",
		    UINT8_MAX);
	*after = *before;
	if (in->spec->users.count > 0)
		after->spec.users = in->spec->users;
	if (after->spec.users.count == 0)
		return refuse(refusal, STATUS_INVALID,
		    "it has no login name yet: give --user LOGIN");
	after->secret_count = 0;
	after->secrets[after->secret_count++].number = (uint8_t)(number + 1);
	after->secrets[0].expires_at = TIME_NEVER;
	if (overlap > 0 && before->secret_count > 0) {
		after->secrets[1] = before->secrets[0];
		after->secrets[1].expires_at = in->now + overlap;
		after->secret_count = 2;
	}
	if (after->state == STATE_PENDING)
		after->state = STATE_ACTIVE;
	inherit_elevated(in, after);
	note_change(in, after);
	rv = syntax_check(&after->spec, refusal);
	if (rv == 0)
		rv = check_size(after, refusal);
	return rv < 0 ? rv : issue_may_hold(in, &after->spec, refusal);
}
