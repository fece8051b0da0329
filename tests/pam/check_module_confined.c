/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A host that confines itself once it has begun a transaction: the module
 * works with the calls of `needed`, and not without any one of them that is
 * its own.  Who makes another call is killed.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/pam/scene.h"

#define SKIPPED 77
#define DIED	99

static const struct call {
	const char *name;
	short number;
	bool is_ours; /* else libc's and libpam's: memory, the end */
} needed[] = {
	{ "socket", SYS_socket, true }, { "setsockopt", SYS_setsockopt, true },
	{ "connect", SYS_connect, true },
	{ "getsockopt", SYS_getsockopt, true },
	{ "sendmsg", SYS_sendmsg, true }, { "recvfrom", SYS_recvfrom, true },
	{ "close", SYS_close, true },
	{ "geteuid", SYS_geteuid, false }, /* without socket= */
#ifdef SYS_newfstatat
	{ "newfstatat", SYS_newfstatat, true }, /* with it */
#endif
	{ "getuid", SYS_getuid, false },	       /* to log a failure */
	{ "getpid", SYS_getpid, false },	       /* in sessions */
	{ "clock_gettime", SYS_clock_gettime, false }, /* without a vDSO */
	{ "brk", SYS_brk, false }, { "mmap", SYS_mmap, false },
	{ "munmap", SYS_munmap, false }, { "mremap", SYS_mremap, false },
	{ "exit_group", SYS_exit_group, false },
	{ "write", SYS_write, false }, /* of Check, in the conversation */
};

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

#define STATEMENT(code, k)     ((struct sock_filter)BPF_STMT(code, k))
#define JUMP(code, k, yes, no) ((struct sock_filter)BPF_JUMP(code, k, yes, no))

/* Only what is needed, less one of it, unless that is negative. */
static bool
confine(int without)
{
	struct sock_filter filter[16 + 2 * COUNT(needed)];
	struct sock_fprog program = { 0, filter };
	unsigned short n = 0;

	filter[n++] = STATEMENT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	filter[n++] = STATEMENT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	/* libpam's report to the audit system resolves names; it does without
	 * where there is none. */
	filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 4);
	filter[n++] = STATEMENT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
	filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1);
	filter[n++] = STATEMENT(
	    BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
	filter[n++] = STATEMENT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (int i = 0; i < COUNT(needed); i++) {
		if (i == without)
			continue;
		filter[n++] = JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (unsigned)needed[i].number, 0, 1);
		filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	filter[n++] = STATEMENT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	program.len = n;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* In a process of its own: all phases of a login that is confined. */
static _Noreturn void
log_in(struct login *login, int without)
{
	if (!confine(without))
		_exit(SKIPPED);
	if (login_authenticate(login, good_token) != PAM_SUCCESS ||
	    login_account(login) != PAM_SUCCESS ||
	    pam_open_session(login->pamh, 0) != PAM_SUCCESS ||
	    pam_close_session(login->pamh, 0) != PAM_SUCCESS)
		_exit(1);
	_exit(login_authenticate(login, "a password") == PAM_AUTH_ERR ? 0 : 2);
}

static int
try_confined(int without)
{
	struct login login;
	pid_t child;
	int status;

	login_begin(&login, "svc", "alice");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		log_in(&login, without);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	login_end(&login);
	return WIFSIGNALED(status) ? DIED : WEXITSTATUS(status);
}

static void
write_service(void)
{
	char all[512];

	snprintf(all, sizeof(all), "socket=%s agent_uid=%u",
	    login_path("socket"), (unsigned)geteuid());
	login_service("svc",
	    "auth required %s %s\naccount required %s %s\n"
	    "session required %s %s\n",
	    MODULE, all, MODULE, all, MODULE, all);
}

START_TEST(a_handful_is_enough)
{
	struct listener listener;

	write_service();
	scene_status(&listener, GOOD);
	ck_assert_int_eq(try_confined(-1), 0);
	listener_stop(&listener);
}
END_TEST

/* Or else the filter would let anything pass. */
START_TEST(one_less_is_not)
{
	struct listener listener;

	if (!needed[_i].is_ours)
		return;
	write_service();
	scene_status(&listener, GOOD);
	ck_assert_msg(
	    try_confined(_i) == DIED, "not needed: %s", needed[_i].name);
	listener_stop(&listener);
}
END_TEST

static void
add_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_handful_is_enough);
	tcase_add_loop_test(tcase, one_less_is_not, 0, COUNT(needed));
}

/* Sanitizers make calls of their own, and some machines have no seccomp. */
static bool
can_confine(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#else
	pid_t child = ARCHITECTURE == 0 ? -1 : fork();
	int status = -1;

	if (child == 0)
		_exit(confine(-1) ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
#endif
}

int
main(void)
{
	return can_confine() ? scene_run("module: confined", add_tests)
			     : SKIPPED;
}
