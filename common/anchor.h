/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_ANCHOR_H
#define APITOKEN_COMMON_ANCHOR_H

#include <stdint.h>

#include "common/wirebuf.h"

/*
 * The end of the audit at some time: an entry's number and its MAC, which
 * stands for all entries up to it.  Kept where whoever changes the store
 * cannot change it, it tells later whether they are all still there.
 */
#define ANCHOR_MAC_SIZE	 16
#define ANCHOR_TEXT_SIZE (20 + 1 + 2 * ANCHOR_MAC_SIZE + 1) /* with a NUL */

struct anchor {
	uint64_t number; /* 0: of an audit without entries */
	uint8_t mac[ANCHOR_MAC_SIZE];
};

void anchor_put(struct wirebuf *w, const struct anchor *anchor);
void anchor_get(struct wirebuf *w, struct anchor *anchor);

/* "1234:9f86d081884c7d659a2feaa0c55ad015", as it goes to the log. */
void anchor_format(const struct anchor *anchor, char text[ANCHOR_TEXT_SIZE]);
/* Exactly that, with digits of either case.  ERROR_MALFORMED. */
int anchor_parse(const char *text, struct anchor *anchor);

#endif
