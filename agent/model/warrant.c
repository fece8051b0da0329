/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/warrant.h"

#include <string.h>

#include "common/error.h"
#include "common/wirebuf.h"

/* No name has a control character. */
#define SEPARATOR  '\n'
#define BY_DEFAULT "*"

static struct span
next_part(struct span *rest)
{
	const uint8_t *end = span_empty(*rest)
				 ? NULL
				 : memchr(rest->data, SEPARATOR, rest->size);
	struct span part = *rest;

	if (end == NULL) {
		*rest = span_bytes(NULL, 0);
		return part;
	}
	part.size = (size_t)(end - rest->data);
	*rest = span_bytes(end + 1, rest->size - part.size - 1);
	return part;
}

int
warrant_parse(struct span text, struct warrant *warrant)
{
	*warrant = (struct warrant) { .is_default = span_is(text, BY_DEFAULT) };
	if (warrant->is_default)
		return 0;
	warrant->principal = next_part(&text);
	warrant->role = next_part(&text);
	warrant->project = text;
	return span_empty(warrant->principal) || span_empty(warrant->role)
		   ? ERROR_MALFORMED
		   : 0;
}

/* How far token.create must reach for it. */
static enum reach
needed_reach(const struct token_spec *spec, struct span holder, bool elevated)
{
	return !elevated && spec->roles.count == 0 &&
		       span_equal(spec->owner, holder)
		   ? REACH_OWN
		   : REACH_PROJECT;
}

static bool
speaks_for_all(
    const struct grant *grant, struct span holder, const struct spanlist *users)
{
	struct span user;
	size_t at = 0;

	while (spanlist_next(users, &at, &user))
		if (!grant_speaks_for(grant, holder, user))
			return false;
	return true;
}

/* Which permission makes a token of that kind. */
static enum permission
making(const struct token_spec *spec)
{
	return spec->kind == TOKEN_MANAGEMENT ? MANAGEMENT_CREATE
					      : TOKEN_CREATE;
}

static bool
suffices(const struct grant *grant, const struct token_spec *spec,
    struct span holder)
{
	return grant_permits(grant, making(spec)) >=
		   needed_reach(spec, holder, false) &&
	       speaks_for_all(grant, holder, &spec->users);
}

static int
add_warrant(const struct grant *grant, uint8_t storage[WARRANTS_STORAGE],
    struct spanlist *warrants)
{
	uint8_t text[SPANLIST_ELEMENT_MAX];
	const uint8_t separator = SEPARATOR;
	struct span written;
	struct wirebuf w;

	wirebuf_write(&w, text, sizeof(text));
	if (grant == NULL)
		wirebuf_put_bytes(&w, BY_DEFAULT, strlen(BY_DEFAULT));
	else {
		wirebuf_put_bytes(
		    &w, grant->principal.data, grant->principal.size);
		wirebuf_put_bytes(&w, &separator, 1);
		wirebuf_put_bytes(&w, grant->role.data, grant->role.size);
		wirebuf_put_bytes(&w, &separator, 1);
		wirebuf_put_bytes(&w, grant->project.data, grant->project.size);
	}
	written = span_bytes(text, wirebuf_size(&w));
	if (span_empty(written))
		return ERROR_TOO_LONG;
	if (spanlist_has(warrants, written))
		return 0;
	if (warrants->count == WARRANTS_MAX)
		return ERROR_TOO_LONG;
	return spanlist_add(warrants, storage, WARRANTS_STORAGE, written);
}

/* The grant that suffices in one project: the widest that there is. */
static int
collect_for(const struct caller *caller, const struct token_spec *spec,
    struct span project, uint8_t storage[WARRANTS_STORAGE],
    struct spanlist *warrants)
{
	struct span holder = span_of(caller->login);
	struct grant by_role = { 0 };
	const struct grant *best = NULL;
	enum permission make = making(spec);
	bool counts = false;

	for (size_t i = 0; caller->grants != NULL && i < caller->grants->count;
	     i++) {
		const struct grant *grant = &caller->grants->items[i];

		if (!grant_is_for(grant, project))
			continue;
		counts = true;
		if (suffices(grant, spec, holder) &&
		    (best == NULL ||
			grant_permits(grant, make) > grant_permits(best, make)))
			best = grant;
	}
	permissions_of_role(caller->role, &by_role.permissions);
	if (best == NULL && (counts || !suffices(&by_role, spec, holder)))
		return ERROR_NOT_FOUND;
	return add_warrant(best, storage, warrants);
}

int
warrant_collect(const struct caller *caller, const struct token_spec *spec,
    uint8_t storage[WARRANTS_STORAGE], struct spanlist *warrants)
{
	const struct span organization = { 0 };
	struct span project;
	size_t at = 0;
	int rv = 0;

	*warrants = (struct spanlist) { 0 };
	if (caller->role == ROLE_OWNER)
		return 0;
	if (spec->organization || spec->projects.count == 0)
		return collect_for(
		    caller, spec, organization, storage, warrants);
	while (rv == 0 && spanlist_next(&spec->projects, &at, &project))
		rv = collect_for(caller, spec, project, storage, warrants);
	return rv;
}

bool
warrant_allows(const struct grant *grant, const struct record *record,
    const struct service *service, struct span login)
{
	struct span project = span_of(service->project);

	return grant_is_for(grant, project) &&
	       grant_permits(grant, TOKEN_CREATE) >= needed_reach(&record->spec,
							 record->voucher,
							 service->elevated) &&
	       grant_speaks_for(grant, record->voucher, login);
}

bool
warrant_allows_default(enum role role, const struct record *record,
    const struct service *service, struct span login)
{
	struct grant grant = { 0 };

	permissions_of_role(role, &grant.permissions);
	return warrant_allows(&grant, record, service, login);
}
