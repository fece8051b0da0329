/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/model/network.h"
#include "agent/model/scope.h"
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

int
syntax_check_login(const char *what, struct span login, struct refusal *refusal)
{
	/* "%1000" is how a group is written. */
	if (span_empty(login) || login.size > LOGIN_MAX ||
	    login.data[0] == '%' || !is_printable(login) ||
	    memchr(login.data, ' ', login.size) != NULL)
		return refuse(refusal, STATUS_INVALID,
		    "%s is a login name: 1 to %d printable characters without "
		    "a space",
		    what, LOGIN_MAX);
	return 0;
}

/* Nothing in a list stands there twice. */
static int
check_once(
    const char *what, const struct spanlist *list, struct refusal *refusal)
{
	struct span element;
	struct span other;
	size_t at = 0;

	while (spanlist_next(list, &at, &element)) {
		size_t after = at;

		while (spanlist_next(list, &after, &other))
			if (span_equal(element, other))
				return refuse(refusal, STATUS_INVALID,
				    "%s %.*s is given twice: once is enough",
				    what, (int)element.size,
				    (const char *)element.data);
	}
	return 0;
}

int
syntax_check_word(const char *what, struct span word, struct refusal *refusal)
{
	if (!is_word(word))
		return refuse(refusal, STATUS_INVALID,
		    "%s is a word of 1 to %d letters, digits or ._-@+, not "
		    "beginning with -",
		    what, WORD_MAX);
	return 0;
}

static int
check_words(
    const char *what, const struct spanlist *list, struct refusal *refusal)
{
	struct span word;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(list, &at, &word))
		rv = syntax_check_word(what, word, refusal);
	return rv < 0 ? rv : check_once(what, list, refusal);
}

static int
check_users(const struct spanlist *users, struct refusal *refusal)
{
	struct span user;
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && spanlist_next(users, &at, &user))
		rv = syntax_check_login("--user", user, refusal);
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
refuse_from(struct span text, struct refusal *refusal)
{
	char meant[NETWORK_TEXT_SIZE];

	if (network_meant(text, meant))
		return refuse(refusal, STATUS_INVALID,
		    "--from %.*s has host bits: the network is %s",
		    (int)text.size, (const char *)text.data, meant);
	return refuse(refusal, STATUS_INVALID,
	    "--from is an address or a network with its host bits clear, as in "
	    "192.0.2.7, 192.0.2.0/24 or 2001:db8::/32");
}

static int
check_from(const struct spanlist *from, struct refusal *refusal)
{
	struct network network;
	struct span text;
	size_t at = 0;

	while (spanlist_next(from, &at, &text))
		if (network_parse(text, &network) < 0)
			return refuse_from(text, refusal);
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

int
syntax_check_text(const char *what, struct span text, struct refusal *refusal)
{
	if (!is_printable(text))
		return refuse(refusal, STATUS_INVALID,
		    "%s has printable characters only", what);
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
syntax_check(const struct token_spec *spec, struct refusal *refusal)
{
	int rv = check_name(spec->name, refusal);

	if (rv == 0 && !span_empty(spec->owner))
		rv = syntax_check_login("--owner", spec->owner, refusal);
	if (rv == 0)
		rv = syntax_check_text(
		    "a description", spec->description, refusal);
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
