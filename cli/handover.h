/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_HANDOVER_H
#define APITOKEN_CLI_HANDOVER_H

#include "cli/ask.h"

/*
 * A new secret on its way from the agent to whoever asked for it: into the
 * file that is there before the secret is, or to standard output, once.
 */
struct handover {
	const struct invocation *in;
	const char *output; /* --output FILE; NULL: standard output */
	bool dry_run;
	const char *done;   /* "created" */
	const char *remedy; /* the command for a secret that is lost */
};

/* What the agent made, or would make. */
struct made {
	struct token_info info;
	bool existed;
	struct span text; /* the secret; empty in a dry run */
};

/* Whether there is a way out for the secret; says so where not. */
enum outcome handover_check(const struct handover *h);

/* Whether the file for the secret can be made, before anybody is asked or told
 * anything; says so where not. */
enum outcome handover_check_file(const struct handover *h);

/* Sends the request that stands in ask, a dry run, and reads its reply. */
enum outcome handover_preview(struct ask *ask, struct made *made);

/*
 * Sends the request that stands in ask and writes the secret that comes, on
 * standard error what it is and how to use it.  A refusal, and a token that
 * existed, leave no file.
 */
enum outcome handover_make(
    const struct handover *h, struct ask *ask, struct made *made);

#endif
