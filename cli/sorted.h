/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SORTED_H
#define APITOKEN_CLI_SORTED_H

#include <stdbool.h>
#include <stddef.h>

#include "common/tokeninfo.h"

/*
 * Tokens kept to be put into another order than that in which the agent finds
 * them.  All of them are in memory until the end.
 */
struct sorted;

/* By "expires", "name", "owner", "last-used" or "id"; NULL for any other word.
 * NULL without memory, too. */
struct sorted *sorted_new(const char *by);
void sorted_free(struct sorted *sorted);

/* bytes is an info as it is in a message.  ERROR_MEMORY, ERROR_MALFORMED. */
int sorted_add(struct sorted *sorted, struct span bytes);

/*
 * Then: how many there are, and each in its order.  What never ends and what
 * was never used comes last, unless the order is turned round.
 */
size_t sorted_finish(struct sorted *sorted, bool reverse);
void sorted_get(
    const struct sorted *sorted, size_t index, struct token_info *info);

#endif
