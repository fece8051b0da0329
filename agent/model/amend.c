/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/amend.h"

#include "agent/model/holding.h"
#include "agent/model/issue.h"
#include "agent/model/syntax.h"
#include "common/changemessage.h"
#include "common/duration.h"
#include "common/error.h"

/* What warrants judge. */
#define FIELDS_WIDER (FIELD_USERS | FIELD_ALLOW)

/* What somebody with more rights stopped stays as it is until they go on. */
static int
check_stopped(const struct issue_input *in, const struct record *before,
    struct refusal *refusal)
{
	if (before->state == STATE_REVOKED)
		return refuse(refusal, STATUS_CONFLICT,
		    "it is revoked, which is for good: create another one");
	if (before->state == STATE_DISABLED &&
	    !holding_reaches_others(in->caller, &before->spec) &&
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
			  holding_reaches_others(in->caller, &after->spec);
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
	return holding_vouch(in, storage, after, refusal);
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
amend_fields(const struct issue_input *in, const struct record *before,
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
		rv = issue_set_expiry(in, &spec, refusal);
	if (rv == 0 && (fields & (FIELD_EXPIRES | FIELD_NOT_BEFORE)) != 0)
		rv = issue_check_times(in, &spec, refusal);
	if (rv == 0 && (fields & ~(uint32_t)FIELDS_LABEL) != 0)
		rv = holding_check(in, &spec, refusal);
	if (rv < 0)
		return rv;
	*after = *before;
	after->spec = spec;
	if ((fields & FIELD_EXPIRES) != 0)
		after->lapsed = false;
	if ((fields & FIELD_ALLOW) != 0)
		after->elevated = holding_reaches_others(in->caller, &spec);
	else if ((fields & ~(uint32_t)FIELDS_LABEL) != 0)
		inherit_elevated(in, after);
	if ((fields & ~(uint32_t)FIELDS_LABEL) != 0)
		rv = vouch_for_change(
		    in, (fields & FIELDS_WIDER) != 0, storage, after, refusal);
	note_change(in, after);
	return rv < 0 ? rv : issue_check_size(after, refusal);
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
amend_secret(const struct issue_input *in, const struct record *before,
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
		rv = holding_check(in, &after->spec, refusal);
	if (rv == 0 && !stands_already(in, before))
		rv = vouch_for_change(
		    in, in->spec->users.count > 0, storage, after, refusal);
	return rv < 0 ? rv : issue_check_size(after, refusal);
}
