/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/pending.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Heads of the hash table of uses. */
#define PENDING_SLOTS 32768

/* Past PENDING_MAX tokens whose uses are kept (3 MiB) they are written without
 * waiting for their minute and forgotten; past twice as many, when writing is
 * slower than they come, new ones are not kept. */
#define PENDING_MAX   16384
#define PENDING_LIMIT (2 * PENDING_MAX)

/* A group is small enough that a one-time use never waits long for it. */
#define PENDING_GROUP 1000

struct pending_use {
	struct pending_use *next;
	uint64_t last_used_at;
	uint64_t count;	     /* since the last write */
	uint64_t written_at; /* 0: never, as far as is known */
	struct usage_secret secrets[TOKEN_SECRETS_MAX];
	char id[TOKEN_ID_SIZE + 1];
	char service[SERVICE_MAX + 1];
	char from[65];
};

struct pending {
	pthread_mutex_t lock; /* of all of it, against pending_look() */
	struct pending_use *slots[PENDING_SLOTS];
	size_t count;	/* uses kept, written or not */
	size_t unsaved; /* of them with something to write */
};

struct pending *
pending_new(void)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	if (pending != NULL)
		pthread_mutex_init(&pending->lock, NULL);
	return pending;
}

void
pending_free(struct pending *pending)
{
	if (pending == NULL)
		return;
	for (size_t i = 0; i < PENDING_SLOTS; i++) {
		struct pending_use *use;

		while ((use = pending->slots[i]) != NULL) {
			pending->slots[i] = use->next;
			free(use);
		}
	}
	pthread_mutex_destroy(&pending->lock);
	free(pending);
}

/* Ids are random already; FNV-1a spreads their characters. */
static size_t
slot_of(const char *id)
{
	uint32_t hash = 2166136261U;

	while (*id != '\0')
		hash = (hash ^ (uint8_t)*id++) * 16777619U;
	return hash % PENDING_SLOTS;
}

static struct pending_use *
find_use(struct pending *pending, const char *id)
{
	struct pending_use *use = pending->slots[slot_of(id)];

	while (use != NULL && memcmp(use->id, id, sizeof(use->id)) != 0)
		use = use->next;
	return use;
}

static struct pending_use *
add_use(struct pending *pending, const char *id)
{
	struct pending_use **slot = &pending->slots[slot_of(id)];
	struct pending_use *use;

	if (pending->count >= PENDING_LIMIT)
		return NULL;
	use = calloc(1, sizeof(*use));
	if (use == NULL)
		return NULL;
	memcpy(use->id, id, sizeof(use->id));
	use->next = *slot;
	*slot = use;
	pending->count++;
	return use;
}

static void
note_use(struct pending *pending, const struct attempt *attempt)
{
	struct pending_use *use = find_use(pending, attempt->id);

	if (use == NULL)
		use = add_use(pending, attempt->id);
	if (use == NULL)
		return;
	if (use->count == 0)
		pending->unsaved++;
	use->last_used_at = attempt->at;
	usage_note_secret(use->secrets, attempt->secret_number, attempt->at);
	memcpy(use->service, attempt->service, sizeof(use->service));
	memcpy(use->from, attempt->rhost, sizeof(use->from));
	use->count++;
}

void
pending_note(struct pending *pending, const struct attempt *attempt)
{
	pthread_mutex_lock(&pending->lock);
	note_use(pending, attempt);
	pthread_mutex_unlock(&pending->lock);
}

bool
pending_look(struct pending *pending, const char *id, struct recent_use *recent)
{
	const struct pending_use *use;

	pthread_mutex_lock(&pending->lock);
	use = find_use(pending, id);
	if (use != NULL) {
		recent->last_used_at = use->last_used_at;
		recent->count = use->count;
		memcpy(recent->secrets, use->secrets, sizeof(use->secrets));
		memcpy(recent->service, use->service, sizeof(use->service));
		memcpy(recent->from, use->from, sizeof(use->from));
	}
	pthread_mutex_unlock(&pending->lock);
	return use != NULL;
}

bool
pending_is_empty(const struct pending *pending)
{
	return pending->unsaved == 0;
}

static void
save_use(
    struct pending_use *use, struct store_reader *reader, struct changeset *set)
{
	struct span id = span_of(use->id);
	struct usage usage = {
		.last_used_at = use->last_used_at,
		.count = use->count,
		.service = span_of(use->service),
		.from = span_of(use->from),
	};
	uint8_t body[USAGE_SIZE_MAX];
	struct usage before;
	struct row row;

	if (store_get_authentic(reader, DB_USAGE, id, &row) == 0 &&
	    usage_decode(row.body, &before) == 0) {
		usage.count += before.count;
		memcpy(usage.secrets, before.secrets, sizeof(before.secrets));
	}
	/* The last one last, so that it is there. */
	for (size_t i = TOKEN_SECRETS_MAX; i-- > 0;)
		usage_note_secret(usage.secrets, use->secrets[i].number,
		    use->secrets[i].last_used_at);
	changeset_put(set, DB_USAGE, id, VERSION_ANY,
	    span_bytes(body, usage_encode(&usage, body, sizeof(body))));
}

/* Whether the token is still there: a use must not outlive a deletion. */
static bool
token_exists(struct store_reader *reader, const char *id)
{
	struct row row;

	return store_get(reader, DB_TOKENS, span_of(id), &row) == 0;
}

/* Writes a use if it is due; then whether it need not be kept any longer. */
static bool
settle_use(struct pending *pending, struct pending_use *use,
    struct store_reader *reader, uint64_t now, bool all, struct changeset *set)
{
	bool rested = now - use->written_at >= USAGE_INTERVAL;

	if (use->count == 0)
		return rested || all;
	if (!rested && !all)
		return false;
	if (token_exists(reader, use->id))
		save_use(use, reader, set);
	use->count = 0;
	use->written_at = now;
	pending->unsaved--;
	return all;
}

static size_t
take_due(struct pending *pending, struct store_reader *reader, uint64_t now,
    bool all, struct changeset *set)
{
	size_t before = pending->unsaved;

	all = all || pending->count > PENDING_MAX;
	for (size_t i = 0; i < PENDING_SLOTS && set->count < PENDING_GROUP;
	     i++) {
		struct pending_use **link = &pending->slots[i];
		struct pending_use *use;

		while ((use = *link) != NULL) {
			if (!settle_use(pending, use, reader, now, all, set)) {
				link = &use->next;
				continue;
			}
			*link = use->next;
			free(use);
			pending->count--;
		}
	}
	return before - pending->unsaved;
}

size_t
pending_due(struct pending *pending, struct store_reader *reader, uint64_t now,
    bool all, struct changeset *set)
{
	size_t due;

	pthread_mutex_lock(&pending->lock);
	due = take_due(pending, reader, now, all, set);
	pthread_mutex_unlock(&pending->lock);
	return due;
}
