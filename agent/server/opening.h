/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_OPENING_H
#define APITOKEN_SERVER_OPENING_H

#include "agent/model/scope.h"
#include "agent/server/asker.h"
#include "agent/server/handles.h"
#include "agent/server/sessions.h"

/*
 * The beginning of a session, on the serve thread: from a ticket and the
 * process that shows it to what is stored and handed to the registry.
 *
 * Threat model.  A ticket may be known to whoever has the session, through
 * their environment.  It MUST be taken from root alone (or from the agent's
 * own user, where the agent is not root's), once, and soon.  The process is
 * who asks; nobody names one.
 */
struct opening {
	struct handles *handles;
	/* What came of a question. */
	struct session_news *news; /* NULL: nothing */
	bool is_all; /* the change set has nothing but the session */
};

/*
 * The answer to OP_SESSION_OPEN by whoever may ask for that service; the set
 * that comes back in *set, if any, stores the session.
 */
enum status opening_open(const struct asker *asker,
    const struct question *question, const struct service *service,
    struct changeset **set);

/* The answer to OP_SESSION_CLOSE. */
enum status opening_close(const struct asker *asker,
    const struct question *question, const struct service *service);

/*
 * Whoever was let in is the session, where the service says so: adds it to
 * *set, or makes one.  Where that cannot be done, they are let in all the same,
 * and the log says so.
 */
void opening_peer(const struct asker *asker, const struct question *question,
    const struct service *service, const uint8_t ticket[PROTO_TICKET_SIZE],
    struct changeset **set);

#endif
