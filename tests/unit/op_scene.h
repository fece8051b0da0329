/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_OP_SCENE_H
#define APITOKEN_TESTS_OP_SCENE_H

#include <check.h>

#include "agent/server/dispatch.h"
#include "common/message.h"
#include "tests/unit/agent_fixture.h"

/*
 * One request of the CLI and its reply, to tests of what operations do: an
 * agent's state, people who ask, and what the store has afterwards.
 */

#define ID_1 "abcd000001"
#define ID_2 "abcd000002"
#define ID_3 "abcd000003"

extern struct fixture fixture;
extern uint64_t now; /* seconds since 1970, to the agent */

extern const struct caller root, alice, bob;

/* Of every test: at NOW, and at its end the store is whole. */
void scene_open(const char *config);
void scene_close(void);
/* The same of a store that the test damaged. */
void scene_drop(void);

/* Begins a request; what comes after its header is put into the result, which
 * is `packet`. */
extern struct wirebuf packet;
struct wirebuf *request(enum opcode opcode);

/* Of the last reply. */
extern struct wirebuf body;
extern char message[1024];
extern bool changes; /* there was something to commit */

/* Asks with the grants that the store has for the caller, who is in group
 * GID_OF().  The set that comes of it is the caller's. */
#define GID_OF(uid) ((uid) + 20000)
enum status ask_only(const struct caller *caller, struct changeset **set);
/* The same, and applies the set. */
enum status send_request(const struct caller *caller);
/* The same; it must end so, with these words in the message. */
void expect(const struct caller *caller, enum status status, const char *words);

/* The whole body has been read. */
void read_end(void);

uint64_t count_rows(enum database database);

/* What the store has, until the next look, and its version unless that is
 * NULL; false if nothing. */
bool load(const char *id, struct record *record, uint32_t *version);

/* The last entry of the audit is that, of ID_1, and its detail has those
 * words. */
void expect_audited(const char *actor, const char *action, const char *words);

#endif
