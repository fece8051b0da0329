/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The agent's filter of system calls, laid over a child of this program: every
 * number there is is tried, and those that a thief would want by name.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/server/syscalls.h"

#define NUMBERS	    520 /* some more than the kernel has */
#define ALLOWED_MAX 45
#define NOBODY	    65534
#define SKIPPED	    77

/* Of a call that the kernel was not kept from, whatever it then said. */
#define HANGS_AFTER 5

#define THREAD                                                                 \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

struct call {
	const char *name;
	long number;
	long arguments[6];
};

/* Nothing that is allowed by mistake does the machine any harm. */
static void
become_harmless(void)
{
	const struct rlimit none = { 0, 0 };
	int fd = open("/dev/null", O_RDWR);

	for (int i = 0; i <= STDERR_FILENO; i++)
		dup2(fd, i);
	setrlimit(RLIMIT_CORE, &none);
	if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
		_exit(127);
	alarm(HANGS_AFTER);
}

static long
make(const struct call *call)
{
	const long *a = call->arguments;

	return syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static _Noreturn void
try_in_child(const struct call *call)
{
	become_harmless();
	if (syscalls_confine() != 0)
		_exit(127);
	make(call);
	_exit(0);
}

/* How a child ended that made that call within the filter. */
static int
try_call(const struct call *call)
{
	pid_t child = fork();
	int status = -1;

	ck_assert_int_ge(child, 0);
	if (child == 0)
		try_in_child(call);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) != 127,
	    "no filter could be laid over the child");
	return status;
}

static bool
is_killed(const struct call *call)
{
	int status = try_call(call);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/* Some numbers are allowed with some arguments only: one of these fits. */
static bool
is_allowed_somehow(long number)
{
	const struct call calls[] = {
		{ "", number, { 0 } },
		{ "", number, { 1, 1, 1, 1, 1, 1 } },
		{ "", number, { THREAD, 0 } },
		{ "", number, { 0, F_GETFL } },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!is_killed(&calls[i]))
			return true;
	return false;
}

/*
 * clone3 is answered that it is missing; uretprobe and uprobe of x86-64 the
 * kernel passes by every filter, as only a probe of its own can make them.
 */
static bool
is_no_matter(long number)
{
#ifdef __x86_64__
	if (number == 335 || number == 336)
		return true;
#endif
	return number == SYS_clone3;
}

START_TEST(few_numbers_are_allowed)
{
	int allowed = 0;

	for (long number = 0; number < NUMBERS; number++)
		if (!is_no_matter(number) && is_allowed_somehow(number))
			allowed++;
	printf("syscalls: %d of %d numbers are allowed, %d may be\n", allowed,
	    NUMBERS, ALLOWED_MAX);
	ck_assert_int_le(allowed, ALLOWED_MAX);
	ck_assert_int_ge(allowed, 20);
}
END_TEST

static const struct call refused[] = {
	{ "execve", SYS_execve, { 0 } },
	{ "execveat", SYS_execveat, { 0 } },
	{ "clone as fork", SYS_clone, { SIGCHLD } },
	{ "clone as vfork", SYS_clone, { CLONE_VM | CLONE_VFORK | SIGCHLD } },
	{ "a thread of a namespace", SYS_clone, { THREAD | CLONE_NEWUSER } },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER } },
	{ "ptrace", SYS_ptrace, { PTRACE_ATTACH, 1 } },
	{ "process_vm_readv", SYS_process_vm_readv, { 1 } },
	{ "pidfd_getfd", SYS_pidfd_getfd, { 0 } },
	{ "socket, IPv4", SYS_socket, { AF_INET, SOCK_STREAM } },
	{ "socket, IPv6", SYS_socket, { AF_INET6, SOCK_STREAM } },
	{ "socket, netlink", SYS_socket, { AF_NETLINK, SOCK_RAW } },
	{ "socket, packets", SYS_socket, { AF_PACKET, SOCK_RAW } },
	{ "bind", SYS_bind, { 0 } },
	{ "listen", SYS_listen, { 0 } },
	{ "open to write", SYS_openat, { AT_FDCWD, 0, O_WRONLY } },
	{ "open for both", SYS_openat, { AT_FDCWD, 0, O_RDWR } },
	{ "create", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_CREAT } },
	{ "truncate", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_TRUNC } },
	{ "nameless file", SYS_openat, { AT_FDCWD, 0, O_RDWR | O_TMPFILE } },
	{ "openat2", SYS_openat2, { 0 } },
	{ "unlinkat", SYS_unlinkat, { 0 } },
	{ "renameat2", SYS_renameat2, { 0 } },
	{ "linkat", SYS_linkat, { 0 } },
	{ "symlinkat", SYS_symlinkat, { 0 } },
	{ "mkdirat", SYS_mkdirat, { 0 } },
	{ "fchmod", SYS_fchmod, { 0 } },
	{ "fchown", SYS_fchown, { 0 } },
	{ "mount", SYS_mount, { 0 } },
	{ "mmap of code", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		-1 } },
	{ "mprotect into code", SYS_mprotect, { 0, 4096, PROT_EXEC } },
	{ "pkey_mprotect", SYS_pkey_mprotect, { 0, 4096, PROT_EXEC } },
	{ "memfd_create", SYS_memfd_create, { 0 } },
	{ "userfaultfd", SYS_userfaultfd, { 0 } },
	{ "io_uring_setup", SYS_io_uring_setup, { 1 } },
	{ "bpf", SYS_bpf, { 0 } },
	{ "perf_event_open", SYS_perf_event_open, { 0 } },
	{ "keyctl", SYS_keyctl, { 0 } },
	{ "prctl", SYS_prctl, { PR_SET_DUMPABLE, 1 } },
	{ "setuid", SYS_setuid, { 0 } },
	{ "capset", SYS_capset, { 0 } },
	{ "another filter", SYS_seccomp, { SECCOMP_SET_MODE_STRICT } },
	{ "kill", SYS_kill, { 0 } },
	{ "a number that there is not", 100000, { 0 } },
};

START_TEST(a_breach_kills)
{
	ck_assert_msg(
	    is_killed(&refused[_i]), "%s is allowed", refused[_i].name);
}
END_TEST

static const struct call allowed[] = {
	{ "socket, Unix", SYS_socket, { AF_UNIX, SOCK_DGRAM } },
	{ "open to read", SYS_openat, { AT_FDCWD, 0, O_RDONLY | O_CLOEXEC } },
	{ "open a folder", SYS_openat, { AT_FDCWD, 0, O_DIRECTORY } },
	{ "memory", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		-1 } },
	{ "signals by pidfd", SYS_pidfd_send_signal, { -1 } },
};

START_TEST(what_serving_takes_is_allowed)
{
	ck_assert_msg(
	    !is_killed(&allowed[_i]), "%s ends the agent", allowed[_i].name);
}
END_TEST

/* So that libc takes the call whose flags can be looked at. */
START_TEST(clone3_is_missing)
{
	const struct call call = { "clone3", SYS_clone3, { 0 } };
	pid_t child = fork();
	int status;

	if (child == 0) {
		become_harmless();
		if (syscalls_confine() != 0)
			_exit(127);
		_exit(make(&call) == -1 && errno == ENOSYS ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

static void *
breach_when_told(void *arg)
{
	char byte;

	if (read(*(int *)arg, &byte, 1) == 1)
		syscall(SYS_getppid);
	_exit(0);
}

static void *
do_nothing(void *arg)
{
	return arg;
}

/* A thread from before the filter breaches it; one of after can be made. */
static _Noreturn void
confine_with_thread(void)
{
	pthread_t before, after;
	int ends[2];

	become_harmless();
	if (pipe(ends) != 0 ||
	    pthread_create(&before, NULL, breach_when_told, &ends[0]) != 0 ||
	    syscalls_confine() != 0 ||
	    pthread_create(&after, NULL, do_nothing, NULL) != 0 ||
	    pthread_join(after, NULL) != 0 || write(ends[1], "", 1) != 1)
		_exit(127);
	pthread_join(before, NULL);
	_exit(0);
}

START_TEST(every_thread_is_confined)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		confine_with_thread();
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGSYS);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("syscalls");
	TCase *tcase = tcase_create("syscalls");
	SRunner *runner = srunner_create(suite);
	int failed;

	/* Sanitizers and coverage make calls of their own: see configure. */
	if (!APITOKEN_CONFINES) {
		srunner_free(runner);
		return SKIPPED;
	}
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, few_numbers_are_allowed);
	tcase_add_loop_test(
	    tcase, a_breach_kills, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_loop_test(tcase, what_serving_takes_is_allowed, 0,
	    sizeof(allowed) / sizeof(*allowed));
	tcase_add_test(tcase, clone3_is_missing);
	tcase_add_test(tcase, every_thread_is_confined);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
