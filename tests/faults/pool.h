/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_POOL_H
#define APITOKEN_TESTS_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "common/tokentext.h"
#include "tests/unit/agent_fixture.h"

/*
 * A store full of tokens: live ones, and those that no question may open
 * although it has the right secret.
 */

/* The configuration that the questions below are asked of. */
#define POOL_CONFIG                                                            \
	"[service other]\nproject = other\n"                                   \
	"[service roles]\nrole = operator\n"

/* A token and a question about it. */
struct target {
	const char *what; /* "live", or why it is refused */
	struct token token;
	char text[TOKEN_TEXT_SIZE + 1];
	char login[16];
	const char *service;
	const char *rhost;
	uint64_t now;
	uid_t caller;
};

struct pool {
	struct target *live;
	size_t live_count;
	struct target *refused; /* each reason as often */
	size_t refused_count;
};

/* The seed of dice(); the same one gives the same numbers. */
void dice_seed(uint64_t seed);
/* From 0 to below, which is excluded. */
uint32_t dice(uint32_t below);

/*
 * So many live tokens, a tenth of them access tokens, and as many that are
 * refused for each reason.
 */
void pool_make(
    struct pool *pool, struct fixture *fixture, size_t live, size_t refused);
void pool_free(struct pool *pool);

#endif
