/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_AGENT_FIXTURE_H
#define APITOKEN_TESTS_AGENT_FIXTURE_H

#include <check.h>
#include <stdint.h>

#include "agent/server/agent.h"
#include "tests/unit/model_fixture.h"

/* A folder of a test's own, without a slash at its end. */
void folder_make(char folder[64]);
/* With the files in it, but no folders. */
void folder_remove(const char *folder);

/* Writes a file and gives it that mode, whatever the umask. */
void file_write(const char *path, const void *data, size_t size, mode_t mode);

/* Login names of an imaginary machine: root, alice, bob, postgres, web; and
 * its groups: sasl, mail. */
extern const struct config_names some_names;

#define UID_ALICE    1000
#define UID_BOB	     1001
#define UID_POSTGRES 70
#define GID_SASL     45
#define GID_MAIL     8

/* What a request is answered from: an agent with a store, but no thread. */
struct fixture {
	char folder[64];
	struct agent agent;
	struct config *config;
	struct store_reader *reader;
};

/* The configuration is that text; crypto_init() was called. */
void fixture_open(struct fixture *fixture, const char *config);
void fixture_close(struct fixture *fixture);

/* Commits a set and frees it. */
void fixture_apply(struct fixture *fixture, struct changeset *set);

/* Puts the record under the token's id, where there is none. */
void fixture_add(struct fixture *fixture, const struct token *token,
    const struct record *record);
/* Replaces it; a NULL record deletes it. */
void fixture_change(struct fixture *fixture, const struct token *token,
    const struct record *before, uint32_t version, const struct record *record);

#endif
