/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_FILTER_H
#define APITOKEN_MODEL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/model/record.h"
#include "agent/model/scope.h"
#include "common/adminmessage.h"

/*
 * Whether a token is one that the filter asks for, at that time.  The service
 * is the row of the one that the filter names, NULL if it names none: asked
 * is whether the token's scope opens it, whatever its state.
 */
bool filter_matches(const struct token_filter *filter,
    const struct service *service, const struct record *record, uint64_t now);

#endif
