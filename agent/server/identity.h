/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_IDENTITY_H
#define APITOKEN_SERVER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/model/caller.h"
#include "agent/server/agent.h"

/*
 * Who somebody is: by what the kernel says of a connection, or, for the owner
 * of a token, by name.  What they may do is looked up with each request, since
 * a grant may be taken away between two of them.
 *
 * Of the admin thread alone, which may wait for names.
 *
 * Threat model.  Nothing in a message says who somebody is.  NSS may lie,
 * hang or be gone: who has no name MUST NOT be taken for somebody, and whose
 * groups are not all known MUST NOT have the default role, which one of them
 * might have taken away.
 */
#define IDENTITY_GROUPS_MAX 1024

struct identity {
	uid_t uid;
	char login[LOGIN_MAX + 1];
	bool nameless;	/* the name could not be found out just now */
	bool trusted;	/* root, or the agent's own user */
	bool ungrouped; /* not all of their groups could be found out */
	size_t group_count;
	gid_t groups[IDENTITY_GROUPS_MAX];
};

/* Of the peer with that uid and gid at the other end of fd. */
void identity_of_peer(struct agent *agent, int fd, uid_t uid, gid_t gid,
    struct identity *identity);

/*
 * Of a login name.  Who has none any more has no groups and is nobody
 * special; ERROR_TIMEOUT if it cannot be found out just now.
 */
int identity_of_login(
    struct agent *agent, struct span login, struct identity *identity);

/*
 * As a caller with the grants that the store has for them, which are in
 * *grants, point into the reader's view and end with it; without a reader
 * there are none.  An error is the store's.
 */
int identity_caller(const struct identity *identity,
    const struct config *config, struct store_reader *reader,
    struct grants *grants, struct caller *caller);

#endif
