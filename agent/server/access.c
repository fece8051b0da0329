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

/* The next grant whose role exists: ERROR_NOT_FOUND at the end. */
static int
walk_next(struct store_reader *reader, struct span principal,
    struct access_walk *walk, struct grant *grant)
{
	struct grant_record record;
	int rv = ERROR_NOT_FOUND;

	while (rv == ERROR_NOT_FOUND &&
	       grantrow_next(&walk->row, &walk->at, &record)) {
		*grant = (struct grant) {
			.principal = principal,
			.role = record.role,
			.project = record.project,
			.login_as = record.login_as,
		};
		rv = access_role(reader, record.role, &grant->permissions);
	}
	return rv;
}

static int
add_grants(
    struct store_reader *reader, struct span principal, struct grants *grants)
{
	struct access_walk walk;
	int rv = walk_begin(reader, principal, &walk);

	while (rv == 0 && grants->count < GRANTS_MAX) {
		rv = walk_next(
		    reader, principal, &walk, &grants->items[grants->count]);
		if (rv == 0)
			grants->count++;
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

int
access_grants(struct store_reader *reader, struct span login,
    const gid_t *groups, size_t count, struct grants *grants)
{
	int rv = 0;

	grants->count = 0;
	if (store_count(reader, DB_GRANTS) == 0)
		return 0;
	if (!span_empty(login))
		rv = add_grants(reader, login, grants);
	for (size_t i = 0; i < count && rv == 0 && grants->count < GRANTS_MAX;
	     i++) {
		char *principal = grants->groups[grants->count];

		snprintf(principal, GROUP_PRINCIPAL_MAX, "%%%u", groups[i]);
		rv = add_grants(reader, span_of(principal), grants);
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
	while (rv == 0) {
		rv = walk_next(reader, login, &walk, &grant);
		if (rv < 0 || !grant_is_for(&grant, project))
			continue;
		answer->counts = true;
		answer->passes |= test(&grant, input);
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
	    grant, input->record, input->service, input->login);
}

/* The very grant that the token was made by, if it is still there. */
static int
ask_warrant(struct store_reader *reader, const struct warrant *warrant,
    const struct verify_input *input, bool *holds)
{
	struct access_walk walk;
	struct grant grant;
	int rv = walk_begin(reader, warrant->principal, &walk);

	while (rv == 0 && !*holds) {
		rv = walk_next(reader, warrant->principal, &walk, &grant);
		*holds = rv == 0 && span_equal(grant.role, warrant->role) &&
			 span_equal(grant.project, warrant->project) &&
			 lets_make(&grant, input);
	}
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* The default role counts where its holder has no grant. */
static int
ask_default(struct store_reader *reader, const struct config *config,
    const struct verify_input *input, bool *holds)
{
	struct access_answer answer = { 0 };
	int rv = 0;

	if (store_count(reader, DB_GRANTS) > 0)
		rv = ask_grants(
		    reader, input->record->voucher, input, lets_make, &answer);
	*holds = answer.counts
		     ? answer.passes
		     : warrant_allows_default(config->default_role,
			   input->record, input->service, input->login);
	return rv;
}

static int
ask_warrants(struct store_reader *reader, const struct config *config,
    struct verify_input *input)
{
	const struct spanlist *warrants = &input->record->warrants;
	struct warrant warrant;
	struct span text;
	bool holds = warrants->count == 0;
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
	int rv = 0;

	if (store_count(reader, DB_GRANTS) > 0)
		rv = ask_grants(reader, input->record->spec.owner, input,
		    lets_use, &answer);
	input->owner_may_use = rv == 0 && (!answer.counts || answer.passes);
	return rv < 0 ? rv : ask_warrants(reader, config, input);
}
