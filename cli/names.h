/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_NAMES_H
#define APITOKEN_CLI_NAMES_H

#include "cli/fieldset.h"
#include "cli/pager.h"
#include "cli/principal.h"
#include "common/projectmessage.h"
#include "common/rolemessage.h"

/* A grant as it is shown. */
struct grant_row {
	struct grant_info info;
	struct span principal; /* in `text` */
	struct span kind;      /* user, group */
	char text[PRINCIPAL_SIZE];
};

union names_row {
	struct project_info project;
	struct role_info role;
	struct grant_row grant;
};

/*
 * Lists of what has a name (projects, roles, grants), and one of them: how a
 * row of each is read and shown is all that differs.
 */
struct names_kind {
	enum opcode opcode;
	const struct fieldset *fields; /* of the member that get fills */
	const char *nothing;	       /* said of an empty table: "no grants" */
	void (*get)(struct wirebuf *w, union names_row *row);
};

extern const struct names_kind names_projects, names_roles, names_grants;

/* All that there are, or those of one name. */
enum outcome names_list(const struct invocation *in,
    const struct names_kind *kind, const char *name);

/* The one of that name. */
enum outcome names_show(const struct invocation *in,
    const struct names_kind *kind, const char *name);

/* Reads and shows the one that a reply begins with. */
enum outcome names_reply(
    struct ask *ask, enum output_format format, const struct names_kind *kind);

#endif
