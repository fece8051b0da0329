/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_NAMES_H
#define APITOKEN_SERVER_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Login names of uids, and the other way round, through a child process that
 * is forked before anything else: NSS plugins load whatever they like into a
 * process, keep descriptors, start threads and may hang for minutes.  The
 * child holds none of the agent's secrets and descriptors, and only the
 * privileges of the agent's own user.  Where it dies, or hangs for half a
 * minute, another takes its place: the agent cannot fork one any more, but
 * the child has a keeper that can, and that loads no plugin.
 *
 * Threat model.  The child may be anybody's: a plugin has a hole, a directory
 * server is hostile.  It MUST NOT find a key or a token in its memory, have a
 * descriptor of the agent's but its own socket, a capability or a privilege
 * to gain; and its answers are checked like anybody's.
 *
 * Of the admin thread alone (and of start-up, which is the same thread).
 */
struct names;

/* ERROR_SYSTEM, errno. */
int names_start(struct names **names);
/* Ends the child. */
void names_stop(struct names *names);

/*
 * Has child and keeper give their privileges up for that user's; before it,
 * they have the caller's.  ERROR_SYSTEM.
 */
int names_drop(struct names *names, uid_t uid, gid_t gid);

#define NAMES_GROUPS_MAX 256 /* of one login */

/*
 * Within a second: 0, ERROR_NOT_FOUND if there is none, ERROR_TIMEOUT or
 * ERROR_CLOSED if the child does not answer.  Answers are kept for a minute.
 */
int names_login(struct names *names, uid_t uid, char *login, size_t size);
int names_uid(struct names *names, const char *login, uid_t *uid, gid_t *gid);
/* Its uid and its groups, the primary one too; ERROR_TOO_LONG for more. */
int names_groups(struct names *names, const char *login, uid_t *uid,
    gid_t groups[NAMES_GROUPS_MAX], size_t *count);

/* A group's number, by its name; the same answers. */
int names_gid(struct names *names, const char *group, gid_t *gid);

/*
 * How often the child died and was replaced since the start.  False if there
 * is nobody left to answer.
 */
bool names_watch(struct names *names, unsigned *restarts);

#endif
