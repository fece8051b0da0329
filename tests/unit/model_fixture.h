/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_MODEL_FIXTURE_H
#define APITOKEN_TESTS_MODEL_FIXTURE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/model/caller.h"
#include "agent/model/record.h"
#include "common/span.h"
#include "common/tokentext.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A moment that all tests of the agent agree on: 2027-01-15T08:00:00Z. */
#define NOW UINT64_C(1800000000)

/*
 * The words between spaces as a list.  It lives in memory that every list
 * shares until list_reset().
 */
struct spanlist list_of(const char *words);
void list_reset(void);

/*
 * An active full-access API token that alice made for herself in the project
 * default, for ever, and the token whose secret is its only one.
 */
void good_token(struct record *record, struct token *token);

/* Gives the record another secret: slot 0 or 1 becomes that of the token. */
void set_secret(struct record *record, size_t slot, const struct token *token);

/* Another grant of alice's: of a role that is built in, and for whose login
 * names besides her own. */
void give_grant(struct grants *grants, enum role role, const char *project,
    const char *login_as);

/* Bytes that look random and are the same in every run. */
uint32_t pseudo_random(void);
/* From 0 to below, which is excluded. */
uint32_t pseudo_below(uint32_t below);

/* Runs the suite of these cases; what main() returns. */
int run_cases(const char *name, TCase *const *cases, size_t count);

#endif
