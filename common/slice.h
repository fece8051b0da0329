/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_COMMON_SLICE_H
#define APITOKEN_COMMON_SLICE_H

/*
 * Has the kernel take the processor from this thread, and from those that it
 * makes, after 0.1 ms where somebody else wants it, instead of after the usual
 * 1 to 3 ms (Linux 6.12 on, where a request counts).  That is no smaller share of
 * the time; but a login that comes while many tokens are imported, exported or
 * listed does not wait for the end of a long turn.  Elsewhere nothing happens.
 */
void slice_shorten(void);

#endif
