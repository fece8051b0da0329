/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_DECOY_H
#define APITOKEN_SERVER_DECOY_H

#include "agent/store/store.h"

/*
 * What an id that there is not is looked at with: a row as long as usual ones,
 * to be decoded and judged like them.  Its MAC is wrong, its secret nobody's,
 * and it is revoked.
 *
 * Threat model.  Who asks for ids that they made up MUST NOT learn from the
 * time of the answer which of them there are.
 */

/* All but its key number.  Of one thread: it is encoded by the first call. */
void decoy_row(struct row *row);

#endif
