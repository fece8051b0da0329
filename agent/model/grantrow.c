/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/model/grantrow.h"

#include "common/error.h"
#include "common/wirebuf.h"

#define GRANTROW_FORMAT 1

/* -1 is no gid: it stands for "none" in the kernel's interfaces. */
#define GID_LARGEST (UINT32_MAX - 1)

static void
grant_put(struct wirebuf *w, const struct grant_record *grant)
{
	wirebuf_put_str8(w, grant->role);
	wirebuf_put_str8(w, grant->project);
	wirebuf_put_list(w, &grant->login_as);
	wirebuf_put_u64(w, grant->granted_at);
	wirebuf_put_str8(w, grant->granted_by);
}

static void
grant_get(struct wirebuf *w, struct grant_record *grant)
{
	grant->role = wirebuf_get_text8(w, WORD_MAX);
	grant->project = wirebuf_get_text8(w, WORD_MAX);
	grant->login_as = wirebuf_get_texts(w, LIST_MAX, LOGIN_MAX);
	grant->granted_at = wirebuf_get_u64(w);
	grant->granted_by = wirebuf_get_text8(w, LOGIN_MAX);
}

int
grantrow_decode(struct span body, struct grantrow *row)
{
	struct grant_record grant;
	struct wirebuf w;
	uint8_t count;
	size_t start;

	wirebuf_read(&w, body.data, body.size);
	wirebuf_get_range(&w, GRANTROW_FORMAT, GRANTROW_FORMAT);
	count = wirebuf_get_range(&w, 0, GRANTROW_MAX);
	start = w.at;
	for (unsigned i = 0; i < count; i++)
		grant_get(&w, &grant);
	if (wirebuf_done(&w) < 0)
		return ERROR_MALFORMED;
	row->packed = span_bytes(body.data + start, body.size - start);
	row->count = count;
	return 0;
}

bool
grantrow_next(
    const struct grantrow *row, size_t *at, struct grant_record *grant)
{
	struct wirebuf w;

	if (*at >= row->packed.size)
		return false;
	wirebuf_read(&w, row->packed.data, row->packed.size);
	w.at = *at;
	grant_get(&w, grant);
	*at = w.at;
	return !w.failed;
}

bool
grantrow_matches(
    const struct grant_match *match, const struct grant_record *grant)
{
	return (match->role == NULL || span_equal(*match->role, grant->role)) &&
	       (match->project == NULL ||
		   span_equal(*match->project, grant->project));
}

bool
grantrow_find(const struct grantrow *row, const struct grant_match *match,
    struct grant_record *grant)
{
	size_t at = 0;

	while (grantrow_next(row, &at, grant))
		if (grantrow_matches(match, grant))
			return true;
	return false;
}

size_t
grantrow_rewrite(const struct grantrow *row, const struct grant_match *match,
    const struct grant_record *added, void *data, size_t size)
{
	struct grant_record grant;
	struct wirebuf w, count_at;
	unsigned count = 0;
	size_t at = 0;

	wirebuf_write(&w, data, size);
	wirebuf_put_u8(&w, GRANTROW_FORMAT);
	count_at = w;
	wirebuf_put_u8(&w, 0);
	while (grantrow_next(row, &at, &grant))
		if (!grantrow_matches(match, &grant)) {
			grant_put(&w, &grant);
			count++;
		}
	if (added != NULL) {
		grant_put(&w, added);
		count++;
	}
	if (count > GRANTROW_MAX)
		return 0;
	wirebuf_put_u8(&count_at, (uint8_t)count);
	return wirebuf_size(&w);
}

bool
grantrow_is_group(struct span principal)
{
	return !span_empty(principal) && principal.data[0] == '%';
}

static bool
is_gid(struct span text)
{
	uint64_t gid = 0;

	if (span_empty(text) || text.size > 10 ||
	    (text.data[0] == '0' && text.size > 1))
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		gid = 10 * gid + (uint64_t)(text.data[i] - '0');
	}
	return gid <= GID_LARGEST;
}

int
grantrow_check_principal(struct span principal, struct refusal *refusal)
{
	if (!grantrow_is_group(principal))
		return syntax_check_login(
		    "whom a role is granted to", principal, refusal);
	if (is_gid(span_bytes(principal.data + 1, principal.size - 1)))
		return 0;
	return refuse(refusal, STATUS_INVALID,
	    "a group is %% and its number: %%0 to %%%u", GID_LARGEST);
}

int
grantrow_check(const struct grant_record *grant, const struct role_record *role,
    struct refusal *refusal)
{
	struct span login;
	size_t at = 0;
	int rv = 0;

	if (!span_empty(grant->project))
		rv = syntax_check_word("--project", grant->project, refusal);
	while (rv == 0 && spanlist_next(&grant->login_as, &at, &login))
		rv = syntax_check_login("--login-as", login, refusal);
	if (rv == 0 && grant->login_as.count > 0 &&
	    role->reach[TOKEN_LOGIN_AS] < REACH_PROJECT)
		return refuse(refusal, STATUS_INVALID,
		    "--login-as goes with a role that has %s=%s: role %.*s "
		    "makes tokens for one's own name only",
		    permission_word(TOKEN_LOGIN_AS), reach_word(REACH_PROJECT),
		    (int)grant->role.size, (const char *)grant->role.data);
	return rv;
}

int
grantrow_check_within(const struct caller *caller,
    const struct grant_record *grant, const struct role_record *role,
    struct refusal *refusal)
{
	char place[ROLE_PLACE_SIZE];
	struct span login;
	size_t at = 0;
	int rv = role_check_within(
	    caller, grant->role, role, grant->project, refusal);

	if (rv < 0)
		return rv;
	while (spanlist_next(&grant->login_as, &at, &login))
		if (!caller_speaks_for(caller, grant->project, login))
			return refuse(refusal, STATUS_FORBIDDEN,
			    "%s may not make tokens for the login name %.*s "
			    "in %s: it takes %s for it there",
			    caller->login, (int)login.size,
			    (const char *)login.data,
			    role_place(grant->project, place),
			    permission_word(TOKEN_LOGIN_AS));
	return 0;
}
