/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/importfields.h"

#include <stdio.h>

/* How a field of the spec is compared and taken over. */
struct spec_row {
	enum import_field field;
	bool (*same)(const struct token_spec *a, const struct token_spec *b);
	void (*take)(struct token_spec *to, const struct token_spec *from);
	bool fixed; /* for the life of a token */
};

#define TAKE(word, member)                                                     \
	static void take_##word(                                               \
	    struct token_spec *to, const struct token_spec *from)              \
	{                                                                      \
		to->member = from->member;                                     \
	}

#define NUMBER(word, member)                                                   \
	TAKE(word, member)                                                     \
	static bool same_##word(                                               \
	    const struct token_spec *a, const struct token_spec *b)            \
	{                                                                      \
		return a->member == b->member;                                 \
	}

#define TEXT(word, member)                                                     \
	TAKE(word, member)                                                     \
	static bool same_##word(                                               \
	    const struct token_spec *a, const struct token_spec *b)            \
	{                                                                      \
		return span_equal(a->member, b->member);                       \
	}

#define LIST(word, member)                                                     \
	TAKE(word, member)                                                     \
	static bool same_##word(                                               \
	    const struct token_spec *a, const struct token_spec *b)            \
	{                                                                      \
		return span_equal(a->member.packed, b->member.packed);         \
	}

NUMBER(kind, kind)
TEXT(owner, owner)
TEXT(name, name)
TEXT(description, description)
LIST(allow, allow)
LIST(users, users)
LIST(roles, roles)
TEXT(environment, environment)
LIST(from, from)
NUMBER(expires, expires_at)
NUMBER(not_before, not_before)
TAKE(uses, uses)

static bool
same_uses(const struct token_spec *a, const struct token_spec *b)
{
	return a->uses >= b->uses;
}

static bool
same_type(const struct token_spec *a, const struct token_spec *b)
{
	return a->type == b->type;
}

/* A type is right or wrong together with what is allowed. */
static void
take_type(struct token_spec *to, const struct token_spec *from)
{
	to->type = from->type;
	to->allow = from->allow;
}

static bool
same_projects(const struct token_spec *a, const struct token_spec *b)
{
	return a->organization == b->organization &&
	       span_equal(a->projects.packed, b->projects.packed);
}

static void
take_projects(struct token_spec *to, const struct token_spec *from)
{
	to->organization = from->organization;
	to->projects = from->projects;
}

static const struct spec_row spec_rows[] = {
	{ IMPORT_KIND, same_kind, take_kind, true },
	{ IMPORT_OWNER, same_owner, take_owner, true },
	{ IMPORT_NAME, same_name, take_name, false },
	{ IMPORT_DESCRIPTION, same_description, take_description, false },
	{ IMPORT_ALLOW, same_allow, take_allow, false },
	{ IMPORT_TYPE, same_type, take_type, false },
	{ IMPORT_PROJECTS, same_projects, take_projects, true },
	{ IMPORT_USERS, same_users, take_users, false },
	{ IMPORT_ROLES, same_roles, take_roles, false },
	{ IMPORT_ENVIRONMENT, same_environment, take_environment, false },
	{ IMPORT_FROM, same_from, take_from, false },
	{ IMPORT_EXPIRES_AT, same_expires, take_expires, false },
	{ IMPORT_NOT_BEFORE, same_not_before, take_not_before, false },
	{ IMPORT_USES_LEFT, same_uses, take_uses, false },
};

#define SPEC_ROWS (sizeof(spec_rows) / sizeof(*spec_rows))

/* In the order of the bits. */
static const char *const words_of_fields[] = { "kind", "owner", "name",
	"description", "type", "allow", "projects", "users", "roles",
	"environment", "from", "expires_at", "not_before", "uses_left",
	"created_at", "state", "secrets", "lapsed" };

void
importfields_words(uint32_t fields, char words[IMPORT_WORDS_SIZE])
{
	size_t count = sizeof(words_of_fields) / sizeof(*words_of_fields);
	size_t at = 0;

	words[0] = '\0';
	for (size_t i = 0; i < count && at < IMPORT_WORDS_SIZE; i++)
		if ((fields & 1U << i) != 0)
			at += (size_t)snprintf(words + at,
			    IMPORT_WORDS_SIZE - at, "%s%s", at > 0 ? "," : "",
			    words_of_fields[i]);
}

int
importfields_refuse(struct refusal *refusal, uint32_t field, const char *why)
{
	char words[IMPORT_WORDS_SIZE];
	char said[sizeof(refusal->message)];

	snprintf(said, sizeof(said), "%s", why);
	importfields_words(field, words);
	return refuse(refusal, STATUS_INVALID, "%s: %.300s", words, said);
}

int
importfields_check(const struct token_spec *spec, struct refusal *refusal)
{
	for (size_t i = 0; i < SPEC_ROWS; i++) {
		struct token_spec one = { .kind = TOKEN_API,
			.type = TYPE_FULL_ACCESS,
			.name = span_of("a") };

		spec_rows[i].take(&one, spec);
		if (syntax_check(&one, refusal) < 0)
			return importfields_refuse(
			    refusal, spec_rows[i].field, refusal->message);
	}
	return 0;
}

uint32_t
importfields_differ(const struct token_spec *a, const struct token_spec *b)
{
	uint32_t fields = 0;

	for (size_t i = 0; i < SPEC_ROWS; i++)
		if (!spec_rows[i].same(a, b))
			fields |= spec_rows[i].field;
	return fields;
}

uint32_t
importfields_fixed(void)
{
	uint32_t fixed = IMPORT_CREATED_AT;

	for (size_t i = 0; i < SPEC_ROWS; i++)
		if (spec_rows[i].fixed)
			fixed |= spec_rows[i].field;
	return fixed;
}

void
importfields_take(
    struct token_spec *to, const struct token_spec *from, uint32_t fields)
{
	for (size_t i = 0; i < SPEC_ROWS; i++)
		if ((fields & spec_rows[i].field) != 0)
			spec_rows[i].take(to, from);
}
