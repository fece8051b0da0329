/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APITOKEN_MODEL_CALLER_H
#define APITOKEN_MODEL_CALLER_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/model/grant.h"
#include "common/tokeninfo.h"

/*
 * Who asks on admin.sock, and what they may do there.  Pure.
 *
 * Threat model.  Anybody may ask for anything, with any names and numbers.
 * They MUST NOT reach a token, a project or a grant that their own grants do
 * not, MUST NOT make what can do more than they can, and what is not known of
 * them MUST NOT count for them.
 *
 * What somebody may do in a project is what their grants for it and for the
 * organization say together.  Where none of them counts, it is what their
 * role says: `owner` of root and the agent's own user, for whom grants do not
 * matter, else the configured default.  Whose grants are not all known has no
 * default.  Who acts with a management token may besides do no more than that
 * token.
 */
struct caller {
	uid_t uid;
	char login[LOGIN_MAX + 1];
	enum role role; /* where no grant counts */
	bool nameless;	/* their name could not be found out just now */
	/* Of the management token that they act with; empty: none. */
	char token_id[TOKEN_ID_SIZE + 1];
	const struct grants *grants; /* NULL: none */
	const struct grants *token;  /* of a management token; NULL: none */
};

/* How far it may be done in a project; in the organization if it is empty. */
enum reach caller_reach(const struct caller *caller, enum permission permission,
    struct span project);

/* What does to a management token what the permission does to others; itself
 * where it is not about tokens. */
enum permission caller_for_management(enum permission permission);

/*
 * The same wherever it is furthest, for management tokens too: whether there
 * is any use in asking.
 */
enum reach caller_reach_anywhere(
    const struct caller *caller, enum permission permission);

/* Whether they may make tokens of that project for that login name. */
bool caller_speaks_for(
    const struct caller *caller, struct span project, struct span login);

/*
 * How far it may be done to a token like that: to read it, its widest
 * project counts, for everything else its narrowest, and a token of the
 * organization is one of every project.  For management tokens
 * the permission is management.read or management.create instead.
 */
enum reach caller_reach_over(const struct caller *caller,
    enum permission permission, const struct token_spec *spec);

/* Whether that is far enough for this token: beyond one's own, or one's own. */
bool caller_covers(const struct caller *caller, enum permission permission,
    const struct token_spec *spec);

#endif
