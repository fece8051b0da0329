/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/slice.h"

#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE_NS 100000 /* the least that the kernel takes */

void
slice_shorten(void)
{
	struct sched_attr attr = { .size = sizeof(attr) };

	/* With everything else as it is. */
	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0) != 0 ||
	    attr.sched_policy != 0 /* SCHED_OTHER */)
		return;
	attr.sched_runtime = SLICE_NS;
	(void)!syscall(SYS_sched_setattr, 0, &attr, 0);
}
