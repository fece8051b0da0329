/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/access.h"

#include <stdio.h>
#include <string.h>

#include "agent/model/grantrow.h"
#include "agent/model/role.h"
#include "common/error.h"

int
access_role(struct store_reader *reader, struct span name,
    struct permissions *permissions)
{
	enum role built_in = role_of(name);
	struct role_record record;
	struct row row;
	int rv;

	if (built_in != ROLE_COUNT) {
		permissions_of_role(built_in, permissions);
		return 0;
	}
	rv = store_get_authentic(reader, DB_ROLES, name, &row);
	if (rv == 0)
		rv = role_decode(row.body, &record);
	if (rv == 0)
		memcpy(permissions->reach, record.reach,
		    sizeof(permissions->reach));
	return rv == ERROR_MALFORMED ? ERROR_CORRUPT : rv;
}

/* A step through the grants of one principal. */
struct access_walk {
	struct grantrow row;
	size_t at;
};

static int
walk_begin(struct store_reader *reader, struct span principal,
    struct access_walk *walk)
{
	struct row row;
	int rv = store_get_authentic(reader, DB_GRANTS, principal, &row);

	*walk = (struct access_walk) { 0 };
	if (rv == 0)
		rv = grantrow_decode(row.body, &walk->row);
	if (rv == ERROR_MALFORMED)
		rv = ERROR_CORRUPT;
	return rv;
}

/* Without the role's permissions; false at the end. */
static bool
walk_next(struct span principal, struct access_walk *walk, struct grant *grant)
{
	struct grant_record record;

	if (!grantrow_next(&walk->row, &walk->at, &record))
		return false;
	*grant = (struct grant) {
		.principal = principal,
		.role = record.role,
		.project = record.project,
		.login_as = record.login_as,
	};
	return true;
}

/* A role that is no more permits nothing, and counts all the same. */
static int
load_permissions(struct store_reader *reader, struct grant *grant)
{
	int rv = access_role(reader, grant->role, &grant->permissions);

	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static int
add_grants(
    struct store_reader *reader, struct span principal, struct grants *grants)
{
	struct access_walk walk;
	struct grant grant;
	int rv = walk_begin(reader, principal, &walk);

	while (rv == 0 && walk_next(principal, &walk, &grant)) {
		if (grants->count == GRANTS_MAX) {
			grants->incomplete = true;
			break;
		}
		rv = load_permissions(reader, &grant);
		grants->items[grants->count++] = grant;
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

int
access_grants(struct store_reader *reader, struct span login,
    const gid_t *groups, size_t count, struct grants *grants)
{
	int rv = 0;

	grants->count = 0;
	/* A login name that looks like a group has no group's grants. */
	if (!span_empty(login) && !grantrow_is_group(login))
		rv = add_grants(reader, login, grants);
	for (size_t i = 0; i < count && rv == 0; i++) {
		char principal[GROUP_PRINCIPAL_MAX];
		size_t first = grants->count;

		if (i > 0 && groups[i] == groups[0])
			continue;
		snprintf(principal, sizeof(principal), "%%%u", groups[i]);
		rv = add_grants(reader, span_of(principal), grants);
		/* Their principal outlives this turn. */
		for (size_t j = first; j < grants->count; j++) {
			strcpy(grants->groups[j], principal);
			grants->items[j].principal = span_of(grants->groups[j]);
		}
	}
	return rv;
}

/*
 * What the grants of a login name say of a service's project: whether any
 * counts there, and whether one passes the test.
 */
struct access_answer {
	bool counts;
	bool passes;
};

typedef bool grant_test(
    const struct grant *grant, const struct verify_input *input);

static int
ask_grants(struct store_reader *reader, struct span login,
    const struct verify_input *input, grant_test *test,
    struct access_answer *answer)
{
	struct span project = span_of(input->service->project);
	struct access_walk walk;
	struct grant grant;
	int rv = walk_begin(reader, login, &walk);

	*answer = (struct access_answer) { 0 };
	while (rv == 0 && walk_next(login, &walk, &grant)) {
		if (!grant_is_for(&grant, project))
			continue;
		rv = load_permissions(reader, &grant);
		answer->counts = true;
		answer->passes |= rv == 0 && test(&grant, input);
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static bool
lets_use(const struct grant *grant, const struct verify_input *input)
{
	(void)input;
	return grant_permits(grant, TOKEN_USE) >= REACH_OWN;
}

static bool
lets_make(const struct grant *grant, const struct verify_input *input)
{
	return warrant_allows(
	    grant, verify_origin(input), input->service, input->login);
}

/* The very grant that the token was made by, if it is still there. */
static int
ask_warrant(struct store_reader *reader, const struct warrant *warrant,
    const struct verify_input *input, bool *holds)
{
	struct access_walk walk;
	struct grant grant;
	int rv = walk_begin(reader, warrant->principal, &walk);

	while (rv == 0 && !*holds &&
	       walk_next(warrant->principal, &walk, &grant)) {
		if (!span_equal(grant.role, warrant->role) ||
		    !span_equal(grant.project, warrant->project))
			continue;
		rv = load_permissions(reader, &grant);
		*holds = rv == 0 && lets_make(&grant, input);
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* The default role counts where its holder has no grant. */
static int
ask_default(struct store_reader *reader, const struct config *config,
    const struct verify_input *input, bool *holds)
{
	struct access_answer answer = { 0 };
	int rv = ask_grants(
	    reader, verify_origin(input)->voucher, input, lets_make, &answer);

	*holds = answer.counts
		     ? answer.passes
		     : warrant_allows_default(config->default_role,
			   verify_origin(input), input->service, input->login);
	return rv;
}

static int
ask_warrants(struct store_reader *reader, const struct config *config,
    struct verify_input *input)
{
	const struct spanlist *warrants = &verify_origin(input)->warrants;
	struct warrant warrant;
	struct span text;
	const struct token_spec *spec = &verify_origin(input)->spec;
	/* For what the token does not open at all nobody has to stand. */
	bool holds = warrants->count == 0 ||
		     !scope_project(spec, input->service) ||
		     !spanlist_has(&spec->users, input->login);
	size_t at = 0;
	int rv = 0;

	while (rv == 0 && !holds && spanlist_next(warrants, &at, &text)) {
		if (warrant_parse(text, &warrant) < 0)
			rv = ERROR_CORRUPT;
		else if (warrant.is_default)
			rv = ask_default(reader, config, input, &holds);
		else
			rv = ask_warrant(reader, &warrant, input, &holds);
	}
	input->unwarranted = rv < 0 || !holds;
	return rv;
}

int
access_fill(struct store_reader *reader, const struct config *config,
    struct verify_input *input)
{
	struct access_answer answer = { 0 };
	int rv = ask_grants(
	    reader, verify_origin(input)->spec.owner, input, lets_use, &answer);

	input->owner_may_use = rv == 0 && (!answer.counts || answer.passes);
	return rv < 0 ? rv : ask_warrants(reader, config, input);
}

/* Whether the owner may, in one project; in the organization if it is empty. */
static int
may_use_in(struct store_reader *reader, struct span owner, struct span project,
    bool *may)
{
	struct access_walk walk;
	struct grant grant;
	bool counts = false;
	int rv = walk_begin(reader, owner, &walk);

	while (rv == 0 && walk_next(owner, &walk, &grant)) {
		if (!grant_is_for(&grant, project))
			continue;
		counts = true;
		rv = load_permissions(reader, &grant);
		*may |= rv == 0 && lets_use(&grant, NULL);
	}
	*may |= !counts;
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

int
access_owner_may_use(
    struct store_reader *reader, const struct token_spec *spec, bool *may)
{
	const struct span organization = { 0 };
	struct span project;
	size_t at = 0;
	int rv = 0;

	*may = false;
	if (spec->organization)
		return may_use_in(reader, spec->owner, organization, may);
	while (rv == 0 && spanlist_next(&spec->projects, &at, &project))
		rv = may_use_in(reader, spec->owner, project, may);
	return rv;
}
