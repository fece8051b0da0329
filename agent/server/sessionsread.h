/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_SESSIONSREAD_H
#define APITOKEN_SERVER_SESSIONSREAD_H

#include <stdbool.h>

#include "agent/model/record.h"
#include "agent/store/store.h"

/* What the registry of sessions reads: the store, and who lives still. */

/*
 * A token's record, in a view that is open: ERROR_NOT_FOUND also for one that
 * is damaged, which opens nothing and keeps nothing open.
 */
int sessionsread_token(
    struct store_reader *reader, struct span id, struct record *record);

/*
 * Whether the process of a session lives, by a pidfd to it: ERROR_NOT_FOUND,
 * ERROR_MALFORMED.
 */
int sessionsread_find(struct span body, int *pidfd);

/*
 * Calls back for each session that the store has, and with forget for those
 * that are none any more: damaged, or refused by the first.
 */
int sessionsread_all(struct store_reader *reader,
    bool (*found)(void *arg, struct span key, struct span body),
    void (*forget)(void *arg, struct span key), void *arg);

#endif
