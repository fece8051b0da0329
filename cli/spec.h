/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_SPEC_H
#define APITOKEN_CLI_SPEC_H

#include "cli/options.h"

/* What can be said of a token when it is made and later. */
struct spec_options {
	const char *description;
	const char *type;
	const char *environment;
	const char *expires;
	const char *not_before;
	struct words users;
	struct words allow;
	struct words from;
};

/* Fills those members of a spec, and what every API token has.  Says what is
 * wrong where it returns false. */
bool spec_fill(struct token_spec *spec, const struct spec_options *options);

#endif
