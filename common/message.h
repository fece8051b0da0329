/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_MESSAGE_H
#define APITOKEN_COMMON_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/proto.h"
#include "common/span.h"
#include "common/tokeninfo.h"
#include "common/wirebuf.h"

/*
 * The header of every message, and the module's questions and their answers,
 * as structs, both directions.  See proto.h.
 *
 * X_put() appends X to a buffer opened with wirebuf_write(); a message that
 * does not fit or a field that is too long for its encoding fails the buffer
 * (wirebuf_size() is then 0).  X_get() reads X from a buffer opened with
 * wirebuf_read(); spans then point into that buffer.  Where a get function
 * reads a whole message it ends with wirebuf_done() and returns
 * 0 or ERROR_MALFORMED; otherwise the caller does.
 */

/* The header.  A request's status is 0. */
struct message_header {
	uint8_t version;
	uint8_t opcode; /* of a reply: with PROTO_REPLY */
	uint8_t status;
};

/* Begins a request or a reply of this version. */
void request_begin(struct wirebuf *w, enum opcode opcode);
void reply_begin(struct wirebuf *w, uint8_t opcode, enum status status);
/* Reads any version's header; fails w unless the fourth byte is 0. */
void message_header_get(struct wirebuf *w, struct message_header *header);

/* OP_AUTHENTICATE, OP_ACCOUNT, OP_SESSION_OPEN and OP_SESSION_CLOSE. */
struct question {
	enum opcode opcode;
	struct span token;  /* TOKEN_TEXT_SIZE bytes: OP_AUTHENTICATE */
	struct span ticket; /* PROTO_TICKET_SIZE bytes: the others */
	struct span login;
	struct span service;
	struct span rhost;
	struct span tty;   /* OP_AUTHENTICATE, OP_SESSION_OPEN */
	struct span ruser; /* OP_AUTHENTICATE */
	struct span user;  /* OP_SESSION_OPEN: whose session it is */
};

void question_put(struct wirebuf *w, const struct question *question);
/*
 * Reads a whole message, header included.  ERROR_VERSION for another
 * version, ERROR_MALFORMED for anything else that is not a question.
 */
int question_get(struct wirebuf *w, struct question *question);

/* Whether it is one of the statuses that answer a question. */
bool answer_has_status(uint8_t status);

struct answer {
	enum status status;
	uint8_t ticket[PROTO_TICKET_SIZE];
};

void answer_put(
    struct wirebuf *w, enum opcode opcode, const struct answer *answer);
/*
 * Reads the whole answer to a question with that opcode.  ERROR_MALFORMED for
 * anything that is not one, an unknown status included; *answer is written
 * only with 0.
 */
int answer_get(struct wirebuf *w, enum opcode opcode, struct answer *answer);

#endif
