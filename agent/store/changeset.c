/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/changeset.h"

#include <stdlib.h>
#include <string.h>

#include "common/duration.h"
#include "common/wirebuf.h"

#define CHUNK_SIZE 8192

struct changeset_chunk {
	struct changeset_chunk *next;
	size_t used;
	size_t size;
	uint8_t bytes[];
};

struct changeset *
changeset_new(void)
{
	return calloc(1, sizeof(struct changeset));
}

void
changeset_free(struct changeset *set)
{
	struct changeset_chunk *chunk;

	if (set == NULL)
		return;
	while ((chunk = set->chunks) != NULL) {
		set->chunks = chunk->next;
		free(chunk);
	}
	free(set->changes);
	free(set->audits);
	free(set);
}

/* Room for size bytes that live as long as the set; NULL fails it. */
static uint8_t *
changeset_room(struct changeset *set, size_t size)
{
	struct changeset_chunk *chunk = set->chunks;
	size_t wanted = size > CHUNK_SIZE ? size : CHUNK_SIZE;
	uint8_t *bytes;

	if (chunk == NULL || chunk->size - chunk->used < size) {
		chunk = malloc(sizeof(*chunk) + wanted);
		if (chunk == NULL) {
			set->failed = true;
			return NULL;
		}
		chunk->next = set->chunks;
		chunk->used = 0;
		chunk->size = wanted;
		set->chunks = chunk;
	}
	bytes = chunk->bytes + chunk->used;
	chunk->used += size;
	return bytes;
}

static struct span
changeset_copy(struct changeset *set, struct span s)
{
	uint8_t *copy;

	if (span_empty(s))
		return s;
	copy = changeset_room(set, s.size);
	if (copy == NULL)
		return span_bytes(NULL, 0);
	memcpy(copy, s.data, s.size);
	return span_bytes(copy, s.size);
}

static void
changeset_add(struct changeset *set, const struct change *change)
{
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 16 : 2 * set->room;
		struct change *changes = reallocarray(
		    set->changes, room, sizeof(*changes));

		if (changes == NULL) {
			set->failed = true;
			return;
		}
		set->changes = changes;
		set->room = room;
	}
	set->changes[set->count] = *change;
	set->changes[set->count].key = changeset_copy(set, change->key);
	set->changes[set->count].value = changeset_copy(set, change->value);
	set->count++;
}

void
changeset_put(struct changeset *set, enum database database, struct span key,
    uint32_t version, struct span body)
{
	changeset_add(set, &(struct change) { .database = database,
			       .kind = CHANGE_PUT,
			       .version = version,
			       .key = key,
			       .value = body });
}

void
changeset_raise(struct changeset *set, uint32_t version)
{
	size_t at = set->count;

	while (at > 0 && set->changes[at - 1].kind != CHANGE_PUT)
		at--;
	if (at > 0)
		set->changes[at - 1].raised = version;
}

void
changeset_remac(struct changeset *set, enum database database, struct span key)
{
	changeset_add(set, &(struct change) { .database = database,
			       .kind = CHANGE_REMAC,
			       .version = VERSION_ANY,
			       .key = key });
}

void
changeset_delete(struct changeset *set, enum database database, struct span key,
    uint32_t version)
{
	changeset_add(set, &(struct change) { .database = database,
			       .kind = CHANGE_DELETE,
			       .version = version,
			       .key = key });
}

void
changeset_expect(struct changeset *set, enum database database, struct span key,
    uint32_t version)
{
	changeset_add(set, &(struct change) { .database = database,
			       .kind = CHANGE_EXPECT,
			       .version = version,
			       .key = key });
}

void
changeset_index(struct changeset *set, enum database database,
    enum change_kind kind, struct span key, struct span entry)
{
	changeset_add(set, &(struct change) { .database = database,
			       .kind = kind,
			       .version = VERSION_ANY,
			       .key = key,
			       .value = entry });
}

static bool
same_name(const struct record *a, const struct record *b)
{
	return b != NULL && span_equal(a->spec.owner, b->spec.owner) &&
	       span_equal(a->spec.name, b->spec.name);
}

static void
index_name(struct changeset *set, enum change_kind kind, struct span id,
    const struct record *record)
{
	uint8_t key[NAME_KEY_SIZE];
	size_t size;

	if (index_name_key(record->spec.owner, record->spec.name, key, &size) <
	    0)
		set->failed = true;
	else
		changeset_index(
		    set, DB_TOKEN_NAMES, kind, span_bytes(key, size), id);
}

static bool
same_projects(const struct record *a, const struct record *b)
{
	return b != NULL && a->spec.organization == b->spec.organization &&
	       span_equal(a->spec.projects.packed, b->spec.projects.packed);
}

/* Whether the element that ends at `end` stands in the list before too: an
 * index has one entry for both. */
static bool
is_repeated(const struct spanlist *list, size_t end, struct span element)
{
	struct span other;
	size_t at = 0;

	while (spanlist_next(list, &at, &other) && at < end)
		if (span_equal(other, element))
			return true;
	return false;
}

static void
index_projects(struct changeset *set, enum change_kind kind, struct span age_id,
    const struct record *record)
{
	struct span project;
	size_t at = 0;

	if (record->spec.organization)
		changeset_index(set, DB_TOKENS_BY_PROJECT, kind,
		    span_of(ORGANIZATION_KEY), age_id);
	while (spanlist_next(&record->spec.projects, &at, &project))
		if (!is_repeated(&record->spec.projects, at, project))
			changeset_index(
			    set, DB_TOKENS_BY_PROJECT, kind, project, age_id);
}

static void
index_expiry(struct changeset *set, enum change_kind kind, struct span id,
    const struct record *record)
{
	uint64_t end = record_end(record);
	uint8_t expiry[8];

	if (end == TIME_NEVER)
		return;
	index_number(end, expiry);
	changeset_index(set, DB_TOKENS_BY_EXPIRY, kind,
	    span_bytes(expiry, sizeof(expiry)), id);
}

/* The entries by which people find a token. */
static void
index_listed(struct changeset *set, enum change_kind kind, struct span id,
    const struct record *record, const struct record *other)
{
	uint8_t age_id[AGE_ID_SIZE];
	struct span by_age = { age_id, sizeof(age_id) };

	index_age_id(record->created_at, id, age_id);
	if (!same_name(record, other))
		index_name(set, kind, id, record);
	if (other == NULL || !span_equal(record->spec.owner, other->spec.owner))
		changeset_index(
		    set, DB_TOKENS_BY_OWNER, kind, record->spec.owner, by_age);
	if (!same_projects(record, other))
		index_projects(set, kind, by_age, record);
	if (other == NULL)
		changeset_index(set, DB_TOKENS_BY_AGE, kind,
		    span_bytes(age_id, AGE_SIZE), id);
}

/* The index entries of a record that the other one does not have too. */
static void
index_record(struct changeset *set, enum change_kind kind, struct span id,
    const struct record *record, const struct record *other)
{
	if (record == NULL)
		return;
	if (record_is_listed(record))
		index_listed(set, kind, id, record, other);
	if (other == NULL || record_end(record) != record_end(other))
		index_expiry(set, kind, id, record);
	if (other == NULL && !span_empty(record->lineage.parent))
		changeset_index(
		    set, DB_TOKENS_BY_PARENT, kind, record->lineage.parent, id);
}

void
changeset_token(struct changeset *set, struct span id,
    const struct record *before, uint32_t version, const struct record *after)
{
	uint8_t *body;
	size_t size;

	index_record(set, CHANGE_INDEX_REMOVE, id, before, after);
	if (after == NULL) {
		changeset_delete(set, DB_TOKENS, id, version);
		return;
	}
	index_record(set, CHANGE_INDEX_ADD, id, after, before);
	body = malloc(RECORD_SIZE_MAX);
	if (body == NULL) {
		set->failed = true;
		return;
	}
	size = record_encode(after, body, RECORD_SIZE_MAX);
	if (size == 0)
		set->failed = true;
	changeset_put(set, DB_TOKENS, id, version, span_bytes(body, size));
	free(body);
}

void
changeset_tombstone(struct changeset *set, struct span key, uint64_t at,
    struct span by, struct span why)
{
	uint8_t body[8 + 2 * (1 + SPANLIST_ELEMENT_MAX)];
	struct wirebuf w;
	struct span written;

	wirebuf_write(&w, body, sizeof(body));
	wirebuf_put_u64(&w, at);
	wirebuf_put_str8(&w, by);
	wirebuf_put_str8(&w, why);
	written = span_bytes(body, wirebuf_size(&w));
	if (span_empty(written))
		set->failed = true;
	changeset_put(set, DB_TOMBSTONES, key, VERSION_ANY, written);
}

void
changeset_tombstones(struct changeset *set, struct span id,
    const struct record *record, uint64_t at, struct span by, struct span why)
{
	uint8_t key[TOKEN_ID_SIZE + 1];

	memcpy(key, id.data, TOKEN_ID_SIZE);
	for (size_t i = 0; i < record->secret_count || i == 0; i++) {
		key[TOKEN_ID_SIZE] = record->secret_count == 0
					 ? 0
					 : record->secrets[i].number;
		changeset_tombstone(
		    set, span_bytes(key, sizeof(key)), at, by, why);
	}
}

void
changeset_audit(struct changeset *set, const struct audit_entry *entry)
{
	if (set->audit_count == set->audit_room) {
		size_t room = set->audit_room == 0 ? 4 : 2 * set->audit_room;
		struct audit_entry *audits = reallocarray(
		    set->audits, room, sizeof(*audits));

		if (audits == NULL) {
			set->failed = true;
			return;
		}
		set->audits = audits;
		set->audit_room = room;
	}
	set->audits[set->audit_count++] = (struct audit_entry) {
		.at = entry->at,
		.actor = changeset_copy(set, entry->actor),
		.action = changeset_copy(set, entry->action),
		.subject = changeset_copy(set, entry->subject),
		.detail = changeset_copy(set, entry->detail),
	};
}

void
changeset_audit_note(struct changeset *set, const char *note)
{
	size_t length = strlen(note);

	for (size_t i = 0; i < set->audit_count; i++) {
		struct span *detail = &set->audits[i].detail;
		size_t rest = detail->size;
		uint8_t *bytes;

		if (rest > AUDIT_DETAIL_MAX - length)
			rest = AUDIT_DETAIL_MAX - length;
		bytes = changeset_room(set, length + rest);
		if (bytes == NULL)
			return;
		memcpy(bytes, note, length);
		if (rest > 0)
			memcpy(bytes + length, detail->data, rest);
		*detail = span_bytes(bytes, length + rest);
	}
}
