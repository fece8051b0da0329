/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/role.h"

#include <stdio.h>
#include <string.h>

#include "common/wirebuf.h"

#define ROLE_FORMAT 1

/* "token.create=own" in two; false if there is no such permission or reach. */
static bool
read_word(struct span word, enum permission *permission, enum reach *reach)
{
	const uint8_t *equals = span_empty(word)
				    ? NULL
				    : memchr(word.data, '=', word.size);
	struct span left = word;
	int found;

	if (equals == NULL)
		return false;
	left.size = (size_t)(equals - word.data);
	found = reach_of(span_bytes(equals + 1, word.size - left.size - 1));
	*permission = permission_of(left);
	*reach = found < 0 ? REACH_NONE : (enum reach)found;
	return *permission < PERMISSION_COUNT && found >= 0;
}

struct spanlist
role_words(const struct role_record *role, uint8_t storage[ROLE_WORDS_SIZE])
{
	struct spanlist words = { 0 };
	char text[64];

	for (enum permission p = 0; p < PERMISSION_COUNT; p++) {
		if (role->reach[p] == REACH_NONE)
			continue;
		snprintf(text, sizeof(text), "%s=%s", permission_word(p),
		    reach_word((enum reach)role->reach[p]));
		spanlist_add(&words, storage, ROLE_WORDS_SIZE, span_of(text));
	}
	return words;
}

size_t
role_encode(const struct role_record *role, void *data, size_t size)
{
	uint8_t storage[ROLE_WORDS_SIZE];
	struct spanlist words = role_words(role, storage);
	struct wirebuf w;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, ROLE_FORMAT);
	wirebuf_put_list(&w, &words);
	wirebuf_put_str16(&w, role->description);
	wirebuf_put_u64(&w, role->created_at);
	wirebuf_put_str8(&w, role->created_by);
	return wirebuf_size(&w);
}

int
role_decode(struct span body, struct role_record *role)
{
	enum permission permission;
	struct spanlist words;
	enum reach reach;
	struct span word;
	struct wirebuf w;
	size_t at = 0;

	memset(role, 0, sizeof(*role));
	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, ROLE_FORMAT, ROLE_FORMAT);
	words = wirebuf_get_list(&w);
	role->description = wirebuf_get_text16(&w, TOKEN_DESCRIPTION_MAX);
	role->created_at = wirebuf_get_u64(&w);
	role->created_by = wirebuf_get_text8(&w, LOGIN_MAX);
	while (spanlist_next(&words, &at, &word))
		if (read_word(word, &permission, &reach))
			role->reach[permission] = (uint8_t)reach;
	return wirebuf_done(&w);
}

void
role_builtin(enum role role, struct role_record *record)
{
	static const char *const descriptions[ROLE_COUNT] = {
		[ROLE_NONE] = "nothing",
		[ROLE_WATCH_ONLY] = "sees tokens and has none",
		[ROLE_MEMBER] = "tokens of one's own",
		[ROLE_ADMIN] = "the tokens of projects",
		[ROLE_OWNER] = "everything",
	};

	*record = (struct role_record) { 0 };
	if (role < ROLE_COUNT)
		record->description = span_of(descriptions[role]);
	for (enum permission p = 0; p < PERMISSION_COUNT; p++)
		record->reach[p] = (uint8_t)grant_reach(role, p);
}

int
role_read_words(const struct spanlist *words, struct role_record *role,
    struct refusal *refusal)
{
	bool given[PERMISSION_COUNT] = { false };
	enum permission permission;
	enum reach reach;
	struct span word;
	size_t at = 0;

	while (spanlist_next(words, &at, &word)) {
		if (!read_word(word, &permission, &reach))
			return refuse(refusal, STATUS_INVALID,
			    "--permission %.*s: it takes a permission and how "
			    "far it reaches, such as %s=%s; role show owner "
			    "lists the permissions, and the reaches are %s, "
			    "%s and %s",
			    (int)word.size, (const char *)word.data,
			    permission_word(TOKEN_CREATE),
			    reach_word(REACH_OWN), reach_word(REACH_OWN),
			    reach_word(REACH_PROJECT), reach_word(REACH_ALL));
		if (given[permission])
			return refuse(refusal, STATUS_INVALID,
			    "--permission %s is given twice: once is enough",
			    permission_word(permission));
		given[permission] = true;
		role->reach[permission] = (uint8_t)reach;
	}
	return 0;
}

int
role_check(struct span name, struct span description, struct refusal *refusal)
{
	int rv = syntax_check_word("a role's name", name, refusal);

	if (rv == 0)
		rv = syntax_check_text("a description", description, refusal);
	if (rv == 0 && role_of(name) != ROLE_COUNT)
		return refuse(refusal, STATUS_CONFLICT,
		    "%.*s is a built-in role: choose another name",
		    (int)name.size, (const char *)name.data);
	return rv;
}

enum permission
role_exceeds(const uint8_t have[PERMISSION_COUNT],
    const uint8_t wanted[PERMISSION_COUNT])
{
	enum permission p = 0;

	while (p < PERMISSION_COUNT && wanted[p] <= have[p])
		p++;
	return p < PERMISSION_COUNT ? p : PERMISSION_NONE;
}

const char *
role_place(struct span project, char text[ROLE_PLACE_SIZE])
{
	if (span_empty(project))
		return "the organization";
	snprintf(text, ROLE_PLACE_SIZE, "project %.*s", (int)project.size,
	    (const char *)project.data);
	return text;
}

/* As grant_permits() has it. */
static void
limit_to_project(uint8_t reach[PERMISSION_COUNT], struct span project)
{
	for (size_t i = 0; i < PERMISSION_COUNT && !span_empty(project); i++)
		if (reach[i] > REACH_PROJECT)
			reach[i] = REACH_PROJECT;
}

int
role_check_within(const struct caller *caller, struct span name,
    const struct role_record *role, struct span project,
    struct refusal *refusal)
{
	uint8_t have[PERMISSION_COUNT], wanted[PERMISSION_COUNT];
	char place[ROLE_PLACE_SIZE];
	enum permission missing;

	memcpy(wanted, role->reach, sizeof(wanted));
	limit_to_project(wanted, project);
	for (enum permission p = 0; p < PERMISSION_COUNT; p++)
		have[p] = (uint8_t)caller_reach(caller, p, project);
	missing = role_exceeds(have, wanted);
	if (missing == PERMISSION_NONE)
		return 0;
	return refuse(refusal, STATUS_FORBIDDEN,
	    "role %.*s has %s=%s, and %s has %s=%s over %s: nobody makes, "
	    "grants or withdraws more than they have",
	    (int)name.size, (const char *)name.data, permission_word(missing),
	    reach_word((enum reach)wanted[missing]), caller->login,
	    permission_word(missing), reach_word((enum reach)have[missing]),
	    role_place(project, place));
}

int
role_check_without(const struct caller *caller, enum role fallback,
    const struct role_record *role, struct span project,
    struct refusal *refusal)
{
	struct role_record gained;

	role_builtin(fallback, &gained);
	for (size_t i = 0; i < PERMISSION_COUNT; i++)
		if (gained.reach[i] <= role->reach[i])
			gained.reach[i] = REACH_NONE;
	return role_check_within(
	    caller, span_of(role_word(fallback)), &gained, project, refusal);
}
