/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/op_find.h"

#include <stdio.h>
#include <string.h>

#include "agent/store/usage.h"
#include "common/error.h"

#define CANDIDATES_MAX 10

/* Owners whose names are looked through for one request. */
#define SEEKS_MAX 50000

/* Tokens that a selector may mean. */
struct candidates {
	size_t count; /* may be more than are kept */
	bool whole;   /* the id was given whole: pairs are found by that */
	char ids[CANDIDATES_MAX][TOKEN_ID_SIZE + 1];
};

int
op_load(struct operation *op, struct span id, struct found_token *found)
{
	struct row row;
	int rv = store_get_authentic(op->reader, DB_TOKENS, id, &row);

	if (rv == 0 && record_decode(row.body, &found->record) < 0)
		rv = ERROR_CORRUPT;
	if (rv < 0)
		return rv;
	rv = span_text(id, found->id, sizeof(found->id));
	found->version = row.version;
	return rv;
}

int
op_find_name(struct operation *op, struct span owner, struct span name,
    struct found_token *found)
{
	uint8_t key[NAME_KEY_SIZE];
	const struct token_spec *spec = &found->record.spec;
	struct span id;
	size_t size;
	int rv = index_name_key(owner, name, key, &size);

	if (rv == 0)
		rv = store_get_index(
		    op->reader, DB_TOKEN_NAMES, span_bytes(key, size), &id);
	if (rv == 0)
		rv = op_load(op, id, found);
	if (rv < 0)
		return rv;
	/* The index has no MAC; the record says itself whose it is. */
	return span_equal(spec->owner, owner) && span_equal(spec->name, name)
		   ? 0
		   : ERROR_CORRUPT;
}

void
op_settle(struct operation *op)
{
	if (op->agent->writer != NULL)
		writer_settle(op->agent->writer);
}

void
op_info(struct operation *op, const struct found_token *found,
    struct token_info *info)
{
	struct span id = span_of(found->id);

	record_info(&found->record, id, op->now, info);
	usage_info(op->reader, id, info);
	if (op->agent->writer == NULL ||
	    !writer_recent_use(op->agent->writer, found->id, &op->recent))
		return;
	info->last_used_at = op->recent.last_used_at;
	info->last_used_service = span_of(op->recent.service);
	info->last_used_from = span_of(op->recent.from);
	info->use_count += op->recent.count;
	usage_info_secrets(op->recent.secrets, info);
}

static bool
is_id_part(struct span text)
{
	return text.size <= TOKEN_ID_SIZE && text.data != NULL &&
	       tokentext_is_base62((const char *)text.data, text.size);
}

/* Keeps a token if the caller may read it. */
static void
keep_candidate(struct operation *op, struct candidates *candidates,
    const struct found_token *found)
{
	if (!caller_covers(op->caller, TOKEN_READ, &found->record.spec) ||
	    (!candidates->whole && !record_is_listed(&found->record)))
		return;
	if (candidates->count < CANDIDATES_MAX)
		memcpy(candidates->ids[candidates->count], found->id,
		    sizeof(found->id));
	candidates->count++;
}

static int
add_candidate(
    struct operation *op, struct candidates *candidates, struct span id)
{
	struct found_token found;
	int rv = op_load(op, id, &found);

	if (rv == 0)
		keep_candidate(op, candidates, &found);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static int
find_by_id(struct operation *op, struct span id, struct candidates *candidates)
{
	return id.size == TOKEN_ID_SIZE ? add_candidate(op, candidates, id) : 0;
}

static int
find_owned(struct operation *op, struct span owner, struct span name,
    struct candidates *candidates)
{
	struct found_token found;
	int rv = op_find_name(op, owner, name, &found);

	if (rv == 0)
		keep_candidate(op, candidates, &found);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* The owner in a key of DB_TOKEN_NAMES: what is before the NUL. */
static struct span
key_owner(struct span key)
{
	const uint8_t *nul = memchr(key.data, '\0', key.size);

	if (nul != NULL)
		key.size = (size_t)(nul - key.data);
	return key;
}

/* Asks for the name under each owner in turn; a seek for each. */
static int
find_everywhere(
    struct operation *op, struct span name, struct candidates *candidates)
{
	struct store_cursor *cursor = NULL;
	char owner_text[LOGIN_MAX + 1];
	uint8_t after[LOGIN_MAX + 1];
	const struct span none = { NULL, 0 };
	int rv = store_cursor_open(op->reader, DB_TOKEN_NAMES, &cursor);

	if (rv == 0)
		rv = store_cursor_seek(cursor, none, none);
	while (rv == 0) {
		struct span owner = key_owner(store_cursor_key(cursor));

		/* Another view of the store may not wait for ever. */
		if (++op->seeks > SEEKS_MAX) {
			rv = refuse(&op->refusal, STATUS_INVALID,
			    "there are too many owners to look for that name "
			    "under each: name the token by its id");
			break;
		}

		rv = span_text(owner, owner_text, sizeof(owner_text));
		if (rv == 0)
			rv = find_owned(
			    op, span_of(owner_text), name, candidates);
		if (rv < 0)
			break;
		/* The next owner sorts after "owner\1". */
		memcpy(after, owner_text, owner.size);
		after[owner.size] = 1;
		rv = store_cursor_seek(
		    cursor, span_bytes(after, owner.size + 1), none);
	}
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

static int
find_by_name(
    struct operation *op, struct span name, struct candidates *candidates)
{
	if (span_empty(name) || name.size > TOKEN_NAME_MAX)
		return 0;
	if (caller_reach_anywhere(op->caller, TOKEN_READ) > REACH_OWN)
		return find_everywhere(op, name, candidates);
	return find_owned(op, span_of(op->caller->login), name, candidates);
}

static int
find_by_beginning(
    struct operation *op, struct span beginning, struct candidates *candidates)
{
	struct store_cursor *cursor = NULL;
	const struct span none = { NULL, 0 };
	int rv;

	if (beginning.size < PROTO_SELECTOR_MIN || !is_id_part(beginning))
		return 0;
	rv = store_cursor_open(op->reader, DB_TOKENS, &cursor);
	if (rv == 0)
		rv = store_cursor_seek(cursor, beginning, none);
	while (
	    rv == 0 && span_starts_with(store_cursor_key(cursor), beginning)) {
		rv = add_candidate(op, candidates, store_cursor_key(cursor));
		if (rv == 0)
			rv = store_cursor_next(cursor);
	}
	store_cursor_close(cursor);
	return rv == ERROR_NOT_FOUND ? 0 : rv;
}

/* The three readings of a selector, the most exact first. */
static int (*const readings[])(struct operation *op, struct span selector,
    struct candidates *candidates) = { find_by_id, find_by_name,
	find_by_beginning };

static int
refuse_several(struct operation *op, const struct candidates *candidates)
{
	char list[CANDIDATES_MAX * (TOKEN_ID_SIZE + 2) + 8] = "";
	size_t shown = candidates->count < CANDIDATES_MAX ? candidates->count
							  : CANDIDATES_MAX;

	for (size_t i = 0; i < shown; i++) {
		size_t at = strlen(list);

		snprintf(list + at, sizeof(list) - at, "%s%s",
		    i > 0 ? ", " : "", candidates->ids[i]);
	}
	if (shown < candidates->count)
		strcat(list, " ...");
	return refuse(&op->refusal, STATUS_CONFLICT,
	    "it may mean any of %zu tokens: name one by its id: %s",
	    candidates->count, list);
}

static int
refuse_missing(struct operation *op, struct span selector)
{
	if (selector.size < PROTO_SELECTOR_MIN && is_id_part(selector))
		return refuse(&op->refusal, STATUS_NOT_FOUND,
		    "no such token (a beginning of an id has at least %d "
		    "characters)",
		    PROTO_SELECTOR_MIN);
	return refuse(&op->refusal, STATUS_NOT_FOUND,
	    "no token has '%.*s' as its id, its name or the beginning of its "
	    "id",
	    (int)selector.size, (const char *)selector.data);
}

static int
check_permission(struct operation *op, enum permission permission,
    const struct found_token *found)
{
	if (!caller_covers(op->caller, permission, &found->record.spec))
		return refuse(&op->refusal, STATUS_FORBIDDEN,
		    "%s may not do that to token %s: it takes %s",
		    op->caller->login, found->id, permission_word(permission));
	return 0;
}

int
op_find(struct operation *op, struct span selector, enum permission permission,
    struct found_token *found)
{
	struct candidates candidates = { .whole = selector.size ==
						  TOKEN_ID_SIZE };
	int rv = 0;

	for (size_t i = 0; i < sizeof(readings) / sizeof(*readings) &&
			   rv == 0 && candidates.count == 0;
	     i++)
		rv = readings[i](op, selector, &candidates);
	if (rv < 0)
		return rv;
	if (candidates.count == 0)
		return refuse_missing(op, selector);
	if (candidates.count > 1)
		return refuse_several(op, &candidates);
	rv = op_load(op, span_of(candidates.ids[0]), found);
	return rv < 0 ? rv : check_permission(op, permission, found);
}

int
op_find_id(struct operation *op, struct span id, enum permission permission,
    struct found_token *found)
{
	int rv = op_load(op, id, found);

	if (rv == ERROR_NOT_FOUND ||
	    (rv == 0 &&
		!caller_covers(op->caller, TOKEN_READ, &found->record.spec)))
		return refuse_missing(op, id);
	return rv < 0 ? rv : check_permission(op, permission, found);
}
