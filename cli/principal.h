/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PRINCIPAL_H
#define APITOKEN_CLI_PRINCIPAL_H

#include <stdbool.h>

#include "common/span.h"
#include "common/tokeninfo.h"

/*
 * Whom a role is granted to: "alice", or "%wheel".  A group is kept by its
 * number, since that is what the kernel says of who asks.
 */
#define PRINCIPAL_SIZE (LOGIN_MAX + 2) /* "%" and a NUL */

/*
 * What a person wrote as the agent takes it, "%wheel" as "%10"; a group may
 * be given by its number.  must_exist: a user must be known here.  Says what
 * is wrong where it returns false.
 */
bool principal_read(
    const char *written, bool must_exist, char principal[PRINCIPAL_SIZE]);

/* The same without a word; false for a group that is not known here. */
bool principal_find(const char *written, char principal[PRINCIPAL_SIZE]);

/* For people: a group by its name, where it has one. */
void principal_show(struct span principal, char text[PRINCIPAL_SIZE]);

#endif
