/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_TESTS_UNIT_CLI_AGENT_H
#define APITOKEN_TESTS_UNIT_CLI_AGENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The id of a token that it makes. */
#define AGENT_TOKEN_ID "a1b2c3d4e5"

/*
 * The id of a token that was there before is its name, filled up with zeroes.
 * An agent that decides nothing: it answers by rote, in a thread, so that the
 * program on the other end can be looked at.  Names mean something to it:
 *
 *	taken		exists already
 *	forbidden	may not be made
 *	missing		is no token
 *	gone		the connection ends instead of an answer to a change
 *	liar		gets a token with another id
 *	stubborn	is not changed by a revocation
 *	garbage		the answer has a byte too many
 *	escape		has a name, owner and description to fool a terminal
 */
struct cli_agent {
	char path[64];	 /* of its socket, in a directory of its own */
	unsigned tokens; /* how many `list` finds, and `audit` entries */
	unsigned page;	 /* at most so many in an answer */
	bool sealed;	 /* what `status` says */
	bool reads_own;	 /* `whoami` does not have audit.read of all */
	unsigned broken; /* number of an entry that is not sound, or 0 */
	unsigned gap;	 /* number of an entry that is missing, or 0 */
	unsigned breaks; /* number of a batch that gets no answer, or 0 */
	int listener;
	pthread_t thread;
	/* What was asked, to be read after cli_agent_stop(). */
	unsigned requests;
	unsigned changes;    /* those that were no dry run */
	uint64_t expires_at; /* of the last create or edit request */
	uint32_t fields;     /* of the last edit request */
	uint64_t overlap;    /* of the last regenerate request */
	uint64_t since;	     /* of the last audit request */
	char selector[80];   /* the last one of the last change or audit */
};

/* Listens from here on.  Exits the test where it cannot. */
void cli_agent_start(struct cli_agent *agent);
void cli_agent_stop(struct cli_agent *agent);

/* The text of its tokens, NUL-terminated. */
const char *cli_agent_token(void);

#endif
