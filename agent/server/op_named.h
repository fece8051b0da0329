/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OP_NAMED_H
#define APITOKEN_SERVER_OP_NAMED_H

#include "agent/server/ops.h"
#include "common/projectmessage.h"

/* What the rows under a name have in common: projects, roles, grants. */

/*
 * Rows that there may be of one kind.  Each list, and each deletion of what
 * others name, looks at all of them.
 */
#define NAMED_ROWS_MAX 10000

/*
 * Whether the caller's permission reaches all of a project (empty: of the
 * organization); ERROR_INVALID with a refusal that names it.
 */
int op_may(
    struct operation *op, enum permission permission, struct span project);

/* ERROR_INVALID with a refusal where there are too many rows already. */
int op_check_room(
    struct operation *op, enum database database, const char *what);

/* The set that the operation will leave, unless it has one. */
int op_begin_set(struct operation *op);
/* Its audit entry. */
void op_note_act(struct operation *op, const char *action, struct span subject,
    const char *detail);
/* Appends text to a detail, as much as fits. */
void op_append(char *detail, size_t size, const char *text);

/*
 * The tombstone of a project ('p') or role ('r'): a restore does not bring
 * back what was deleted, nor put it in the place of what was made anew under
 * its name.
 */
void op_bury(struct operation *op, char kind, struct span name);

/*
 * When one of that name was deleted here: ERROR_NOT_FOUND if never.
 */
int op_buried(struct operation *op, char kind, struct span name, uint64_t *at);

/* Makes the set stale should one be deleted before the commit. */
void op_expect_unburied(struct operation *op, char kind, struct span name);

/*
 * Rows as the operation itself leaves them: what it put or deleted is found in
 * the place of what the store has, under the version of that.
 */
int op_get_named(struct operation *op, enum database database, struct span name,
    struct row *row);
/* The body of a row that was found otherwise, as it is then. */
void op_renew_named(struct operation *op, enum database database,
    struct span name, struct row *row);
void op_put_named(struct operation *op, enum database database,
    struct span name, uint32_t version, struct span body);
void op_delete_named(struct operation *op, enum database database,
    struct span name, uint32_t version);

/* A reply of rows: u16 count, so many, str8 next. */
struct page {
	struct operation *op;
	uint8_t *count_at;
	uint16_t count;
};

/*
 * Puts what the caller may see of a row into the reply's body: how many they
 * are, or an error, of which ERROR_CORRUPT leaves the row out.
 */
typedef int page_put(
    struct operation *op, struct span key, const struct row *row);

void page_begin(struct page *page, struct operation *op);
/* The rows of the database after that key, as many as fit. */
int page_walk(struct page *page, enum database database, struct span after,
    page_put *put);
/* The end of a reply: that key is to go on after; empty: there is no more. */
void page_end(struct page *page, struct span next);

#endif
