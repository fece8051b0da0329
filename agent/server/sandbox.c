/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/sandbox.h"

#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/error.h"

/* One for each connection and each session. */
#define FILES_WANTED 32768

#define KILL_BIT (1U << CAP_KILL)

/* Both halves; libcap would be a library for two system calls. */
struct capabilities {
	struct __user_cap_data_struct low;
	struct __user_cap_data_struct high;
};

static int
capabilities_call(long number, struct capabilities *capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};

	return syscall(number, &header, capabilities) < 0 ? ERROR_SYSTEM : 0;
}

/* CAP_KILL alone is left, if it is there; and it is looked whether it is so. */
static int
keep_kill(void)
{
	struct capabilities now, kept;

	memset(&kept, 0, sizeof(kept));
	if (capabilities_call(SYS_capget, &now) < 0)
		return ERROR_SYSTEM;
	kept.low.permitted = now.low.permitted & KILL_BIT;
	kept.low.effective = kept.low.permitted;
	if (capabilities_call(SYS_capset, &kept) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    capabilities_call(SYS_capget, &now) < 0)
		return ERROR_SYSTEM;
	return memcmp(&now, &kept, sizeof(now)) == 0 ? 0 : ERROR_SYSTEM;
}

int
sandbox_drop(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresuid(uid, uid, uid) < 0 || keep_kill() < 0)
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
