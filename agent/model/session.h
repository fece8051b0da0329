/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_SESSION_H
#define APITOKEN_MODEL_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/model/ticket.h"
#include "common/span.h"

/*
 * What a token opened and what ends with it: a process, and all that came of
 * it.  In the store under the MAC of the ticket that is its handle.
 */
#define SESSION_KEY_SIZE  TICKET_KEY_SIZE
#define SESSION_BOOT_SIZE 16
#define SESSION_SCOPE_MAX 255
#define SESSION_SIZE_MAX  2560 /* bytes, of an encoded one */

#define SESSION_NO_AUDIT UINT32_MAX /* the kernel's word for none */

enum session_flag {
	SESSION_KEPT = 1 << 0,	/* nothing that becomes of its token ends it */
	SESSION_ENDED = 1 << 1, /* somebody had it ended */
	SESSION_PEER = 1 << 2,	/* the process that authenticated */
	SESSION_FLAGS = SESSION_KEPT | SESSION_ENDED | SESSION_PEER,
};

struct session {
	uint8_t flags;
	uint8_t secret_number;
	struct span token;  /* id */
	struct span parent; /* of an access token its API token's id */
	struct span owner;  /* of the token, as it was then */
	struct span name;
	struct span login; /* that the token was shown for */
	struct span user;  /* whose session it is */
	struct span service;
	struct span rhost;
	struct span tty;
	uint64_t opened_at;
	/* The process: by its pid until the machine starts anew, as long as it
	 * is the one that began then. */
	uint8_t boot[SESSION_BOOT_SIZE];
	uint32_t pid;
	uint64_t started; /* clock ticks since boot; 0: not known */
	/* What the process that it came from belongs to, so that no more than
	 * the session is taken for it: sudo runs inside of another. */
	uint32_t outer_audit;	 /* audit session id */
	struct span outer_scope; /* control group */
};

/* How many bytes were written; 0 if they do not fit into size. */
size_t session_encode(const struct session *session, void *data, size_t size);
/* ERROR_MALFORMED: *session is then not to be used. */
int session_decode(struct span body, struct session *session);

/*
 * What speaks against a session going on, as enum reason: its token's record
 * (NULL: there is none) and that of the API token that an access token came
 * from.  Where and for whom the token is good, and how often, is asked when it
 * is opened, and not again.  *until: when that may be otherwise although
 * nothing is changed, TIME_NEVER.
 */
uint32_t session_reasons(const struct session *session,
    const struct record *record, const struct record *parent, uint64_t now,
    uint64_t *until);

#endif
