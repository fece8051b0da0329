/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_CLI_FILTER_H
#define APITOKEN_CLI_FILTER_H

#include <stdbool.h>

#include "cli/options.h"
#include "common/listmessage.h"

/* Which tokens are meant: the same options wherever many can be. */
struct filter_options {
	const char *owner;
	const char *project;
	const char *type;
	const char *service;
	const char *state;
	const char *kind;
	const char *unused_for;
	const char *expiring;
	const char *from_address;
};

#define FILTER_AT(base, member)                                                \
	((base) + offsetof(struct filter_options, member))

/* Rows of an option table; base is where its struct has these options. */
#define FILTER_ROWS(base)                                                      \
	{ "owner", OPTION_TEXT, false, 0, FILTER_AT(base, owner), "LOGIN",     \
		"tokens of this owner" },                                      \
	    { "project", OPTION_TEXT, false, 0, FILTER_AT(base, project),      \
		    "NAME", "tokens of this project" },                        \
	    { "type", OPTION_CHOICE, false, 0, FILTER_AT(base, type),          \
		    "read-only|full-access|custom", "tokens of this type" },   \
	    { "service", OPTION_TEXT, false, 0, FILTER_AT(base, service),      \
		    "NAME", "tokens that open this service" },                 \
	    { "state", OPTION_CHOICE, false, 0, FILTER_AT(base, state),        \
		    "active|expired|disabled|revoked|pending|all",             \
		    "tokens in this state (all)" },                            \
	    { "kind", OPTION_CHOICE, false, 0, FILTER_AT(base, kind),          \
		    "api|management", "tokens of this kind" },                 \
	    { "unused-for", OPTION_TEXT, false, 0,                             \
		    FILTER_AT(base, unused_for), "DURATION",                   \
		    "active tokens that nobody used for so long" },            \
	    { "expiring", OPTION_TEXT, false, 0, FILTER_AT(base, expiring),    \
		    "DURATION", "active tokens that end within that time" },   \
	{                                                                      \
		"from-address", OPTION_TEXT, false, 0,                         \
		    FILTER_AT(base, from_address), "ADDRESS|CIDR",             \
		    "tokens whose last use came from there"                    \
	}

/* Whether any of them was given, --state all included. */
bool filter_is_given(const struct filter_options *options);

/* Says what an option takes where it returns false. */
bool filter_fill(
    struct token_filter *filter, const struct filter_options *options);

#endif
