/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/identity.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/server/access.h"
#include "common/error.h"

static bool
is_trusted(const struct agent *agent, uid_t uid)
{
	return uid == 0 || uid == agent->uid;
}

static void
read_groups(int fd, gid_t gid, struct identity *identity)
{
	socklen_t size = sizeof(identity->groups) - sizeof(gid_t);

	identity->groups[0] = gid;
	identity->group_count = 1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, identity->groups + 1,
		&size) == 0)
		identity->group_count += size / sizeof(gid_t);
	else
		identity->ungrouped = true;
}

void
identity_of_peer(struct agent *agent, int fd, uid_t uid, gid_t gid,
    struct identity *identity)
{
	int rv;

	*identity = (struct identity) { .uid = uid,
		.trusted = is_trusted(agent, uid) };
	rv = names_login(
	    agent->names, uid, identity->login, sizeof(identity->login));
	identity->nameless = rv < 0 && rv != ERROR_NOT_FOUND;
	if (rv < 0 && uid == 0)
		snprintf(identity->login, sizeof(identity->login), "root");
	else if (rv < 0)
		snprintf(
		    identity->login, sizeof(identity->login), "uid-%u", uid);
	read_groups(fd, gid, identity);
}

int
identity_of_login(
    struct agent *agent, struct span login, struct identity *identity)
{
	int rv;

	*identity = (struct identity) { .uid = (uid_t)-1 };
	rv = span_text(login, identity->login, sizeof(identity->login));
	if (rv == 0)
		rv = names_groups(agent->names, identity->login, &identity->uid,
		    identity->groups, &identity->group_count);
	if (rv == ERROR_TOO_LONG) {
		identity->ungrouped = true;
		rv = 0;
	}
	if (rv == ERROR_NOT_FOUND) {
		identity->uid = (uid_t)-1;
		return 0;
	}
	identity->trusted = rv == 0 && is_trusted(agent, identity->uid);
	return rv;
}

/* What counts where no grant does. */
static enum role
base_role(const struct identity *identity, const struct config *config)
{
	if (identity->trusted)
		return ROLE_OWNER;
	if (identity->nameless || identity->uid == (uid_t)-1 ||
	    identity->uid < config->self_service_min_uid)
		return ROLE_NONE;
	return config->default_role;
}

int
identity_caller(const struct identity *identity, const struct config *config,
    struct store_reader *reader, struct grants *grants, struct caller *caller)
{
	int rv = 0;

	*caller = (struct caller) {
		.uid = identity->uid,
		.role = base_role(identity, config),
		.nameless = identity->nameless,
		.grants = grants,
	};
	memcpy(caller->login, identity->login, sizeof(caller->login));
	grants->count = 0;
	grants->incomplete = identity->ungrouped;
	/* Somebody without a name has the grants of no name. */
	if (reader != NULL && !identity->trusted)
		rv = access_grants(reader,
		    identity->nameless ? span_of(NULL)
				       : span_of(identity->login),
		    identity->groups, identity->group_count, grants);
	return rv;
}
