/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/issue.h"

#include <string.h>

#include "agent/model/role.h"
#include "agent/model/scope.h"
#include "agent/model/syntax.h"
#include "common/duration.h"
#include "common/error.h"

/* What warrants judge. */
#define FIELDS_WIDER (FIELD_USERS | FIELD_ALLOW)

/*
 * Who owns it: whoever was named; else the single login name, where the
 * caller may speak for it; else the caller.
 */
static struct span
default_owner(const struct issue_input *in, const struct token_spec *spec)
{
	struct token_spec theirs = *spec;
	size_t at = 0;

	if (!span_empty(spec->owner))
		return spec->owner;
	if (spec->kind == TOKEN_API && spec->users.count == 1 &&
	    spanlist_next(&spec->users, &at, &theirs.owner) &&
	    caller_covers(in->caller, TOKEN_CREATE, &theirs))
		return theirs.owner;
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

static enum permission
making(const struct token_spec *spec)
{
	return spec->kind == TOKEN_MANAGEMENT ? MANAGEMENT_CREATE
					      : TOKEN_CREATE;
}

/* In each of the token's projects. */
static bool
speaks_for(const struct caller *caller, const struct token_spec *spec,
    struct span login)
{
	const struct span organization = { 0 };
	struct span project;
	size_t at = 0;

	if (spec->organization)
		return caller_speaks_for(caller, organization, login);
	while (spanlist_next(&spec->projects, &at, &project))
		if (!caller_speaks_for(caller, project, login))
			return false;
	return true;
}

/* Where it is that the caller may make none. */
static int
refuse_place(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	enum permission permission = making(spec);
	struct span project = span_of("");
	size_t at = 0;

	while (spanlist_next(&spec->projects, &at, &project) &&
	       caller_reach(in->caller, permission, project) != REACH_NONE)
		continue;
	if (spec->organization)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s lacks %s over the organization, which is every project",
		    in->caller->login, permission_word(permission));
	return refuse(refusal, STATUS_FORBIDDEN,
	    "%s lacks %s over project %.*s: --project NAME names another",
	    in->caller->login, permission_word(permission), (int)project.size,
	    (const char *)project.data);
}

/* Whose token, and as whom it may log in. */
static int
check_people(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	struct span user;
	size_t at = 0;

	if (caller_reach_over(in->caller, TOKEN_CREATE, spec) == REACH_NONE)
		return refuse_place(in, spec, refusal);
	if (!caller_covers(in->caller, TOKEN_CREATE, spec))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s may make tokens that %s owns only: it takes %s beyond "
		    "one's own",
		    in->caller->login, in->caller->login,
		    permission_word(making(spec)));
	while (spanlist_next(&spec->users, &at, &user)) {
		bool speaks = speaks_for(in->caller, spec, user);

		if (!speaks && in->caller->token != NULL)
			return refuse(refusal, STATUS_FORBIDDEN,
			    "the management token %s makes no tokens for the "
			    "login name %.*s (token.login-as): it was not made "
			    "with --user %.*s",
			    in->caller->token_id, (int)user.size,
			    (const char *)user.data, (int)user.size,
			    (const char *)user.data);
		if (!speaks)
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%s may not make tokens for the login name %.*s: "
			    "it takes %s for that name",
			    in->caller->login, (int)user.size,
			    (const char *)user.data,
			    permission_word(TOKEN_LOGIN_AS));
	}
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

/* What a management token is for is its roles, and it is used here only. */
static int
check_management(const struct token_spec *spec, struct refusal *refusal)
{
	if (spec->roles.count == 0)
		return refuse(refusal, STATUS_INVALID,
		    "a management token does what its roles permit: give "
		    "--role NAME");
	if (spec->allow.count > 0 || spec->from.count > 0 ||
	    !span_empty(spec->environment) || spec->uses != USES_UNLIMITED)
		return refuse(refusal, STATUS_INVALID,
		    "--allow, --from, --environment and --uses are for tokens "
		    "that services take, not for management tokens");
	return 0;
}

static int
check_kind(const struct issue_input *in, struct refusal *refusal)
{
	const struct token_spec *spec = in->spec;

	if (spec->kind != TOKEN_API && spec->kind != TOKEN_MANAGEMENT)
		return refuse(refusal, STATUS_INVALID,
		    "access and refresh tokens are not created: exchange an "
		    "API token for them");
	if (spec->uses == 0)
		return refuse(refusal, STATUS_INVALID,
		    "--uses is how often it may be used: at least 1");
	if (caller_reach_anywhere(in->caller, making(spec)) == REACH_NONE)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s has no %s permission", in->caller->login,
		    permission_word(making(spec)));
	return spec->kind == TOKEN_MANAGEMENT ? check_management(spec, refusal)
					      : 0;
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

/* Whether the caller reaches beyond their own tokens, where that one is. */
static bool
reaches_others(const struct caller *caller, const struct token_spec *spec)
{
	return caller_reach_over(caller, TOKEN_CREATE, spec) > REACH_OWN;
}

/* The roles of a management token exist and are not more than the caller's. */
static int
check_management_roles(const struct issue_input *in,
    const struct token_spec *spec, struct refusal *refusal)
{
	const struct span organization = { 0 };
	struct permissions permissions;
	struct role_record role = { 0 };
	struct span name, project;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(&spec->roles, &at, &name)) {
		size_t at_project = 0;

		if (!in->role(in->arg, name, &permissions))
			return refuse(refusal, STATUS_NOT_FOUND,
			    "there is no role %.*s: apitoken role list shows "
			    "those that there are",
			    (int)name.size, (const char *)name.data);
		memcpy(role.reach, permissions.reach, sizeof(role.reach));
		if (spec->organization)
			rv = role_check_within(
			    in->caller, name, &role, organization, refusal);
		while (rv == 0 &&
		       spanlist_next(&spec->projects, &at_project, &project))
			rv = role_check_within(
			    in->caller, name, &role, project, refusal);
	}
	return rv;
}

/*
 * A management token may do what its owner may do: whoever could name another
 * would keep, through them, what is taken from themselves.  And a token that
 * makes others would outlive its own revocation in them.
 */
static int
check_management_owner(const struct issue_input *in,
    const struct token_spec *spec, struct refusal *refusal)
{
	if (in->caller->token != NULL)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "management tokens are not made or changed by a management "
		    "token");
	if (in->caller->role != ROLE_OWNER &&
	    !span_is(spec->owner, in->caller->login))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s may have management tokens of their own only",
		    in->caller->login);
	return 0;
}

/* What a role opens is not everybody's to give. */
static int
check_roles(const struct issue_input *in, const struct token_spec *spec,
    struct refusal *refusal)
{
	if (spec->kind == TOKEN_MANAGEMENT) {
		int rv = check_management_owner(in, spec, refusal);

		return rv < 0 ? rv : check_management_roles(in, spec, refusal);
	}
	if (spec->roles.count > 0 && !reaches_others(in->caller, spec))
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
	if (before->state == STATE_DISABLED &&
	    !reaches_others(in->caller, &before->spec) &&
	    !span_is(before->changed_by, in->caller->login))
		return refuse(refusal, STATUS_FORBIDDEN,
		    "it was disabled by %.*s: it takes %s beyond one's own to "
		    "change it",
		    (int)before->changed_by.size,
		    (const char *)before->changed_by.data,
		    permission_word(TOKEN_CREATE));
	return 0;
}

/* In a locked project a token opens what it opened when it was made. */
static int
check_locked(
    const struct issue_input *in, uint32_t fields, struct refusal *refusal)
{
	if (!in->locked || (fields & FIELDS_SCOPE) == 0)
		return 0;
	return refuse(refusal, STATUS_CONFLICT,
	    "its project is locked: type, --allow, --user, --from and "
	    "--environment stay as they are until apitoken project unlock");
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
		    in, spec, reaches_others(in->caller, spec), refusal);
	return rv;
}

/* The caller stands for the record's scope from now on. */
static int
vouch(const struct issue_input *in, struct issue_storage *storage,
    struct record *record, struct refusal *refusal)
{
	int rv = warrant_collect(
	    in->caller, &record->spec, storage->warrants, &record->warrants);

	record->voucher = record->warrants.count > 0
			      ? span_of(in->caller->login)
			      : span_of(NULL);
	if (rv == ERROR_NOT_FOUND)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "no single grant of %s gives both %s and %s for all of "
		    "its login names",
		    in->caller->login, permission_word(making(&record->spec)),
		    permission_word(TOKEN_LOGIN_AS));
	if (rv < 0)
		return refuse(refusal, STATUS_INVALID,
		    "a token may rest on at most %d grants: name fewer "
		    "projects, or have a grant for the organization",
		    WARRANTS_MAX);
	return 0;
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
	if (!spec.organization)
		default_one(&spec.projects, storage->projects,
		    sizeof(storage->projects), span_of(PROJECT_DEFAULT));
	spec.owner = default_owner(in, &spec);
	if (spec.kind == TOKEN_API)
		default_one(&spec.users, storage->users, sizeof(storage->users),
		    spec.owner);
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
		.elevated = reaches_others(in->caller, &spec),
		.created_at = in->now,
		.created_by = span_of(in->caller->login),
	};
	rv = vouch(in, storage, record, refusal);
	return rv < 0 ? rv : check_size(record, refusal);
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
	after->elevated = after->elevated &&
			  reaches_others(in->caller, &after->spec);
}

/*
 * Whoever changes a token stands for it from then on, but an owner (root) who
 * does not give it more logins or services: else each of root's edits would
 * set it free from the grants that it was made by.
 */
static int
vouch_for_change(const struct issue_input *in, bool wider,
    struct issue_storage *storage, struct record *after,
    struct refusal *refusal)
{
	if (!wider && in->caller->role == ROLE_OWNER)
		return 0;
	return vouch(in, storage, after, refusal);
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
    uint32_t fields, struct issue_storage *storage, struct record *after,
    struct refusal *refusal)
{
	struct token_spec spec = before->spec;
	int rv = check_stopped(in, before, refusal);

	if (rv == 0)
		rv = check_locked(in, fields, refusal);
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
	if ((fields & FIELD_EXPIRES) != 0)
		after->lapsed = false;
	if ((fields & FIELD_ALLOW) != 0)
		after->elevated = reaches_others(in->caller, &spec);
	else if ((fields & ~(uint32_t)FIELDS_LABEL) != 0)
		inherit_elevated(in, after);
	if ((fields & ~(uint32_t)FIELDS_LABEL) != 0)
		rv = vouch_for_change(
		    in, (fields & FIELDS_WIDER) != 0, storage, after, refusal);
	note_change(in, after);
	return rv < 0 ? rv : check_size(after, refusal);
}

/* Whoever made it by what they were granted had its secret before, and it
 * rests on the same grants. */
static bool
stands_already(const struct issue_input *in, const struct record *before)
{
	return in->spec->users.count == 0 && !span_empty(before->voucher) &&
	       span_is(before->voucher, in->caller->login) &&
	       in->caller->token == NULL;
}

int
issue_regenerate(const struct issue_input *in, const struct record *before,
    uint64_t overlap, struct issue_storage *storage, struct record *after,
    struct refusal *refusal)
{
	int rv = check_stopped(in, before, refusal);
	uint8_t number = 0;

	if (rv == 0 && in->spec->users.count > 0)
		rv = check_locked(in, FIELD_USERS, refusal);
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
	if (after->spec.users.count == 0 && after->spec.kind == TOKEN_API)
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
	if (rv == 0 && !stands_already(in, before))
		rv = issue_may_hold(in, &after->spec, refusal);
	if (rv == 0 && !stands_already(in, before))
		rv = vouch_for_change(
		    in, in->spec->users.count > 0, storage, after, refusal);
	return rv < 0 ? rv : check_size(after, refusal);
}
