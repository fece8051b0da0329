/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_DISPATCH_SCENE_H
#define APITOKEN_TESTS_DISPATCH_SCENE_H

#include <check.h>

#include "agent/server/dispatch.h"
#include "common/message.h"
#include "tests/unit/agent_fixture.h"

/*
 * An agent, the people who ask it, and one request at a time: what they get is
 * in `reply`, and what they were promised is in the store.
 */
extern struct fixture fixture;

extern const struct caller root, alice, bob, admin, watcher, nobody;

/* Of every test of this program. */
void scene_setup(void);
void scene_teardown(void);

/* The cases of the other files. */
TCase *dispatch_tokens_case(void);
TCase *dispatch_list_case(void);
TCase *dispatch_bulk_case(void);
TCase *dispatch_transfer_case(void);

/* Begins a request; what comes after its header is put into the result. */
struct wirebuf *request(enum opcode opcode);
/* The bytes of it. */
struct span request_bytes(void);

struct reply {
	enum status status;
	char message[1024];
	bool changes;	     /* there was something to commit */
	struct wirebuf body; /* to be read */
};

extern struct reply reply;

/* While sealed there is no store to ask. */
extern bool is_sealed;

/* Seconds since 1970, to the agent. */
extern uint64_t scene_now;

enum status send_bytes(const struct caller *caller, struct span packet);
enum status send_request(const struct caller *caller);

/* Fails the test unless it ends so, with these words in the message. */
void expect_status(
    const struct caller *caller, enum status status, const char *words);

/* Puts a good token of that owner into the store. */
struct placed {
	struct token token;
	struct record record;
};
void place(struct placed *placed, const char *id, const char *owner,
    const char *name, uint64_t created_at);
/* How many tokens there are. */
uint64_t count_rows(enum database database);

/* Whole requests. */
enum status show(const struct caller *caller, const char *selector);
enum status change(const struct caller *caller, enum opcode opcode,
    const char *selectors, bool dry_run);

/* Reads a reply's body on; the whole of it has been read then. */
void read_info(struct token_info *info);
void read_end(void);

#endif
