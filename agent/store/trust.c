/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/store/trust.h"

#include <stdio.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "common/error.h"

int
trust_file(int fd, const char *path, mode_t forbidden, const char *wrong,
    char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return ERROR_SYSTEM;
	if (!S_ISREG(st.st_mode)) {
		snprintf(why, size, "%s is not a regular file", path);
		return ERROR_INVALID;
	}
	/* Whoever the process is by now; and a confined one may not ask. */
	if (st.st_uid != 0 && st.st_uid != getauxval(AT_EUID)) {
		snprintf(why, size,
		    "%s belongs to uid %u: it must belong to root or to the "
		    "user who starts apitokend",
		    path, st.st_uid);
		return ERROR_INVALID;
	}
	if ((st.st_mode & forbidden) != 0) {
		snprintf(why, size, "%s has mode %04o, so %s", path,
		    st.st_mode & 07777U, wrong);
		return ERROR_INVALID;
	}
	return 0;
}
