/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_ASK_H
#define APITOKEN_CLI_ASK_H

#include "cli/command.h"
#include "common/client.h"
#include "common/message.h"
#include "common/secret.h"
#include "common/wirebuf.h"

/*
 * Questions to the agent, one after the other:
 *
 *	ask_begin(&ask, OP_X);
 *	x_request_put(&ask.request, &x);
 *	outcome = ask_send(&ask);
 *	x_reply_get(&ask.reply, &y);
 *	outcome = ask_done(&ask);
 *
 * What is read from the reply points into it and ends with the next
 * ask_send().  Both buffers are wiped: they may have held a secret.
 */
struct ask {
	struct client client;
	const struct globals *globals;
	enum opcode opcode;
	enum opcode sent; /* OP_AS where a token is acted with */
	bool may_miss;	  /* what is not found is not said */
	bool is_silent;	  /* nor is anything else */
	bool has_file;	  /* the next request takes `file` along */
	int file;
	struct wirebuf request;
	struct wirebuf reply;
	uint8_t *bytes;	     /* of both */
	struct secret token; /* to act with; empty: none */
	bool is_unknown;     /* whether the last change was done */
	bool silent;	     /* what would be said is kept in `why` */
	int error;	     /* of the last exchange; 0: there was a reply */
	char why[512];
};

/* Says why unless OUTCOME_DONE.  ask_fini() may follow in any case. */
enum outcome ask_init(struct ask *ask, const struct globals *globals);
void ask_fini(struct ask *ask);

/* The same agent, asked as the same one by another thread: it says nothing
 * until ask_complain(). */
enum outcome ask_init_like(struct ask *ask, const struct ask *like);

void ask_begin(struct ask *ask, enum opcode opcode);

/*
 * Sends the request.  OUTCOME_DONE: `reply` stands at the body.  A refusal
 * has been said on standard error, in the agent's words where it has some;
 * only OP_VERIFY's OUTCOME_REFUSED is silent, and `reply` stands at its body.
 */
enum outcome ask_send(struct ask *ask);

/* The same, but what is not found is for the caller to say. */
enum outcome ask_try(struct ask *ask);

/* The same, and nothing is said whatever comes of it. */
enum outcome ask_quietly(struct ask *ask);

/* The same with a file that the agent is to read or to write. */
enum outcome ask_send_file(struct ask *ask, int fd);

/*
 * The same for a request that changes something: a connection that broke
 * after it was sent leaves open whether it was done, and that is said.
 */
enum outcome ask_send_change(struct ask *ask);

/* Says what was kept back, if anything, and forgets it. */
void ask_complain(struct ask *ask);

/* After the last get: says so if the body was not what it should be. */
enum outcome ask_done(const struct ask *ask);

/* The tables behind them. */
enum outcome ask_outcome_of_status(enum status status);
enum outcome ask_outcome_of_error(int error);

#endif
