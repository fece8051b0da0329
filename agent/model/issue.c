/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/issue.h"

#include "agent/model/holding.h"
#include "agent/model/scope.h"
#include "agent/model/syntax.h"
#include "common/duration.h"
#include "common/error.h"

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

int
issue_set_expiry(const struct issue_input *in, struct token_spec *spec,
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

int
issue_check_times(const struct issue_input *in, const struct token_spec *spec,
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
	if (caller_reach_anywhere(in->caller, holding_permission(spec)) ==
	    REACH_NONE)
		return refuse(refusal, STATUS_FORBIDDEN,
		    "%s has no %s permission", in->caller->login,
		    permission_word(holding_permission(spec)));
	return spec->kind == TOKEN_MANAGEMENT ? check_management(spec, refusal)
					      : 0;
}

int
issue_check_size(const struct record *record, struct refusal *refusal)
{
	uint8_t encoded[RECORD_SIZE_MAX];

	/* Room is left for what comes later: a reason, another secret. */
	if (record_encode(record, encoded, sizeof(encoded) / 2) == 0)
		return refuse(refusal, STATUS_INVALID,
		    "a token's lists and texts have at most %d bytes together",
		    RECORD_SIZE_MAX / 2);
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
	rv = issue_set_expiry(in, &spec, refusal);
	if (rv == 0)
		rv = issue_check_times(in, &spec, refusal);
	if (rv == 0)
		rv = holding_check(in, &spec, refusal);
	if (rv < 0)
		return rv;
	*record = (struct record) {
		.spec = spec,
		.state = STATE_ACTIVE,
		.elevated = holding_reaches_others(in->caller, &spec),
		.created_at = in->now,
		.created_by = span_of(in->caller->login),
	};
	rv = holding_vouch(in, storage, record, refusal);
	return rv < 0 ? rv : issue_check_size(record, refusal);
}
