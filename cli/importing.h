/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_IMPORTING_H
#define APITOKEN_CLI_IMPORTING_H

#include "cli/importbatch.h"
#include "cli/importnamed.h"
#include "cli/lines.h"
#include "cli/lineset.h"
#include "cli/progress.h"
#include "cli/spool.h"
#include "cli/transferline.h"

struct import_options {
	bool skip_bad;
	bool exact;
	bool dry_run;
};

/* A line whose name another token has: good once that one is gone. */
struct import_taken {
	uint64_t line;
	char id[TOKEN_ID_SIZE + 1];
	bool is_bad;
	bool is_pending; /* it has no secret: so will its token */
};

/*
 * An import.  The first pass reads all lines, has the agent look at each and
 * spools what there is to do; the second does it.  Large, on the heap.
 */
struct importing {
	const struct invocation *in;
	const struct import_options *options;
	const char *path; /* as it is shown */
	FILE *file;
	struct ask ask;
	struct lines lines;
	struct transferline line;
	struct importbatch batch;
	struct spool spool;
	struct lineset ids;   /* of the file */
	struct lineset names; /* of the file: importing_key() */
	struct lineset meant; /* ids of tokens here */
	bool has_first;	      /* a first line, which promises a last one */
	bool has_last;
	uint64_t records;
	uint64_t bad;
	bool has_changes;		  /* of what is here */
	uint64_t tally[IMPORT_TAKEN + 1]; /* of the pass: enum import_outcome */
	struct import_taken *taken;
	size_t taken_count;
	uint64_t pending; /* tokens to be made that will have no secret */
	char (*gone)[TOKEN_ID_SIZE + 1]; /* tokens that the file lacks */
	size_t gone_count;
	struct importnamed named;
	uint64_t done; /* records of the second pass */
	struct progress progress;
};

/* Room for any: the parts are a login name, and words or a token's name. */
#define IMPORTING_KEY_SIZE (1 + 3 * (LOGIN_MAX + 1))

/* What no two lines have, into `bytes`. */
struct span importing_key(uint8_t kind, const struct transfernamed_key *key,
    uint8_t bytes[IMPORTING_KEY_SIZE]);

/* Whether an exact import of it deletes tokens that it lacks: an export of
 * projects alone says nothing of tokens unless it is whole. */
bool importing_lists_tokens(const struct importing *i);

/* Counts a bad line, or what is bad of the file (line 0), and says what is
 * wrong with it. */
void importing_bad(struct importing *i, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Says why memory or the temporary file failed; OUTCOME_FAILED. */
enum outcome importing_failed(int error);

/* The first pass (importcheck.c): all lines into the spool. */
enum outcome importing_check(struct importing *i);

/* What is deleted first, and what is good only then (importplan.c). */
enum outcome importing_plan(struct importing *i);

/* Notes, before anything is done, what people may not expect of it. */
void importing_announce(const struct importing *i);

#endif
