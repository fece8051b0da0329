/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/importing.h"

#include <stdio.h>

#include "agent/server/op_named.h"
#include "common/duration.h"
#include "common/error.h"

/* A refusal of one field, which its name begins. */
static int
refuse_field(struct operation *op, const char *field)
{
	char why[sizeof(op->refusal.message)];

	snprintf(why, sizeof(why), "%s", op->refusal.message);
	return refuse(
	    &op->refusal, op->refusal.status, "%s: %.400s", field, why);
}

int
importing_check_field(struct operation *op, int rv, const char *field)
{
	return rv == ERROR_INVALID ? refuse_field(op, field) : rv;
}

int
importing_check_time(struct operation *op, const char *field, uint64_t when)
{
	if (when <= (uint64_t)TIME_MAX)
		return 0;
	return refuse(&op->refusal, STATUS_INVALID,
	    "%s: it is past the year 9999", field);
}

int
importing_check_text(struct operation *op, const char *field, struct span text)
{
	return importing_check_field(
	    op, syntax_check_text("a text", text, &op->refusal), field);
}

int
importing_refuse_different(
    struct operation *op, const char *words, const char *what, struct span name)
{
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "%s: %s %.*s is here and differs in that: --exact changes it",
	    words, what, (int)name.size, (const char *)name.data);
}

int
importing_check_unburied(
    struct importing *importing, char kind, const char *what, struct span name)
{
	struct operation *op = importing->op;
	char when[TIME_TEXT_SIZE];
	uint64_t at = 0;
	int rv;

	if (importing->request.exact)
		return 0;
	rv = op_buried(op, kind, name, &at);
	if (rv == ERROR_NOT_FOUND) {
		op_expect_unburied(op, kind, name);
		return 0;
	}
	if (rv < 0)
		return rv;
	time_format(at, when);
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "name: the %s was deleted here on %s: make it with apitoken %s "
	    "create first, or give --exact",
	    what, when, what);
}

int
importing_end(struct importing *importing, struct import_result *result,
    enum import_outcome outcome)
{
	result->outcome = outcome;
	importing->changed += !importing->request.dry_run;
	return 0;
}

int
importing_check_exact(struct importing *importing, struct import_result *result)
{
	result->outcome = IMPORT_UNCHANGED;
	return importing->request.exact ? 0 : op_malformed(importing->op);
}
