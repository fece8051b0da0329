/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAMSTACK_H
#define APITOKEN_CLI_PAMSTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/pamline.h"

/*
 * All lines of a service, as libpam puts them together from files: what
 * @include, include and substack bring in stands in their place.
 */

#define PAMSTACK_PATH 256 /* bytes of a path, with a NUL */
#define PAMSTACK_MAX  256 /* lines of a service */
#define PAMSTACK_DEEP 16  /* includes within includes; libpam's own limit */

#define PAMSTACK_FAULTS 16

struct pamentry {
	struct pamline line;
	char file[PAMSTACK_PATH];
	unsigned level; /* of substacks around it */
	/* The line of the service's own file that brought it. */
	unsigned top;
	char top_text[128];
};

/* What libpam stumbles over, or we do. */
struct pamfault {
	char file[PAMSTACK_PATH];
	unsigned line; /* 0: all of the file */
	bool unread;   /* we may not read it; libpam may */
	char what[128];
};

struct pamstack {
	const char *root;
	char file[PAMSTACK_PATH]; /* the service's own, or other's */
	bool is_other;		  /* it has none of its own */
	bool is_unread;		  /* some file could not be read */
	size_t count;
	struct pamentry *entries;
	size_t fault_count;
	struct pamfault faults[PAMSTACK_FAULTS];
};

/*
 * Reads it below root ("" for /): ROOT/etc/pam.d, else ROOT/usr/lib/pam.d.
 * For a kind that the service has no line of, those of `other` count.
 * pamstack_free() may follow in any case.  ERROR_MEMORY; ERROR_NOT_FOUND if
 * there is no `other` either.
 */
int pamstack_read(
    const char *root, const char *service, struct pamstack *stack);
void pamstack_free(struct pamstack *stack);

/* The first line of that kind with that module, or NULL. */
const struct pamentry *pamstack_find(
    const struct pamstack *stack, enum pamkind kind, const char *module);

/* Whether a name in /etc/pam.d is a service's, not what dpkg or an editor
 * left there. */
bool pamstack_is_service(const char *name);

#endif
