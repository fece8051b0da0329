/* SPDX-License-Identifier: BSD-3-Clause */
#include "agent/server/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/error.h"

/* What opens for anything but reading, or makes a file. */
#define OPEN_BITS (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

/* A thread of this process; a clone without any of these is something else. */
#define THREAD_BITS                                                            \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD_MASK                                                            \
	(THREAD_BITS | CLONE_VFORK | CLONE_NEWNS | CLONE_NEWUSER |             \
	    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |        \
	    CLONE_NEWCGROUP)

/* Newer architectures have only the one with a mask of signals. */
#ifdef __NR_poll
#define CALL_POLL	SCMP_SYS(poll)
#define CALL_EPOLL_WAIT SCMP_SYS(epoll_wait)
#else
#define CALL_POLL	SCMP_SYS(ppoll)
#define CALL_EPOLL_WAIT SCMP_SYS(epoll_pwait)
#endif

struct syscall_row {
	int number;
	unsigned arguments; /* that must be right; 0 or 1 */
	struct scmp_arg_cmp argument;
};

static const struct syscall_row rows[] = {
	/* questions, answers and who asks */
	{ SCMP_SYS(accept4), 0, { 0 } },
	{ SCMP_SYS(recvfrom), 0, { 0 } },
	{ SCMP_SYS(recvmsg), 0, { 0 } },
	{ SCMP_SYS(sendto), 0, { 0 } },
	{ SCMP_SYS(getsockopt), 0, { 0 } },
	{ SCMP_SYS(epoll_ctl), 0, { 0 } },
	{ CALL_EPOLL_WAIT, 0, { 0 } },
	{ CALL_POLL, 0, { 0 } },
	{ SCMP_SYS(restart_syscall), 0, { 0 } },
	/* the service manager, and a log that has to be connected to again */
	{ SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX, 0) },
	{ SCMP_SYS(connect), 0, { 0 } },
	{ SCMP_SYS(getpid), 0, { 0 } },
	{ SCMP_SYS(clock_gettime), 0, { 0 } },
	/* the store, backups, the configuration */
	{ SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, OPEN_BITS, 0) },
	{ SCMP_SYS(close), 0, { 0 } },
	{ SCMP_SYS(read), 0, { 0 } },
	{ SCMP_SYS(write), 0, { 0 } },
	{ SCMP_SYS(writev), 0, { 0 } },
	{ SCMP_SYS(pread64), 0, { 0 } },
	{ SCMP_SYS(pwrite64), 0, { 0 } },
	{ SCMP_SYS(lseek), 0, { 0 } },
	{ SCMP_SYS(ftruncate), 0, { 0 } },
	{ SCMP_SYS(fdatasync), 0, { 0 } },
	{ SCMP_SYS(newfstatat), 0, { 0 } },
	{ SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL, 0) },
	{ SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC, 0) },
	/* sessions */
	{ SCMP_SYS(getdents64), 0, { 0 } },
	{ SCMP_SYS(pidfd_open), 0, { 0 } },
	{ SCMP_SYS(pidfd_send_signal), 0, { 0 } },
	/* memory, and what sorting asks about it */
	{ SCMP_SYS(brk), 0, { 0 } },
	{ SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
	{ SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
	{ SCMP_SYS(mremap), 0, { 0 } },
	{ SCMP_SYS(munmap), 0, { 0 } },
	{ SCMP_SYS(madvise), 0, { 0 } },
	{ SCMP_SYS(mlock), 0, { 0 } },
	{ SCMP_SYS(munlock), 0, { 0 } },
	{ SCMP_SYS(sysinfo), 0, { 0 } },
	{ SCMP_SYS(getrandom), 0, { 0 } },
	/* threads */
	{ SCMP_SYS(futex), 0, { 0 } },
	{ SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, THREAD_MASK, THREAD_BITS) },
	{ SCMP_SYS(set_robust_list), 0, { 0 } },
	{ SCMP_SYS(rseq), 0, { 0 } },
	{ SCMP_SYS(rt_sigprocmask), 0, { 0 } },
	{ SCMP_SYS(exit), 0, { 0 } },
	{ SCMP_SYS(exit_group), 0, { 0 } },
};

/* Their flags lie in memory, where no filter looks: libc then takes clone. */
static const int missing[] = { SCMP_SYS(clone3) };

static int
add_rows(scmp_filter_ctx filter)
{
	int rv = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && rv == 0; i++)
		rv = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW,
		    rows[i].number, rows[i].arguments, &rows[i].argument);
	for (size_t i = 0; i < sizeof(missing) / sizeof(*missing) && rv == 0;
	     i++)
		rv = seccomp_rule_add_array(
		    filter, SCMP_ACT_ERRNO(ENOSYS), missing[i], 0, NULL);
	return rv;
}

int
syscalls_confine(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rv = ERROR_SYSTEM;

	if (filter == NULL)
		return ERROR_MEMORY;
	errno = ENOSYS;
	if (seccomp_attr_set(
		filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    add_rows(filter) == 0 && seccomp_load(filter) == 0)
		rv = 0;
	seccomp_release(filter);
	return rv;
}
