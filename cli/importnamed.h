/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_IMPORTNAMED_H
#define APITOKEN_CLI_IMPORTNAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/importbatch.h"

struct importing;

/*
 * The projects, roles and grants of an import: what lines rely on that stands
 * before them, and what is here that the file lacks.
 */

/* A project, a role or a grant that is to go. */
struct import_gone {
	uint8_t kind;	  /* TRANSFER_PROJECT_GONE, ... */
	struct span body; /* its own */
	bool is_kept;	  /* it cannot go */
};

struct importnamed {
	void *names; /* tsearch(3): projects and roles of the file */
	struct import_gone *gone;
	size_t gone_count;
	size_t kept_count;
	uint8_t last_kind;		    /* of the line before */
	uint64_t lines[TRANSFER_GRANT + 1]; /* of each kind */
};

void importnamed_fini(struct importnamed *named);

/*
 * Before the line that was just read goes into the batch: what it names is
 * counted, and what earlier lines make of that goes ahead of it, in records
 * of line 0, since a dry run leaves nothing behind.
 */
enum outcome importnamed_precede(struct importing *i);

/* The agent would make or change what this line says: others may rely on it. */
enum outcome importnamed_note(
    struct importing *i, const struct importbatch_item *item);

/* One of those that are here: whether the file has it. */
enum outcome importnamed_look(
    struct importing *i, const struct transfer_record *record);

/* Once all were seen: says which cannot go, and why. */
enum outcome importnamed_settle(struct importing *i);

/* The second pass, after all lines. */
enum outcome importnamed_delete(struct importing *i);

#endif
