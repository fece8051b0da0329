/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_RESTORE_H
#define APITOKEN_STORE_RESTORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store/backup.h"
#include "agent/store/writer.h"

/*
 * A restore: what a backup has and the store has not is put into the store.
 *
 * Threat model.  A backup is older than the store.  What was revoked,
 * regenerated, narrowed, withdrawn, disabled, spent or deleted since MUST NOT
 * come back by it: no row's version is ever lowered, and what has a tombstone
 * stays dead.  A deletion that only the backup knows of is carried out.
 * What is newer in the backup is put in, under another name if need be.
 * Of a store that was lost nothing can be known: there everything comes back
 * as it was when the backup was made.
 */
enum restore_fate {
	RESTORE_ADDED,	  /* it was not there */
	RESTORE_REPLACED, /* what was there is older */
	RESTORE_KEPT,	  /* what was there is as new, or newer */
	RESTORE_DELETED,  /* it has a tombstone and was left out */
	/* Another token of its owner has its name now: left out, or put in under
	 * the name that it has here. */
	RESTORE_TAKEN,
	RESTORE_ENDED, /* a tombstone: it took a secret of the store away */
	RESTORE_FATES,
};

/* What restore_row() says of the set besides. */
enum restore_step {
	RESTORE_GO_ON = 0,
	RESTORE_SET_ENDS, /* what comes next may be of the same token */
	RESTORE_NEXT_SET, /* nothing was done: it is for a set of its own */
};

/*
 * What becomes of a row, and the change for it, as the reader, which is
 * begun, sees the store: without the changes of the set.  is_last: whoever has
 * a token's name then is not going to give it up.  enum restore_step;
 * ERROR_MEMORY, errors of the store.
 */
int restore_row(struct store_reader *reader, const struct backup_row *row,
    bool is_last, struct changeset *set, enum restore_fate *fate);

struct restore_options {
	struct store *store;
	struct writer *writer;
	const struct keyring *keyring;
	int fd;			  /* a regular file; stays open */
	const _Atomic bool *stop; /* ends it early */
	bool dry_run;		  /* say what would be, change nothing */
	struct span actor;	  /* for the audit */
	const char *note;	  /* in front of its details, or empty */
	uint64_t now;		  /* seconds since 1970 */
};

struct restore_result {
	struct backup_summary backup;
	uint64_t fates[BACKUP_DATABASES][RESTORE_FATES];
	bool changed; /* something was put into the store */
};

/*
 * Checks the whole backup, then puts it into the store through the writer, in
 * sets of at most RESTORE_CHUNK rows: the tombstones first, then all else, then
 * the tokens again whose name was taken, since it may be given up meanwhile.  Any thread that may wait.  ERROR_INVALID
 * with a sentence in why; ERROR_CLOSED once *stop is set; errors of the store,
 * ERROR_SYSTEM (errno), ERROR_MEMORY.  What is in by then stays: it can be run
 * again.  *result is written in any case.
 */
#define RESTORE_CHUNK 1000

int restore_run(const struct restore_options *options,
    struct restore_result *result, char *why, size_t size);

/* "backup=2026-11-22T10:00:00Z head=17:00112233...", for the audit. */
void restore_describe(
    const struct backup_summary *backup, char *text, size_t size);

#endif
