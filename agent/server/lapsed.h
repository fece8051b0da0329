/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_LAPSED_H
#define APITOKEN_SERVER_LAPSED_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/store/writer.h"

/*
 * Tokens that were refused as expired, until their record says so: the serve
 * thread's memory, which the writer empties.
 *
 * Threat model.  Whoever can set the clock back, or has only to wait for a
 * machine that starts with a wrong one, has the secret of a token that
 * expired.  Once refused for that it MUST stay refused, at once, and whether
 * or not the disk takes a record.  Nobody without the secret causes a write,
 * and nobody causes more than one for a token.
 */
#define LAPSED_MAX 256

struct lapsed;

/* Without a writer nothing is written.  NULL without memory. */
struct lapsed *lapsed_new(struct writer *writer);
/* After the writer has ended. */
void lapsed_free(struct lapsed *lapsed);

/*
 * Forgets those whose record says it by now.  Before a view of the store is
 * opened: what is forgotten is then to be seen in it.
 */
void lapsed_settle(struct lapsed *lapsed);

/*
 * Whether the token was refused under that expiry: another one, which
 * somebody gave it since, lifts it.
 */
bool lapsed_has(
    const struct lapsed *lapsed, struct span id, uint64_t expires_at);

/*
 * It was refused, and the record, of that version, does not say so.  Of the
 * tokens that could not be written the oldest makes room; where all places
 * wait for the writer, the next refusal has to do.
 */
void lapsed_note(struct lapsed *lapsed, struct span id,
    const struct record *record, uint32_t version, uint64_t now);

#endif
