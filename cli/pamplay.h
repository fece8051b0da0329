/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_PAMPLAY_H
#define APITOKEN_CLI_PAMPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/pamstack.h"

#define PAMPLAY_MODULE "pam_apitoken.so"

/*
 * What a stack says when its modules answer so: libpam's own way through the
 * lines, without a login.  A stack is safe if what it says is right whatever
 * happens to a token, not if it looks like one that is known to be.
 */
struct pamcast {
	enum pamresult token;	 /* pam_apitoken.so */
	enum pamresult password; /* modules that ask for one: pam_unix.so ... */
	/* Modules behind pam_apitoken.so that nobody here knows. */
	enum pamresult other;
	/* Those in front of it say yes; else they have no opinion. */
	bool front_agrees;
};

struct pamverdict {
	bool admits;
	bool asks_before; /* a password module was asked before ours */
	bool asks_behind; /* and one was behind it */
	bool asked;	  /* ours was asked at all */
	size_t decided;	  /* the line that ended it; count: none did */
};

void pamplay(const struct pamstack *stack, enum pamkind kind,
    const struct pamcast *cast, struct pamverdict *verdict);

/* Whether a line has a module that may refuse people, whatever they present. */
bool pamplay_may_refuse(const struct pamline *line);

/* Whether a line has a module that takes passwords. */
bool pamplay_is_password(const struct pamline *line);

#endif
