/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processes as other kernels and other machines show them: /proc and /sys are
 * a folder of the test's, and a connection has no pidfd to its peer, as before
 * Linux 6.5.
 */
#include "agent/server/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/error.h"
#include "tests/unit/model_fixture.h"

#define PEER_PIDFD 77 /* SO_PEERPIDFD */
#define PATH_SIZE  512

static char folder[PATH_SIZE]; /* before /proc and /sys; "": the real ones */
static bool is_old;	       /* the kernel */

static int
open_there(const char *path, int flags, mode_t mode)
{
	char there[PATH_SIZE];

	if (folder[0] != '\0' && (strncmp(path, "/proc/", 6) == 0 ||
				     strncmp(path, "/sys/", 5) == 0)) {
		(void)snprintf(there, sizeof(there), "%s%s", folder, path);
		path = there;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* These come before libc's for everybody in this program. */

int
open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return open_there(path, flags, mode);
}

FILE *
fopen(const char *path, const char *mode)
{
	int flags = mode[0] == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY;
	int fd = open_there(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : fdopen(fd, mode);
}

int
getsockopt(int fd, int level, int option, void *restrict value,
    socklen_t *restrict size)
{
	if (is_old && level == SOL_SOCKET && option == PEER_PIDFD) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return (int)syscall(SYS_getsockopt, fd, level, option, value, size);
}

static char root[] = "/tmp/apitoken-process-XXXXXX";

static void
setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(root));
	strcpy(folder, root);
}

static void
teardown(void)
{
	char command[PATH_SIZE];

	folder[0] = '\0';
	(void)snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* A file there, with the folders that it is in. */
static void
put(const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')) != NULL;
	     at++) {
		*at = '\0';
		ck_assert(mkdir(path, 0700) == 0 || errno == EEXIST);
		*at = '/';
	}
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

#define REST(flags, started)                                                   \
	" S 7 8 9 0 -1 " flags " 1 2 3 4 5 6 7 8 20 0 1 0 " started " 1 2\n"

START_TEST(a_process_is_read)
{
	struct process process = { 0 };

	put("/proc/42/stat", "42 (a (name) S 1 2)" REST("4194304", "12345"));
	ck_assert_int_eq(process_read(42, &process), 0);
	ck_assert_int_eq(process.pid, 42);
	ck_assert_int_eq(process.parent, 7);
	ck_assert_int_eq(process.leader, 9);
	ck_assert_uint_eq(process.started, 12345);
	ck_assert(!process.is_kernel);
	/* A kernel without audit has no such file. */
	ck_assert_uint_eq(process.audit, UINT32_MAX);
	put("/proc/42/sessionid", "17");
	ck_assert_int_eq(process_read(42, &process), 0);
	ck_assert_uint_eq(process.audit, 17);
	put("/proc/42/sessionid", "");
	ck_assert_int_eq(process_read(42, &process), 0);
	ck_assert_uint_eq(process.audit, UINT32_MAX);
	put("/proc/43/stat", "43 (kthreadd)" REST("2129984", "5"));
	ck_assert_int_eq(process_read(43, &process), 0);
	ck_assert(process.is_kernel);
}
END_TEST

static const char *const no_stats[] = { "", "42", "42 name S 1 2 3",
	"42 (name)", "42 (name) S 1 2", "42 (name) S x 2 3 0 -1 0 0" };

START_TEST(what_is_no_process_is_none)
{
	struct process process = { .pid = 5 };
	static char large[2000];

	put("/proc/42/stat", no_stats[_i]);
	ck_assert_int_eq(process_read(42, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(0, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(-1, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process_read(41, &process), ERROR_NOT_FOUND);
	/* As large as may be read may be cut. */
	memset(large, ' ', sizeof(large) - 1);
	memcpy(large, "42 (name)" REST("0", "1"), 40);
	put("/proc/42/stat", large);
	ck_assert_int_eq(process_read(42, &process), ERROR_NOT_FOUND);
	ck_assert_int_eq(process.pid, 5);
}
END_TEST

#define SLICE "/user.slice/user-1000.slice/"

static const struct {
	const char *groups;
	const char *scope;
} scopes[] = {
	{ "0::" SLICE "session-12.scope\n", SLICE "session-12.scope" },
	{ "12:pids:/x\n1:name=systemd:" SLICE "session-c3.scope\n",
	    SLICE "session-c3.scope" },
	{ "0::" SLICE "session-12.scope", SLICE "session-12.scope" },
	{ "0::" SLICE "session-.scope\n", "" },
	{ "0::" SLICE "session-12.slice\n", "" },
	{ "0::" SLICE "session-12.scopes\n", "" },
	{ "0::" SLICE "sessions12.scope\n", "" },
	{ "0::/system.slice/sshd.service\n", "" },
	{ "0::/user.slice/../session-12.scope\n", "" },
	{ "5:cpu:" SLICE "session-12.scope\n", "" },
	{ "0::session-12.scope\n", "" },
	{ "nothing\n1:nothing\n", "" },
	{ "0::/a-folder-with-a-name-that-is-longer-than-there-is-room-for/and-"
	  "one-more-in-it/session-12.scope\n",
	    "" },
	{ "", "" },
};

START_TEST(the_scope_of_a_login_is_known)
{
	char scope[64] = "before";

	put("/proc/42/cgroup", scopes[_i].groups);
	process_scope(42, scope, sizeof(scope));
	ck_assert_str_eq(scope, scopes[_i].scope);
	process_scope(41, scope, sizeof(scope));
	ck_assert_str_eq(scope, "");
}
END_TEST

static int found_count, found_sum;

static void
found(void *arg, pid_t pid)
{
	ck_assert_ptr_eq(arg, &found_count);
	found_count++;
	found_sum += pid;
}

static const char *const cgroups[] = { "/sys/fs/cgroup",
	"/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd" };

START_TEST(each_of_a_scope_is_found)
{
	char path[PATH_SIZE];

	found_count = found_sum = 0;
	process_each_of_scope("/a.scope", found, &found_count);
	ck_assert_int_eq(found_count, 0);
	(void)snprintf(
	    path, sizeof(path), "%s/a.scope/cgroup.procs", cgroups[_i]);
	put(path, "10\n200\n3000\n");
	process_each_of_scope("/a.scope", found, &found_count);
	ck_assert_int_eq(found_count, 3);
	ck_assert_int_eq(found_sum, 3210);
}
END_TEST

/* A child that waits to be ended. */
static pid_t
child(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static void
end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(only_that_very_process_is_opened)
{
	pid_t pid = child();
	struct process process;
	char path[64];
	int pidfd = -1;

	folder[0] = '\0';
	ck_assert_int_eq(process_read(pid, &process), 0);
	ck_assert_int_eq(process_open(&process, &pidfd), 0);
	ck_assert(!process_has_ended(pidfd));
	ck_assert_int_eq(process_signal(pidfd, SIGCONT), 0);
	process.started++;
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
	process.started--;
	/* It cannot be read any more. */
	strcpy(folder, root);
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	put(path, "1 (x)");
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
	end(pid);
	ck_assert(process_has_ended(pidfd));
	ck_assert_int_eq(process_signal(pidfd, SIGKILL), ERROR_NOT_FOUND);
	close(pidfd);
	ck_assert_int_eq(process_signal(pidfd, SIGKILL), ERROR_SYSTEM);
	ck_assert(process_has_ended(pidfd) == true);
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
	process.pid = 0;
	ck_assert_int_eq(process_open(&process, &pidfd), ERROR_NOT_FOUND);
}
END_TEST

/* With the kernel's own pidfd, and with what there was before it. */
START_TEST(a_peer_that_waits_is_known)
{
	int ends[2], pidfd = -1;

	folder[0] = '\0';
	is_old = _i == 1;
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(process_of_peer(ends[0], getpid(), &pidfd), 0);
	ck_assert(!process_has_ended(pidfd));
	close(pidfd);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

/* Its pid may be another one's by now. */
START_TEST(one_that_does_not_wait_is_not)
{
	int ends[2], pidfd = -1;
	pid_t pid = child();
	char path[64];

	folder[0] = '\0';
	is_old = true;
	end(pid);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
	    process_of_peer(ends[0], pid, &pidfd), ERROR_NOT_FOUND);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(
	    process_of_peer(ends[0], getpid(), &pidfd), ERROR_NOT_FOUND);
	close(ends[1]);
	ck_assert_int_eq(
	    process_of_peer(ends[0], getpid(), &pidfd), ERROR_NOT_FOUND);
	/* It is seen in /proc, but is none. */
	strcpy(folder, root);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	put(path, "1 (x)" REST("0", "1"));
	ck_assert_int_eq(
	    process_of_peer(ends[0], pid, &pidfd), ERROR_NOT_FOUND);
	ck_assert_int_eq(pidfd, -1);
	close(ends[0]);
}
END_TEST

START_TEST(a_start_of_the_machine_is_known)
{
	static const uint8_t none[16] = { 0 };
	uint8_t boot[16];

	process_boot(boot);
	ck_assert_mem_eq(boot, none, 16);
	put("/proc/sys/kernel/random/boot_id", "01234567-89ab");
	process_boot(boot);
	ck_assert_mem_eq(boot, none, 16);
	put("/proc/sys/kernel/random/boot_id",
	    "01234567-89ab-cdef-0123-456789abcdef\n");
	process_boot(boot);
	ck_assert_mem_eq(boot,
	    "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
	    16);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("process");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_process_is_read);
	tcase_add_loop_test(
	    tcase, what_is_no_process_is_none, 0, (int)COUNT(no_stats));
	tcase_add_loop_test(
	    tcase, the_scope_of_a_login_is_known, 0, (int)COUNT(scopes));
	tcase_add_loop_test(
	    tcase, each_of_a_scope_is_found, 0, (int)COUNT(cgroups));
	tcase_add_test(tcase, only_that_very_process_is_opened);
	tcase_add_loop_test(tcase, a_peer_that_waits_is_known, 0, 2);
	tcase_add_test(tcase, one_that_does_not_wait_is_not);
	tcase_add_test(tcase, a_start_of_the_machine_is_known);
	return run_cases("process", &tcase, 1);
}
