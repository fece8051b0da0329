/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Logins in which one allocation or one system call fails, each in its turn,
 * or all from it on: the real libpam, module and agent.  What was a no stays
 * one, nothing hangs, dies or leaks.  `check_module_faults long` tries every
 * error for every call; without, those of ld.so and libpam get one each.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/attempt.h"
#include "tests/faults/heap.h"
#include "tests/faults/intercept.h"
#include "tests/pam/pamdebug.h"
#include "tests/pam/realagent.h"
#include "tests/pam/scene.h"

#define SKIPPED	      77
#define HANG_S	      30
#define LATE_S	      2.2
#define ROUNDS	      2 /* of the same fault: what the second one adds is lost */
#define DESCRIPTORS   256
#define OUT_OF_MEMORY 5 /* the error that any call may have */

/* The tokens that scenes are about. */
enum which {
	TOKEN_GOOD,
	TOKEN_REVOKED,
	TOKEN_ELSEWHERE, /* from another address */
	TOKEN_UNKNOWN,
	TOKEN_NONE, /* a password */
	TOKEN_EMPTY,
	TOKENS,
};

static const struct scene {
	const char *name, *arguments;
	const char *user, *later_user;
	enum which token;
	enum attempt_phase last;
	int expected[ATTEMPT_PHASES];
	bool no_agent; /* at the path that arguments name */
} scenes[] = {
	{ "session", "", "alice", NULL, TOKEN_GOOD, ATTEMPT_CLOSE,
	    { 0, 0, 0, 0 }, false },
	{ "sudo's session", "", "alice", "root", TOKEN_GOOD, ATTEMPT_ACCOUNT,
	    { 0, PAM_ACCT_EXPIRED, -1, -1 }, false },
	{ "debug", "debug forward_pass", "alice", NULL, TOKEN_GOOD,
	    ATTEMPT_ACCOUNT, { 0, 0, -1, -1 }, false },
	{ "wrong user", "", "bob", NULL, TOKEN_GOOD, ATTEMPT_CLOSE,
	    { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "revoked", "", "alice", NULL, TOKEN_REVOKED, ATTEMPT_CLOSE,
	    { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "wrong address", "nontoken=ignore", "alice", NULL, TOKEN_ELSEWHERE,
	    ATTEMPT_CLOSE, { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "unknown", "nontoken=ignore", "alice", NULL, TOKEN_UNKNOWN,
	    ATTEMPT_CLOSE, { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "password", "", "alice", NULL, TOKEN_NONE, ATTEMPT_CLOSE,
	    { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "password, ignored", "nontoken=ignore debug", "alice", NULL,
	    TOKEN_NONE, ATTEMPT_AUTHENTICATE, { ATTEMPT_IGNORED, -1, -1, -1 },
	    false },
	{ "empty", "nontoken=ignore", "alice", NULL, TOKEN_EMPTY, ATTEMPT_CLOSE,
	    { PAM_AUTH_ERR, -1, -1, -1 }, false },
	{ "another listener", "agent_uid=4294967294", "alice", NULL, TOKEN_GOOD,
	    ATTEMPT_CLOSE, { PAM_AUTHINFO_UNAVAIL, -1, -1, -1 }, false },
	{ "no agent", "socket=/nowhere/at/all", "alice", NULL, TOKEN_GOOD,
	    ATTEMPT_CLOSE, { PAM_AUTHINFO_UNAVAIL, -1, -1, -1 }, true },
	{ "bad argument", "nontoken=success", "alice", NULL, TOKEN_GOOD,
	    ATTEMPT_CLOSE, { PAM_SERVICE_ERR, -1, -1, -1 }, false },
};

static const struct {
	const char *name;
	int error;
} errors[] = {
	{ "EINTR", EINTR },
	{ "EAGAIN", EAGAIN },
	{ "EIO", EIO },
	{ "ENOSPC", ENOSPC },
	{ "EMFILE", EMFILE },
	[OUT_OF_MEMORY] = { "ENOMEM", ENOMEM },
	{ "ECONNRESET", ECONNRESET },
	{ "short", INTERCEPT_SHORT },
};

struct fault {
	const char *what;
	unsigned allocation;
	struct intercept_plan call;
	bool for_good;
};

/* What the process that has the fault tells. */
struct report {
	bool done;
	struct attempt_result result;
	struct intercept_seen seen;
	unsigned allocations;
	bool early;  /* the fault was libpam's, before any phase */
	bool denied; /* by the module, not by libpam */
	long live[ROUNDS];
	int descriptors[ROUNDS];
};

static bool is_long;
static pid_t agent;
static char tokens[TOKENS][TOKEN_TEXT_SIZE + 1];
static struct report *report;
static unsigned long tried, softened, libpam_died;

static void
create(
    enum which which, const char *name, const char *option, const char *value)
{
	const char *const arguments[] = { "create", name, "--user", "alice",
		"--quiet", option, value, NULL };
	char text[256];

	ck_assert_int_eq(realagent_command(text, sizeof(text), arguments), 0);
	ck_assert_uint_eq(strlen(text), TOKEN_TEXT_SIZE);
	strcpy(tokens[which], text);
}

static void
create_all(void)
{
	const char *const revoke[] = { "revoke", "revoked", "--yes", NULL };
	char line[256];

	create(TOKEN_GOOD, "good", NULL, NULL);
	create(TOKEN_REVOKED, "revoked", NULL, NULL);
	create(TOKEN_ELSEWHERE, "elsewhere", "--from", "198.51.100.0/24");
	ck_assert_int_eq(realagent_command(line, sizeof(line), revoke), 0);
	strcpy(tokens[TOKEN_UNKNOWN], good_token);
	strcpy(tokens[TOKEN_NONE], "correct horse battery staple");
	tokens[TOKEN_EMPTY][0] = '\0';
}

static void
write_service(const struct scene *scene, const char *service, unsigned timeout)
{
	char all[512];

	if (scene->no_agent)
		snprintf(all, sizeof(all), "timeout=%u %s", timeout,
		    scene->arguments);
	else
		snprintf(all, sizeof(all),
		    "socket=%s agent_uid=%u timeout=%u %s", login_folder(),
		    (unsigned)realagent_uid(), timeout, scene->arguments);
	login_service(service, ATTEMPT_STACK, MODULE, all, pamdebug_path());
}

static int
count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < DESCRIPTORS; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void
started(void)
{
	report->early = heap_failed() || intercept_failed();
}

/* No fault at the end: what counts branches writes its files then, and cannot
 * bear one.  Nothing of ours runs but what frees. */
static void
ended(void)
{
	heap_end();
	intercept_end(&report->seen);
}

/* In a process of its own.  The first rounds are without a fault: what libc
 * and ld.so keep, they keep from then on. */
static _Noreturn void
suffer(const struct attempt *attempt, const struct fault *fault)
{
	const struct intercept_plan none = { 0 };
	struct intercept_seen seen;

	/* Check has a handler for it. */
	signal(SIGALRM, SIG_DFL);
	alarm(HANG_S);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!intercept_install())
		_exit(SKIPPED);
	intercept_begin(&none);
	attempt_run(attempt, &report->result);
	intercept_end(&seen);
	for (int i = 0; i < ROUNDS; i++) {
		report->early = true;
		heap_begin(fault->allocation, fault->for_good);
		intercept_begin(&fault->call);
		attempt_run(attempt, &report->result);
		intercept_end(&report->seen);
		report->allocations = heap_end();
		report->live[i] = heap_live();
		report->descriptors[i] = count_descriptors();
		report->denied = scene_logged("authentication failure; ") ||
				 scene_logged("no longer good") ||
				 scene_logged("does not take");
		ck_assert(!scene_leaked());
		journal_clear();
	}
	report->done = true;
	_exit(0);
}

/* libpam 1.5 looks for symbols in a module whose name it had no memory for;
 * it dies before there is any module.  False then. */
static bool
run(const struct attempt *attempt, const struct fault *fault, const char *what)
{
	pid_t child;
	int status;

	memset(report, 0, sizeof(*report));
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		suffer(attempt, fault);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV &&
	    report->early) {
		libpam_died++;
		return false;
	}
	ck_assert_msg(
	    !WIFSIGNALED(status), "%s: signal %d", what, WTERMSIG(status));
	ck_assert_msg(status == 0 && report->done, "%s: status %d", what,
	    WEXITSTATUS(status));
	return true;
}

/* pam_debug's arguments may be lost as ours may; it says yes then. */
static bool
ignores(const struct scene *scene, int phase)
{
	return scene->expected[phase] == ATTEMPT_IGNORED;
}

/* What may come of a fault where that came of none. */
static void
judge(const struct scene *scene, const char *what)
{
	const int *codes = report->result.codes;
	bool may_deny = false;

	for (int p = 0; p < ATTEMPT_PHASES; p++) {
		may_deny |= scene->expected[p] == PAM_AUTH_ERR ||
			    scene->expected[p] == PAM_ACCT_EXPIRED;
		ck_assert_msg(codes[p] != PAM_SUCCESS ||
				  scene->expected[p] == PAM_SUCCESS ||
				  (report->early && ignores(scene, p)),
		    "%s: phase %d grants", what, p);
		ck_assert_msg(codes[p] != ATTEMPT_IGNORED || ignores(scene, p),
		    "%s: phase %d ignores", what, p);
		softened += codes[p] != scene->expected[p];
	}
	/* Nobody was asked, or nobody said no: that would be a verdict. */
	ck_assert_msg(
	    may_deny || report->early || !report->denied, "%s: denies", what);
	ck_assert_msg(report->result.longest < LATE_S, "%s: takes %g s", what,
	    report->result.longest);
	/* libpam loses some where it cannot read its files to the end, and
	 * arguments of ours. */
	ck_assert_msg(report->early ||
			  report->live[ROUNDS - 1] == report->live[ROUNDS - 2],
	    "%s: leaks %ld blocks", what,
	    report->live[ROUNDS - 1] - report->live[ROUNDS - 2]);
	ck_assert_msg(
	    report->descriptors[ROUNDS - 1] == report->descriptors[ROUNDS - 2],
	    "%s: leaks descriptors", what);
}

static void
inflict(const struct scene *scene, const struct attempt *attempt,
    const struct fault *fault, unsigned nth, const char *call)
{
	char what[128];

	snprintf(what, sizeof(what), "%s: %s at %s %u%s", scene->name,
	    fault->what, call, nth, fault->for_good ? " and on" : "");
	if (run(attempt, fault, what))
		judge(scene, what);
	tried++;
}

static void
fail_allocations(
    const struct scene *scene, const struct attempt *attempt, unsigned count)
{
	for (unsigned nth = 1; nth <= count; nth++)
		for (int good = 0; good < 2; good++) {
			const struct fault fault = { .what = "no memory",
				.allocation = nth,
				.for_good = good != 0 };

			inflict(scene, attempt, &fault, nth, "allocation");
		}
}

/* The module's own calls: nobody else here has to do with sockets. */
static bool
is_of_socket(int number)
{
	return number >= SYS_socket && number <= SYS_getsockopt;
}

static void
fail_calls(const struct scene *scene, const struct attempt *attempt,
    const struct intercept_seen *seen)
{
	for (unsigned nth = 1; nth <= seen->calls; nth++)
		for (unsigned i = 0; i < 2 * COUNT(errors); i++) {
			const unsigned error = i / 2;
			const int number = seen->numbers[nth - 1];
			const struct fault fault = {
				.what = errors[error].name,
				.call = { nth, errors[error].error, i % 2 },
				.for_good = i % 2,
			};
			char call[32];

			if (!intercept_applies(fault.call.error, number))
				continue;
			if (!is_long && !is_of_socket(number) &&
			    i / 2 != OUT_OF_MEMORY)
				continue;
			snprintf(call, sizeof(call), "call (%d)", number);
			inflict(scene, attempt, &fault, nth, call);
		}
}

START_TEST(a_fault_is_never_a_yes)
{
	const struct scene *scene = &scenes[_i];
	const struct fault none = { .what = "none" };
	struct attempt attempt = { login_folder(), "svc", scene->user,
		tokens[scene->token], scene->later_user, scene->last, started,
		ended };
	struct report sound;

	write_service(scene, "svc", 2000);
	ck_assert(run(&attempt, &none, scene->name));
	ck_assert_mem_eq(
	    report->result.codes, scene->expected, sizeof(scene->expected));
	sound = *report;
	ck_assert_uint_lt(sound.seen.calls, INTERCEPT_KEPT);
	write_service(scene, "svc", 100);
	fail_allocations(scene, &attempt, sound.allocations);
	fail_calls(scene, &attempt, &sound.seen);
	printf("%s: %u allocations, %u calls; %lu faults, %lu phases ended "
	       "otherwise, %lu times libpam died\n",
	    scene->name, sound.allocations, sound.seen.calls, tried, softened,
	    libpam_died);
	ck_assert_uint_gt(softened, 0);
}
END_TEST

static void
start(void)
{
	const struct passwd *me = getpwuid(geteuid());
	char config[256];

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(report, MAP_FAILED);
	snprintf(config, sizeof(config),
	    "[service svc]\nsessions = process\ncallers = %s\n",
	    me != NULL ? me->pw_name : "nobody");
	agent = realagent_start(config);
	create_all();
}

static void
stop(void)
{
	realagent_stop(agent);
}

static void
add_tests(TCase *tcase)
{
	tcase_set_timeout(tcase, is_long ? 3600 : 300);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_loop_test(tcase, a_fault_is_never_a_yes, 0, COUNT(scenes));
}

static bool
can_intercept(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(intercept_install() ? 0 : 1);
	return waitpid(child, &status, 0) == child && status == 0;
}

int
main(int argc, char **argv)
{
	is_long = argc > 1 && strcmp(argv[1], "long") == 0;
	/* Sanitizers end the process where they get no memory themselves. */
	if (!heap_is_ours() || !pamdebug_find() || !can_intercept())
		return SKIPPED;
	return scene_run("module: faults", add_tests);
}
