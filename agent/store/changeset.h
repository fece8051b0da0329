/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_CHANGESET_H
#define APITOKEN_STORE_CHANGESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/store/audit.h"
#include "agent/store/index.h"
#include "common/span.h"

/*
 * What a mutation does, computed from a request and the state that was read,
 * and then given to store_apply(), which is the only way in.  A row that
 * changed since it was read makes the whole set stale; nothing of it happens.
 */

/* The databases, in the order of the store's own table. */
enum database {
	DB_TOKENS,	      /* id -> record */
	DB_TOKEN_NAMES,	      /* owner \0 name -> id */
	DB_TOKENS_BY_OWNER,   /* owner -> age, id */
	DB_TOKENS_BY_PROJECT, /* project -> age, id */
	DB_TOKENS_BY_EXPIRY,  /* record_end() -> id */
	DB_TOKENS_BY_AGE,     /* age -> id */
	DB_USAGE,	      /* id -> last use */
	DB_AUDIT,	      /* sequence -> entry */
	DB_TOMBSTONES,	      /* id, secret number -> when, by whom, why */
	DB_PROJECTS,	      /* name -> project */
	DB_ROLES,	      /* name -> role that was made here */
	DB_GRANTS,	      /* login name, or % and gid -> grants */
	DB_TOKENS_BY_PARENT,  /* API token's id -> id of what came of it */
	DB_META,	      /* "state" -> schema, counts, transaction */
	DB_SESSIONS,	      /* MAC of a ticket -> what it opened */
	DB_COUNT,
};

enum change_kind {
	CHANGE_PUT,	     /* a row: insert or replace */
	CHANGE_REMAC,	     /* a row: the same, by the current key */
	CHANGE_DELETE,	     /* a row */
	CHANGE_INDEX_ADD,    /* an entry of an index */
	CHANGE_INDEX_REMOVE, /* an entry of an index */
	CHANGE_EXPECT,	     /* nothing: but a row has that version, or an
				index no entry under the key */
};

/*
 * Rows that one set has at the most, and with which a commit takes no other
 * set.  Somebody with a one-time token may wait for it; and LMDB keeps, for good, what memory the pages took that its
 * largest transaction changed: of 4 KiB each, one for nearly every row where
 * an index is in another order.
 */
#define COMMIT_ROWS_MAX 10000

/* The version that a row must have: none at all, or any. */
#define VERSION_ABSENT 0
#define VERSION_ANY    UINT32_MAX

struct change {
	enum database database;
	enum change_kind kind;
	uint32_t version; /* before */
	uint32_t raised;  /* what it has then at the least */
	struct span key;
	struct span value; /* body of a row, or entry of an index */
};

struct changeset_chunk;

struct changeset {
	struct change *changes;
	size_t count;
	size_t room;
	struct changeset_chunk *chunks; /* keys and values */
	bool failed;			/* out of memory: not to be applied */
	struct audit_entry *audits;
	size_t audit_count;
	size_t audit_room;
};

struct changeset *changeset_new(void);
void changeset_free(struct changeset *set);

/* Keys and values are copied.  A failure is sticky, in set->failed. */
void changeset_put(struct changeset *set, enum database database,
    struct span key, uint32_t version, struct span body);
void changeset_delete(struct changeset *set, enum database database,
    struct span key, uint32_t version);
/* The row that was put last gets that version at the least, instead of the
 * time that it is written at. */
void changeset_raise(struct changeset *set, uint32_t version);
/*
 * The row as it is then, with its version, under a MAC of the current key;
 * nothing if there is none, or none that is authentic.
 */
void changeset_remac(
    struct changeset *set, enum database database, struct span key);
void changeset_index(struct changeset *set, enum database database,
    enum change_kind kind, struct span key, struct span entry);

/*
 * Changes nothing, but makes the set stale unless the row has that version
 * (VERSION_ABSENT: unless there is none), or, for an index with several
 * entries for a key, unless there is none under the key.
 */
void changeset_expect(struct changeset *set, enum database database,
    struct span key, uint32_t version);

/*
 * A token's row and its index entries (those of an access or a refresh token:
 * by expiry and by parent only), from what it was (NULL: it was not) to
 * what it becomes (NULL: it is no more); version is that of the row before.
 */
void changeset_token(struct changeset *set, struct span id,
    const struct record *before, uint32_t version, const struct record *after);

/* Under a key of its own, so that no restore brings it back. */
void changeset_tombstone(struct changeset *set, struct span key, uint64_t at,
    struct span by, struct span why);

/*
 * For each secret of a deleted token, so that no restore brings it back; for
 * one without secrets under the number 0, which no secret has.
 */
void changeset_tombstones(struct changeset *set, struct span id,
    const struct record *record, uint64_t at, struct span by, struct span why);

/* Another entry for the audit; the texts are copied. */
void changeset_audit(struct changeset *set, const struct audit_entry *entry);

/* Puts a text in front of the detail of each entry, whose end goes if it is
 * then too long. */
void changeset_audit_note(struct changeset *set, const char *note);

#endif
