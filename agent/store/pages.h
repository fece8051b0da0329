/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_STORE_PAGES_H
#define APITOKEN_STORE_PAGES_H

#include <stddef.h>
#include <stdint.h>

#include "agent/store/raw.h"

/*
 * Whether each page of the state that a sound meta page stands for is used
 * once: as a page of one tree or as a free one, within pages_max, and whether
 * the nodes of each lie side by side in it.
 *
 * Threat model.  A page that a commit replaced stays in the file for a while,
 * and its rows are authentic: a single flipped bit in the number of a page, or
 * in a node's offset, leads there and brings back what was before a
 * revocation.  No MAC of a row tells.  But the page that is led to is free
 * then, or another's, or beyond the end.
 *
 * Reads all of the trees and trusts nothing in them.  ERROR_CORRUPT with the
 * reason in why; ERROR_MEMORY.
 */
int pages_check(int fd, const struct raw_meta *meta, uint64_t pages_max,
    char *why, size_t size);

#endif
