/* SPDX-License-Identifier: BSD-3-Clause */
#include "cli/principal.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

/* A number that a group can have: not -1, which is none. */
static bool
gid_read(const char *text, gid_t *gid)
{
	unsigned long long number;
	char *end = NULL;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    number >= UINT32_MAX)
		return false;
	*gid = (gid_t)number;
	return true;
}

static bool
group_find(const char *name, char principal[PRINCIPAL_SIZE])
{
	const struct group *group = getgrnam(name);
	gid_t gid;

	if (group != NULL)
		gid = group->gr_gid;
	else if (!gid_read(name, &gid))
		return false;
	(void)snprintf(principal, PRINCIPAL_SIZE, "%%%ju", (uintmax_t)gid);
	return true;
}

static bool
group_read(const char *name, char principal[PRINCIPAL_SIZE])
{
	if (group_find(name, principal))
		return true;
	output_error("there is no group '%s' here: see getent group, or give "
		     "its number, such as %%1000",
	    name);
	return false;
}

bool
principal_find(const char *written, char principal[PRINCIPAL_SIZE])
{
	if (written[0] == '%')
		return group_find(written + 1, principal);
	(void)snprintf(principal, PRINCIPAL_SIZE, "%s", written);
	return true;
}

bool
principal_read(
    const char *written, bool must_exist, char principal[PRINCIPAL_SIZE])
{
	if (written[0] == '%')
		return group_read(written + 1, principal);
	if (strlen(written) > LOGIN_MAX) {
		output_error("a login name has at most %d bytes", LOGIN_MAX);
		return false;
	}
	if (must_exist && getpwnam(written) == NULL) {
		output_error("there is no user '%s' here: see getent passwd; a "
			     "group is written as %%%s",
		    written, written);
		return false;
	}
	(void)snprintf(principal, PRINCIPAL_SIZE, "%s", written);
	return true;
}

void
principal_show(struct span principal, char text[PRINCIPAL_SIZE])
{
	const struct group *group = NULL;
	gid_t gid;

	if (span_text(principal, text, PRINCIPAL_SIZE) == 0 && text[0] == '%' &&
	    gid_read(text + 1, &gid))
		group = getgrgid(gid);
	if (group != NULL && strlen(group->gr_name) <= LOGIN_MAX)
		(void)snprintf(text, PRINCIPAL_SIZE, "%%%s", group->gr_name);
}
