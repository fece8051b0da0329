/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/children.h"

#include <string.h>

#include "agent/model/verify.h"
#include "common/error.h"

/* Entries looked at of one API token: more than there can be. */
#define CHILDREN_MAX (4 * (ACCESS_TOKENS_MAX + CHILDREN_IDLE))

/* Rows of a change set, after which the rest is left to its expiry. */
#define FORGET_MAX 8000

/* A walk through what came of an API token. */
struct walk {
	struct operation *op;
	const struct found_token *parent;
	const struct found_token *but; /* a refresh token; may be NULL */
	uint32_t alive;
	uint32_t idle;
	struct found_token oldest; /* the idle refresh token; id "" for none */
};

/* Returns 0 to go on. */
typedef int child_visit(struct walk *walk, const struct found_token *child);

/* The index has no MAC: the record says itself whose it is. */
static int
visit_entry(struct walk *walk, struct span id, child_visit *visit)
{
	struct found_token child;
	int rv = op_load(walk->op, id, &child);

	if (rv == 0 && !record_is_listed(&child.record) &&
	    span_is(child.record.lineage.parent, walk->parent->id))
		rv = visit(walk, &child);
	/* What is damaged opens nothing, and stops nobody. */
	return rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT ? 0 : rv;
}

static int
walk_children(struct walk *walk, child_visit *visit)
{
	struct span parent = span_of(walk->parent->id);
	struct store_cursor *cursor = NULL;
	size_t seen = 0;
	int rv = store_cursor_open(
	    walk->op->reader, DB_TOKENS_BY_PARENT, &cursor);

	if (rv == 0)
		rv = store_cursor_seek(cursor, parent, span_bytes(NULL, 0));
	while (rv == 0 && span_equal(store_cursor_key(cursor), parent) &&
	       seen++ < CHILDREN_MAX) {
		rv = visit_entry(walk, store_cursor_value(cursor), visit);
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static bool
is_alive(const struct walk *walk, const struct record *record)
{
	return verify_state(record, walk->op->now) == 0 &&
	       verify_secret_number(&walk->parent->record,
		   record->lineage.parent_number, walk->op->now);
}

static uint64_t
idle_since(const struct record *record)
{
	uint64_t at = record->lineage.refreshed_at;

	return at != 0 ? at : record->created_at;
}

/* Pairs are counted by their refresh tokens, which live longer. */
static int
count_child(struct walk *walk, const struct found_token *child)
{
	struct found_token access;
	int rv;

	if (child->record.spec.kind != TOKEN_REFRESH ||
	    (walk->but != NULL && strcmp(child->id, walk->but->id) == 0))
		return 0;
	rv = children_partner(walk->op, child, &access);
	if (rv < 0)
		return rv;
	if (rv > 0 && is_alive(walk, &access.record)) {
		walk->alive++;
		return 0;
	}
	walk->idle++;
	if (walk->oldest.id[0] == '\0' ||
	    idle_since(&child->record) < idle_since(&walk->oldest.record))
		walk->oldest = *child;
	return 0;
}

static void
forget_one(struct operation *op, const struct found_token *found)
{
	changeset_delete(op->set, DB_USAGE, span_of(found->id), VERSION_ANY);
	changeset_token(
	    op->set, span_of(found->id), &found->record, found->version, NULL);
}

static int
forget_partner(struct operation *op, const struct found_token *found)
{
	struct found_token partner;
	int rv = children_partner(op, found, &partner);

	if (rv > 0)
		forget_one(op, &partner);
	return rv < 0 ? rv : 0;
}

int
children_make_room(struct operation *op, const struct found_token *parent,
    const struct found_token *but)
{
	struct walk walk = { .op = op, .parent = parent, .but = but };
	uint32_t most = op->config->lineage.access_tokens;
	int rv = walk_children(&walk, count_child);

	if (rv < 0)
		return rv;
	if (walk.alive >= most)
		return refuse(&op->refusal, STATUS_CONFLICT,
		    "API token %s has %u access tokens already, and may have "
		    "%u at a time ([limits] access_tokens): refresh one of "
		    "them, or wait until one expires",
		    parent->id, walk.alive, most);
	if (but != NULL || walk.idle < CHILDREN_IDLE)
		return 0;
	forget_one(op, &walk.oldest);
	return forget_partner(op, &walk.oldest);
}

int
children_partner(struct operation *op, const struct found_token *found,
    struct found_token *partner)
{
	int rv = ERROR_NOT_FOUND;

	if (!record_is_listed(&found->record))
		rv = op_load(op, found->record.lineage.partner, partner);
	if (rv == ERROR_NOT_FOUND || rv == ERROR_CORRUPT)
		return 0;
	return rv < 0 ? rv : 1;
}

static void
set_state(struct operation *op, struct found_token *found,
    enum token_state state, struct span reason)
{
	struct record after = found->record;

	after.state = state;
	after.changed_at = op->now;
	after.changed_by = span_of(op->caller->login);
	after.reason = reason;
	changeset_token(op->set, span_of(found->id), &found->record,
	    found->version, &after);
	found->record = after;
}

int
children_set_state(struct operation *op, struct found_token *found,
    enum token_state state, struct span reason)
{
	struct found_token partner;
	int rv = children_partner(op, found, &partner);

	if (rv < 0)
		return rv;
	set_state(op, found, state, reason);
	if (rv > 0 && partner.record.state != STATE_REVOKED)
		set_state(op, &partner, state, reason);
	return 0;
}

static int
forget_child(struct walk *walk, const struct found_token *child)
{
	if (walk->op->set->count < FORGET_MAX)
		forget_one(walk->op, child);
	return 0;
}

int
children_forget(struct operation *op, const struct found_token *found)
{
	struct walk walk = { .op = op, .parent = found };

	if (!record_is_listed(&found->record))
		return forget_partner(op, found);
	return walk_children(&walk, forget_child);
}

int
children_refuse(struct operation *op, const struct found_token *found)
{
	if (record_is_listed(&found->record))
		return 0;
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "%s is one of a pair (%s): it is as it was made, and ends with API "
	    "token "
	    "%.*s; refresh or exchange gives another one",
	    found->id, token_kind_word(found->record.spec.kind),
	    (int)found->record.lineage.parent.size,
	    (const char *)found->record.lineage.parent.data);
}
