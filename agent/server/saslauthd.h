/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SASLAUTHD_H
#define APITOKEN_SERVER_SASLAUTHD_H

#include <stddef.h>
#include <stdint.h>

#include "common/message.h"
#include "common/proto.h"
#include "common/span.h"

/*
 * The protocol of Cyrus SASL's saslauthd, as clients with `pwcheck_method:
 * saslauthd` speak it: between its bytes and the module's question.  Pure.
 *
 *	request	str16 login, password, service, realm; libsasl2 after 2.1.28
 *		adds a fifth, the client's address as `ip;port`
 *	reply	str16 text: "OK" lets in, anything else does not
 *
 * A str16 is two bytes of length, the higher one first, and that many bytes.
 * One connection carries one request.  The client sends it whole, in one
 * write, and waits for the reply without any limit of its own; a connection
 * that is closed without one is a failure and no refusal to it ("454", not
 * "535", of Postfix).
 *
 * Threat model.  Whoever may connect is in the socket's group, and may be
 * somebody who broke into a mail server.  They choose every byte.  They MUST
 * NOT learn more than whether a password is good for a login and a service
 * that they name, and never why not: nothing but "NO".  With a token in hand
 * that is what any login tells; without one, 160 bits are not guessed.
 * They can claim any service and any client's address, so that a token's
 * networks bind them no more than they bind a server that lies, and a log line
 * says that it came this way (tty="saslauthd").  A realm MUST NOT be lost: a
 * token of alice does not open alice@other.example.
 */
#define SASLAUTHD_FIELDS    4
#define SASLAUTHD_FIELD_MAX 256 /* saslauthd's MAX_REQ_LEN */

/* Longest `ip;port` that is looked at; what is longer is none. */
#define SASLAUTHD_ADDRESS_MAX 64

/* As many bytes as decide. */
#define SASLAUTHD_REQUEST_MAX                                                  \
	((2 + SASLAUTHD_FIELD_MAX) * SASLAUTHD_FIELDS + 2 +                    \
	    SASLAUTHD_ADDRESS_MAX)

struct saslauthd_request {
	struct span login;
	struct span password;
	struct span service;
	struct span realm;   /* may be empty */
	struct span address; /* `ip;port`; empty where it has not come */
};

enum saslauthd_state {
	SASLAUTHD_PART,	 /* more bytes are needed */
	SASLAUTHD_WHOLE, /* the four fields are there */
	SASLAUTHD_BAD,	 /* more bytes make it no better */
};

/*
 * What the bytes are that came so far; called again with more of them.  The
 * request points into them and has the fields that are there.  The fifth field
 * is waited for by nobody.
 */
enum saslauthd_state saslauthd_decode(
    struct span bytes, struct saslauthd_request *request);

#define SASLAUTHD_LOGIN_MAX (2 * SASLAUTHD_FIELD_MAX + 1)

/*
 * The question that a whole request asks; it points into the request and into
 * login.  The login name is login@realm, unless the realm is one of
 * local_realms (words between blanks or commas, whatever their case).
 * ERROR_MALFORMED: the password is no token; the rest of the question is there
 * nevertheless, for the log, and so is what a bad request has of it.
 */
int saslauthd_question(const struct saslauthd_request *request,
    const char *local_realms, char login[SASLAUTHD_LOGIN_MAX],
    struct question *question);

/* The reply that says it; empty where the connection is closed without. */
struct span saslauthd_reply(enum status status);

#endif
