/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sandbox.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/error.h"

#define FILES_WANTED 4096

int
sandbox_drop(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return ERROR_SYSTEM;
	/* There must be no way back. */
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0))
		return ERROR_SYSTEM;
	return 0;
}

int
sandbox_harden(void)
{
	const struct rlimit none = { 0, 0 };
	struct rlimit files;

	/* Room for all the connections there may be at a time. */
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return ERROR_SYSTEM;
	if (files.rlim_cur < FILES_WANTED) {
		files.rlim_cur = files.rlim_max < FILES_WANTED ? files.rlim_max
							       : FILES_WANTED;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			return ERROR_SYSTEM;
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return ERROR_SYSTEM;
	return 0;
}
