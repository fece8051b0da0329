/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_SERVER_ACCESS_H
#define APITOKEN_SERVER_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/model/grant.h"
#include "agent/model/record.h"
#include "agent/model/verify.h"
#include "agent/model/warrant.h"
#include "agent/server/config.h"
#include "agent/store/store.h"

/*
 * Roles and grants as the store has them now.  What is found points into the
 * reader's view.  A damaged row is an error, never fewer restrictions.
 */

/* A role by its name, built in or made here; ERROR_NOT_FOUND. */
int access_role(struct store_reader *reader, struct span name,
    struct permissions *permissions);

/*
 * All of a login name (unless empty) and of those groups, as far as they fit:
 * else *grants says that it is incomplete, and otherwise leaves that alone.
 */
int access_grants(struct store_reader *reader, struct span login,
    const gid_t *groups, size_t count, struct grants *grants);

/*
 * Whether the owner of a token may use tokens in one of its projects at least,
 * where no service is asked about yet.
 */
int access_owner_may_use(
    struct store_reader *reader, const struct token_spec *spec, bool *may);

/*
 * For whoever proved the secret: fills in what a verification asks of grants:
 * whether the owner may use tokens for that service, and whether whoever made
 * this one, or of an access token its parent, still might.
 */
int access_fill(struct store_reader *reader, const struct config *config,
    struct verify_input *input);

#endif
