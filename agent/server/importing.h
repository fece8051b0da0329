/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_IMPORTING_H
#define APITOKEN_SERVER_IMPORTING_H

#include "agent/server/op_import.h"

/*
 * What importing a project, a role and a grant have in common.  Whoever
 * imports one does what the ordinary operation does, and needs what that
 * takes: its permission, and for roles and grants no less than they give.
 *
 * Each returns 0, or ERROR_INVALID with op->refusal.
 */

/* One field after the other, so that the one that is wrong is named. */
int importing_check_field(struct operation *op, int rv, const char *field);
int importing_check_time(
    struct operation *op, const char *field, uint64_t when);
int importing_check_text(
    struct operation *op, const char *field, struct span text);

/* Is here and differs in those words, and the import is not exact. */
int importing_refuse_different(struct operation *op, const char *words,
    const char *what, struct span name);

/*
 * A name that was deleted here may be used again, but not by an old file that
 * nobody meant so; one that is deleted just now makes the set too late.
 */
int importing_check_unburied(
    struct importing *importing, char kind, const char *what, struct span name);

/* What an exact import deletes is not in its file; gone already is gone. */
int importing_check_exact(
    struct importing *importing, struct import_result *result);

/* What is done counts; a dry run's set goes. */
int importing_end(struct importing *importing, struct import_result *result,
    enum import_outcome outcome);

#endif
