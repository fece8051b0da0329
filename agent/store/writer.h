/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_WRITER_H
#define APITOKEN_STORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/store/attempt.h"
#include "agent/store/changeset.h"
#include "agent/store/inbox.h"
#include "agent/store/pending.h"
#include "agent/store/store.h"

/*
 * The writer thread: commits change sets in groups, writes usage, and has
 * attempts logged.  It answers nobody: whoever gave it a change set is told
 * by a callback and answers for itself.
 */
struct writer;

struct writer_options {
	struct store *store; /* NULL while sealed: then only attempts */
	/* All on the writer thread. */
	void (*on_attempt)(void *arg, const struct attempt *attempt);
	void (*on_lost)(void *arg, unsigned long attempts);
	/* Usage could not be written: enum error. */
	void (*on_usage_error)(void *arg, int error);
	/* The store has to be opened anew: store_is_broken().  May be NULL. */
	void (*on_broken)(void *arg);
	/* After each round; writes what others have to say. */
	void (*on_round)(void *arg);
	void *arg;
};

int writer_start(const struct writer_options *options, struct writer **writer);
/* Commits and writes what it was given, then ends the thread. */
void writer_stop(struct writer *writer);

/* Gives a change set away (see inbox.h).  The submission belongs to the caller
 * and must live until done is called. */
void writer_submit(struct writer *writer, struct submission *submission);

/* The same, for what nobody waits for; not durable for INBOX_LATER_MS. */
void writer_submit_later(struct writer *writer, struct submission *submission);

/*
 * writer_submit(), and waits: what done would be called with.  For threads that
 * nobody waits for; the writer must outlive the call.
 */
int writer_commit(struct writer *writer, struct changeset *set);

/* Of the serve thread alone; never waits. */
void writer_note(struct writer *writer, const struct attempt *attempt);

/*
 * Has what was noted before this counted as a use, if that is a matter of some
 * milliseconds.  Of threads that may wait.
 */
void writer_settle(struct writer *writer);

/* Uses of a token of late, written or not; false if there are none.  Of any
 * thread. */
bool writer_recent_use(
    struct writer *writer, const char *id, struct recent_use *recent);

/* When it last wrote to the store, seconds since 1970; 0: not yet. */
uint64_t writer_committed_at(const struct writer *writer);

/* Has on_round called soon; never waits. */
void writer_wake(struct writer *writer);

#endif
