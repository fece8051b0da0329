/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_KEEPER_H
#define APITOKEN_SERVER_KEEPER_H

#include <stdint.h>
#include <sys/types.h>

#include "agent/server/names.h"
#include "common/message.h"

/*
 * The other end of names.h: a process that does nothing but make the child
 * that answers, and another whenever that one dies, so that what a plugin does
 * to it is not for ever.
 *
 * Threat model.  A plugin may do anything to the child that it is loaded into.
 * It MUST NOT do it to what later children are made from: the keeper loads
 * none, takes nothing from its child but that it is dead, and gives its
 * privileges up itself, at the agent's word and for good.
 */
#define GROUPS_TOO_MANY (-1) /* in the place of a count: more than fit */

enum want {
	WANT_LOGIN,
	WANT_UID,
	WANT_GROUPS,
	WANT_GID, /* of the group whose name is in login */
	WANT_DROP,
	WANT_NOTHING, /* the keeper's word that it made another child */
};

/* Both ways: the child fills in what was asked for. */
struct entry {
	uint32_t number; /* of the question; a late answer has an old one */
	enum want want;
	int result;
	uid_t uid;
	gid_t gid;
	char login[LOGIN_MAX + 1];
	int group_count;
	gid_t groups[NAMES_GROUPS_MAX];
};

/* In a process of its own, which it ends: answers what comes from fd. */
_Noreturn void keeper_run(int fd);

#endif
