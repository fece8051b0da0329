/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/intercept.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>

static struct {
	struct intercept_plan plan;
	struct intercept_seen seen;
	bool counting;
} now;

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What the kernel says of a call it can say of many; ENOMEM and EIO of all. */
static const struct {
	int error;
	short numbers[12]; /* and zeros, but for read(2)'s own, the first */
} rows[] = {
	{ EINTR, { SYS_read, SYS_write, SYS_openat, SYS_connect, SYS_sendto,
		     SYS_sendmsg, SYS_recvfrom, SYS_recvmsg, SYS_close } },
	{ EAGAIN, { SYS_read, SYS_write, SYS_connect, SYS_sendto, SYS_sendmsg,
		      SYS_recvfrom, SYS_recvmsg } },
	{ ENOSPC, { -1, SYS_write, SYS_openat, SYS_connect, SYS_sendto,
		      SYS_sendmsg } },
	{ EMFILE, { -1, SYS_openat, SYS_socket } },
	{ ECONNRESET,
	    { SYS_read, SYS_write, SYS_connect, SYS_sendto, SYS_sendmsg,
		SYS_recvfrom, SYS_recvmsg, SYS_setsockopt, SYS_getsockopt } },
	{ INTERCEPT_SHORT,
	    { SYS_read, SYS_write, SYS_pread64, SYS_sendmsg, SYS_recvfrom } },
};

bool
intercept_applies(int error, long number)
{
	if (error == ENOMEM || error == EIO)
		return true;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 0; n < COUNT(rows[i].numbers); n++)
			if (rows[i].error == error &&
			    rows[i].numbers[n] == number &&
			    (n == 0 || number != SYS_read))
				return true;
	return false;
}

#ifdef __x86_64__

/* Calls that come from here are not trapped. */
long intercept_gate(
    long number, long a, long b, long c, long d, long e, long f);
extern const char intercept_gate_end[];
__asm__(".pushsection .text\n"
	".type intercept_gate, @function\n"
	"intercept_gate:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"intercept_gate_end:\n"
	"	ret\n"
	".size intercept_gate, . - intercept_gate\n"
	".popsection\n");

/*
 * There is no audit system here: what libpam reports to it is not what the
 * module is asked about, and libaudit tries again for ever where it is
 * interrupted for ever.
 */
static bool
is_of_audit(const greg_t *r, long number)
{
	return number == SYS_socket && r[REG_RDI] == AF_NETLINK;
}

static bool
is_to_fail(long number)
{
	const struct intercept_plan *plan = &now.plan;

	if (!now.counting || number == SYS_exit_group)
		return false;
	if (now.seen.calls < INTERCEPT_KEPT)
		now.seen.numbers[now.seen.calls] = (short)number;
	now.seen.calls++;
	if (plan->nth == 0 || now.seen.calls < plan->nth ||
	    (now.seen.calls > plan->nth && !plan->for_good))
		return false;
	if (!intercept_applies(plan->error, number))
		return false;
	now.seen.failed++;
	return true;
}

/* What the kernel would do: a file that is read gives half of what it was
 * asked for; a packet that went is gone; and what close(2) calls an error is
 * closed all the same. */
static long
fail(const greg_t *r, long number)
{
	const int error = now.plan.error;
	long count = r[REG_RDX], done;

	if (error == INTERCEPT_SHORT &&
	    (number == SYS_read || number == SYS_pread64) && count > 1)
		count /= 2;
	if (error != INTERCEPT_SHORT && number != SYS_close)
		return -error;
	done = intercept_gate(number, r[REG_RDI], r[REG_RSI], count, r[REG_R10],
	    r[REG_R8], r[REG_R9]);
	if (error != INTERCEPT_SHORT)
		return -error;
	return number == SYS_sendmsg || number == SYS_recvfrom ||
		       number == SYS_write
		   ? (done > 1 ? done / 2 : done)
		   : done;
}

static void
trapped(int signal, siginfo_t *info, void *context)
{
	greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
	const long number = info->si_syscall;

	(void)signal;
	if (is_of_audit(r, number))
		r[REG_RAX] = -EAFNOSUPPORT;
	else if (is_to_fail(number))
		r[REG_RAX] = fail(r, number);
	else
		r[REG_RAX] = intercept_gate(number, r[REG_RDI], r[REG_RSI],
		    r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
}

#define LOAD(member)                                                           \
	BPF_STMT(                                                              \
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_HIGH(member)                                                      \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                     \
	    offsetof(struct seccomp_data, member) + 4)
#define IF_EQUAL(value, yes, no)                                               \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))

/* The mask of signals is the kernel's again when a handler returns, so what
 * changes it is never trapped. */
static bool
install_filter(void)
{
	const uint64_t gate = (uint64_t)(uintptr_t)intercept_gate_end;
	struct sock_filter filter[] = {
		LOAD(arch),
		IF_EQUAL(AUDIT_ARCH_X86_64, 0, 8),
		LOAD(nr),
		IF_EQUAL(SYS_rt_sigreturn, 6, 0),
		IF_EQUAL(SYS_rt_sigprocmask, 5, 0),
		LOAD(instruction_pointer),
		IF_EQUAL((uint32_t)gate, 0, 2),
		LOAD_HIGH(instruction_pointer),
		IF_EQUAL((uint32_t)(gate >> 32), 1, 0),
		RETURN(SECCOMP_RET_TRAP),
		RETURN(SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
		filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool
intercept_install(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_NODEFER };

	action.sa_sigaction = trapped;
	sigemptyset(&action.sa_mask);
	return sigaction(SIGSYS, &action, NULL) == 0 && install_filter();
}

#else

bool
intercept_install(void)
{
	return false;
}

#endif

void
intercept_begin(const struct intercept_plan *plan)
{
	now.plan = *plan;
	memset(&now.seen, 0, sizeof(now.seen));
	now.counting = true;
}

bool
intercept_failed(void)
{
	return now.seen.failed > 0;
}

void
intercept_end(struct intercept_seen *seen)
{
	now.counting = false;
	*seen = now.seen;
}
