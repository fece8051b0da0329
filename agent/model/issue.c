/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/issue.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/network.h"
#include "agent/model/scope.h"
#include "common/duration.h"
#include "common/error.h"

int
refuse(struct refusal *refusal, enum status status, const char *format, ...)
{
	va_list arguments;

	refusal->status = status;
	va_start(arguments, format);
	vsnprintf(
	    refusal->message, sizeof(refusal->message), format, arguments);
	va_end(arguments);
	return ERROR_INVALID;
}

/* UTF-8 without control characters, C1 and DEL included.  Whether it is
 * well-formed UTF-8 otherwise is the terminal's business, and escaped there. */
static bool
is_printable(struct span text)
{
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (c < 0x20 || c == 0x7f)
			return false;
		if (c == 0xc2 && i + 1 < text.size && text.data[i + 1] < 0xa0)
			return false;
	}
	return true;
}

/* Words that stand in configuration files, lists and URLs. */
static bool
is_word(struct span text)
{
	if (span_empty(text) || text.size > WORD_MAX || text.data[0] == '-')
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t c = text.data[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && strchr("._-@+", c) == NULL)
			return false;
	}
	return true;
}

static int
check_name(struct span name, struct refusal *refusal)
{
	if (span_empty(name) || name.size > TOKEN_NAME_MAX)
		return refuse(refusal, STATUS_INVALID,
		    "a name has 1 to %d bytes, this one has %zu",
		    TOKEN_NAME_MAX, name.size);
	if (!is_printable(name))
		return refuse(refusal, STATUS_INVALID,
		    "a name has printable characters only, this one has a "
		    "control character");
	return 0;
}

static int
check_login(const char *what, struct span login, struct refusal *refusal)
{
	if (span_empty(login) || login.size > LOGIN_MAX ||
	    !is_printable(login) || memchr(login.data, ' ', login.size) != NULL)
		return refuse(refusal, STATUS_INVALID,
		    "%s is a login name: 1 to %d printable characters without "
		    "a space",
		    what, LOGIN_MAX);
	return 0;
}

static int
check_words(
    const char *what, const struct spanlist *list, struct refusal *refusal)
{
	struct span word;
	size_t at = 0;

	while (spanlist_next(list, &at, &word))
		if (!is_word(word))
			return refuse(refusal, STATUS_INVALID,
			    "%s is a word of 1 to %d letters, digits or "
			    "._-@+, not beginning with -",
			    what, WORD_MAX);
	return 0;
}

static int
check_users(const struct spanlist *users, struct refusal *refusal)
{
	struct span user;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(users, &at, &user))
		rv = check_login("--user", user, refusal);
	return rv;
}

/* "service" or "service:access", both words. */
static int
check_allow(const struct spanlist *allow, struct refusal *refusal)
{
	struct span entry;
	size_t at = 0;

	while (spanlist_next(allow, &at, &entry)) {
		const uint8_t *colon = span_empty(entry) ? NULL
							 : memchr(entry.data,
							       ':', entry.size);
		struct span service = entry;
		struct span access = span_of(ACCESS_FULL);

		if (colon != NULL) {
			service.size = (size_t)(colon - entry.data);
			access = span_bytes(
			    colon + 1, entry.size - service.size - 1);
		}
		if (!is_word(service) || !is_word(access))
			return refuse(refusal, STATUS_INVALID,
			    "--allow is SERVICE or SERVICE:ACCESS, as in "
			    "\"sshd\" or \"nginx:read\"");
	}
	return 0;
}

static int
check_from(const struct spanlist *from, struct refusal *refusal)
{
	struct network network;
	struct span text;
	size_t at = 0;

	while (spanlist_next(from, &at, &text))
		if (network_parse(text, &network) < 0)
			return refuse(refusal, STATUS_INVALID,
			    "--from is an address or a network with its host "
			    "bits clear, as in 192.0.2.7, 192.0.2.0/24 or "
			    "2001:db8::/32");
	return 0;
}

static int
check_environment(struct span environment, struct refusal *refusal)
{
	if (!span_empty(environment) && !is_word(environment))
		return refuse(refusal, STATUS_INVALID,
		    "--environment is a word of 1 to %d letters, digits or "
		    "._-@+",
		    WORD_MAX);
	return 0;
}

static int
check_description(struct span description, struct refusal *refusal)
{
	if (!is_printable(description))
		return refuse(refusal, STATUS_INVALID,
		    "a description has printable characters only");
	return 0;
}

static int
check_type(const struct token_spec *spec, struct refusal *refusal)
{
	bool names_services = spec->allow.count > 0;

	if (spec->type == TYPE_CUSTOM && !names_services)
		return refuse(refusal, STATUS_INVALID,
		    "a custom token opens what --allow names: give at least "
		    "one --allow SERVICE");
	if (spec->type == TYPE_READ_ONLY && names_services)
		return refuse(refusal, STATUS_INVALID,
		    "a read-only token takes no --allow: it opens the "
		    "services whose access is \"%s\"",
		    ACCESS_READ);
	if (spec->organization && spec->projects.count > 0)
		return refuse(refusal, STATUS_INVALID,
		    "a token belongs to projects or to the organization, not "
		    "to both: give --project or --organization");
	return 0;
}

int
issue_check_syntax(const struct token_spec *spec, struct refusal *refusal)
{
	int rv = check_name(spec->name, refusal);

	if (rv == 0 && !span_empty(spec->owner))
		rv = check_login("--owner", spec->owner, refusal);
	if (rv == 0)
		rv = check_description(spec->description, refusal);
	if (rv == 0)
		rv = check_environment(spec->environment, refusal);
	if (rv == 0)
		rv = check_users(&spec->users, refusal);
	if (rv == 0)
		rv = check_allow(&spec->allow, refusal);
	if (rv == 0)
		rv = check_words("--project", &spec->projects, refusal);
	if (rv == 0)
		rv = check_words("--role", &spec->roles, refusal);
	if (rv == 0)
		rv = check_from(&spec->from, refusal);
	if (rv == 0)
		rv = check_type(spec, refusal);
	return rv;
}

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

static int
set_expiry(const struct issue_input *in, struct token_spec *spec,
    struct refusal *refusal)
{
	uint64_t most = in->limits->max_expires;
	char text[TIME_TEXT_SIZE];

	if (spec->expires_at == EXPIRES_DEFAULT)
		spec->expires_at = in->limits->default_expires == 0
				       ? TIME_NEVER
				       : in->now + in->limits->default_expires;
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
	if (in->spec->uses != USES_UNLIMITED)
		return refuse(refusal, STATUS_INVALID,
		    "a limit on uses is not supported so far");
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

int
issue_record(const struct issue_input *in, struct issue_storage *storage,
    struct record *record, struct refusal *refusal)
{
	struct token_spec spec = *in->spec;
	bool elevated = grant_reach(in->caller->role, TOKEN_CREATE) > REACH_OWN;
	int rv = check_kind(in, refusal);

	if (rv == 0)
		rv = issue_check_syntax(&spec, refusal);
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
		rv = check_people(in, &spec, refusal);
	if (rv == 0)
		rv = check_elevated(in, &spec, elevated, refusal);
	if (rv < 0)
		return rv;
	*record = (struct record) {
		.spec = spec,
		.state = STATE_ACTIVE,
		.elevated = elevated,
		.created_at = in->now,
		.created_by = span_of(in->caller->login),
	};
	return check_size(record, refusal);
}
