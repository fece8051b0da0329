/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAGER_H
#define APITOKEN_CLI_PAGER_H

#include "cli/ask.h"

/*
 * An answer of any length, a page after the other: neither end keeps more
 * than one.  Each page is a u16 count, so many rows, and where to go on.
 */
struct pager;

struct paging {
	enum opcode opcode;
	/* The request for the next page, into ask.request. */
	void (*ask)(struct pager *p);
	/* Before the first row: the errors of output.h. */
	int (*begin)(struct pager *p);
	/* Reads a row from ask.reply and uses it, unless the reply failed. */
	int (*row)(struct pager *p);
	/* Reads where to go on; fails ask.reply where that would never end. */
	void (*next)(struct pager *p);
};

struct pager {
	const struct paging *paging;
	const struct invocation *in;
	struct ask ask;
	struct output output;
	uint16_t limit; /* of the page; a larger one is refused */
	bool has_begun;
	bool end; /* no further page, or row, is wanted */
	void *arg;
};

/*
 * Asks for page after page until there is an end; ask_init() came before.
 * Says why unless OUTCOME_DONE.
 */
enum outcome pager_run(struct pager *p);

#endif
