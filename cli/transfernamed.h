/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_TRANSFERNAMED_H
#define APITOKEN_CLI_TRANSFERNAMED_H

#include <stdbool.h>

#include "common/transfermessage.h"

/* Lines of projects, roles and grants, in the words of their lists. */

struct json_t;
struct transferline;

/* What only one line of a kind has; the parts point to where they were read. */
struct transfernamed_key {
	struct span parts[3];
	const char *what; /* for people: "principal, role and project" */
};

/* The line of such a record: NULL without memory or for one that cannot be
 * read, which fails the body. */
struct json_t *transfernamed_json(
    enum transfer_kind kind, struct wirebuf *body);

/* The key of such a record, which it points into; false for one that is none
 * of these or cannot be read. */
bool transfernamed_key(
    const struct transfer_record *record, struct transfernamed_key *key);

/* Each reads the object into the line; as transferline_read(). */
bool transfernamed_project(
    struct transferline *line, const struct json_t *object);
bool transfernamed_role(struct transferline *line, const struct json_t *object);
bool transfernamed_grant(
    struct transferline *line, const struct json_t *object);

#endif
