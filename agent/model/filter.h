/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_FILTER_H
#define APITOKEN_MODEL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/network.h"
#include "agent/model/record.h"
#include "agent/model/scope.h"
#include "common/listmessage.h"

/* A filter, made ready to be compared with many tokens. */
struct filter {
	const struct token_filter *asked;
	/* The row of the service that it names, NULL if it names none: asked is
	 * whether the token's scope opens it, whatever its state. */
	const struct service *service;
	struct network from_address; /* where it names one */
	uint64_t now;		     /* seconds since 1970 */
};

/* ERROR_MALFORMED for a from_address that is no network and no address. */
int filter_init(struct filter *filter, const struct token_filter *asked,
    const struct service *service, uint64_t now);

/* Whether it asks about a token's usage, which takes another look. */
bool filter_has_usage(const struct filter *filter);

/* Whether a token is one that the filter asks for, its usage apart. */
bool filter_matches(const struct filter *filter, const struct record *record);

/* And whether its usage is too: the info is the token's own, with usage. */
bool filter_matches_usage(
    const struct filter *filter, const struct token_info *info);

#endif
